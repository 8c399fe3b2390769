"""Renamed paths: found before anything is compared, so that a rename is one call and not a subtree of them.

A variable that took another's place under the same parent is a rename, since only one can be there. A fixed
segment is one if everything under it stayed the same. Everything else is a deletion and a creation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from controller.address import Address
from controller.model import Live, Resource


Resources = Mapping[Address, Resource]


def renames(desired: Resources, live: Live) -> Iterator[tuple[Address, Address]]:
    """Pairs of old and new address, top down; `live` is rewritten along the way."""
    while pair := _next(desired, live.resources):
        old, new = pair
        live.resources = {moved(at, old, new): item for at, item in live.resources.items()}
        live.ids = {moved(at, old, new): item for at, item in live.ids.items()}
        yield pair


def _next(desired: Resources, live: Resources) -> tuple[Address, Address] | None:
    gone = _paths(live) - desired.keys()
    added = _paths(desired) - live.keys()
    for new in sorted(added, key=lambda at: (at.key.count("/"), str(at))):
        siblings = sorted(at for at in gone if _above(at) == _above(new))
        for old in siblings:
            if _variable(old) and _variable(new):
                return old, new
        matches = [old for old in siblings if _alike(_inside(live, old), _inside(desired, new))]
        if len(matches) == 1 and _fixed(matches[0]) and _fixed(new):
            return matches[0], new
    return None


def _paths(resources: Resources) -> set[Address]:
    return {at for at in resources if at.kind == "Path" and at.key != "/"}


def _above(at: Address) -> tuple[Address | None, str]:
    return at.parent, at.key.rpartition("/")[0]


def _variable(at: Address) -> bool:
    """A variable that can be renamed in place; a greedy one differs in what may be under it."""
    part = at.key.rpartition("/")[2]
    return part.startswith("{") and not part.endswith("+}")


def _fixed(at: Address) -> bool:
    return "{" not in at.key.rpartition("/")[2]


def _inside(resources: Resources, top: Address) -> dict[Address, Resource]:
    """Everything under a path, by its address with the path itself cut off."""
    nowhere = Address("Path", "", top.parent)
    return {moved(at, top, nowhere): item for at, item in resources.items() if _under(at, top) and at != top}


def _alike(live: Resources, desired: Resources) -> bool:
    same = bool(live) and live.keys() == desired.keys()
    return same and not any(item.differences(live[at].aligned(item)) for at, item in desired.items())


def _under(at: Address, top: Address) -> bool:
    return any(
        step.kind == "Path"
        and step.parent == top.parent
        and (step.key == top.key or step.key.startswith(f"{top.key}/"))
        for step in at.lineage
    )


def moved(at: Address, old: Address, new: Address) -> Address:
    """The address after the rename: the same for everything that is not under `old`."""
    if not _under(at, old):
        return at
    if at.kind == "Path" and at.parent == old.parent:
        return Address(at.kind, new.key + at.key[len(old.key) :], at.parent)
    return Address(at.kind, at.key, moved(at.parent, old, new) if at.parent else None)
