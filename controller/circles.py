"""References that lead in a circle, and those to leave out for a while so that none is left.

AWS takes a reference only to what is there, and lets nothing go that is referred to. So of a circle, one comes
without its references and takes them up when the others are there; and lets go of them before any leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from controller.address import Address
from controller.model import Resource
from controller.state import State


def loose(state: State, roots: Iterable[Address]) -> dict[Address, frozenset[Address]]:
    """By address, the references without which no circle is left on this side among these roots."""
    families = (state.resources.of(root) for root in sorted(roots))
    graph = {at: set(resource.refs(at)) for own in families for at, resource in own.items()}
    found: dict[Address, frozenset[Address]] = {}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = set(error.args[1])
            at = min(circle)
            found[at] = found.get(at, frozenset()) | (graph[at] & circle)
            graph[at] -= circle
        else:
            return found


def without(resource: Resource, names: Iterable[Address], at: Address) -> Resource | None:
    """The resource without these references; None when only its deletion lets go of them."""
    let_go: Resource | None = resource
    for name in sorted(names):
        let_go = let_go.without(name, at) if let_go else None
    return let_go
