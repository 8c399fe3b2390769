"""`reconcile local`, and what `--local` means: the embedded emulator, MiniStack, on this machine.

One emulator at a time, a process of its own that only `stop` ends. Where it is stands in a file:

    ${RECONCILE_LOCAL_DIR:-${XDG_STATE_HOME:-~/.local/state}/reconcile}/local.json
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from controller.cli import emulator
from controller.cli.session import Session
from controller.errors import UsageError
from controller.report import Report
from controller.request import Request


REGION = "eu-west-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Running:
    """The emulator that was started."""

    pid: int
    port: int
    log: str

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


# ── the commands ─────────────────────────────────────────────────────────────────────────────────


def start(session: Session, port: int) -> int:
    """Start it, unless it runs, and wait until it is ready."""
    out = session.out()
    if now := _now():
        out.print(f"already running at {now.endpoint}", soft_wrap=True, highlight=False)
        return 0
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "local.log"
    process = emulator.spawn(port, folder, log)
    now = Running(process.pid, port, str(log))
    emulator.wait_until_ready(process, now.endpoint, log)
    _file().write_text(json.dumps(asdict(now)))
    out.print(f"running at {now.endpoint}", soft_wrap=True, highlight=False)
    return 0


def stop(session: Session) -> int:
    """End exactly that process."""
    now = _now()
    if now:
        emulator.end(now.pid)
    _file().unlink(missing_ok=True)
    session.out().print("stopped" if now else "not running")
    return 0


def status(session: Session) -> int:
    """Say where it is; exit code 1 if it does not run."""
    now = _now()
    text = f"running at {now.endpoint} (process {now.pid}, log {now.log})" if now else "not running"
    session.out().print(text, soft_wrap=True, highlight=False, markup=False)
    return 0 if now else 1


# ── --local ──────────────────────────────────────────────────────────────────────────────────────


def running() -> Running:
    """The emulator that runs. Raises UsageError."""
    if now := _now():
        return now
    msg = "the local emulator is not running: start it with `reconcile local start`"
    raise UsageError(msg)


def aimed(request: Request, at: Running) -> Request:
    """The request with the emulator in AWS's place, and credentials that mean nothing elsewhere."""
    target = request.aim
    environ = os.environ
    # A profile may name what this machine does not have.
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        environ.pop(name, None)
    direct = [*environ.get("no_proxy", "").split(","), "127.0.0.1"]
    environ["no_proxy"] = ",".join(dict.fromkeys(filter(None, direct)))
    region = target.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or REGION
    # There is no one to lend a role here.
    own = target.model_copy(update={"role": None, "region": region})
    targets = request.settings.targets | {request.target: own}
    settings = request.settings.model_copy(update={"targets": targets})
    # The emulator reads the account from the key's id.
    keys = (target.account or ACCOUNT, "local")
    return replace(request, settings=settings, endpoint_url=at.endpoint, keys=keys)


_AWS_URL = re.compile(r"https://([^./]+)\.execute-api\.[^/]+/")


def addressed(report: Report, endpoint: str) -> Report:
    """The report with URLs of stages that the emulator answers."""
    url = rf"{endpoint}/_aws/execute-api/\1/"
    stages = tuple(stage.model_copy(update={"url": _AWS_URL.sub(url, stage.url)}) for stage in report.stages)
    return report.model_copy(update={"stages": stages})


# ── where it is ──────────────────────────────────────────────────────────────────────────────────


def _folder() -> Path:
    if own := os.environ.get("RECONCILE_LOCAL_DIR"):
        return Path(own)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "reconcile"


def _file() -> Path:
    return _folder() / "local.json"


def _now() -> Running | None:
    """The emulator, if the process that was noted is still it."""
    try:
        noted = json.loads(_file().read_text())
        now = Running(int(noted["pid"]), int(noted["port"]), str(noted["log"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    # Zero and below would mean whole groups of processes.
    return now if now.pid > 1 and emulator.is_it(now.pid) else None
