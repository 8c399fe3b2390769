"""What operators have suspended, in a ConfigMap: one entry for each word of theirs, which ends by itself.

1. While the API does not answer, what was read last stays in force: what is suspended stays so until its end.
2. Until it was read once, nobody knows what is suspended, and nothing may be written.
3. An entry that cannot be read changes nothing: what its key said before goes on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any

import structlog
from pydantic import ValidationError

from controller.errors import KubeError
from controller.kube.api import Api
from controller.suspension import Suspension


_log = structlog.get_logger()

POLL = 5.0
"""Seconds between two looks; a look is one small request."""

NOT_FOUND = 404
MERGE_PATCH = "application/merge-patch+json"

Changed = Callable[[tuple[Suspension, ...], tuple[Suspension, ...]], None]
"""Is told of what is suspended now, and of what is so no longer."""


class Overrides:
    """Follows the ConfigMap of a name, in a thread of its own."""

    def __init__(
        self, api: Api, name: str, changed: Changed, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store, self._changed, self._now = Store(api, name), changed, now
        self._entries: Mapping[str, Suspension] = {}
        self._told: tuple[Suspension, ...] = ()
        self._stopping, self._looking = Event(), Lock()
        self._thread = Thread(target=self._run, name="overrides", daemon=True)
        self.trouble = ""
        """Why the ConfigMap could not be read the last time."""
        self.known = False
        """Whether it was read once."""

    def active(self) -> tuple[Suspension, ...]:
        """What is suspended now. Cheap, and safe from any thread."""
        now = self._now()
        return tuple(one for _, one in sorted(self._entries.items()) if one.until > now)

    def unready(self) -> str:
        """Why nothing may be written yet; empty once the ConfigMap was read."""
        return "" if self.known else self.trouble or "not read yet"

    def start(self) -> None:
        """Begins to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; it is not waited for."""
        self._stopping.set()

    def step(self) -> None:
        """One look, and word of what has changed since the last, by somebody or by time."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        first = not self.known
        try:
            self._entries = self._store.read(self._entries)
        except KubeError as error:
            if str(error) != self.trouble:
                _log.warning("overrides_not_read", error=str(error), known=self.known)
            self.trouble = str(error)
        else:
            self.trouble, self.known = "", True
        now = self.active()
        if now != self._told or (first and self.known):
            ended = tuple(one for one in self._told if one not in now)
            self._told = now
            self._changed(now, ended)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step()
            except Exception:  # noqa: BLE001
                # Without this thread, nothing would be resumed any more.
                _log.exception("overrides_thread_failed")
            self._stopping.wait(POLL)


class Store:
    """The ConfigMap itself, for whoever reads or writes it."""

    def __init__(self, api: Api, name: str) -> None:
        self._api, self._name = api, name
        self._all = f"/api/v1/namespaces/{api.namespace}/configmaps"
        self._path = f"{self._all}/{name}"

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"ConfigMap {self._name} in namespace {self._api.namespace}"

    def read(self, before: Mapping[str, Suspension] | None = None) -> Mapping[str, Suspension]:
        """The entries by key; none if there is no such ConfigMap. Raises KubeError."""
        try:
            data = self._api.request("GET", self._path).get("data") or {}
        except KubeError as error:
            if error.status != NOT_FOUND:
                raise
            return {}
        found = {key: _read(key, text) or (before or {}).get(key) for key, text in data.items()}
        return {key: one for key, one in found.items() if one}

    def put(self, one: Suspension) -> None:
        """Adds it, in the place of what was said before of the same roots. Raises KubeError."""
        text = one.model_dump_json(exclude_defaults=True)
        data = {_key(one.name, one.targets): text}
        try:
            self._api.request("PATCH", self._path, {"data": data}, kind=MERGE_PATCH)
        except KubeError as error:
            if error.status != NOT_FOUND:
                raise
            self._create(data)

    def take(self, keys: Iterable[str]) -> None:
        """Removes these entries. Raises KubeError."""
        data = dict.fromkeys(keys)
        self._api.request("PATCH", self._path, {"data": data}, kind=MERGE_PATCH)

    def _create(self, data: Mapping[str, str]) -> None:
        metadata = {"name": self._name, "namespace": self._api.namespace}
        whole: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        self._api.request("POST", self._all, whole)


def _read(key: str, text: str) -> Suspension | None:
    try:
        return Suspension.model_validate_json(text)
    except ValidationError as error:
        places = [".".join(map(str, item["loc"])) or "it" for item in error.errors()]
        _log.warning("override_is_no_suspension", key=key, wrong=sorted(set(places)))
        return None


def _key(name: str, targets: Iterable[str]) -> str:
    """A key that people recognise, of the characters and the length that a ConfigMap allows."""
    exact = hashlib.sha256(json.dumps([name, sorted(targets)]).encode()).hexdigest()[:8]
    readable = re.sub(r"[^-.\w]", "_", name, flags=re.ASCII)[:200]
    return f"{readable}.{exact}"
