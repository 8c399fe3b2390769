"""What a kind is: a frozen pydantic model with the facts of one AWS resource, and hooks that few kinds need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from controller.address import Address
from controller.call import RAW_ID, Call, Fact, Text
from controller.dialects import Spoken
from controller.facets import CREATE_ONLY, ROLE, SENSITIVE, Facets, Ref, aligned, canonical, facets, same
from controller.families import Families
from controller.gateway import Environment
from controller.impact import Impact
from controller.terms import Context, Difference, Family, Import, Listing, Right, Scope, Slot, Turn


class Live(Protocol):
    """The part of the live state that a rename rewrites."""

    resources: Families[Resource]
    ids: Families[str]


@dataclass(frozen=True)
class Around:
    """What reading a kind that lives outside of its root may need: what is desired of it, calls, the account."""

    desired: Mapping[Address, Resource]
    perform: Callable[[Call], dict[str, Any]]
    environment: Environment


class Resource(Spoken):
    """Base of all kinds. A subclass with a `kind` is registered; its file is all the core needs."""

    kind: ClassVar[str] = ""
    container: ClassVar[str | None] = None
    slot: ClassVar[Slot | None] = None
    listing: ClassVar[Listing | None] = None
    key_field: ClassVar[str] = "name"
    id_field: ClassVar[str | None] = None
    definition: ClassVar[bool] = False
    snapshot: ClassVar[bool] = False
    support: ClassVar[bool] = False
    builtins: ClassVar[frozenset[str]] = frozenset()
    make_before_break: ClassVar[bool] = False
    """Replaced by a new one that comes before the old one goes: AWS must allow two of a name."""
    singleton: ClassVar[bool] = False
    """Always there, and nobody's: live as soon as a spec describes it, never created and never deleted."""
    usual_order: ClassVar[tuple[str, ...]] = ()
    """The order in which people write keys, where it is not the alphabet's."""
    follows: ClassVar[str] = ""
    """A kind whose every step in the same root comes first."""
    importable: ClassVar[bool] = False
    """Carried by the import of its root (`importing`)."""

    # ── identity ──
    @classmethod
    def canonical_key(cls, key: str) -> str:
        """The one spelling of a key that an author gave."""
        return key

    @classmethod
    def enclosure(cls, at: Address) -> Address | None:
        """What must exist before, and takes this along when it is deleted."""
        return at.parent

    @classmethod
    def check_key(cls, key: str) -> str | None:
        """What is wrong with the key an author gave, if anything."""
        return None

    @classmethod
    def key_of(cls, item: Mapping[str, Any], context: Context) -> str:
        """The key of a live item."""
        return str(item.get(cls.key_field) or f"{RAW_ID}{item.get('id', '')}")

    @classmethod
    def managed(cls, item: Mapping[str, Any]) -> bool:
        """False for live items that AWS made by itself and that are no state."""
        return True

    @classmethod
    def gather(cls, root: Address, payload: Mapping[str, Any], around: Around) -> list[dict[str, Any]]:
        """Live items that lie outside of the root's payload, which is empty when the root is not live.

        Raises GatewayError if the root had better be left alone.
        """
        return []

    def marked(self, tags: Mapping[str, str]) -> Self:
        """This root with further tags; kinds without tags have no room for them."""
        return self

    # ── the graph ──
    def refs(self, at: Address) -> frozenset[Address]:
        """The addresses of everything that this resource's fields name."""
        found = set()
        for name, facet in facets(type(self)).items():
            value = getattr(self, name)
            if facet.ref and value:
                keys = value.values() if isinstance(value, dict) else [value]
                found |= {target(facet.ref, at, key) for key in keys}
        return frozenset(found)

    def needs(self, at: Address) -> frozenset[Address]:
        """Further addresses that must be in place before this one, if they are managed at all."""
        known = facets(type(self))
        return frozenset(
            Address(ref.kind, f"{RAW_ID}{given}")
            for name, raw in self.raw_fields()
            if (given := getattr(self, raw)) and (ref := known[name].ref)
        )

    def claims(self, at: Address) -> frozenset[tuple[Any, ...]]:
        """What only one resource can hold at a time."""
        return frozenset()

    def without(self, gone: Address, at: Address) -> Self | None:
        """This resource with the reference to `gone` let go; None when only its deletion does that."""
        changes: dict[str, Any] = {}
        for name, facet in facets(type(self)).items():
            value = getattr(self, name)
            if not facet.ref or facet.ref.kind != gone.kind or not value:
                continue
            if isinstance(value, dict):
                changes[name] = {k: v for k, v in value.items() if v != gone.key}
            elif value == gone.key:
                changes[name] = None
        return self.model_copy(update=changes)

    def moved(self, at: Address, moves: Mapping[Address, Address], aws_id: str) -> tuple[Address, Self]:
        """This live resource when what it refers to has got other addresses, and its own address then."""
        changes: dict[str, Any] = {}
        for name, facet in facets(type(self)).items():
            key = getattr(self, name)
            new = moves.get(target(facet.ref, at, key)) if facet.ref and isinstance(key, str) else None
            if new and facet.ref and facet.ref.raw:
                changes |= {name: None, facet.ref.raw: new.key.removeprefix(RAW_ID)}
            elif new:
                changes[name] = new.key
        return moves.get(at, at), self.model_copy(update=changes) if changes else self

    def hands_off(self, old: Self) -> str:
        """Why a difference from the live resource is told of and nothing is done about it; empty by default."""
        return ""

    def leaves_first(self) -> bool:
        """True if it must be deleted by a call of its own even when its container goes."""
        return False

    def check(self, at: Address, desired: Family) -> Iterator[tuple[str, str]]:
        """What AWS would refuse, as (field, message), seen before anything is called. `desired` is its root's."""
        return iter(())

    @classmethod
    def derive(cls, desired: dict[Address, Resource], revision: str, scope: Scope) -> None:
        """Adds to the desired resources of a root what follows from the others."""

    @classmethod
    def renamed(
        cls, root: Address, desired: Mapping[Address, Resource], live: Live
    ) -> Iterator[tuple[Address, Address]]:
        """Finds what of this kind only got a new name in a root, and gives it the new address in `live`.

        `desired` is the root's.
        """
        return iter(())

    def renaming(self, at: Address) -> list[Call]:
        """The calls that give a live resource, known by its new address, its new name."""
        raise NotImplementedError

    def adopting(self, at: Address, tags: Mapping[str, str]) -> list[Call]:
        """The calls that make a live root, known by its AWS id, this owner's, and give it these tags too."""
        raise NotImplementedError

    @classmethod
    def taken_over(cls, root: Address, desired: Mapping[Address, Resource], live: Live) -> dict[str, str]:
        """What an adopted root, whose definition is as desired, needs remembered in tags; `live` is rewritten.

        `desired` is the root's.
        """
        return {}

    def widened(self, old: Self) -> Self:
        """What to be first, when dependants need the new before the old may go; this resource itself by default."""
        return self

    # ── comparison ──
    def aligned(self, desired: Self) -> Self:
        """This live resource with what AWS picked by itself taken out where the desired one leaves it open."""
        found: Self = aligned(self, desired)
        return found

    def differences(self, old: Self) -> tuple[Difference, ...]:
        """The compared fields in which this resource is not like `old`."""
        return tuple(
            Difference(name, _shown(facet, old_value), _shown(facet, new_value))
            for name, facet in facets(type(self)).items()
            if facet.compared and not same(old_value := getattr(old, name), new_value := getattr(self, name))
        )

    def replaces(self, old: Self) -> tuple[str, ...]:
        """The changed fields that AWS cannot change in place."""
        return tuple(
            name
            for name, facet in facets(type(self)).items()
            if CREATE_ONLY in facet.marks and not same(getattr(old, name), getattr(self, name))
        )

    # ── callers ──
    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        """What callers notice when this live resource becomes the desired one; None is not there."""
        return iter(())

    # ── rights ──
    @classmethod
    def operations(cls) -> tuple[frozenset[str], frozenset[str]]:
        """API Gateway's operations that read this kind, and those that write it."""
        return frozenset(), frozenset()

    def rights(self, at: Address) -> Iterator[Right]:
        """What a run has to be allowed besides the operations: by default, to hand on the roles named here."""
        for name, facet in facets(type(self)).items():
            value = getattr(self, name)
            if ROLE in facet.marks and value and ":role/" in value:
                yield Right("iam:PassRole", Text((value,)))

    # ── calls: a dialect implements them ──
    def creating(self, at: Address) -> list[Call]:
        """The calls that bring this resource into being. The first one creates it."""
        raise NotImplementedError

    def updating(self, at: Address, old: Self) -> list[Call]:
        """The calls that make `old` like this resource; none if the kind has no update."""
        raise NotImplementedError

    def deleting(self, at: Address) -> list[Call]:
        """The calls that remove this live resource."""
        raise NotImplementedError

    def importing(self, at: Address, desired: Resources, live: Resources) -> Import | None:
        """How one call makes everything importable below this root as desired; None if there is no such call."""
        return None

    def learn(self, at: Address, answer: Mapping[str, Any]) -> dict[Address, str]:
        """The AWS ids that the answer to the create call teaches."""
        return {at: str(answer[self.id_field])} if self.id_field else {}

    def tagging(self, at: Address) -> tuple[str | Address | Fact, ...] | None:
        """The ARN that TagResource wants, in parts; None for kinds without tags."""
        return None


def _shown(facet: Facets, value: Any) -> Any:
    return "(sensitive)" if SENSITIVE in facet.marks and value is not None else canonical(value)


def target(ref: Ref, at: Address, key: str) -> Address:
    """The address a reference means: in the same root if the kind lives inside one, else a root itself."""
    kind = KINDS[ref.kind]
    return at.root.child(ref.kind, key) if kind.container else Address(ref.kind, key)


def reference(ref: Ref, at: Address, key: str | None) -> Any:
    """What a call carries for a reference: the address (an id later), or the name."""
    return target(ref, at, key) if key and ref.by_id else key


Resources = Mapping[Address, Resource]
KINDS: dict[str, type[Resource]] = {}
_INSIDE: dict[str | None, list[type[Resource]]] = {}


def register(kind: type[Resource]) -> type[Resource]:
    """Class decorator: makes a kind known under its name, which must be new."""
    if kind.kind in KINDS:
        msg = f"kind {kind.kind} is declared twice"
        raise TypeError(msg)
    KINDS[kind.kind] = kind
    _INSIDE.setdefault(kind.container, []).append(kind)
    return kind


def children(kind: type[Resource]) -> list[type[Resource]]:
    """The kinds that sit directly inside that kind, in the order in which they were declared."""
    return _INSIDE.get(kind.kind, [])
