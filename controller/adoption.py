"""Taking over what others made: tags, and nothing else where the spec says what is live.

A stage serves a snapshot that nobody stamped with the digest of its definition. Where the definition that is
live is the one that is desired, what is served is taken for it; a tag on the root remembers that, so the next pass
does not deploy either, and any other definition is deployed as usual (docs/adr/0012-adopting.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from controller.address import Address
from controller.facets import COSMETIC, facets
from controller.model import KINDS
from controller.state import State


def adopted(desired: State, live: State) -> State:
    """The live state in which the snapshots of adopted roots are known as what they are taken for."""
    if not live.adopted:
        return live
    found = replace(live.copy(), adopted=dict(live.adopted))
    for root, adoption in sorted(live.adopted.items()):
        if root in desired.resources and root in live.resources and not any(_unlike(root, desired, live)):
            tags: dict[str, str] = {}
            for kind in KINDS.values():
                tags |= kind.taken_over(root, desired.resources.of(root), found)
            found.adopted[root] = replace(adoption, tags=tags)
    return found


def _unlike(root: Address, desired: State, live: State) -> Iterator[Address]:
    """Where the definition under a root is not as desired."""
    there, wanted = live.resources.of(root), desired.resources.of(root)
    for at in there.keys() | wanted.keys():
        if not KINDS[at.kind].definition:
            continue
        old, new = there.get(at), wanted.get(at)
        if old is None or new is None:
            if new is not None or at.key not in KINDS[at.kind].builtins:
                yield at
            continue
        known = facets(type(new))
        if any(COSMETIC not in known[item.field].marks for item in new.differences(old.aligned(new))):
            yield at
