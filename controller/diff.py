"""What differs between the desired and the live state, for people and for the planner.

Rules that do not bend:
1. A root that was not read is never compared; nor is what is kept though nobody asks for it.
2. What AWS made by itself (built-ins) is never created or deleted.
3. A replaced resource counts as having nothing live inside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.address import Address
from controller.facets import CREATE_ONLY, facets
from controller.model import KINDS, Resource
from controller.state import Adoption, State
from controller.terms import Difference


class Action(StrEnum):
    """What happens to a resource. A rename or an adoption stands beside whatever else does."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    RENAME = "rename"
    ADOPT = "adopt"
    DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """What differs at one address, and why it has to be done in this way."""

    at: Address
    action: Action
    old: Resource | None = None
    new: Resource | None = None
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    was: Address | None = None


def diff(desired: State, live: State, *, renaming: bool = True) -> tuple[Change, ...]:
    """The changes that lead from live to desired, by address. Without `renaming`, a new name is a new resource."""
    skipped = desired.unknown.keys() | live.unknown.keys() | live.beyond
    changes = [_adoption(at, adoption) for at, adoption in live.adopted.items() if at not in skipped]
    for root in (desired.roots() | live.roots()) - skipped:
        changes += _renames(root, desired, live) if renaming else ()
        changes += _differences(root, desired.resources.of(root), live)
    return tuple(sorted(changes, key=lambda change: str(change.at)))


def _renames(root: Address, desired: State, live: State) -> Iterator[Change]:
    """What only got a new name in a root, which is live by the new one from here on."""
    wanted = desired.resources.of(root)
    for kind in KINDS.values():
        for old, new in kind.renamed(root, wanted, live):
            yield Change(new, Action.RENAME, was=old)


def _differences(root: Address, wanted: Mapping[Address, Resource], live: State) -> Iterator[Change]:
    there = live.resources.of(root)
    replaced: set[Address] = set()
    for at in sorted(wanted.keys() | there.keys(), key=lambda at: (len(at.lineage), str(at))):
        if at in live.kept:
            continue
        gone = bool(replaced) and any(_inside(at, top) for top in replaced)
        old = None if gone and at in wanted else there.get(at)
        if old is None and at.key in KINDS[at.kind].builtins and root not in there:
            old = _seeded(wanted[at])
        change = _compare(at, old, wanted.get(at))
        if change:
            yield change
            if change.action is Action.REPLACE:
                replaced.add(at)


def _adoption(at: Address, adoption: Adoption) -> Change:
    """The change that makes a live root this owner's; its tags tell."""
    tags = tuple(Difference(f"tags[{key}]", None, value) for key, value in adoption.tags.items())
    kept = "; its stages keep their deployments, whatever these hold, until the definition changes"
    serving = kept if adoption.tags else ""
    return Change(at, Action.ADOPT, differences=tags, reason=f"{adoption.aws_id}{serving}")


def _inside(at: Address, top: Address) -> bool:
    return top in enclosures(at)


def enclosures(at: Address) -> Iterator[Address]:
    """Everything whose deletion takes this address along, from the inside out."""
    above = KINDS[at.kind].enclosure(at)
    while above is not None:
        yield above
        above = KINDS[above.kind].enclosure(above)


def _compare(at: Address, old: Resource | None, new: Resource | None) -> Change | None:
    if new is None:
        builtin = at.key in KINDS[at.kind].builtins
        return None if builtin or old is None else Change(at, Action.DELETE, old=old)
    if old is None:
        return Change(at, Action.CREATE, new=new)
    aligned = old.aligned(new)
    differences = new.differences(aligned)
    if not differences:
        return None
    if fields := new.replaces(aligned):
        reason = f"{', '.join(fields)} cannot be changed in place"
        return Change(at, Action.REPLACE, aligned, new, differences, reason)
    return Change(at, Action.UPDATE, aligned, new, differences)


def _seeded(new: Resource) -> Resource:
    """A built-in that AWS makes together with its container; its content is not known yet."""
    fields = facets(type(new)).values()
    kept = {facet.name: getattr(new, facet.name) for facet in fields if CREATE_ONLY in facet.marks}
    return type(new).model_construct(**(dict.fromkeys(type(new).model_fields) | kept))
