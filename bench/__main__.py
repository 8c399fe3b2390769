"""`make bench`: this project and Terraform on the same API, the same emulator and in the same run."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from bench import fleet, plot, tables
from bench.about import about
from bench.figures import OURS, OWN, SCENARIOS, Figure, Figures, load, same
from bench.process import CommandError, run
from bench.proxy import proxy
from bench.scenarios import Course
from bench.tools import COMMAND, ROOT, TOOLS, USUAL
from bench.truth import Truth
from tests.emulators.harness import EmulatorError, localstack


WORK = ROOT / ".bench"
FIGURES = WORK / "figures.json"

LARGE, SHORT = 500, ("create", "plan")
"""Above so many endpoints, one resource for each object takes up to half an hour a scenario: these are enough."""

HELPS = 9


def main() -> int:
    """Measures what is wanted and not measured yet, and writes it down after each scenario; the exit code."""
    given = _arguments()
    WORK.mkdir(exist_ok=True)
    figures = _continued(fresh=given.fresh)
    for size in given.sizes:
        for name in given.tools:
            if name.startswith(OURS) or shutil.which("terraform"):
                short = name == tables.OBJECTS and size > LARGE and not given.long
                wanted = [one for one in given.scenarios if one in SHORT or not short]
                _measure(figures, name, size, wanted, given.timeout)
    if given.help_time and figures.help_seconds is None:
        figures.help_seconds = _help_seconds()
        _say(f"reconcile --help: {figures.help_seconds:.2f} s")
    for apis in given.fleet:
        _measure_fleet(figures, apis, given.timeout)
    figures.save(FIGURES)
    _write(figures, publish=given.publish)
    failed = [one for one in figures.by_key.values() if one.error]
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, default=[50, 300, 1000], help="endpoints")
    parser.add_argument("--tools", type=_some_of(TOOLS), default=USUAL, help=f"some of {', '.join(TOOLS)}")
    parser.add_argument(
        "--scenarios", type=_some_of(SCENARIOS), default=list(SCENARIOS), help=f"some of {', '.join(SCENARIOS)}"
    )
    parser.add_argument("--long", action="store_true", help="also what takes up to half an hour each")
    parser.add_argument("--fleet", type=_numbers, default=[100, 1000], help="APIs in a fleet; '' for none")
    parser.add_argument("--no-help-time", dest="help_time", action="store_false", help="leave reconcile --help out")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds for one command")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parser.add_argument("--publish", action="store_true", help="write bench/results.* and docs/bench.png too")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return sorted(int(part) for part in text.split(",") if part)


def _some_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    def words(text: str) -> list[str]:
        given = text.split(",")
        if unknown := set(given) - set(known):
            raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
        return [word for word in known if word in given]

    return words


def _continued(*, fresh: bool) -> Figures:
    """The figures that an earlier run has left on the same machine: of other code, those of other tools alone."""
    now = about()
    found = None if fresh else load(FIGURES)
    if not found or not same(found.about, now, OWN):
        return Figures(now)
    if not same(found.about, now):
        found = found.of_others(now)
    _say(f"going on from {len(found.by_key)} figures; --fresh measures all again")
    return found


# ── the parts ────────────────────────────────────────────────────────────────────────────────────


def _measure(figures: Figures, name: str, size: int, wanted: Sequence[str], timeout: float) -> None:
    """One tool at one size: all scenarios anew if one is missing."""
    if all(figures.get(name, size, scenario) for scenario in wanted):
        return
    start = time.monotonic()
    try:
        for figure in _figures(name, size, wanted, timeout):
            figures.by_key[figure.key] = figure
            figures.older.pop(figure.place, None)
            figures.loads.append(round(os.getloadavg()[0], 1))
            figures.save(FIGURES)
            what = figure.error or f"{figure.calls} calls, {figure.seconds:.1f} s, {figure.peak_mb:.0f} MB"
            _say(f"{size} endpoints, {name}, {SCENARIOS[figure.scenario]}: {what}")
    except (CommandError, EmulatorError) as error:
        _say(f"{size} endpoints, {name} cannot be set up: {error}")
    _say(f"{size} endpoints, {name}: {time.monotonic() - start:.0f} s in all")


def _figures(name: str, size: int, wanted: Sequence[str], timeout: float) -> Iterator[Figure]:
    with localstack() as emulator, tempfile.TemporaryDirectory() as folder:
        truth = Truth(emulator.endpoint_url)
        with proxy(emulator.endpoint_url, tagged=truth.tagged) as way:
            yield from Course(TOOLS[name](Path(folder), way.url, timeout), truth, way, size).run(name, wanted)


def _measure_fleet(figures: Figures, apis: int, timeout: float) -> None:
    if apis in [one["apis"] for one in figures.fleet]:
        return
    _say(f"a fleet of {apis} APIs …")
    try:
        found = fleet.measure(apis, timeout)
    except RuntimeError as error:
        _say(f"a fleet of {apis} APIs cannot be measured: {error}")
        return
    rows = [*figures.fleet, asdict(found) | {"busy": found.busy}]
    figures.fleet = sorted(rows, key=lambda one: int(one["apis"]))
    figures.save(FIGURES)
    _say(f"a fleet of {apis} APIs: {found.calls} calls, {found.seconds:.0f} s, limiter busy {found.busy:.1%}")


def _help_seconds() -> float:
    """The median, from the start of the process to its end."""
    return round(median(run([COMMAND, "--help"], ROOT, {}, timeout=60)[0].seconds for _ in range(HELPS)), 3)


def _write(figures: Figures, *, publish: bool) -> None:
    (WORK / "results.md").write_text(tables.report(figures))
    if figures.by_key:
        plot.draw(figures, WORK / "bench.png")
    _say(f"written: {WORK / 'results.md'}, {WORK / 'bench.png'}")
    if publish:
        shutil.copy(FIGURES, ROOT / "bench" / "results.json")
        shutil.copy(WORK / "results.md", ROOT / "bench" / "results.md")
        shutil.copy(WORK / "bench.png", ROOT / "docs" / "bench.png")
        _say("published: bench/results.json, bench/results.md, docs/bench.png")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        _say("interrupted; the next run goes on with what is missing")
        sys.exit(130)
