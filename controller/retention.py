"""Snapshots that stay: the newest ones, and those that are served though nobody asks for it any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from controller.address import Address
from controller.facets import facets
from controller.model import KINDS, Resource, target
from controller.state import State


def left_as_is(at: Address, live: Resource, aligned: Resource) -> Iterator[Address]:
    """What a live resource goes on referring to, since the desired one leaves those fields open."""
    for name, facet in facets(type(live)).items():
        value = getattr(live, name)
        if facet.ref and value and value != getattr(aligned, name):
            yield target(facet.ref, at, value)


def retained(desired: State, live: State, history: int) -> State:
    """The live state, with the snapshots that stay set apart: the newest ones, and those still served."""
    gone = [
        at
        for at in live.resources
        if KINDS[at.kind].snapshot and at not in desired.resources and at.root in desired.resources
    ]
    # What is served though the specs do not ask for it is what they leave as it is.
    served = {
        name
        for at, resource in live.resources.items()
        if (wanted := desired.resources.get(at)) is not None
        for name in left_as_is(at, resource, resource.aligned(wanted))
    }
    newest: dict[Address, list[Address]] = {}
    for at in sorted(gone, key=lambda at: str(getattr(live.resources[at], "createdDate", "")), reverse=True):
        if at not in served:
            newest.setdefault(at.root, []).append(at)
    kept = served.intersection(gone) | {at for group in newest.values() for at in group[:history]}
    return replace(live, kept=frozenset(kept))
