"""What differs between the desired and the live state, for people and for the planner.

Rules that do not bend:
1. A root that was not read is never compared; nor is what is kept though nobody asks for it.
2. What AWS made by itself (built-ins) is never created or deleted.
3. A replaced resource counts as having nothing live inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    kinds = KINDS.values() if renaming else ()
    renames = [change for kind in kinds for change in kind.renamed(desired.resources, live)]
    addresses = desired.resources.keys() | live.resources.keys()
    replaced: set[Address] = set()
    changes = [_adoption(at, adoption) for at, adoption in live.adopted.items() if at not in skipped]
    changes += [Change(new, Action.RENAME, was=old) for old, new in renames]
    for at in sorted(addresses, key=lambda at: (len(at.lineage), str(at))):
        if at.root in skipped or at in live.kept:
            continue
        gone = any(_inside(at, top) for top in replaced)
        old = None if gone and at in desired.resources else live.resources.get(at)
        if old is None and at.key in KINDS[at.kind].builtins and at.root not in live.resources:
            old = _seeded(desired.resources[at])
        change = _compare(at, old, desired.resources.get(at))
        if change:
            changes.append(change)
            if change.action is Action.REPLACE:
                replaced.add(at)
    return tuple(sorted(changes, key=lambda change: str(change.at)))


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
