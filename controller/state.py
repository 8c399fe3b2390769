"""State: all resources of one side, desired or live, by address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.address import Address
from controller.errors import Problem, Where
from controller.model import Resource
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


@dataclass
class State:
    """What is desired, or what is live.

    ids        AWS ids by address; live only
    unknown    roots that could not be read, and why: never compared, hence never changed or deleted
    beyond     roots that were not looked at, since nobody asked for them: treated as unknown ones; live only
    kept       what stays although it is not desired: never compared; live only
    heirs      by the address of something outlived that waits for its deletion, what took its place; live only
    adopted    roots that do not carry this owner's tags yet; live only
    standing   what stands about a root: protected, retained, suspended, marked by another tool
    revision   the git revision of the specs; desired only
    warnings   what AWS would ignore of the specs; desired only
    """

    resources: dict[Address, Resource] = field(default_factory=dict)
    ids: dict[Address, str] = field(default_factory=dict)
    unknown: dict[Address, str] = field(default_factory=dict)
    beyond: frozenset[Address] = frozenset()
    kept: frozenset[Address] = frozenset()
    heirs: dict[Address, Address] = field(default_factory=dict)
    adopted: dict[Address, Adoption] = field(default_factory=dict)
    standing: dict[Address, Standing] = field(default_factory=dict)
    revision: str = ""
    warnings: tuple[Problem, ...] = ()

    def place(self, at: Address, *fields: str) -> Where | None:
        """Where a resource, or a field of it, is written; None if that is not known."""
        return None

    def roots(self) -> set[Address]:
        """The roots of everything in this state."""
        return {at.root for at in self.resources}
