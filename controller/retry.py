"""Patience: which failed calls are repeated, and how a call whose answer was lost is not done twice.

Throttling, races and 5xx are repeated with exponential back-off and jitter. After an answer was lost, a creating
call is looked for before it is repeated, "exists already" means that it worked, and so does "not found" after a
deletion. A call that only sets something going is not over until AWS has finished it (`Wait`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event, Lock
from typing import Any, ClassVar

import structlog
from tenacity import RetryCallState, Retrying, stop_after_attempt
from tenacity.wait import wait_random_exponential

from controller.call import Call, Probe, Wait
from controller.errors import (
    ConflictError,
    GatewayError,
    InvalidError,
    NotFoundError,
    RetryableError,
    ThrottledError,
    UnavailableError,
)
from controller.gateway import Caller
from controller.masking import Mask


_log = structlog.get_logger()

ATTEMPTS = 10
PAGE = 500
_NAP = 1.0
_BRINGING, _TAKING = ("Create", "Put", "Add"), ("Delete", "Remove", "Disassociate")
_BACKOFF = wait_random_exponential(multiplier=0.5, max=20)


class Patient:
    """Carries out calls over a Caller until they succeed, or fail for good. Parameters must be resolved.

    `calls` counts every call made, repeats included. What `mask` has learned is in no error that leaves here.
    What is not `complete` lists no more than this owner's.
    """

    complete: ClassVar[bool] = True

    def __init__(self, caller: Caller, sleep: Callable[[float], None] = time.sleep) -> None:
        self._caller, self._sleep = caller, sleep
        self._lock = Lock()
        self.calls = 0
        self.mask = Mask()

    def perform(self, call: Call, stop: Event | None = None) -> dict[str, Any]:
        """The answer; `{}` where the work turned out to be done already. Raises GatewayError's subclasses.

        Once `stop` is set, work that AWS has not finished is no longer waited for.
        """
        answer = self._repeated(call)
        if call.wait:
            self._await(call.wait, answer, stop or Event())
        return call.glance.part(answer) if call.glance else answer

    def _repeated(self, call: Call) -> dict[str, Any]:
        lost = False
        for attempt in self._attempts(call):
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

    def _await(self, wait: Wait, answer: Mapping[str, Any], stop: Event) -> None:
        """Returns once the work is done. Raises GatewayError if it fails, is told to stop, or takes too long."""
        taught = {name: answer[member] for name, member in wait.taught.items() if member in answer}
        poll = Call(wait.operation, {**wait.params, **taught})
        waited = 0.0
        while True:
            try:
                found = self.perform(poll)
            except NotFoundError:
                if wait.done:
                    raise
                return
            status = str(found.get(wait.member, ""))
            # What has no status is not under way.
            if status in wait.done or (wait.done and not status):
                return
            reason = f": {found[wait.reason]}" if found.get(wait.reason) else ""
            if status in wait.failed:
                raise InvalidError(f"{status}{reason}", operation=wait.operation)
            if waited >= wait.deadline:
                told = f"still {status} after {waited / 60:.0f} minutes{reason}"
                raise GatewayError(told, operation=wait.operation)
            if stop.is_set():
                told = f"stopped while AWS had it {status or 'under way'}: the next run waits for it"
                raise GatewayError(told, operation=wait.operation)
            _log.info("waiting", operation=wait.operation, status=status, seconds=round(waited))
            self._rest(wait.seconds, stop)
            waited += wait.seconds

    def _rest(self, seconds: float, stop: Event) -> None:
        """Sleeps in short naps: what stops a run does not wake a sleeper."""
        while seconds > 0 and not stop.is_set():
            self._sleep(min(_NAP, seconds))
            seconds -= _NAP

    def _call(self, call: Call) -> dict[str, Any]:
        with self._lock:
            self.calls += 1
        try:
            return self._caller(call.operation, call.params, service=call.service)
        # Whatever it is, it may quote what was sent; so may the errors behind it, which are left behind.
        except GatewayError as error:
            error.args = tuple(self.mask(str(part)) for part in error.args)
            raise error from None
        except Exception as error:
            text = str(error)
            if (masked := self.mask(text)) == text:
                raise
            message = f"{call.operation}: {type(error).__name__}: {masked}"
            raise GatewayError(message, operation=call.operation) from None

    def _attempts(self, call: Call) -> Retrying:
        def worth(state: RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            unsettled = isinstance(error, InvalidError) and state.idle_for < call.settles
            return unsettled or isinstance(error, RetryableError)

        return Retrying(
            retry=worth,
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
        operation, parameter, member = probe.single
        return item | self.perform(Call(operation, {parameter: item[member]}))

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
    code = error.code if isinstance(error, GatewayError) else ""
    operation = error.operation if isinstance(error, GatewayError) else ""
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
