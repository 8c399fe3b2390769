"""What of a set of changes is allowed: pure functions from changes to a verdict.

A *held* change is left out and told of; a *refusal* stops the whole plan until somebody allows exactly this plan.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from controller.address import Address
from controller.call import RAW_ID
from controller.diff import Action, Change, diff, enclosures
from controller.facets import canonical
from controller.model import KINDS
from controller.retention import left_as_is
from controller.standing import Standing, paused_words
from controller.state import State
from controller.terms import Scope


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
    left        the changes that are left out of roots with a spec, each with the reason
    """

    changes: tuple[Change, ...]
    held: Mapping[Address, str]
    refusals: tuple[str, ...]
    suspended: frozenset[Address] = frozenset()
    left: tuple[tuple[Change, str], ...] = ()

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for exactly these changes."""
        content = [
            (
                str(change.at),
                change.action,
                change.was and str(change.was),
                canonical(change.new),
                _names(change),
                change.reason,
            )
            for change in self.changes
        ]
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:12]


def _names(change: Change) -> list[tuple[str, object, object]]:
    return [(item.field, item.old, item.new) for item in change.differences]


_ALLOWED = {
    "sync": frozenset(Action),
    "upsert-only": frozenset({Action.CREATE, Action.UPDATE, Action.RENAME, Action.ADOPT}),
    "create-only": frozenset({Action.CREATE}),
}


def orphans(desired: State, live: State) -> frozenset[Address]:
    """Live roots of this owner that no spec describes. What was replaced and only waits for its end is none."""
    outlived = {at for at in live.roots() if at.key.startswith(RAW_ID)}
    return frozenset(live.roots() - desired.roots() - desired.unknown.keys() - outlived)


def guard(changes: tuple[Change, ...], desired: State, live: State, rules: Rules, now: datetime) -> Verdict:
    """What the rules say of the changes."""
    held = dict(_held(desired, live, rules, now)) | dict(_hands_off(changes)) | dict(_unfit(changes, live))
    held |= dict(_in_use(changes, desired, live, held))
    asked = [change for change in changes if change.at.root not in held]
    kept = tuple(asked if rules.policy == "sync" else feasible(asked, _ALLOWED[rules.policy], live))
    told = dict(_left_out(asked, kept, rules.policy)) | held
    suspended = frozenset(at for at, standing in desired.standing.items() if standing.paused(now))
    made, apart = {(change.at, change.action) for change in kept}, orphans(desired, live)
    left = tuple(
        (change, told[change.at.root])
        for change in changes
        if (change.at, change.action) not in made and change.at.root in told and change.at.root not in apart
    )
    return Verdict(kept, told, tuple(_refusals(kept, desired, live, rules)), suspended, left)


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
    unread = {root for root in live.unknown.keys() | live.beyond if root not in live.ids}
    for root in sorted(desired.roots() - live.beyond) if unread else ():
        named = {name.root for at, item in desired.resources.of(root).items() for name in item.refs(at)}
        if unclear := named & unread - {root}:
            yield root, f"left alone: which live resource {min(unclear)} is, is not clear"
    for at, standing in sorted(desired.standing.items()):
        if standing.paused(now):
            yield at, paused_words(standing.suspended, standing.until)


def _hands_off(changes: tuple[Change, ...]) -> Iterator[tuple[Address, str]]:
    for change in changes:
        if change.old and change.new and (reason := change.new.hands_off(change.old)):
            yield change.at.root, reason


def _in_use(
    changes: tuple[Change, ...], desired: State, live: State, held: Mapping[Address, str]
) -> Iterator[tuple[Address, str]]:
    """Roots that would go while something needs them that stays as it is: AWS would refuse."""
    going = [change.at for change in changes if change.action is Action.DELETE and not change.at.parent]
    needed = _still_needed(desired, live, held) if going else {}
    yield from ((at, f"kept for now: {needed[at]} still needs it") for at in going if at in needed)


def _still_needed(desired: State, live: State, held: Mapping[Address, str]) -> dict[Address, Address]:
    """What is needed after the pass though the specs do not ask for it, and by what."""
    found: dict[Address, Address] = {}
    for at, resource in live.resources.items():
        wanted = desired.resources.get(at)
        if at.root in held:
            found |= dict.fromkeys(resource.refs(at) | resource.needs(at), at)
        elif wanted is not None:
            # A snapshot goes on being served, for instance, until its canary is promoted.
            for name in left_as_is(at, resource, resource.aligned(wanted)):
                if name in live.resources:
                    found |= dict.fromkeys(live.resources[name].needs(name), at)
    return found


def _left_out(asked: Sequence[Change], kept: Sequence[Change], name: str) -> Iterator[tuple[Address, str]]:
    """What the policy leaves undone in each root; old snapshots are nobody's concern."""
    found: dict[Address, Counter[str]] = {}
    made = {(change.at, change.action) for change in kept}
    for change in (change for change in asked if (change.at, change.action) not in made):
        if not (change.action is Action.DELETE and KINDS[change.at.kind].snapshot):
            found.setdefault(change.at.root, Counter())[change.action] += 1
    for root, counts in found.items():
        undone = ", ".join(f"{counts[action]} to {action}" for action in Action if counts[action])
        yield root, f"policy {name} leaves out: {undone}"


def staying(desired: State, live: State, rules: Rules, scope: Scope) -> State:
    """The desired state whose snapshots are known by what they will hold: also by what the policy lets stay.

    Else one that holds what should have gone would pass for the whole when the policy changes.
    """
    if rules.policy == "sync":
        return desired
    changes = diff(desired, live.copy(), renaming=renaming(rules))
    stays = {
        change.at: change.old
        for change in changes
        if change.action is Action.DELETE and change.old and KINDS[change.at.kind].definition
    }
    resources = desired.resources.copy()
    for root in desired.roots() & {at.root for at in stays}:
        own = {at: item for at, item in resources.of(root).items() if not KINDS[at.kind].snapshot}
        found = own | {at: item for at, item in stays.items() if at.root == root}
        for kind in KINDS.values():
            if kind.snapshot:
                kind.derive(found, desired.revision, scope)
        resources.put(root, {at: item for at, item in found.items() if at not in stays})
    return replace(desired, resources=resources)


def renaming(rules: Rules) -> bool:
    """Whether a new name may be given to what is live."""
    return Action.RENAME in _ALLOWED[rules.policy]


def feasible(asked: Sequence[Change], allowed: Collection[Action], live: State) -> list[Change]:
    """Those of the changes that are allowed and can be made while the others are left out.

    A new resource cannot take what a live one keeps, and a snapshot must hold what its digest says. What is in
    either, or refers to it, has to wait as well.
    """
    kept = [change for change in asked if change.action in allowed]
    moving = {change.at for change in kept}
    taken = {claim for at, item in live.resources.items() if at not in moving for claim in item.claims(at)}
    # What was to go and stays is part of the digest (`staying`).
    undone = {c.at for c in asked if c.action not in allowed and c.action is not Action.DELETE}
    missing: set[Address] = set()
    while True:
        partial = {at.root for at in undone | missing if KINDS[at.kind].definition}
        found = {c.at for c in kept if c.at not in missing and _must_wait(c, missing, partial, taken)}
        if not found:
            return [change for change in kept if change.at not in missing]
        missing |= found


def _must_wait(
    change: Change, missing: Collection[Address], partial: Collection[Address], taken: Collection[object]
) -> bool:
    new = change.new
    if new is None or change.action is Action.DELETE:
        return False
    if change.action is Action.CREATE:
        if not new.claims(change.at).isdisjoint(taken):
            return True
        if KINDS[change.at.kind].snapshot and change.at.root in partial:
            return True
    return not {*enclosures(change.at), *new.refs(change.at)}.isdisjoint(missing)


def _unfit(changes: tuple[Change, ...], live: State) -> Iterator[tuple[Address, str]]:
    """Who adopts a root means that one, and not another in its place."""
    for change in changes:
        if change.action is Action.REPLACE and change.at in live.adopted:
            aws_id = live.adopted[change.at].aws_id
            yield change.at, f"{aws_id} is not adopted, since it would be replaced: {change.reason}"


def _refusals(changes: tuple[Change, ...], desired: State, live: State, rules: Rules) -> Iterator[str]:
    for at in sorted({change.at.root for change in changes}):
        standing = live.standing.get(at, Standing())
        if standing.manager:
            yield f"{at} carries the mark of {standing.manager}: two managers would undo each other's changes"
        if (adoption := live.adopted.get(at)) and adoption.owner:
            yield f"{at} ({adoption.aws_id}) is managed by {adoption.owner}: adopting it would take it from them"
        going = next((c for c in changes if c.at == at and c.action in (Action.REPLACE, Action.DELETE)), None)
        if going and (standing.protect or desired.standing.get(at, Standing()).protect):
            yield f"{at} is protected and would be {going.action}d"
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
