"""State: all resources of one side, desired or live, by address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from controller.address import Address
from controller.errors import Problem, Where
from controller.families import Families
from controller.model import KINDS, Resource
from controller.standing import Standing


@dataclass(frozen=True)
class Adoption:
    """A live root that is taken over by this pass.

    aws_id     the root's
    owner      whose it is according to its tags, and under which name; empty for nobody
    tags       further tags that it gets, besides those that say whose it is
    """

    aws_id: str
    owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class Written(Protocol):
    """Where the resources of one root were written."""

    def at(self, at: Address, fields: Sequence[str | int], /) -> Where | None:
        """The place of a field of a resource, or of the closest thing around it; None for what nobody wrote."""


@dataclass
class State:
    """What is desired, or what is live.

    secrets    the values that must never be shown
    ids        AWS ids by address; live only
    unknown    roots that could not be read, and why: never compared, hence never changed or deleted
    beyond     roots that were not looked at, since nobody asked for them: treated as unknown ones; live only
    kept       what stays although it is not desired: never compared; live only
    heirs      by the address of something outlived that waits for its deletion, what took its place; live only
    adopted    roots that do not carry this owner's tags yet; live only
    standing   what stands about a root: protected, retained, suspended, marked by another tool
    written    by root, where its resources were written; desired only
    revision   the git revision of the specs; desired only
    warnings   what AWS would ignore of the specs; desired only
    """

    resources: Families[Resource] = field(default_factory=Families)
    ids: Families[str] = field(default_factory=Families)
    unknown: dict[Address, str] = field(default_factory=dict)
    beyond: frozenset[Address] = frozenset()
    kept: frozenset[Address] = frozenset()
    heirs: dict[Address, Address] = field(default_factory=dict)
    adopted: dict[Address, Adoption] = field(default_factory=dict)
    standing: dict[Address, Standing] = field(default_factory=dict)
    written: dict[Address, Written] = field(default_factory=dict)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    revision: str = ""
    warnings: tuple[Problem, ...] = ()

    def roots(self) -> set[Address]:
        """The roots of everything in this state."""
        return self.resources.roots()

    def copy(self) -> State:
        """The same, of which what is compared may be rewritten."""
        return replace(self, resources=self.resources.copy(), ids=self.ids.copy())

    def place(self, at: Address, *fields: str | int) -> Where | None:
        """The place in the specs of a resource, or of one of its fields: a field's name, then keys inside it.

        Of what has no place of its own (a default, what a shorthand stands for, what follows from other things) it
        is that of the closest thing around it. None for a root that no spec describes.
        """
        written = self.written.get(at.root)
        if written is None:
            return None
        first, *inner = fields or ("",)
        known = KINDS[at.kind].model_fields.get(str(first))
        steps = [known.alias or first if known else first, *inner]
        found = (written.at(place, steps if place == at else ()) for place in reversed(at.lineage))
        return next((where for where in found if where), None)
