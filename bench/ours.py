"""Our side: the specs, and one pass in a process of its own, as the command makes it."""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.world import API, REGION, STAGE, Spent, paths, run, uri


ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Pass:
    """What a pass said of itself. `cpu` leaves out the start of Python and the imports."""

    changes: int
    digest: str
    cpu: float
    peak_mb: float


def write(folder: Path, size: int, changed: str = "") -> None:
    """The specs of the world; with size 0 they are for another target, and everything here is to go."""
    (folder / "reconcile.yaml").write_text("owner: bench\ntargets: {default: {}, elsewhere: {}}\n")
    file = folder / "specs" / "api.yaml"
    file.parent.mkdir(exist_ok=True)
    methods = {
        f"/{path}": {
            "methods": {
                "GET": {
                    "integration": {
                        "type": "HTTP_PROXY",
                        "integrationHttpMethod": "GET",
                        "uri": uri(path, changed),
                    }
                }
            }
        }
        for path in paths(size)
    }
    where = {} if size else {"targets": ["elsewhere"]}
    document: dict[str, Any] = {
        "apiVersion": "apigateway/v1",
        "kind": "RestApi",
        "metadata": {"name": API, **where},
        "spec": {"endpointConfiguration": {"types": ["REGIONAL"]}, "paths": methods, "stages": {STAGE: {}}},
    }
    file.write_text(yaml.safe_dump(document, sort_keys=False))


def make(folder: Path, endpoint: str, *, dry: bool = False, allow: str = "") -> tuple[Spent, Pass]:
    """A pass on the specs of a folder. Raises RuntimeError if it fails or leaves something undone.

    `allow` is the digest of an earlier pass that only planned: what deletes this much has to be allowed.
    """
    command = [sys.executable, "-m", "bench.ours", str(folder), endpoint, "plan" if dry else "apply", allow]
    spent, output = run(command, ROOT, {"AWS_REGION": REGION, "PYTHONPATH": str(ROOT)})
    return spent, Pass(**json.loads(output))


def _main(folder: str, endpoint: str, mode: str, allow: str) -> None:
    from controller.reconcile import Request, open_pass  # noqa: PLC0415  (the time before this is Python's own)
    from controller.settings import read_settings  # noqa: PLC0415

    before = time.process_time()
    checkout = Path(folder)
    request = Request(
        (checkout / "specs",),
        checkout,
        read_settings(checkout),
        "default",
        endpoint_url=endpoint,
        quota_share=None,
        prune=True,
        allow=allow,
    )
    one = open_pass(request)
    report = one.plan()
    if report.unreadable:
        sys.exit(f"unreadable: {report.unreadable}")
    if mode == "apply":
        report = one.apply(lambda _: None, threading.Event())
        undone = [change for change in report.changes if change.status != "applied"]
        if undone:
            sys.exit(f"{len(undone)} changes were not made; the first: {undone[0]}")
    cpu = time.process_time() - before
    said = Pass(changes=len(report.changes), digest=report.digest, cpu=cpu, peak_mb=_peak_mb())
    sys.stdout.write(json.dumps(asdict(said)))


def _peak_mb() -> float:
    """The most memory that this process had; the kernel's own figure starts from that of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1024 if os.uname().sysname == "Linux" else 1024 * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    _main(*sys.argv[1:])
