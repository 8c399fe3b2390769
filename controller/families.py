"""Values by address, kept root by root: all resources of a side, or all ids.

A pass has to do with one root at a time. The others are packed, but for the value of the root itself, which is what
is asked for from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from controller.address import Address
from controller.packing import pack, unpack


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Packed(Generic[T]):
    """The values of a root that nobody works on. `top` has the root's own, if there is one."""

    size: int
    top: Mapping[Address, T]
    content: bytes


class Families(MutableMapping[Address, T], Generic[T]):
    """A mapping like any other, in the order of the roots; `settle` says that a root is done with for now.

    To read a root that is settled unpacks a copy, the last of which is remembered; to change it unpacks it for
    good. Reading is safe from several threads while one changes.
    """

    def __init__(self, values: Mapping[Address, T] | None = None) -> None:
        self._of: dict[Address, dict[Address, T] | _Packed[T]] = {}
        self._last: tuple[_Packed[T] | None, Mapping[Address, T]] = (None, {})
        self.update(values or {})

    def roots(self) -> set[Address]:
        """The roots of all that is there, some of which may not be there themselves."""
        return set(self._of)

    def of(self, root: Address) -> Mapping[Address, T]:
        """What is there of a root. Not to be kept: a root is as large as its API."""
        found = self._of.get(root, {})
        if isinstance(found, dict):
            return found
        packed, values = self._last
        if packed is not found:
            values = unpack(found.content)
            self._last = (found, values)
        return values

    def of_kind(self, kind: str) -> dict[Address, T]:
        """Those of a kind in all roots: goes through everything."""
        return {at: value for at, value in self.items() if at.kind == kind}

    def put(self, root: Address, values: Mapping[Address, T]) -> None:
        """Says all there is of a root, and settles it."""
        self._of[root] = dict(values)
        self.settle(root)

    def settle(self, root: Address) -> None:
        """Packs a root, since nobody will ask for it soon."""
        found = self._of.get(root)
        if not found:
            self._of.pop(root, None)
        elif isinstance(found, dict):
            top = {root: found[root]} if root in found else {}
            self._of[root] = _Packed(len(found), top, pack(found))

    def copy(self) -> Families[T]:
        """Another one, with the same values until either is changed."""
        other = Families[T]()
        other._of = {root: dict(one) if isinstance(one, dict) else one for root, one in self._of.items()}
        return other

    def __getitem__(self, at: Address) -> T:
        found = self._of.get(at.root)
        if isinstance(found, _Packed) and at in found.top:
            return found.top[at]
        return self.of(at.root)[at]

    def __setitem__(self, at: Address, value: T) -> None:
        self._opened(at.root)[at] = value

    def __delitem__(self, at: Address) -> None:
        if at not in self:
            raise KeyError(at)
        family = self._opened(at.root)
        del family[at]
        if not family:
            del self._of[at.root]

    def __contains__(self, at: object) -> bool:
        if not isinstance(at, Address):
            return False
        found = self._of.get(at.root)
        if isinstance(found, _Packed) and at.parent is None:
            return at in found.top
        return found is not None and at in self.of(at.root)

    def __iter__(self) -> Iterator[Address]:
        for root in list(self._of):
            yield from list(self.of(root))

    def __len__(self) -> int:
        return sum(one.size if isinstance(one, _Packed) else len(one) for one in self._of.values())

    def __repr__(self) -> str:
        return f"Families({dict(self)!r})"

    def _opened(self, root: Address) -> dict[Address, T]:
        found = self._of.setdefault(root, {})
        if isinstance(found, _Packed):
            found = self._of[root] = dict(self.of(root))
        return found
