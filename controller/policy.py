"""What of a set of changes is allowed: a pure function from changes to changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from controller.address import Address
from controller.diff import Action, Change
from controller.model import KINDS
from controller.state import State


@dataclass(frozen=True)
class Rules:
    """What a run may do.

    policy     sync: everything; upsert-only: nothing is deleted; create-only: nothing live is touched
    prune      whether a root whose spec is gone is deleted, or only reported
    history    how many deployments are kept besides those in use
    """

    policy: Literal["sync", "upsert-only", "create-only"] = "sync"
    prune: bool = False
    history: int = 10


_ALLOWED = {
    "sync": frozenset(Action),
    "upsert-only": frozenset({Action.CREATE, Action.UPDATE, Action.RENAME}),
    "create-only": frozenset({Action.CREATE}),
}


def orphans(desired: State, live: State) -> frozenset[Address]:
    """Live roots of this owner that no spec describes."""
    return frozenset(live.roots() - desired.roots() - desired.unknown.keys())


def guard(changes: tuple[Change, ...], left_alone: frozenset[Address], rules: Rules) -> tuple[Change, ...]:
    """The changes that the rules allow."""
    allowed = _ALLOWED[rules.policy]
    return tuple(
        change
        for change in changes
        if change.action in allowed and (rules.prune or change.at.root not in left_alone)
    )


def retained(desired: State, live: State, history: int) -> State:
    """The live state without the snapshots that stay: the newest ones, and those still served."""
    gone = [
        at
        for at in live.resources
        if KINDS[at.kind].snapshot and at not in desired.resources and at.root in desired.resources
    ]
    # What is served though the specs do not ask for it is what they leave as it is.
    served = {
        name
        for at, resource in live.resources.items()
        if (wanted := desired.resources.get(at)) is not None
        for name in resource.refs(at) - resource.aligned(wanted).refs(at)
    }
    newest: dict[Address, list[Address]] = {}
    for at in sorted(gone, key=lambda at: str(getattr(live.resources[at], "createdDate", "")), reverse=True):
        if at not in served:
            newest.setdefault(at.root, []).append(at)
    kept = served.intersection(gone) | {at for group in newest.values() for at in group[:history]}
    return replace(live, resources={at: item for at, item in live.resources.items() if at not in kept})
