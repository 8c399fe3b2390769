"""Where specs come from, followed: each new version is offered as soon as it is seen."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import watchfiles

from controller.errors import ControllerError, UnverifiedError
from controller.loop.happenings import Fetched, Tell, Version
from controller.source.git.remote import Remote
from controller.source.revision import revision


Offer = Callable[[Version], None]
BEAT = 5.0
"""Seconds after which it shows that it is alive though there is nothing to do."""

PATIENCE = 900.0
"""Seconds without a sign of life after which it is stuck: git ends a fetch, and a reading, after five minutes."""

SETTLED = 400
"""Milliseconds of quiet after which a set of changed files is taken to be whole."""


class Origin(Protocol):
    """Asked for its newest version."""

    def version(self) -> Version:
        """What it holds now. Raises ControllerError."""

    def changes(self, stop: threading.Event) -> Iterator[object]:
        """Something after each change that it sees by itself; ends when told to stop."""


class Directory:
    """A folder that something else keeps up to date: git-sync, a ConfigMap, a person."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self) -> Version:
        """The folder as it is, with the revision that git knows it by."""
        # A sidecar replaces the folder by a symbolic link: what is read must stay one and the same.
        now = self._path.resolve()
        return Version(now, revision(now))

    def changes(self, stop: threading.Event) -> Iterator[object]:
        """After files changed, or after the link to them led elsewhere."""
        while not stop.is_set():
            places = {self._path.resolve()}
            if self._path.is_symlink():
                places.add(self._path.absolute().parent)
            for _ in watchfiles.watch(*places, stop_event=stop, debounce=SETTLED, step=100, recursive=True):
                yield None
                if self._path.resolve() not in places:
                    break


class Repository:
    """A git remote. It is asked from time to time, and whenever somebody says that there may be news."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def version(self) -> Version:
        """The commit that the ref names now, written out."""
        commit = self._remote.fetch()
        checkout = self._remote.export(commit) / self._remote.path
        return Version(checkout, commit.short, commit.committed, commit.author, commit.sha)

    def changes(self, stop: threading.Event) -> Iterator[object]:
        """None: a remote says nothing by itself."""
        stop.wait()
        return iter(())


class Follower:
    """Asks an origin at once, after each change it sees, whenever poked, and every so many seconds."""

    patience = PATIENCE

    def __init__(
        self,
        origin: Origin,
        offer: Offer,
        tell: Tell,
        *,
        interval: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._origin, self._offer, self._tell = origin, offer, tell
        self._interval, self._clock = interval, clock
        self._poked = threading.Event()
        self._last: Version | None = None
        self.beat = clock()

    def poke(self) -> None:
        """Somebody says there may be news."""
        self._poked.set()

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        watching = threading.Thread(target=self._watch, args=(stop,), name="watch", daemon=True)
        watching.start()
        while not stop.is_set():
            self.beat = self._clock()
            self._poked.clear()
            self.ask()
            self._rest()
        watching.join()

    def _rest(self) -> None:
        """Until the interval is over, or somebody pokes."""
        end = math.inf if self._interval is None else self._clock() + self._interval
        while (left := end - self._clock()) > 0 and not self._poked.wait(min(BEAT, left)):
            self.beat = self._clock()

    def ask(self) -> bool:
        """Offers the newest version if it is not the last one offered; False if the origin did not answer."""
        began = self._clock()
        try:
            found = self._origin.version()
        except ControllerError as error:
            unverified = isinstance(error, UnverifiedError)
            self._tell(Fetched(self._clock() - began, error=str(error), unverified=unverified))
            return False
        self._tell(Fetched(self._clock() - began, found))
        if found != self._last or not found.revision or found.revision.endswith("-dirty"):
            self._last = found
            self._offer(found)
        return True

    def _watch(self, stop: threading.Event) -> None:
        for _ in self._origin.changes(stop):
            self.poke()
        # So that nobody waits out the interval.
        self.poke()
