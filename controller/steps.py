"""A plan is steps, each a call with what it does to the resources; what it costs follows from the calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from controller.address import Address
from controller.call import Call
from controller.diff import Action, Change
from controller.limits import seconds


Phase = Literal["loosen", "leave", "arrive", "settle"]


@dataclass(frozen=True, eq=False)
class Step:
    """One call, the change it is part of, and everything it takes along.

    `teaches` is set on the call whose answer carries the ids of what it created. An import has a `proof`: the
    operations of the reading that follows it, before anything that waits for it goes on.
    """

    at: Address
    call: Call
    change: Change
    phase: Phase
    teaches: bool = False
    covers: tuple[Address, ...] = ()
    proof: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What a person reads: `create RestApi orders > Path /orders`."""
        if self.proof:
            return f"import {self.at}"
        verb = {"leave": "delete", "settle": "update", "loosen": "update"}.get(self.phase, str(self.change.action))
        if self.change.action is Action.UPDATE:
            verb = "update"
        elif self.change.action is Action.REPLACE and self.phase == "arrive":
            verb = "create"
        return f"{verb} {self.at}"


@dataclass(frozen=True)
class Plan:
    """Steps, each with those it waits for, in an order that respects them; the price in calls and seconds.

    `instead` has the roots that are imported, and how many calls the import stands for.
    """

    changes: tuple[Change, ...] = ()
    steps: Mapping[Step, frozenset[Step]] = field(default_factory=dict)
    instead: Mapping[Address, int] = field(default_factory=dict)

    @property
    def operations(self) -> tuple[str, ...]:
        """Everything that is called; where an import did not carry something, there will be more."""
        return tuple(name for step in self.steps for name in (step.call.operation, *step.proof))

    @property
    def calls(self) -> int:
        """How many calls the plan makes at least: what AWS finishes later is looked at once or more."""
        return len(self.operations) + len([step for step in self.steps if step.call.wait])

    @property
    def waits(self) -> tuple[str, ...]:
        """What AWS takes its time for, minutes as a rule, and the plan with it."""
        return tuple(dict.fromkeys(str(step.at) for step in self.steps if step.call.wait))

    @property
    def seconds(self) -> float:
        """The least time that AWS's quotas allow for it."""
        return seconds(self.operations)
