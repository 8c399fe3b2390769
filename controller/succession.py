"""Make before break: what cannot be changed in place lives on under its AWS id until its heir has taken over.

The live side is rewritten before anything is compared: the old root leaves its name to the new one. Whoever refers
to it then differs from its spec, the new one is missing and the old one is too much, so difference and order do the
rest. The heir carries a tag with the id of what it replaces; by that a pass after a crash tells the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from controller.address import Address
from controller.call import RAW_ID
from controller.model import KINDS
from controller.standing import REPLACES_TAG, Standing
from controller.state import State


def succeed(desired: State, live: State, now: datetime) -> tuple[State, State]:
    """Both sides, with room made for each root that needs an heir."""
    moves = {
        at: Address(at.kind, f"{RAW_ID}{live.ids[at]}")
        for at in sorted(desired.roots() & live.roots())
        if _needs_heir(at, desired, live) and not desired.standing.get(at, Standing()).paused(now)
    }
    if not moves:
        return desired, live
    heirs = {
        at: desired.resources[at].marked({REPLACES_TAG: new.key.removeprefix(RAW_ID)}) for at, new in moves.items()
    }
    wanted = desired.resources.copy()
    wanted.update(heirs)
    return replace(desired, resources=wanted), _moved(live, moves)


def _needs_heir(at: Address, desired: State, live: State) -> bool:
    """True for what would be replaced, if there is room for two."""
    if not KINDS[at.kind].make_before_break or at in live.adopted or at not in live.resources:
        return False
    old, new = live.resources[at], desired.resources[at]
    if not new.replaces(old.aligned(new)):
        return False
    claims = new.claims(at)
    return not claims or not any(claims & other.claims(place) for place, other in live.resources.items())


def _moved(live: State, moves: Mapping[Address, Address]) -> State:
    """The live state with these addresses changed, and with them whatever refers to them."""
    resources, ids, known = live.resources.copy(), live.ids.copy(), dict(moves)
    pending = known
    while pending:
        found = {
            at: new
            for at, item in resources.items()
            if (new := item.moved(at, pending, ids.get(at, ""))) != (at, item)
        }
        for at in found:
            del resources[at]
        resources.update(found.values())
        ids.update({new: ids.pop(at) for at, (new, _) in found.items() if at in ids})
        pending = {at: new for at, (new, _) in found.items() if new != at and at not in known}
        known |= pending
    standing = {moves.get(at, at): item for at, item in live.standing.items()}
    heirs = live.heirs | {new: at for at, new in moves.items()}
    return replace(live, resources=resources, ids=ids, standing=standing, heirs=heirs)
