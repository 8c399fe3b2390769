"""Addresses: the logical identity of a managed thing, equal on the desired and the live side.

An address never holds an AWS id; ids are looked up by address (`State.ids`) at the last moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Address:
    """Kind, key and parent, as in `RestApi orders > Path /orders/{id} > Method GET`.

    A singleton inside its parent (an Integration in its Method) has the empty key.
    """

    kind: str
    key: str = ""
    parent: Address | None = None

    def __reduce__(self) -> tuple[type[Address], tuple[str, str, Address | None]]:
        """Without what is cached: a hash is of one process, a lineage as large as the address."""
        return Address, (self.kind, self.key, self.parent)

    @cached_property
    def _hash(self) -> int:
        return hash((self.kind, self.key, self.parent))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def lineage(self) -> tuple[Address, ...]:
        """From the root down to this address."""
        return (*(self.parent.lineage if self.parent else ()), self)

    @property
    def root(self) -> Address:
        """The address without a parent that this one sits under: the unit of ownership and pacing."""
        return self.lineage[0]

    @property
    def name(self) -> str:
        """Kind and key, without the parents: `Method GET`."""
        return f"{self.kind} {self.key}".rstrip()

    def child(self, kind: str, key: str = "") -> Address:
        """The address of that kind and key directly under this one."""
        return Address(kind, key, self)

    def within(self, other: Address) -> bool:
        """True for `other` itself and everything under it."""
        return other in self.lineage

    def below(self, other: Address) -> Iterator[Address]:
        """The part of the lineage under `other`, top down."""
        return (at for at in self.lineage if at != other and at.within(other))

    @cached_property
    def _text(self) -> str:
        return f"{self.parent} > {self.name}" if self.parent else self.name

    def __str__(self) -> str:
        return self._text

    def __lt__(self, other: Address) -> bool:
        return self._text < other._text
