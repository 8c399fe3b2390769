"""Everything that runs: a follower of the source and a worker for each target, each in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from controller.errors import ControllerError
from controller.loop.following import Follower, Origin
from controller.loop.happenings import Fetched, Happening, Overridden, Tell, Version
from controller.loop.schedule import Schedule, Trigger
from controller.loop.worker import Site, Stop, Worker
from controller.settings import Settings, Target, read_settings
from controller.suspension import Suspension


MOMENT = 5.0
"""Seconds for a call that is under way when everything is to stop."""

LOOK = 0.1

MakeSite = Callable[[str, Settings], Site]


class Host:
    """Starts, feeds and ends the workers. `is_ours` says which targets of reconcile.yaml to run."""

    def __init__(
        self,
        origin: Origin,
        make_site: MakeSite,
        observers: Iterable[Tell] = (),
        *,
        is_ours: Callable[[str, Target], bool] = lambda _name, _target: True,
        write: bool = True,
        may_write: Callable[[], bool] = lambda: True,
        interval: float = 300.0,
        poll: float | None = None,
        at_once: int = 50,
    ) -> None:
        self.stop = Stop()
        self._make_site, self._observers, self._is_ours = make_site, tuple(observers), is_ours
        self._write, self._may_write = write, may_write
        self._interval, self._at_once = interval, at_once
        self._follower = Follower(origin, self.take, self._tell, interval=poll)
        self._following = threading.Thread(target=self._follower.run, args=(self.stop.drain,), name="source")
        self._lock = threading.Lock()
        self._workers: dict[str, Worker] = {}
        self._threads: dict[str, threading.Thread] = {}

    @property
    def workers(self) -> Mapping[str, Worker]:
        """The workers by target."""
        with self._lock:
            return dict(self._workers)

    # ── life ──
    def start(self) -> None:
        """Begins to follow the source; the workers come with the first version."""
        self._following.start()

    def end(self, grace: float) -> bool:
        """Lets everything finish what it has begun; False if that took longer than `grace` seconds.

        Then, or when told to stop at once, nothing more is called, and what is being called gets a moment.
        """
        self.stop.drain.set()
        self._follower.poke()
        for worker in self.workers.values():
            worker.wake()
        if self._ended_by(time.monotonic() + grace, unless=self.stop.now):
            return True
        self.stop.now.set()
        self._ended_by(time.monotonic() + MOMENT)
        return False

    @property
    def running(self) -> bool:
        """Whether anything still runs, such as a call that nobody answers."""
        return any(thread.is_alive() for thread in self._started())

    # ── what comes from outside ──
    def take(self, version: Version) -> None:
        """A new version: workers for its targets, and the version for each worker."""
        try:
            settings = read_settings(version.checkout)
        except ControllerError as error:
            self._tell(Fetched(0.0, version, str(error)))
            return
        names = [name for name, target in settings.targets.items() if self._is_ours(name, target)]
        with self._lock:
            for name in names:
                if name not in self._workers:
                    self._hire(name, settings)
            workers = list(self._workers.values())
        # A target that is gone has no roots any more, as its worker will see.
        for worker in workers:
            worker.offer(version)

    def look(self, trigger: Trigger = Trigger.DEMAND) -> None:
        """Somebody wants everything looked at, the source first."""
        self._follower.poke()
        for worker in self.workers.values():
            worker.ask(trigger)

    def hear(self, aws_ids: frozenset[str] | None) -> None:
        """Something was changed in AWS by somebody: in what has these ids, or nobody knows where."""
        for worker in self.workers.values():
            worker.hear(aws_ids)

    def suspend(self, suspensions: tuple[Suspension, ...], ended: tuple[Suspension, ...]) -> None:
        """Operators have suspended these, and no longer those."""
        self._tell(Overridden(suspensions))
        for worker in self.workers.values():
            worker.reconsider(ended)
            worker.wake()

    def poke(self) -> None:
        """There may be a new version."""
        self._follower.poke()

    def wake(self) -> None:
        """Whether writing is allowed may have changed."""
        for worker in self.workers.values():
            worker.wake()

    @property
    def beating(self) -> Mapping[str, Follower | Worker]:
        """What is to be alive, by name."""
        return {"source": self._follower, **{f"worker-{name}": one for name, one in self.workers.items()}}

    # ── within ──
    def _ended_by(self, deadline: float, unless: threading.Event | None = None) -> bool:
        """Whether all threads end until then; they are not waited for any longer once the event is set."""
        while running := [thread for thread in self._started() if thread.is_alive()]:
            if time.monotonic() > deadline or (unless and unless.is_set()):
                return False
            running[0].join(LOOK)
        return True

    def _started(self) -> list[threading.Thread]:
        with self._lock:
            threads = [self._following, *self._threads.values()]
        return [thread for thread in threads if thread.ident is not None]

    def _hire(self, name: str, settings: Settings) -> None:
        schedule = Schedule(interval=self._interval, most=self._at_once)
        site = self._make_site(name, settings)
        worker = Worker(name, site, schedule, self._tell, self.stop, write=self._write, may_write=self._may_write)
        self._workers[name] = worker
        self._threads[name] = threading.Thread(target=worker.run, name=f"target {name}")
        if not self.stop.drain.is_set():
            self._threads[name].start()

    def _tell(self, happening: Happening) -> None:
        for observer in self._observers:
            observer(happening)
