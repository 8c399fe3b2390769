"""Requests over HTTP that are sent again when that may help: rate limits, 5xx, and no answer at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from controller.errors import SendError
from controller.http import trouble
from controller.masking import Mask


LONGEST_WAIT = 60.0
"""Seconds between two attempts. Who is asked for more patience than that gives up at once."""

LONGEST_SAID = 4_000

_LATER = {408, 425, 429, 500, 502, 503, 504}
_LIMITS = {*_LATER, 403}
_BACKOFF = wait_random_exponential(multiplier=1, max=LONGEST_WAIT)


class _LaterError(SendError):
    """It may be taken later."""


@dataclass(frozen=True)
class Persistent:
    """An HTTP client with patience.

    mask       takes secrets out of what is told of errors; whoever reads a secret teaches it
    attempts   how often a request is sent at most
    sleep      waits for so many seconds
    is_over    asked after each failure; once it is true nothing is sent again
    clock      seconds since the epoch, to understand until when a rate limit lasts
    """

    http: httpx.Client
    mask: Mask = field(default_factory=Mask)
    attempts: int = 6
    sleep: Callable[[float], None] = time.sleep
    is_over: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.time

    def send(
        self, method: str, url: str, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """The answer, if it is one of success. Raises SendError, whose text holds no secret and no URL."""
        enough = stop_after_attempt(self.attempts)
        for attempt in Retrying(
            retry=retry_if_exception_type(_LaterError),
            stop=lambda state: self.is_over() or enough(state) or _waits(state) > LONGEST_WAIT,
            wait=lambda state: max(_BACKOFF(state), _waits(state)),
            sleep=self.sleep,
            reraise=True,
        ):
            with attempt:
                return self._once(method, url, content, headers, attempt.retry_state.attempt_number)
        raise AssertionError

    def _once(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str] | None, number: int
    ) -> httpx.Response:
        try:
            answer = self.http.request(method, url, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise _LaterError(self.mask(trouble(error)), attempts=number) from None
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise SendError("its URL or token is none that can be used") from None
        if answer.is_success:
            return answer
        wait = self._advice(answer)
        kind = _LaterError if answer.status_code in _LATER or wait else SendError
        said = self.mask(answer.text)[:LONGEST_SAID]
        told = "" if kind is _LaterError else f": {' '.join(said.split())[:200]}"
        raise kind(
            f"it answered {answer.status_code}{told}",
            status=answer.status_code,
            said=said,
            wait=wait,
            attempts=number,
        )

    def _advice(self, answer: httpx.Response) -> float:
        """For how many seconds the other side asks for patience.

        GitHub's limits are a 403 or a 429, with Retry-After, or with the second since the epoch at which there is
        something left again; GitLab's are a 429 with both.
        """
        headers = answer.headers
        if answer.status_code not in _LIMITS:
            return 0.0
        if (text := headers.get("Retry-After", "")).isdecimal():
            return float(text)
        if headers.get("X-RateLimit-Remaining") == "0" and headers.get("X-RateLimit-Reset", "").isdecimal():
            return max(1.0, float(headers["X-RateLimit-Reset"]) - self.clock())
        return 0.0


def _waits(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.wait if isinstance(error, SendError) else 0.0
