"""A queue with events of API Gateway, long-polled in a thread: what others change is seen at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from controller.aws.client import connect
from controller.aws.observing import Observer, nobody
from controller.aws.trail import Hint, read
from controller.errors import GatewayError, UsageError
from controller.gateway import Caller


_log = structlog.get_logger()

LONG_POLL = 20
"""Seconds that SQS holds a call open for: its most."""

BATCH = 10
"""Messages of one call: SQS's most."""

HIDDEN = 60
"""Seconds in which nobody else gets the messages: more than handling them takes."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0

_URL = re.compile(r"^https?://(?:sqs\.(?P<region>[a-z0-9-]+)\.|[^/]+).*/\d{12}/[\w-]{1,80}(?:\.fifo)?$")

Heard = Callable[[frozenset[str] | None], None]
"""Is told of which AWS ids something changed; None for all."""


class EventQueue:
    """Listens to a queue until told to stop. Whatever is lost, doubled or late costs a look, or an interval."""

    def __init__(
        self, caller: Caller, url: str, heard: Heard, stop: threading.Event, *, long_poll: int = LONG_POLL
    ) -> None:
        self._caller, self._url, self._heard, self._stop = caller, url, heard, stop
        self._long_poll = long_poll

    def start(self) -> threading.Thread:
        """Listens in a thread of its own, which no one has to wait for: a message half handled comes again."""
        thread = threading.Thread(target=self.run, name="events", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Until told to stop; what fails is tried again after a while."""
        wait = FIRST_WAIT
        while not self._stop.is_set():
            try:
                self.step()
                wait = FIRST_WAIT
            except GatewayError as error:
                _log.warning("the events queue does not answer", reason=str(error), seconds=wait)
                self._stop.wait(wait)
                wait = min(LONGEST_WAIT, wait * 2)

    def step(self) -> int:
        """Takes what is there, tells of it and deletes it; how many messages. Raises GatewayError."""
        wanted = {"MaxNumberOfMessages": BATCH, "WaitTimeSeconds": self._long_poll, "VisibilityTimeout": HIDDEN}
        messages = self._call("ReceiveMessage", wanted).get("Messages") or []
        if not messages:
            return 0
        found = [read(str(message.get("Body", ""))) for message in messages]
        _log.debug("events", kinds=[item.event if isinstance(item, Hint) else item for item in found])
        if hints := [item.ids for item in found if isinstance(item, Hint)]:
            known = [ids for ids in hints if ids is not None]
            self._heard(frozenset().union(*known) if len(known) == len(hints) else None)
        # Only now: what was not told of is to come again.
        self._delete(messages)
        return len(messages)

    def _delete(self, messages: Sequence[Mapping[str, Any]]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        answer = self._call("DeleteMessageBatch", {"Entries": entries})
        if failed := answer.get("Failed"):
            _log.warning("messages will come again", count=len(failed), code=failed[0].get("Code", ""))

    def _call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return self._caller(operation, {"QueueUrl": self._url, **params}, service="sqs")


def open_queue(
    url: str,
    heard: Heard,
    stop: threading.Event,
    *,
    endpoint_url: str | None = None,
    observer: Observer = nobody,
) -> EventQueue:
    """The queue at a URL, from the usual AWS chain, in the queue's own region.

    Raises UsageError for what is no URL of a queue, AccessError without a region.
    """
    found = _URL.match(url)
    if not found:
        raise UsageError(f"--events-queue: {url!r} is no URL of an SQS queue, such as {_EXAMPLE}")
    client = connect(region=found["region"], endpoint_url=endpoint_url, observer=observer)
    return EventQueue(client, url, heard, stop)


_EXAMPLE = "https://sqs.eu-west-1.amazonaws.com/123456789012/apigateway-events"
