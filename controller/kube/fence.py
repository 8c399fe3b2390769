"""No changing call without leadership: a lease says who leads, and AWS does not know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from controller.errors import NotLeaderError
from controller.gateway import Caller


READING = ("Get", "List", "Describe", "Head")


class Fence:
    """A Caller that asks `still_leader` before each call that changes something, and makes none without it.

    Raises NotLeaderError, which is not retried: another replica may be at work by now.
    """

    def __init__(self, caller: Caller, still_leader: Callable[[], bool]) -> None:
        self._caller, self._still_leader = caller, still_leader

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        """The operation, as the Caller behind carries it out."""
        if not operation.startswith(READING) and not self._still_leader():
            raise NotLeaderError(f"{operation} was not called: this replica leads no longer", operation=operation)
        return self._caller(operation, params, service=service)
