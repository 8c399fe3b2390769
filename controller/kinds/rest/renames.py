"""Renamed paths: found before anything is compared, so that a rename is one call and not a subtree of them.

A variable that took another's place under the same parent is a rename, since only one can be there. A fixed
segment is one if everything under it stayed the same. Everything else is a deletion and a creation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from controller.address import Address
from controller.facets import canonical, facets
from controller.model import Live, Resource


Resources = Mapping[Address, Resource]


def renames(root: Address, desired: Resources, live: Live) -> Iterator[tuple[Address, Address]]:
    """Pairs of old and new address in a root, top down; `live` is rewritten along the way."""
    while pair := _next(desired, live.resources.of(root)):
        old, new = pair
        live.resources.put(root, {moved(at, old, new): item for at, item in live.resources.of(root).items()})
        live.ids.put(root, {moved(at, old, new): item for at, item in live.ids.of(root).items()})
        yield pair


def _next(desired: Resources, live: Resources) -> tuple[Address, Address] | None:
    gone = _paths(live) - desired.keys()
    added = _paths(desired) - live.keys()
    return _pair(gone, added, desired, live) if gone and added else None


def _pair(
    gone: set[Address], added: set[Address], desired: Resources, live: Resources
) -> tuple[Address, Address] | None:
    siblings: dict[tuple[Address | None, str], list[Address]] = {}
    for old in sorted(gone):
        siblings.setdefault(_above(old), []).append(old)
    before, after = _contents(live, gone), _contents(desired, added)
    prints: dict[str, list[Address]] = {}
    for old in sorted(gone):
        if not _variable(old) and before[old]:
            prints.setdefault(_print(before[old], _above(old)), []).append(old)
    for new in sorted(added, key=lambda at: (at.key.count("/"), str(at))):
        if _variable(new):
            for old in siblings.get(_above(new), []):
                if _variable(old):
                    return old, new
        if "{" in new.key.rpartition("/")[2]:
            continue
        alike = prints.get(_print(after[new], _above(new)), [])
        if len(alike) == 1 and _same(before[alike[0]], after[new]):
            return alike[0], new
    return None


def _paths(resources: Resources) -> set[Address]:
    return {at for at in resources if at.kind == "Path" and at.key != "/"}


def _above(at: Address) -> tuple[Address | None, str]:
    return at.parent, at.key.rpartition("/")[0]


def _variable(at: Address) -> bool:
    """A variable that can be renamed in place; a greedy one differs in what may be under it."""
    part = at.key.rpartition("/")[2]
    return part.startswith("{") and not part.endswith("+}")


def _contents(resources: Resources, tops: set[Address]) -> dict[Address, dict[str, Resource]]:
    """Everything under each of these paths, by the address with the path itself cut off."""
    found: dict[Address, dict[str, Resource]] = {top: {} for top in tops}
    for at, item in resources.items():
        path = next((step for step in at.lineage if step.kind == "Path"), None)
        while path is not None and path.kind == "Path":
            if path in found and at != path:
                found[path][_relative(at, path)] = item
            path = type(resources[path]).enclosure(path) if path in resources else None
    return found


def _print(content: Mapping[str, Resource], above: tuple[Address | None, str]) -> str:
    """A text that equal contents share; without what AWS may have picked by itself."""
    plain = {
        at: {
            name: canonical(getattr(item, name))
            for name, facet in facets(type(item)).items()
            if facet.compared and facet.server_default is None
        }
        for at, item in content.items()
    }
    return json.dumps([str(above[0]), above[1], plain], sort_keys=True)


def _same(before: Mapping[str, Resource], after: Mapping[str, Resource]) -> bool:
    return bool(after) and not any(item.differences(before[at].aligned(item)) for at, item in after.items())


def _relative(at: Address, top: Address) -> str:
    return str(moved(at, top, Address("Path", "", top.parent)))


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
