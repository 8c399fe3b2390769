"""What to change in a spec so that it says what is live: places and values, in the author's own words. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.address import Address
from controller.authored import authored
from controller.facets import SENSITIVE, Value, facets
from controller.importing.documents import untagged
from controller.model import Resource
from controller.state import State
from controller.terms import Scope


Trail = tuple[str, ...]


@dataclass(frozen=True)
class Edit:
    """A place below `spec`, and what belongs there; nothing at all if `gone`.

    `after` are the keys that come before it, the nearest last: what is new is put there. `added` is true for what
    the spec did not have at all.
    """

    trail: Trail
    value: Any = None
    gone: bool = False
    after: tuple[str, ...] = ()
    added: bool = False

    @property
    def title(self) -> str:
        """The place as people write it."""
        return ".".join(self.trail)


def edits(root: Address, desired: State, live: State, scope: Scope, said: Mapping[str, Any]) -> list[Edit]:
    """The edits that lead from the spec of a root to what is live of it."""
    ids = live.ids
    wanted = authored(root, desired.resources, ids, scope, said)
    own = live.resources.of(root)
    there = {at: _as_said(item, desired.resources.get(at)) for at, item in own.items()}
    found = authored(root, there, ids, scope, said)
    return list(_between(untagged(wanted), untagged(found), ()))


def _as_said(live: Resource, desired: Resource | None) -> Resource:
    """A live resource with what its author leaves open, and what AWS does not know."""
    if desired is None:
        return live
    own = {
        name: getattr(desired, name)
        for name, facet in facets(type(live)).items()
        if not facet.compared or SENSITIVE in facet.marks
    }
    return _nested(live.aligned(desired), desired).model_copy(update=own)


def _nested(live: Resource, desired: Resource) -> Resource:
    """The same for structures inside, such as the log group of a stage, while they are about the same thing."""
    changes: dict[str, Any] = {}
    for name in facets(type(live)):
        before, after = getattr(live, name), getattr(desired, name)
        if isinstance(before, Value) and isinstance(after, Value):
            known = facets(type(after))
            first = next(iter(known))
            if getattr(before, first) == getattr(after, first):
                local = {inner: getattr(after, inner) for inner, facet in known.items() if not facet.compared}
                changes[name] = before.model_copy(update=local)
    return live.model_copy(update=changes)


def _between(old: Mapping[str, Any], new: Mapping[str, Any], trail: Trail) -> Iterator[Edit]:
    for key in old:
        if key not in new:
            yield Edit((*trail, key), gone=True)
    before: tuple[str, ...] = ()
    for key, value in new.items():
        place = (*trail, key)
        if key not in old:
            yield Edit(place, value, after=before, added=True)
        elif isinstance(value, Mapping) and isinstance(old[key], Mapping):
            yield from _between(old[key], value, place)
        elif value != old[key]:
            yield Edit(place, value)
        before = (*before, key)
