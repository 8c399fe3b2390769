"""Sending what the channels say, off the main thread: nothing that goes wrong here reaches a pass."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import httpx
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from controller.errors import ControllerError, UsageError
from controller.http import client, trouble
from controller.masking import Mask
from controller.notify.changes import StateChange
from controller.notify.channels import Delivery, speaker
from controller.notify.config import Channel, Notifications, Secret
from controller.outbox import Outbox


_log = structlog.get_logger()

SECONDS = 10.0
ATTEMPTS, LONGEST_WAIT = 6, 60.0
_BACKOFF = wait_random_exponential(multiplier=1, max=LONGEST_WAIT)
_LATER = {408, 425, 429, 500, 502, 503, 504}


class _SendError(ControllerError):
    """It was not taken. The text is masked."""


class _LaterError(_SendError):
    """It may be taken later, after so many seconds if the other side said so."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class Notifier:
    """Tells all channels. Each has a thread, so that one that is slow holds up none of the others.

    `on_sent` is told the channel's name and "sent" or "failed" each time, for metrics, from those threads.
    """

    def __init__(
        self,
        notifications: Notifications,
        *,
        environ: Mapping[str, str] = os.environ,
        on_sent: Callable[[str, str], None] = lambda _name, _result: None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._http = client(SECONDS)
        delay = notifications.collapse
        post, told = _Post(self._http, environ, sleep), on_sent
        self._channels = [_Sender(channel, delay, post, told) for channel in notifications.channels]

    def tell(self, changes: Iterable[StateChange]) -> None:
        """Takes changes, in their order. Returns at once and never raises."""
        for change in changes:
            for channel in self._channels:
                channel.tell(change)

    def close(self, seconds: float = 5.0) -> None:
        """Sends what is left, without waiting for more, within about that time."""
        for channel in self._channels:
            channel.outbox.finish()
        end = time.monotonic() + seconds
        for channel in self._channels:
            channel.outbox.close(max(0.0, end - time.monotonic()))
        self._http.close()


@dataclass(frozen=True)
class _Post:
    """What all channels send with."""

    http: httpx.Client
    environ: Mapping[str, str]
    sleep: Callable[[float], None] | None


class _Sender:
    """One channel: what it is told, how it says it, and the patience to get it across."""

    def __init__(self, channel: Channel, delay: float, post: _Post, on_sent: Callable[[str, str], None]) -> None:
        self._channel, self._post, self._on_sent = channel, post, on_sent
        self._speaker = speaker(channel)
        self._mask = Mask()
        self.outbox: Outbox[StateChange] = Outbox(f"notify {channel.name}", self._send, delay)

    def tell(self, change: StateChange) -> None:
        if self._channel.wants(change):
            self.outbox.put(change)

    def _send(self, changes: list[StateChange]) -> None:
        deliveries = self._speaker.deliveries(changes, self._read)
        try:
            delivery = next(deliveries)
            while True:
                delivery = deliveries.send(self._arrived(delivery))
        except StopIteration:
            return
        except UsageError as error:
            self._failed(error)

    def _read(self, secret: Secret) -> str:
        value = secret.read(self._post.environ)
        self._mask.learn([value])
        return value

    def _arrived(self, delivery: Delivery) -> bool:
        try:
            self._deliver(delivery)
        except _SendError as error:
            self._failed(error)
            return False
        self._on_sent(self._channel.name, "sent")
        return True

    def _failed(self, error: ControllerError) -> None:
        _log.warning("notification_failed", channel=self._channel.name, error=str(error))
        self._on_sent(self._channel.name, "failed")

    def _deliver(self, delivery: Delivery) -> None:
        attempts = stop_after_attempt(ATTEMPTS)
        for attempt in Retrying(
            retry=retry_if_exception_type(_LaterError),
            stop=lambda state: self.outbox.is_closing or attempts(state),
            wait=_wait,
            sleep=self._post.sleep or self.outbox.pause,
            reraise=True,
        ):
            with attempt:
                self._once(delivery)

    def _once(self, delivery: Delivery) -> None:
        try:
            answer = self._post.http.post(delivery.url, content=delivery.body, headers=delivery.headers)
        except httpx.HTTPError as error:
            raise _LaterError(self._mask(trouble(error))) from None
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise _SendError("its URL or token is none that can be used") from None
        if answer.status_code in _LATER:
            raise _LaterError(f"it answered {answer.status_code}", _advice(answer))
        if not answer.is_success:
            said = " ".join(answer.text.split())[:200]
            raise _SendError(self._mask(f"it answered {answer.status_code}: {said}"))


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    advice = error.after if isinstance(error, _LaterError) else 0.0
    return max(_BACKOFF(state), min(advice, LONGEST_WAIT))


def _advice(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0
