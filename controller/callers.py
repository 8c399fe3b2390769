"""What changes do to those who call the APIs.

Rules that do not bend:
1. Each kind says what callers notice of it (`Resource.impacts`); nothing here knows a kind by name.
2. What was not live has no callers; what goes with its root is told of once, at the root.
3. What is held back is judged too: it is what would happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.address import Address
from controller.diff import Action, Change
from controller.impact import Impact
from controller.model import KINDS
from controller.state import State
from controller.terms import Family, Turn, families


Impacts = Mapping[tuple[Address, Action], tuple[Impact, ...]]
"""What callers notice, by change: a rename or an adoption has its address in common with others."""


def impacts(changes: Iterable[Change], desired: State, live: State) -> Impacts:
    """What each of these changes, which lead from live to desired, does to callers, where it does anything."""
    found: dict[tuple[Address, Action], tuple[Impact, ...]] = {}
    served = live.resources.keys() | set(live.heirs.values())
    listed = [change for change in changes if change.action is not Action.ADOPT and change.at.root in served]
    if not listed:
        return found
    before, after = families(live.resources), families(desired.resources)
    was = {change.at: change.was for change in listed if change.was}
    gone = {change.at for change in listed if change.action in (Action.DELETE, Action.REPLACE)}
    nothing_live, nothing_desired = _none(before), _none(after)
    for change in listed:
        at = change.at
        if at != at.root and at.root in gone:
            continue
        known = was if change.action is Action.RENAME else {}
        live_side, desired_side = before.get(at.root, nothing_live), after.get(at.root, nothing_desired)
        turn = Turn(live_side, desired_side, known, live.heirs)
        new = desired.resources.get(at)
        old = change.old or live.resources.get(at)
        aligned = old.aligned(new) if old and new else old
        if told := tuple(KINDS[at.kind].impacts(at, aligned, new, turn)):
            found[at, change.action] = told
    return found


def _none(known: Mapping[Address, Family]) -> Family:
    """The family of a root that is not there, which sees the others all the same."""
    found = Family()
    found.of_kind = next(iter(known.values())).of_kind if known else {}
    return found
