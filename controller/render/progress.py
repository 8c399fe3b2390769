"""How an apply is going, on stderr: bars on a terminal, lines in a log."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich import progress as bars
from rich.console import Console

from controller.render.writer import Part, Writer
from controller.report import Progress


EVERY = 10.0
"""Seconds between two signs of life in a log."""
MOST_NAMED = 3

Listener = Callable[[Progress], None]


@contextmanager
def progress_display(
    console: Console,
    total_by_root: Mapping[str, int],
    *,
    clock: Callable[[], float] = time.monotonic,
    environ: Mapping[str, str] = os.environ,
    tick: float = 1.0,
) -> Iterator[Listener]:
    """Shows progress until left; what it yields is to be called with every step that ended."""
    live = console.file.isatty() and not environ.get("CI") and not console.is_dumb_terminal
    with _bars(console, total_by_root) if live else _lines(console, total_by_root, clock, tick) as listener:
        yield listener


@contextmanager
def _bars(console: Console, totals: Mapping[str, int]) -> Iterator[Listener]:
    """A bar for each root; gone at the end, when the report says all that matters."""
    columns = (
        # Names are not ours: no markup in them.
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
    )
    out = Writer(console)
    with bars.Progress(*columns, console=console, transient=True) as display:
        lock = threading.Lock()
        tasks = {root: display.add_task(out.harmless(root), total=total) for root, total in totals.items()}

        def listen(step: Progress) -> None:
            with lock:
                _tell_failure(out, step)
                if step.root in tasks:
                    display.update(tasks[step.root], completed=step.done)

        yield listen


@contextmanager
def _lines(
    console: Console, totals: Mapping[str, int], clock: Callable[[], float], tick: float
) -> Iterator[Listener]:
    """A line for each root that is done and each step that failed; signs of life in between."""
    log = Log(Writer(console), totals, clock)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(tick):
            log.beat()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield log.step
    finally:
        over.set()
        watcher.join()


class Log:
    """Progress as lines. Safe for threads."""

    def __init__(self, out: Writer, totals: Mapping[str, int], clock: Callable[[], float]) -> None:
        self._out, self._totals, self._clock = out, totals, clock
        self._done = dict.fromkeys(totals, 0)
        self._failed: set[str] = set()
        self._lock = threading.Lock()
        self._start = self._last = clock()

    def step(self, step: Progress) -> None:
        """Take note of a step that ended."""
        with self._lock:
            self._done[step.root] = step.done
            if step.status != "done":
                self._failed.add(step.root)
            if _tell_failure(self._out, step):
                self._last = self._clock()
            if step.done >= step.total:
                how = "ended with errors" if step.root in self._failed else "done"
                self._out.line(0, f"{step.root}: {how} ({step.total} {'step' if step.total == 1 else 'steps'})")
                self._last = self._clock()

    def beat(self) -> None:
        """Say what is still going on, if nothing was said for a while."""
        with self._lock:
            now = self._clock()
            if now - self._last < EVERY:
                return
            self._last = now
            left = [root for root, total in self._totals.items() if self._done[root] < total]
            # What has begun is what people wait for.
            left.sort(key=lambda root: not self._done[root])
            named = [f"{root} ({self._done[root]}/{self._totals[root]})" for root in left[:MOST_NAMED]]
            if rest := len(left) - len(named):
                named.append(f"{rest} more")
            if named:
                self._out.line(0, f"still working on {', '.join(named)} after {now - self._start:.0f} s")


def _tell_failure(out: Writer, step: Progress) -> bool:
    """A line for a step that failed. What it blocks is in the report."""
    if step.status != "failed":
        return False
    out.line(0, Part(f"{out.marks['failed']} failed ", "bold red"), f"{step.title}: {step.error}")
    return True
