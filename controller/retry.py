"""Patience: which failed calls are repeated, and how a call whose answer was lost is not done twice.

Throttling, races and 5xx are repeated with exponential back-off and jitter. After an answer was lost, a creating
call is looked for before it is repeated, "exists already" means that it worked, and so does "not found" after a
deletion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from controller.call import Call, Probe
from controller.errors import (
    ConflictError,
    NotFoundError,
    RetryableError,
    ThrottledError,
    UnavailableError,
)
from controller.gateway import Caller


_log = structlog.get_logger()

ATTEMPTS = 10
PAGE = 500
_BRINGING, _TAKING = ("Create", "Put", "Add"), ("Delete", "Remove", "Disassociate")
_BACKOFF = wait_random_exponential(multiplier=0.5, max=20)


class Patient:
    """Carries out calls over a Caller until they succeed, or fail for good. Parameters must be resolved.

    `calls` counts every call made, repeats included.
    """

    def __init__(self, caller: Caller, sleep: Callable[[float], None] = time.sleep) -> None:
        self._caller, self._sleep = caller, sleep
        self._lock = Lock()
        self.calls = 0

    def perform(self, call: Call) -> dict[str, Any]:
        """The answer; `{}` where the work turned out to be done already. Raises GatewayError's subclasses."""
        lost = False
        for attempt in self._attempts():
            with attempt:
                try:
                    if lost and call.probe and (found := self._find(call.probe)):
                        return found
                    return self._call(call)
                except UnavailableError:
                    lost = True
                    raise
                except NotFoundError:
                    if call.operation.startswith(_TAKING):
                        return {}
                    raise
                except ConflictError:
                    if call.present_will_do or (lost and call.operation.startswith(_BRINGING)):
                        return {}
                    raise
        return {}

    def _call(self, call: Call) -> dict[str, Any]:
        with self._lock:
            self.calls += 1
        return self._caller(call.operation, call.params, service=call.service)

    def _attempts(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(RetryableError),
            wait=_pause,
            stop=stop_after_attempt(ATTEMPTS),
            sleep=self._sleep,
            before_sleep=_tell,
            reraise=True,
        )

    def _find(self, probe: Probe) -> dict[str, Any] | None:
        pages = self.pages(Call(probe.operation, probe.params), probe.items)
        items = (self._whole(item, probe) for item in pages)
        return next((item for item in items if _matches(item, probe.match)), None)

    def _whole(self, item: dict[str, Any], probe: Probe) -> dict[str, Any]:
        if not probe.single or item.get("tags"):
            return item
        operation, parameter = probe.single
        return item | self.perform(Call(operation, {parameter: item["id"]}))

    def pages(self, call: Call, items: str, *, paged: bool = True) -> Iterator[dict[str, Any]]:
        """The items of a listing, page by page."""
        position: dict[str, Any] = {}
        while True:
            params = {**call.params, **({"limit": PAGE} if paged else {}), **position}
            answer = self.perform(Call(call.operation, params, call.service))
            yield from answer.get(items) or []
            if not paged or not answer.get("position"):
                return
            position = {"position": answer["position"]}


def _matches(item: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(
        _matches(item.get(key) or {}, value) if isinstance(value, Mapping) else item.get(key) == value
        for key, value in wanted.items()
    )


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    code = error.code if isinstance(error, RetryableError) else ""
    operation = error.operation if isinstance(error, RetryableError) else ""
    _log.info(
        "repeating a call",
        operation=operation,
        reason=code or type(error).__name__,
        attempt=state.attempt_number,
        seconds=round(state.upcoming_sleep, 1),
    )


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after or 0.0 if isinstance(error, ThrottledError) else 0.0
    return max(_BACKOFF(state), asked)
