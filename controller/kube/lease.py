"""Who leads: one of several replicas, by a Lease of Kubernetes.

1. Clocks of different machines are never compared. A lease has run out when the record has not changed for its
   duration, by the clock of whoever looks.
2. A leader that could not renew stops believing in itself at the renew deadline, which comes before the lease
   runs out: counted from before its last successful request, whatever the rest of the process is doing meanwhile.
3. The record is replaced only as it was read (resourceVersion); a conflict means that the round is lost.
4. A lease is no fence: nothing in AWS knows of it. `still_leader` is asked before every changing call (`Fence`).
"""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import uniform
from threading import Event, Thread
from typing import Any

import structlog

from controller.errors import KubeError, UsageError
from controller.kube.api import Api, Connection


_log = structlog.get_logger()

NOT_FOUND, CONFLICT = 404, 409
NEVER = float("-inf")


@dataclass(frozen=True)
class Timing:
    """Seconds: how long a lease lasts, until when a leader must have renewed it, and from one try to the next.

    The tries of others vary by up to `jitter`. Raises UsageError for what could make two leaders, or none for long.
    """

    duration: int = 15
    renew: float = 10.0
    retry: float = 2.0
    jitter: float = 1.2

    def __post_init__(self) -> None:
        if self.duration <= self.renew:
            raise UsageError(
                f"a lease of {self.duration} s must last longer than its renew deadline, {self.renew} s"
            )
        if self.retry <= 0 or self.jitter < 1 or self.renew <= self.retry * self.jitter:
            raise UsageError(
                f"the renew deadline of {self.renew} s must be more than {self.jitter} times the retry period,"
                f" {self.retry} s, which must be above zero"
            )

    @property
    def timeout(self) -> float:
        """For each part of a request: a whole one that hangs still leaves time for another before the deadline."""
        return self.renew / 5


class Election:
    """A candidate for one lease. `start` and `stop` once each; `round` is what its thread does over and over.

    `on_gain` and `on_loss` are called in that thread, and must be quick. `on_loss` is for what happens against our
    will; after `stop` there is nothing to be told.
    """

    def __init__(
        self,
        connection: Connection,
        name: str,
        *,
        identity: str = "",
        timing: Timing | None = None,
        on_gain: Callable[[], None] = lambda: None,
        on_loss: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        spread: Callable[[float, float], float] = uniform,
    ) -> None:
        self.identity = identity or f"{socket.gethostname()}_{uuid.uuid4()}"
        self.holder = ""
        """Who leads as far as is known; for people."""
        self._timing = timing or Timing()
        self._api = Api(connection, self._timing.timeout)
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{connection.namespace}/leases"
        self._name, self._on_gain, self._on_loss = name, on_gain, on_loss
        self._stopping = Event()
        self._clock, self._sleep, self._spread = clock, sleep or self._stopping.wait, spread
        self._thread = Thread(target=self._run, name=f"lease {name}", daemon=True)
        self._leading = False
        self._valid_until = NEVER
        self._lease: dict[str, Any] | None = None
        self._changed_at = NEVER

    def still_leader(self) -> bool:
        """True while nobody else can lead. Cheap, without waiting, and safe from any thread."""
        return self._clock() < self._valid_until

    def start(self) -> None:
        """Begins to try, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends, and lets the next replica lead at once. To be called when all work has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(4 * self._timing.timeout)
        was_leading, self._leading, self._valid_until = self._leading, False, NEVER
        if was_leading and self._lease:
            try:
                self._put({"holderIdentity": None, "leaseDurationSeconds": 1})
            except KubeError as error:
                _log.warning("lease_not_released", lease=self._name, error=str(error))
            else:
                _log.info("lease_released", lease=self._name)
        self._api.close()

    def round(self) -> float:
        """One try to lead or to go on leading. Seconds until the next one."""
        if self._leading and not self.still_leader():
            self._lose("it was not renewed in time")
        began = self._clock()
        try:
            self.holder = self._contend()
        except KubeError as error:
            level = _log.info if error.status == CONFLICT else _log.warning
            level("lease_round_lost", lease=self._name, error=str(error))
            self._forget()
        else:
            self._judge(began)
        return self._wait()

    def _judge(self, began: float) -> None:
        if self.holder != self.identity:
            if self._leading:
                self._lose(f"{self.holder} holds it")
            return
        if self._clock() >= began + self._timing.renew:
            return  # An answer that took so long says nothing about now.
        self._valid_until = began + self._timing.renew
        if not self._leading:
            self._leading = True
            _log.info("lease_gained", lease=self._name, identity=self.identity)
            self._on_gain()

    def _lose(self, why: str) -> None:
        self._leading, self._valid_until = False, NEVER
        _log.error("lease_lost", lease=self._name, why=why)
        self._on_loss()

    def _wait(self) -> float:
        if not self._leading:
            return self._timing.retry * self._spread(1.0, self._timing.jitter)
        return max(0.0, min(self._timing.retry, self._valid_until - self._clock()))

    def _contend(self) -> str:
        """Who holds the lease now. Raises KubeError if that cannot be known."""
        lease = self._lease if self._leading and self._lease else self._look()
        if lease is None:
            return self._create()
        holder = lease["spec"].get("holderIdentity") or ""
        if holder not in {"", self.identity} and not self._has_run_out(lease):
            return str(holder)
        self._put(self._terms() if holder == self.identity else self._takeover(lease))
        return self.identity

    def _look(self) -> dict[str, Any] | None:
        try:
            lease = self._api.request("GET", f"{self._path}/{self._name}")
        except KubeError as error:
            if error.status != NOT_FOUND:
                raise
            return None
        return self._noted(lease)

    def _create(self) -> str:
        metadata = {"name": self._name, "namespace": self._api.namespace}
        spec = {**self._terms(), "acquireTime": _now(), "leaseTransitions": 0}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
        self._noted(self._api.request("POST", self._path, lease))
        return self.identity

    def _put(self, changes: dict[str, Any]) -> None:
        lease = self._lease or {}
        changed = {**lease, "spec": {**lease.get("spec", {}), **changes}}
        self._noted(self._api.request("PUT", f"{self._path}/{self._name}", changed))

    def _noted(self, lease: dict[str, Any]) -> dict[str, Any]:
        lease.setdefault("spec", {})
        if self._lease is None or lease["spec"] != self._lease["spec"]:
            self._changed_at = self._clock()
        self._lease = lease
        return lease

    def _forget(self) -> None:
        """Has the next round read the lease, but keeps what was seen of others, to judge when it runs out."""
        if self._lease and self._leading:
            self._lease = None

    def _has_run_out(self, lease: dict[str, Any]) -> bool:
        duration = lease["spec"].get("leaseDurationSeconds") or self._timing.duration
        return self._clock() - self._changed_at > float(duration)

    def _terms(self) -> dict[str, Any]:
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self._timing.duration,
            "renewTime": _now(),
        }

    def _takeover(self, lease: dict[str, Any]) -> dict[str, Any]:
        transitions = int(lease["spec"].get("leaseTransitions") or 0) + 1
        return {**self._terms(), "acquireTime": _now(), "leaseTransitions": transitions}

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                wait = self.round()
            except Exception:  # noqa: BLE001
                # A leader whose thread has died would lead no more without knowing it.
                _log.exception("lease_thread_failed", lease=self._name)
                self._forget()
                wait = self._timing.retry
            self._sleep(wait)


def _now() -> str:
    """For people who read the lease; nothing is decided by it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
