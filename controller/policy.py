"""What of a set of changes is allowed: pure functions from changes to a verdict.

A *held* change is left out and told of; a *refusal* stops the whole plan until somebody allows exactly this plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from controller.address import Address
from controller.call import RAW_ID
from controller.diff import Action, Change
from controller.facets import canonical, facets
from controller.model import KINDS, Resource, target
from controller.standing import Standing
from controller.state import State


SMALL = 10
"""Below so many live resources the limits say nothing: one change would be a large share."""


@dataclass(frozen=True)
class Rules:
    """What a run may do.

    policy     sync: everything; upsert-only: no deletions; create-only: nothing live is touched
    prune      whether a root whose spec is gone is deleted, or only reported
    history    how many deployments are kept besides those in use
    deletes    the most that a pass may delete, a count or a share such as "30%"; None is no limit
    updates    the same for updates
    """

    policy: Literal["sync", "upsert-only", "create-only"] = "sync"
    prune: bool = False
    history: int = 10
    deletes: int | str | None = "30%"
    updates: int | str | None = "50%"


@dataclass(frozen=True)
class Verdict:
    """The changes that may be made, what is left out (by root) and why, and why the whole may not be made.

    suspended   those of the held roots that somebody suspended
    """

    changes: tuple[Change, ...]
    held: Mapping[Address, str]
    refusals: tuple[str, ...]
    suspended: frozenset[Address] = frozenset()

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for exactly these changes."""
        content = [
            (str(change.at), change.action, change.was and str(change.was), canonical(change.new), _names(change))
            for change in self.changes
        ]
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:12]


def _names(change: Change) -> list[tuple[str, object, object]]:
    return [(item.field, item.old, item.new) for item in change.differences]


_ALLOWED = {
    "sync": frozenset(Action),
    "upsert-only": frozenset({Action.CREATE, Action.UPDATE, Action.RENAME}),
    "create-only": frozenset({Action.CREATE}),
}


def orphans(desired: State, live: State) -> frozenset[Address]:
    """Live roots of this owner that no spec describes. What was replaced and only waits for its end is none."""
    outlived = {at for at in live.roots() if at.key.startswith(RAW_ID)}
    return frozenset(live.roots() - desired.roots() - desired.unknown.keys() - outlived)


def guard(changes: tuple[Change, ...], desired: State, live: State, rules: Rules, now: datetime) -> Verdict:
    """What the rules say of the changes."""
    held = dict(_held(desired, live, rules, now)) | dict(_hands_off(changes))
    allowed = _ALLOWED[rules.policy]
    kept = tuple(c for c in changes if c.action in allowed and c.at.root not in held)
    suspended = frozenset(at for at, standing in desired.standing.items() if standing.paused(now))
    return Verdict(kept, held, tuple(_refusals(kept, desired, live, rules)), suspended)


def _held(desired: State, live: State, rules: Rules, now: datetime) -> Iterator[tuple[Address, str]]:
    """The roots in which nothing is done, and why."""
    for at in sorted(orphans(desired, live)):
        standing = live.standing.get(at, Standing())
        if standing.protect:
            yield at, "live, but no spec: kept, because it is protected"
        elif standing.retain:
            yield at, "live, but no spec: kept, because of onDelete: retain"
        elif not rules.prune:
            yield at, "live, but no spec: left alone; --prune deletes it"
    for at, resource in sorted(desired.resources.items()):
        unread = {name.root for name in resource.refs(at)} & (live.unknown.keys() | live.beyond) - {at.root}
        if unclear := unread - live.ids.keys():
            yield at.root, f"left alone: which live resource {min(unclear)} is, is not clear"
    for at, standing in sorted(desired.standing.items()):
        if standing.paused(now):
            end = f" until {standing.until:%Y-%m-%d %H:%M %Z}".rstrip() if standing.until else ""
            yield at, f"suspended{end}: {standing.suspended}"


def _hands_off(changes: tuple[Change, ...]) -> Iterator[tuple[Address, str]]:
    for change in changes:
        if change.old and change.new and (reason := change.new.hands_off(change.old)):
            yield change.at.root, reason


def _refusals(changes: tuple[Change, ...], desired: State, live: State, rules: Rules) -> Iterator[str]:
    for at in sorted({change.at.root for change in changes}):
        standing = live.standing.get(at, Standing())
        if standing.manager:
            yield f"{at} carries the mark of {standing.manager}: two managers would undo each other's changes"
        top = next((change for change in changes if change.at == at), None)
        protected = standing.protect or desired.standing.get(at, Standing()).protect
        if top and top.action in (Action.REPLACE, Action.DELETE) and protected:
            yield f"{at} is protected and would be {top.action}d"
    if live.roots() and not desired.roots() and any(c.action is Action.DELETE for c in changes):
        yield "the specs are suddenly empty: everything that is live would be deleted"
    yield from _limits(changes, live, rules)


def _limits(changes: tuple[Change, ...], live: State, rules: Rules) -> Iterator[str]:
    total = len(live.resources)
    if total < SMALL:
        return
    counts = {
        "delete": (rules.deletes, (Action.DELETE, Action.REPLACE)),
        "update": (rules.updates, (Action.UPDATE, Action.RENAME)),
    }
    for verb, (limit, actions) in counts.items():
        count = sum(1 for c in changes if c.action in actions and not KINDS[c.at.kind].snapshot)
        if limit is not None and count > _most(limit, total):
            yield f"{count} of {total} live resources would be {verb}d; the limit is {limit}"


def _most(limit: int | str, total: int) -> float:
    return float(limit.rstrip("%")) * total / 100 if isinstance(limit, str) else limit


def _left_as_is(at: Address, live: Resource, aligned: Resource) -> Iterator[Address]:
    """What a live resource goes on referring to, since the desired one leaves those fields open."""
    for name, facet in facets(type(live)).items():
        value = getattr(live, name)
        if facet.ref and value and value != getattr(aligned, name):
            yield target(facet.ref, at, value)


def retained(desired: State, live: State, history: int) -> State:
    """The live state, with the snapshots that stay set apart: the newest ones, and those still served."""
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
        for name in _left_as_is(at, resource, resource.aligned(wanted))
    }
    newest: dict[Address, list[Address]] = {}
    for at in sorted(gone, key=lambda at: str(getattr(live.resources[at], "createdDate", "")), reverse=True):
        if at not in served:
            newest.setdefault(at.root, []).append(at)
    kept = served.intersection(gone) | {at for group in newest.values() for at in group[:history]}
    return replace(live, kept=frozenset(kept))
