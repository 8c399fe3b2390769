"""How many AWS calls, and how long: this controller and Terraform, on the same emulator, in one run."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import boto3

from bench import ours, terraform
from bench.wire import Wire, counting
from bench.world import REGION, Spent, paths, uri
from controller import __version__, limits
from tests.emulators.harness import ministack


RESULTS = Path(__file__).with_name("results.md")
STEPS = {"create": "create from nothing", "noop": "plan, no changes", "change": "change one", "delete": "delete"}
REPEATS = 3


@dataclass(frozen=True)
class Cost:
    """What one step cost."""

    spent: Spent
    operations: Counter[str]
    cpu: float = 0.0
    peak_mb: float = 0.0

    @property
    def calls(self) -> int:
        """All calls, of every service."""
        return self.operations.total()

    @property
    def quota_seconds(self) -> float:
        """The least time in which AWS's published quotas let the calls of API Gateway through."""
        return limits.seconds(name for name in self.operations.elements() if ":" not in name)


Costs = dict[str, Cost]


class Emulator:
    """The emulator as it is behind the proxy: to see that both tools did the same, without being counted."""

    def __init__(self, url: str) -> None:
        self._client = boto3.client(
            "apigateway",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  (the emulator's)
        )

    def holds(self, size: int, changed: str = "") -> None:
        """Raises RuntimeError unless the world is there, deployed and nothing else."""
        apis = self._client.get_rest_apis()["items"]
        found = {}
        for api in apis:
            pages = self._client.get_paginator("get_resources").paginate(restApiId=api["id"], embed=["methods"])
            for item in (item for page in pages for item in page["items"]):
                for verb, method in (item.get("resourceMethods") or {}).items():
                    found[f"{verb} {item['path']}"] = method["methodIntegration"]["uri"]
        wanted = {f"GET /{path}": uri(path, changed) for path in paths(size)}
        stages = [stage for api in apis for stage in self._client.get_stages(restApiId=api["id"])["item"]]
        if found != wanted or len(stages) != bool(size) or len(apis) != bool(size):
            there = f"{len(found)} in {len(stages)} stages of {len(apis)} APIs"
            msg = f"expected {len(wanted)} methods in a stage, found {there}, or others than expected"
            raise RuntimeError(msg)


def measure_ours(wire: Wire, emulator: Emulator, folder: Path, size: int) -> Costs:
    """The steps with this controller."""

    def cost(*, dry: bool = False, allow: str = "") -> tuple[Cost, ours.Pass]:
        wire.taken()
        spent, said = ours.make(folder, wire.url, dry=dry, allow=allow)
        return Cost(spent, wire.taken(), said.cpu, said.peak_mb), said

    costs: Costs = {}
    ours.write(folder, size)
    costs["create"], _ = cost()
    emulator.holds(size)
    idle = [cost(dry=True) for _ in range(REPEATS)]
    if any(said.changes for _, said in idle):
        msg = f"ours: a second pass on {size} methods would change something"
        raise RuntimeError(msg)
    costs["noop"] = _middle([one for one, _ in idle])
    ours.write(folder, size, paths(size)[0])
    costs["change"], _ = cost()
    emulator.holds(size, paths(size)[0])
    ours.write(folder, 0)
    _, planned = cost(dry=True)
    costs["delete"], _ = cost(allow=planned.digest)
    emulator.holds(0)
    return costs


def _middle(costs: Sequence[Cost]) -> Cost:
    """The calls of the costliest, the median of the times."""
    spent = Spent(median(one.spent.wall for one in costs), median(one.spent.cpu for one in costs))
    most = max(costs, key=lambda one: one.calls)
    return Cost(spent, most.operations, median(one.cpu for one in costs), max(one.peak_mb for one in costs))


def measure_terraform(wire: Wire, emulator: Emulator, folder: Path, size: int) -> Costs:
    """The same steps with Terraform; `terraform init` is left out."""
    tool = terraform.prepare(folder, wire.url, size)
    one = paths(size)[0]

    def cost(act: Callable[[], Spent]) -> Cost:
        wire.taken()
        return Cost(act(), wire.taken())

    costs = {"create": cost(tool.apply)}
    emulator.holds(size)
    costs["noop"] = cost(tool.plan)
    costs["change"] = cost(lambda: tool.apply(one))
    emulator.holds(size, one)
    costs["delete"] = cost(tool.destroy)
    emulator.holds(0)
    return costs


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def compared(own: dict[int, Costs], theirs: dict[int, Costs]) -> Iterable[list[str]]:
    """The two tools, side by side; every ratio is Terraform's figure divided by ours."""
    yield [
        *("methods", "step"),
        *("calls: ours", "Terraform", "ratio"),
        *("seconds: ours", "Terraform", "ratio"),
        *("quota seconds: ours", "Terraform", "ratio"),
    ]
    for size, costs in own.items():
        for step, title in STEPS.items():
            one, other = costs[step], theirs.get(size, {}).get(step)
            calls, wall, quota = (other.calls, other.spent.wall, other.quota_seconds) if other else (None,) * 3
            yield [
                *(str(size), title),
                *_pair(one.calls, calls, "d"),
                *_pair(one.spent.wall, wall, ".1f"),
                *_pair(one.quota_seconds, quota, ".0f"),
            ]


def _pair(own: float, other: float | None, form: str) -> list[str]:
    ratio = "–" if other is None or not own else f"{other / own:.1f}×"
    return [format(own, form), "–" if other is None else format(other, form), ratio]


def flat(own: dict[int, Costs]) -> Iterable[list[str]]:
    """What a pass with nothing to do costs, by size."""
    yield ["methods", "calls", "seconds", "CPU seconds", "CPU ms per method", "peak MB"]
    for size, costs in sorted(own.items()):
        one = costs["noop"]
        each = one.cpu / size * 1000
        yield [
            *(str(size), str(one.calls), f"{one.spent.wall:.2f}"),
            *(f"{one.cpu:.2f}", f"{each:.2f}", f"{one.peak_mb:.0f}"),
        ]


def mixes(own: dict[int, Costs], theirs: dict[int, Costs]) -> Iterable[list[str]]:
    """The calls behind the figures, by operation."""
    yield ["methods", "step", "tool", "calls by operation"]
    for size, costs in own.items():
        for step, title in STEPS.items():
            for tool, found in (("ours", costs), ("Terraform", theirs.get(size, {}))):
                if step in found:
                    often = found[step].operations.most_common()
                    yield [str(size), title, tool, ", ".join(f"{count} {name}" for name, count in often)]


def table(rows: Iterable[list[str]]) -> str:
    """A table for people and for Markdown."""
    head, *body = rows
    widths = [max(len(row[column]) for row in (head, *body)) for column in range(len(head))]
    left = [any(row[column][:1].isalpha() for row in body) for column in range(len(head))]
    rule = [f"{'-' * (width - 1)}{'-' if to_left else ':'}" for width, to_left in zip(widths, left, strict=True)]

    def line(cells: Sequence[str]) -> str:
        aligned = zip(cells, widths, left, strict=True)
        return f"| {' | '.join(c.ljust(w) if to_left else c.rjust(w) for c, w, to_left in aligned)} |"

    return "\n".join(line(row) for row in (head, rule, *body))


def report(about: str, own: dict[int, Costs], theirs: dict[int, Costs], sizes: Sequence[int]) -> tuple[str, str]:
    """The text for the terminal, and the longer one for the file."""
    shown = {size: own[size] for size in sizes}
    about += " Ratio: Terraform's figure divided by ours."
    side = table(compared(shown, theirs))
    alone = table(flat(own))
    short = f"{about}\n\n{side}\n\nOurs alone, a pass with nothing to do:\n\n{alone}\n"
    full = (
        "# Calls and seconds\n\n"
        "Written by `python -m bench.calls --write`. What is measured: [README.md](README.md).\n\n"
        f"{about}\n\n## Both tools\n\n{side}\n\n## A pass with nothing to do, ours\n\n{alone}\n\n"
        f"## The calls\n\n{table(mixes(shown, theirs))}\n"
    )
    return short, full


# ── the run ──────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, default=[100, 300], help="methods, for both tools")
    parser.add_argument("--flat", type=_numbers, default=[10, 100, 300, 1000], help="methods, for ours alone")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} too")
    given = parser.parse_args()

    rival = terraform.versions()
    load = [os.getloadavg()[0]]
    own: dict[int, Costs] = {}
    theirs: dict[int, Costs] = {}
    with ministack() as emulator, counting(emulator.endpoint_url) as wire:
        plain = Emulator(emulator.endpoint_url)
        for size in sorted({*given.sizes, *given.flat}):
            with tempfile.TemporaryDirectory() as folder:
                _say(f"{size} methods, ours …")
                own[size] = measure_ours(wire, plain, Path(folder), size)
                load.append(os.getloadavg()[0])
        for size in given.sizes if rival else []:
            with tempfile.TemporaryDirectory() as folder:
                _say(f"{size} methods, Terraform …")
                theirs[size] = measure_terraform(wire, plain, Path(folder), size)
                load.append(os.getloadavg()[0])
    about = (
        f"{datetime.now(UTC):%Y-%m-%d}: version {__version__}, "
        f"{rival or 'no Terraform on this machine: ours alone'}, "
        f"MiniStack, {os.cpu_count()} cores ({platform.machine()}), load {min(load):.1f} to {max(load):.1f}."
    )
    short, full = report(about, own, theirs, given.sizes)
    sys.stdout.write(short)
    if given.write:
        RESULTS.write_text(full)
        _say(f"written: {RESULTS}")


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
