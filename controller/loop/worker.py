"""One target, for ever: takes in new specs, makes passes on what is due, and says how they went."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from controller.address import Address
from controller.errors import ControllerError, Problem, SpecErrors, StoppedError, ThrottledError
from controller.loop.happenings import Live, Loaded, Looked, Stepped, Tell, Version
from controller.loop.schedule import Batch, Result, Schedule, Trigger
from controller.report import Progress, Report
from controller.suspension import Suspension, covering


BEAT = 5.0
"""Seconds after which a worker shows that it is alive though there is nothing to do."""

PATIENCE = 300.0
"""Seconds without a sign of life after which a worker is stuck. A call takes one or two minutes at most, and what
waits for quotas or for AWS shows that it does."""

LOAD_AGAIN = 30.0
"""Seconds until specs are read again that could not be, since AWS was needed for it and did not answer."""


@dataclass(frozen=True)
class Specs:
    """The specs of a target: what each root looks like (as a digest), and what is wrong with which."""

    digests: Mapping[Address, str]
    invalid: Mapping[Address, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Site(Protocol):
    """A target: its specs, and what is live there. `beat` is when it was last seen to be alive."""

    @property
    def beat(self) -> float:
        """By the worker's clock."""

    def load(self, version: Version) -> Specs:
        """Reads the specs of a version. Raises ControllerError."""

    def look(
        self, roots: frozenset[Address], *, write: bool, stop: Stop, progress: Callable[[Progress], None]
    ) -> Report:
        """A pass on these roots, and on live ones without a spec; tells of each step. Raises ControllerError."""

    def named(self, aws_ids: frozenset[str]) -> frozenset[Address]:
        """The roots that have these ids, as far as passes have seen them."""


@dataclass(frozen=True)
class Stop:
    """How a run is told to end: first to begin nothing new, then to stop at once."""

    drain: threading.Event = field(default_factory=threading.Event)
    now: threading.Event = field(default_factory=threading.Event)


class Worker:
    """Drives one target. All but `run` may be called from any thread."""

    patience = PATIENCE

    def __init__(
        self,
        target: str,
        site: Site,
        schedule: Schedule,
        tell: Tell,
        stop: Stop,
        *,
        write: bool = True,
        may_write: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.target = target
        self._site, self._schedule, self._tell, self._stop = site, schedule, tell, stop
        self._write, self._may_write, self._clock, self._today = write, may_write, clock, today
        self._changed = threading.Condition()
        self._offered: Version | None = None
        self._taken: Version | None = None
        self._specs = Specs({})
        self._load_at = 0.0
        self._owed: frozenset[Address] = frozenset()
        self._since = self._today()
        self._at_work: tuple[int, float] | None = None
        self._beat = clock()

    @property
    def beat(self) -> float:
        """When it was last seen to be alive: between passes itself, in a pass by its calls."""
        return max(self._beat, self._site.beat)

    # ── from other threads ──
    def offer(self, version: Version) -> None:
        """There are new specs."""
        with self._changed:
            self._offered, self._load_at = version, 0.0
            self._changed.notify()

    def ask(self, trigger: Trigger, roots: Iterable[Address] | None = None) -> None:
        """Somebody wants these roots, or all, looked at."""
        with self._changed:
            self._schedule.ask(trigger, self._clock(), roots)
            self._changed.notify()

    def reconsider(self, suspensions: Iterable[Suspension]) -> None:
        """These are over: what they were about is looked at."""
        ended = list(suspensions)
        with self._changed:
            roots = [at for at in self._schedule.roots if covering(ended, self.target, at)]
        if roots:
            self.ask(Trigger.DEMAND, roots)

    def hear(self, aws_ids: frozenset[str] | None) -> None:
        """Something was changed in what has these ids, or nobody knows in what. Other ids say nothing."""
        roots = None if aws_ids is None else self._site.named(aws_ids)
        if roots is None or roots:
            self.ask(Trigger.EVENT, roots)

    def wake(self) -> None:
        """Something changed that the worker is to see at once, such as that it is to stop."""
        with self._changed:
            self._changed.notify()

    def backlog(self) -> tuple[int, float]:
        """Roots that are due, and for how many seconds the first has been."""
        with self._changed:
            return self._schedule.backlog(self._clock())

    def at_work(self) -> tuple[int, float]:
        """How many roots the pass under way has, and for how many seconds it has been."""
        if (now := self._at_work) is None:
            return 0, 0.0
        roots, began = now
        return roots, self._clock() - began

    # ── the worker's own thread ──
    def run(self) -> None:
        """Until told to stop."""
        while not self._stop.drain.is_set():
            self.step()
            with self._changed:
                self._beat = self._clock()
                if not self._stop.drain.is_set() and (pause := self._pause()) > 0:
                    self._changed.wait(pause)

    def step(self) -> bool:
        """Does one thing that is due; False if nothing is."""
        self._beat = self._clock()
        if not self._may_write():
            return False
        if self._is_new():
            self._load()
            return True
        with self._changed:
            batch = self._schedule.take(self._clock())
        if batch is None:
            return False
        self._look(batch)
        return True

    def _pause(self) -> float:
        if not self._may_write():
            return BEAT
        now = self._clock()
        waits = [BEAT, self._schedule.wait(now)]
        if self._offered is not self._taken:
            waits.append(max(0.0, self._load_at - now))
        return min(wait for wait in waits if wait is not None)

    def _is_new(self) -> bool:
        return self._offered is not None and self._offered is not self._taken and self._clock() >= self._load_at

    def _load(self) -> None:
        version, began = self._offered, self._clock()
        assert version is not None
        try:
            specs = self._site.load(version)
        except StoppedError:
            return
        except ControllerError as error:
            # What is wrong in the specs themselves does not get better by waiting.
            self._load_at = float("inf") if isinstance(error, SpecErrors) else self._clock() + LOAD_AGAIN
            self._tell(self._looked(Trigger.REVISION, frozenset(), began, error=str(error)))
            return
        changed = frozenset(at for at, digest in specs.digests.items() if self._specs.digests.get(at) != digest)
        gone = self._specs.digests.keys() - specs.digests.keys()
        invalid = {str(at): reason for at, reason in specs.invalid.items()}
        known = frozenset(map(str, specs.digests))
        with self._changed:
            self._specs, self._taken = specs, version
            now = self._clock()
            self._schedule.know(specs.digests, now)
            # A root without a spec has no place in the schedule; any pass sees it, and more is a fairer share.
            self._schedule.ask(Trigger.REVISION, now, None if gone else changed)
            self._owed, self._since = changed, version.committed or self._today()
        self._tell(Loaded(self.target, version, known, invalid, specs.problems))

    def _look(self, batch: Batch) -> None:
        self._at_work = len(batch.roots), self._clock()
        try:
            results = self._pass(batch.roots, batch.trigger, batch.waited)
        finally:
            self._at_work = None
        with self._changed:
            self._schedule.ended(results, self._clock())
        if self._owed and not self._stop.now.is_set():
            self._owed -= {at for at, result in results.items() if result is Result.SUCCESS}
            if not self._owed and self._taken:
                seconds = (self._today() - self._since).total_seconds()
                self._tell(Live(self.target, self._taken.revision, max(0.0, seconds)))

    def _pass(
        self, roots: frozenset[Address], trigger: Trigger, waited: tuple[float, ...] = ()
    ) -> dict[Address, Result]:
        began = self._clock()
        revision = self._taken.revision if self._taken else ""

        def progress(step: Progress) -> None:
            self._tell(Stepped(self.target, trigger.word, revision, step))

        write = self._write and self._may_write()
        try:
            report = self._site.look(roots, write=write, stop=self._stop, progress=progress)
        except StoppedError:
            # Nothing was found and nothing done: there is nothing to tell.
            return dict.fromkeys(roots, Result.THROTTLED)
        except ThrottledError as error:
            self._tell(self._looked(trigger, roots, began, error=str(error), throttled=True, waited=waited))
            return dict.fromkeys(roots, Result.THROTTLED)
        except ControllerError as error:
            self._tell(self._looked(trigger, roots, began, error=str(error), waited=waited))
            return dict.fromkeys(roots, Result.FAILURE)
        if report.refusals and len(roots) > 1 and not self._stop.drain.is_set():
            # A plan is refused as a whole: one by one, only those are that it is about.
            singly = [self._pass(frozenset({at}), trigger) for at in sorted(roots)]
            return {at: result for results in singly for at, result in results.items()}
        told = roots - _left(report, roots)
        if told:
            self._tell(self._looked(trigger, told, began, report=report, waited=waited))
        return {at: _result(report, str(at)) for at in roots}

    def _looked(
        self,
        trigger: Trigger,
        roots: frozenset[Address],
        began: float,
        *,
        report: Report | None = None,
        error: str = "",
        throttled: bool = False,
        waited: tuple[float, ...] = (),
    ) -> Looked:
        revision = self._taken.revision if self._taken else ""
        names, seconds, ended = frozenset(map(str, roots)), self._clock() - began, self._today()
        return Looked(self.target, trigger.word, names, revision, seconds, ended, report, error, throttled, waited)


def _left(report: Report, roots: frozenset[Address]) -> frozenset[Address]:
    """The roots in which nothing of what was planned was begun: they stand as they stood."""
    statuses = {at: {change.status for change in report.changes if change.root == str(at)} for at in roots}
    return frozenset(at for at, found in statuses.items() if found == {"skipped"})


def _result(report: Report, root: str) -> Result:
    """Tried again is what failed, not what a rule holds back: that waits for somebody."""
    statuses = {change.status for change in report.changes if change.root == root}
    if root in report.unreadable or statuses & {"failed", "blocked"}:
        return Result.FAILURE
    return Result.HELD if statuses - {"applied"} or root in report.held else Result.SUCCESS
