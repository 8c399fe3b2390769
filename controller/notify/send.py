"""Sending what the channels say, off the main thread: nothing that goes wrong here reaches a pass."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping

import httpx
import structlog

from controller.errors import ControllerError
from controller.http import client
from controller.notify.changes import StateChange
from controller.notify.channels import speaker
from controller.notify.commits import Delivery
from controller.notify.config import Channel, Notifications
from controller.outbox import Outbox
from controller.sending import Persistent


_log = structlog.get_logger()

SECONDS = 10.0


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
        self._channels = [
            _Sender(
                channel,
                delay=notifications.collapse,
                on_sent=on_sent,
                http=self._http,
                environ=environ,
                sleep=sleep,
            )
            for channel in notifications.channels
        ]

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


class _Sender:
    """One channel: what it is told, how it says it, and the patience to get it across."""

    def __init__(
        self,
        channel: Channel,
        *,
        delay: float,
        on_sent: Callable[[str, str], None],
        http: httpx.Client,
        environ: Mapping[str, str],
        sleep: Callable[[float], None] | None,
    ) -> None:
        self._channel, self._on_sent = channel, on_sent
        self.outbox: Outbox[StateChange] = Outbox(f"notify {channel.name}", self._send, delay)
        pause = sleep or self.outbox.pause
        sender = Persistent(http, sleep=pause, is_over=lambda: self.outbox.is_closing)
        self._speaker = speaker(channel, sender, environ)

    def tell(self, change: StateChange) -> None:
        if self._channel.wants(change):
            self.outbox.put(change)

    def _send(self, changes: list[StateChange]) -> None:
        deliveries = self._speaker.deliveries(changes)
        try:
            delivery = next(deliveries)
            while True:
                delivery = deliveries.send(self._arrived(delivery))
        except StopIteration:
            return

    def _arrived(self, delivery: Delivery) -> bool:
        try:
            delivery()
        except ControllerError as error:
            _log.warning("notification_failed", channel=self._channel.name, error=str(error))
            self._on_sent(self._channel.name, "failed")
            return False
        self._on_sent(self._channel.name, "sent")
        return True
