"""What changes do to those who call the APIs.

Rules that do not bend:
1. Each kind says what callers notice of it (`Resource.impacts`); nothing here knows a kind by name.
2. What was not live has no callers; what goes with its root is told of once, at the root.
3. What is held back is judged too: it is what would happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import groupby

from controller.address import Address
from controller.diff import Action, Change
from controller.impact import Impact
from controller.model import KINDS
from controller.state import State
from controller.terms import Family, Turn


Impacts = Mapping[tuple[Address, Action], tuple[Impact, ...]]
"""What callers notice, by change: a rename or an adoption has its address in common with others."""


def impacts(changes: Iterable[Change], desired: State, live: State) -> Impacts:
    """What each of these changes, which lead from live to desired, does to callers, where it does anything."""
    found: dict[tuple[Address, Action], tuple[Impact, ...]] = {}
    heirs = set(live.heirs.values())
    listed = [change for change in changes if change.action is not Action.ADOPT]
    was = {change.at: change.was for change in listed if change.was}
    before, after = cache(live.resources.of_kind), cache(desired.resources.of_kind)
    for root, own in groupby(sorted(listed, key=lambda change: change.at.root), lambda change: change.at.root):
        if root in live.resources or root in heirs:
            there = Family(live.resources.of(root), before)
            wanted = Family(desired.resources.of(root), after)
            found |= _of_root(root, list(own), Turn(there, wanted, was, live.heirs))
    return found


def _of_root(root: Address, changes: list[Change], turn: Turn) -> Impacts:
    gone = any(change.at == root and change.action in (Action.DELETE, Action.REPLACE) for change in changes)
    found: dict[tuple[Address, Action], tuple[Impact, ...]] = {}
    for change in changes:
        at = change.at
        if gone and at != root:
            continue
        new = turn.desired.get(at)
        old = change.old or turn.live.get(at)
        aligned = old.aligned(new) if old and new else old
        seen = turn if change.action is Action.RENAME else replace(turn, was={})
        if told := tuple(KINDS[at.kind].impacts(at, aligned, new, seen)):
            found[at, change.action] = told
    return found
