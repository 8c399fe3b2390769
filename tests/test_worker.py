"""A worker on a site of the test's own: what it takes in, looks at, and tells of. No thread, no sleep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from controller.address import Address
from controller.errors import AccessError, ControllerError, SpecErrors, ThrottledError
from controller.loop.happenings import Happening, Live, Loaded, Looked, Version
from controller.loop.schedule import Schedule, Trigger
from controller.loop.worker import LOAD_AGAIN, Specs, Stop, Worker
from controller.report import ChangeView, Progress, Report


A, B = Address("RestApi", "a"), Address("RestApi", "b")
START = datetime(2026, 1, 1, tzinfo=UTC)


def report(*changes: tuple[Address, str], **more: Any) -> Report:
    views = tuple(
        ChangeView(root=str(at), path="", kind="RestApi", key=at.key, action="update", status=status)  # type: ignore[arg-type]
        for at, status in changes
    )
    place = {"version": "1", "target": "t", "account": "1", "region": "r", "owner": "o", "dryRun": False}
    return Report(**place, changes=views, **more)


class Site:
    """Specs by revision, and what a pass says; an exception in the place of either is raised."""

    def __init__(self, **specs: Specs | ControllerError) -> None:
        self.specs = specs
        self.says: Callable[[frozenset[Address]], Report | ControllerError] = lambda roots: report()
        self.looks: list[tuple[frozenset[Address], bool]] = []
        self.steps: list[Progress] = []
        self.beat = 0.0

    def load(self, version: Version) -> Specs:
        return given(self.specs[version.revision])

    def look(
        self, roots: frozenset[Address], *, write: bool, stop: Stop, progress: Callable[[Progress], None]
    ) -> Report:
        self.looks.append((roots, write))
        for step in self.steps:
            progress(step)
        return given(self.says(roots))


def given(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


class Run:
    """A worker with a clock that only moves when told to."""

    def __init__(self, site: Site, **more: Any) -> None:
        self.now, self.told, self.stop = 0.0, list[Happening](), Stop()
        schedule = Schedule(interval=300, random=Random(1))
        self.worker = Worker(
            "t",
            site,
            schedule,
            self.told.append,
            self.stop,
            clock=lambda: self.now,
            today=lambda: START + timedelta(seconds=self.now),
            **more,
        )

    def offer(self, revision: str, committed: datetime | None = None) -> None:
        self.worker.offer(Version(Path(), revision, committed))
        self.steps()

    def steps(self) -> None:
        while self.worker.step():
            pass

    def heard(self, kind: type) -> list[Any]:
        found = [happening for happening in self.told if isinstance(happening, kind)]
        self.told.clear()
        return found


def test_new_specs_are_looked_at_at_once_and_only_what_they_change():
    site = Site(r1=Specs({A: "1", B: "1"}), r2=Specs({A: "1", B: "2"}))
    run = Run(site)
    run.offer("r1")
    assert site.looks == [({A, B}, True)]
    run.offer("r2")
    assert site.looks[1:] == [({B}, True)]
    run.now = 316
    run.steps()
    assert site.looks[2:] == [({A, B}, True)]


def test_when_a_spec_goes_it_is_seen_at_once():
    site = Site(r1=Specs({A: "1", B: "1"}), r2=Specs({A: "1"}))
    run = Run(site)
    run.offer("r1")
    run.offer("r2")
    assert site.looks[1:] == [({A}, True)]


def test_it_says_how_long_a_commit_took_to_be_live_and_only_once_it_is():
    site = Site(r1=Specs({A: "1", B: "1"}))
    site.says = lambda roots: report((A, "applied"), (B, "failed"))
    run = Run(site)
    run.offer("r1", START - timedelta(seconds=60))
    assert run.heard(Live) == []
    site.says = lambda roots: report()
    run.now = 40
    run.steps()
    assert run.heard(Live) == [Live("t", "r1", 100.0)]


def test_a_root_that_failed_is_tried_again_by_itself():
    site = Site(r1=Specs({A: "1", B: "1"}))
    site.says = lambda roots: report(unreadable={str(A): "no"})
    run = Run(site)
    run.offer("r1")
    run.now = 1.1
    run.steps()
    assert [roots for roots, _ in site.looks] == [{A, B}, {A}]
    assert [happening.trigger for happening in run.heard(Looked)] == ["revision", "retry"]


def test_what_a_rule_refuses_does_not_stop_the_others_and_is_not_tried_again():
    site = Site(r1=Specs({A: "1", B: "1"}))
    site.says = lambda roots: report(
        *((at, "planned") for at in roots & {A}), refusals=("no",) if A in roots else ()
    )
    run = Run(site)
    run.offer("r1")
    assert [roots for roots, _ in site.looks] == [{A, B}, {A}, {B}]
    run.now = 60
    run.steps()
    assert len(site.looks) == 3


def test_what_fails_as_a_whole_is_told_of_and_tried_again():
    for error, wait in ((AccessError("no"), 1.1), (ThrottledError("slow"), 11)):
        site = Site(r1=Specs({A: "1"}))
        site.says = lambda roots, error=error: error
        run = Run(site)
        run.offer("r1")
        assert [happening.error for happening in run.heard(Looked)] == [str(error)]
        run.now = wait
        run.steps()
        assert len(site.looks) == 2


def test_specs_that_need_aws_to_be_read_are_read_again():
    site = Site(r1=AccessError("no"))
    run = Run(site)
    run.offer("r1")
    assert [happening.error for happening in run.heard(Looked)] == ["no"]
    site.specs["r1"] = Specs({A: "1"})
    run.steps()
    assert site.looks == []
    run.now = LOAD_AGAIN
    run.steps()
    assert site.looks == [({A}, True)]


def test_specs_that_are_wrong_as_a_whole_wait_for_the_next_ones():
    site = Site(r1=SpecErrors([]), r2=Specs({A: "1"}))
    run = Run(site)
    run.offer("r1")
    assert len(run.heard(Looked)) == 1
    run.now = 100 * LOAD_AGAIN
    run.steps()
    assert run.heard(Looked) == []
    run.offer("r2")
    assert site.looks == [({A}, True)]


def test_an_invalid_root_is_told_of_and_left_alone_until_its_spec_changes():
    site = Site(r1=Specs({A: "1"}, {B: "wrong"}), r2=Specs({A: "1", B: "1"}))
    run = Run(site)
    run.offer("r1")
    (loaded,) = run.heard(Loaded)
    assert (loaded.roots, loaded.invalid) == ({str(A)}, {str(B): "wrong"})
    run.offer("r2")
    assert [roots for roots, _ in site.looks] == [{A}, {B}]


def test_a_standby_does_nothing_until_it_may():
    leads = False
    site = Site(r1=Specs({A: "1"}))
    run = Run(site, may_write=lambda: leads)
    run.offer("r1")
    assert site.looks == []
    leads = True
    run.steps()
    assert site.looks == [({A}, True)]


def test_an_observer_never_writes():
    site = Site(r1=Specs({A: "1"}))
    site.says = lambda roots: report((A, "planned"))
    run = Run(site, write=False)
    run.offer("r1")
    assert site.looks == [({A}, False)]
    assert run.heard(Live) == []


def test_a_demand_is_met_at_once():
    site = Site(r1=Specs({A: "1", B: "1"}))
    run = Run(site)
    run.offer("r1")
    run.worker.ask(Trigger.EVENT, [B])
    run.steps()
    assert site.looks[1:] == [({B}, True)]


def test_its_own_thread_ends_when_told_to():
    run = Run(Site(r1=Specs({A: "1"})))
    run.stop.drain.set()
    run.worker.run()
    assert run.told == []


def test_it_says_how_long_roots_had_waited_and_what_it_is_at():
    site = Site(r1=Specs({A: "1", B: "1"}))
    run = Run(site)
    seen: list[tuple[int, float]] = []

    def says(roots: frozenset[Address]) -> Report:
        run.now += 7
        seen.append(run.worker.at_work())
        return report()

    site.says = says
    run.offer("r1")
    run.heard(Looked)
    run.worker.ask(Trigger.EVENT, [B])
    run.now += 3
    run.steps()
    (looked,) = run.heard(Looked)
    assert (looked.waited, looked.seconds, looked.throttled) == ((3.0,), 7.0, False)
    assert seen == [(2, 7.0), (1, 7.0)]
    assert run.worker.at_work() == (0, 0.0)


def test_what_throttling_delays_is_told_apart():
    site = Site(r1=Specs({A: "1"}))
    site.says = lambda roots: ThrottledError("slow")
    run = Run(site)
    run.offer("r1")
    assert [happening.throttled for happening in run.heard(Looked)] == [True]
