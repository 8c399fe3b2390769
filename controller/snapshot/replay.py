"""Answers from a snapshot, in the place of AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any, NoReturn

from controller.call import Call
from controller.errors import GatewayError, NotFoundError
from controller.retry import Patient
from controller.snapshot.document import Target, answered, question


class Replay(Patient):
    """A Patient that asks nobody. `assumed` tells what a call wanted to know that is not in the snapshot."""

    complete = False

    def __init__(self, target: Target) -> None:
        super().__init__(_nobody)
        self._answers = {answered(item): item.answer for item in target.answers}
        self.assumed: set[str] = set()

    def perform(self, call: Call, stop: Event | None = None) -> dict[str, Any]:
        """The answer that was kept, or what is safest to assume. Raises GatewayError if there is neither."""
        asked = question(call)
        if asked not in self._answers:
            if call.glance is None:
                raise _unheld(call.operation)
            self.assumed.add(call.glance.told)
            return dict(call.glance.assumed)
        answer = self._answers[asked]
        if answer is None:
            raise NotFoundError(f"{call.operation}: there was none when the snapshot was taken")
        return answer

    def pages(self, call: Call, items: str, *, paged: bool = True) -> Iterator[dict[str, Any]]:
        """The items of a listing, which is kept whole."""
        yield from self.perform(call).get(items) or []


def _nobody(operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> NoReturn:
    raise _unheld(operation)


def _unheld(operation: str) -> GatewayError:
    told = "not in the snapshot: it could not be read then, or another version took it"
    return GatewayError(f"{operation}: {told}", operation=operation)
