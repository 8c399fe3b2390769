"""The way back from resources to the author's dialect: what a person would have written to get them.

What is at its default is left out, references are logical names, and each kind folds its own shorthands (`fold`,
the inverse of `desugar`). Building the spec again gives the same resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.address import Address
from controller.model import KINDS, Resource, children
from controller.terms import Scope


def authored(
    root: Address,
    resources: Mapping[Address, Resource],
    ids: Mapping[Address, str],
    scope: Scope,
    said: Any = None,
) -> dict[str, Any]:
    """The spec of a root. `ids` tells what AWS named after its own ids.

    `said` is the spec that its author wrote, if there is one: shorthands are used there as in it.
    """
    inside: dict[Address | None, list[Address]] = {}
    for at in resources:
        if at.root == root:
            inside.setdefault(at.parent, []).append(at)
    return _Author(resources, ids, scope, inside).content(root, said)


@dataclass(frozen=True)
class _Author:
    """Writes addresses down, from the root to what is inside."""

    resources: Mapping[Address, Resource]
    ids: Mapping[Address, str]
    scope: Scope
    inside: Mapping[Address | None, list[Address]]

    def content(self, at: Address, said: Any) -> dict[str, Any]:
        kind = KINDS[at.kind]
        known = said if isinstance(said, Mapping) else None
        found = self.resources[at].authored(at, self.ids)
        # What there is one of comes first: an integration before the many responses.
        for child in sorted(children(kind), key=lambda child: not child.slot or child.slot.shape != "one"):
            own = [place for place in self.inside.get(at, ()) if place.kind == child.kind]
            told = sorted((place for place in own if self.resources[place].told(place)), key=_order)
            if not child.slot or not told:
                continue
            given = (known or {}).get(child.slot.spec)
            match child.slot.shape:
                case "one":
                    found[child.slot.spec] = self.content(told[0], given)
                case "names":
                    found[child.slot.spec] = [place.key for place in told]
                case _:
                    each = given if isinstance(given, Mapping) else {}
                    found[child.slot.spec] = {place.key: self.content(place, each.get(place.key)) for place in told}
        return kind.fold(found, self.scope, known)


def _order(at: Address) -> tuple[int, str]:
    """The order in which people write keys."""
    usual = KINDS[at.kind].usual_order
    return (usual.index(at.key) if at.key in usual else len(usual), at.key)
