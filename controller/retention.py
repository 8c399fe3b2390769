"""Snapshots that stay: the newest ones, and those that are served though nobody asks for it any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from controller.address import Address
from controller.facets import facets
from controller.model import KINDS, Resource, Resources, target
from controller.state import State


def left_as_is(at: Address, live: Resource, aligned: Resource) -> Iterator[Address]:
    """What a live resource goes on referring to, since the desired one leaves those fields open."""
    for name, facet in facets(type(live)).items():
        value = getattr(live, name)
        if facet.ref and value and value != getattr(aligned, name):
            yield target(facet.ref, at, value)


def retained(desired: State, live: State, history: int) -> State:
    """The live state, with the snapshots that stay set apart: the newest ones, and those still served."""
    both = [root for root in live.roots() if root in desired.resources]
    kept = (_kept(desired.resources.of(root), live.resources.of(root), history) for root in both)
    return replace(live.copy(), kept=frozenset().union(*kept))


def _kept(wanted: Resources, there: Resources, history: int) -> set[Address]:
    """The snapshots of a root that stay."""
    gone = [at for at in there if KINDS[at.kind].snapshot and at not in wanted]
    if not gone:
        return set()
    # What is served though the specs do not ask for it is what they leave as it is.
    served = {
        name
        for at, resource in there.items()
        if at in wanted
        for name in left_as_is(at, resource, resource.aligned(wanted[at]))
    }
    newest = sorted(gone, key=lambda at: str(getattr(there[at], "createdDate", "")), reverse=True)
    return served.intersection(gone) | set([at for at in newest if at not in served][:history])
