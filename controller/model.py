"""What a kind is: a frozen pydantic model whose annotations say all that AWS makes special about a field.

Rules that do not bend:
1. Field names are AWS's own; defaults are what AWS puts in when the field is omitted.
2. Empty and absent are one value before anything is compared.
3. A field of a reference holds the logical name, never an AWS id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr

from controller.address import Address
from controller.call import RAW_ID, Call, Fact, Text


# ── facets: what is special about a field ────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ref:
    """The value (or each value of a mapping) is the key of a resource of that kind.

    With `by_id`, AWS wants the id there instead of the name.
    """

    kind: str
    by_id: bool = True


@dataclass(frozen=True, slots=True)
class Wire:
    """How the field is called in AWS's requests and answers, and how a patch operation changes it.

    send, read   the member of the create call and of the answer, where they differ from the field's name
    patch        the path of patch operations; "" when there is none
    clear        what a patch sends for None: no value, "", or a remove operation
    add          the operation that brings a new mapping key or nested value
    element      where a patch names the element of a set: in the path or in the value
    always       sent on create even if it has the default value
    follow_up    not accepted by the create call: patched right after it
    rebuild      AWS refuses to clear a member alone: the whole is removed and set again
    """

    send: str | None = None
    read: str | None = None
    patch: str | None = None
    clear: Literal["omit", "empty", "remove"] = "omit"
    add: Literal["add", "replace"] = "add"
    element: Literal["path", "value"] = "path"
    always: bool = False
    follow_up: bool = False
    rebuild: bool = False


@dataclass(frozen=True, slots=True)
class ServerDefault:
    """None in a spec accepts any of these live values (any value at all when empty); AWS picked it."""

    accepted: tuple[Any, ...] = ()


class _Mark:
    """A facet without parameters."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


CREATE_ONLY = _Mark("CREATE_ONLY")
"""AWS cannot change it: a difference replaces the resource."""
SENSITIVE = _Mark("SENSITIVE")
"""Never shown."""
WRITE_ONLY = _Mark("WRITE_ONLY")
"""AWS does not give it back: sent on create, never compared."""
COSMETIC = _Mark("COSMETIC")
"""Not part of what a deployment snapshots."""
DOCUMENT = _Mark("DOCUMENT")
"""Structure here, a JSON string in AWS."""
TAGS = _Mark("TAGS")
"""Changed with TagResource and UntagResource."""
INTERNAL = _Mark("INTERNAL")
"""Bookkeeping of the live side; authors cannot set it and it is never compared."""
DERIVED = _Mark("DERIVED")
"""Worked out from the rest of the spec; authors cannot set it."""


@dataclass(frozen=True, slots=True)
class Facets:
    """All that is known of one field, gathered from its annotations."""

    name: str
    ref: Ref | None = None
    wire: Wire = Wire()
    server_default: ServerDefault | None = None
    marks: frozenset[_Mark] = frozenset()

    @property
    def send(self) -> str:
        return self.wire.send or self.name

    @property
    def read(self) -> str:
        return self.wire.read or self.send

    @property
    def patch(self) -> str:
        return f"/{self.send}" if self.wire.patch is None else self.wire.patch

    @property
    def compared(self) -> bool:
        return not self.marks & {WRITE_ONLY, INTERNAL}


@cache
def facets(model: type[BaseModel]) -> Mapping[str, Facets]:
    """The facets of every field of a model, in the order in which they are declared."""
    return {name: _gather(name, info.metadata) for name, info in model.model_fields.items()}


def _gather(name: str, metadata: list[Any]) -> Facets:
    by_type: dict[type, Any] = {type(item): item for item in metadata}
    return Facets(
        name,
        by_type.get(Ref),
        by_type.get(Wire, Wire()),
        by_type.get(ServerDefault),
        frozenset(item for item in metadata if isinstance(item, _Mark)),
    )


# ── values ───────────────────────────────────────────────────────────────────────────────────────


def _as_set(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) and _hashable(value) else value


def _hashable(items: Iterable[Any]) -> bool:
    return all(isinstance(item, str | int | float | bool) for item in items)


def _as_document(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        return value or None
    try:
        return json.loads(value)
    except ValueError:
        msg = "expected an object, or text that is JSON"
        raise ValueError(msg) from None


StringSet = Annotated[frozenset[str], BeforeValidator(_as_set)]
"""A list in specs and in AWS, where the order means nothing."""

Json = Annotated[Any, BeforeValidator(_as_document), DOCUMENT]
"""A JSON document: structure in specs, a string in AWS, compared as structure."""


class Value(BaseModel):
    """A structure inside a resource, such as the canary settings of a stage."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def canonical(value: Any) -> Any:
    """The value as plain data with a fixed order, secrets hidden: for digests, reports and comparison."""
    match value:
        case BaseModel():
            facts = facets(type(value))
            return {
                name: "(sensitive)"
                if SENSITIVE in facet.marks and getattr(value, name) is not None
                else canonical(getattr(value, name))
                for name, facet in facts.items()
                if facet.compared
            }
        case frozenset() | set():
            return sorted(canonical(item) for item in value)
        case Mapping():
            return {key: canonical(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [canonical(item) for item in value]
        case SecretStr():
            return "(sensitive)"
        case _:
            return value


def wired(value: Any) -> Any:
    """The value as a create call wants it: nested models without what they leave at the default."""
    match value:
        case BaseModel():
            return {
                facet.send: wired(getattr(value, name))
                for name, facet in facets(type(value)).items()
                if facet.compared and getattr(value, name) != type(value).model_fields[name].default
            }
        case frozenset():
            return sorted(value)
        case Mapping():
            return {key: wired(item) for key, item in value.items()}
        case list() | tuple():
            return [wired(item) for item in value]
        case _:
            return value


def dumped(document: Any) -> str:
    """A JSON document as the compact string that AWS keeps."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


# ── resources ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Listing:
    """The call that lists a kind: its operation, the member of the answer, and the parameters it wants."""

    operation: str
    items: str = "items"
    params: Mapping[str, Any] = field(default_factory=dict)
    paged: bool = True


@dataclass(frozen=True, slots=True)
class Slot:
    """Where resources of a kind sit inside their container.

    spec     the field of the container's spec
    payload  the member of the container's payload, if the kind is not listed by a call of its own
    shape    map: key to content · one: a single content without a key · names: a list of keys
    """

    spec: str
    payload: str = ""
    shape: Literal["map", "one", "names"] = "map"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as desired. Values are canonical data; secrets are hidden."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Context:
    """What turning a payload into resources may need to know.

    name           the logical name of a kind's AWS id, or `id:…` for what is not managed here
    throttle       the account's own limits (burst, rate per second): what AWS puts where a stage sets none
    root           the AWS id of the root that the payload belongs to
    """

    ids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    throttle: tuple[int, float] = (5000, 10000.0)
    root: str = ""

    def name(self, kind: str, aws_id: str) -> str:
        return self.ids.get((kind, aws_id), f"{RAW_ID}{aws_id}")


@dataclass
class Scope:
    """What expanding shorthands may need to know, and where it says what is wrong."""

    account: str
    region: str
    partition: str
    problems: list[tuple[tuple[str | int, ...], str]] = field(default_factory=list)


_EMPTY: tuple[Any, ...] = (None, "", {}, [])


class Live(Protocol):
    """The part of the live state that a rename rewrites."""

    resources: dict[Address, Resource]
    ids: dict[Address, str]


class Resource(Value):
    """Base of all kinds. A subclass with a `kind` is registered; its file is all the core needs."""

    kind: ClassVar[str] = ""
    container: ClassVar[str | None] = None
    slot: ClassVar[Slot | None] = None
    listing: ClassVar[Listing | None] = None
    key_field: ClassVar[str] = "name"
    id_field: ClassVar[str | None] = None
    definition: ClassVar[bool] = False
    snapshot: ClassVar[bool] = False
    builtins: ClassVar[frozenset[str]] = frozenset()
    shorthands: ClassVar[Mapping[str, Any]] = {}

    # ── identity ──
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

    # ── the two dialects ──
    @classmethod
    def desugar(cls, raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
        """The author's words with the shorthands of this kind written out."""
        return raw

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        """Raises pydantic's ValidationError."""
        return cls.model_validate(raw, strict=True)

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        """A live item as a resource. Members that are not declared are left out; empty is absent."""
        values = {
            name: _named(facet, payload[facet.read], context)
            for name, facet in facets(cls).items()
            if payload.get(facet.read) not in _EMPTY
        }
        return cls.model_validate(values)

    # ── the graph ──
    def refs(self, at: Address) -> frozenset[Address]:
        """The addresses of everything that this resource's fields name."""
        found = set()
        for name, facet in facets(type(self)).items():
            value = getattr(self, name)
            if facet.ref and value:
                found |= {target(facet.ref, at, key) for key in _names(value)}
        return frozenset(found)

    def needs(self, at: Address) -> frozenset[Address]:
        """Further addresses that must be in place before this one, if they are managed at all."""
        return frozenset()

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

    def leaves_first(self) -> bool:
        """True if it must be deleted by a call of its own even when its container goes."""
        return False

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        """What AWS would refuse, as (field, message), seen before anything is called."""
        return iter(())

    @classmethod
    def derive(cls, desired: dict[Address, Resource], revision: str) -> None:
        """Adds to the desired resources what follows from the others."""

    @classmethod
    def renamed(
        cls, desired: Mapping[Address, Resource], live: Live
    ) -> Iterator[tuple[Address, Address]]:
        """Finds live resources of this kind that only got a new name, and gives them the new address in `live`."""
        return iter(())

    def renaming(self, at: Address) -> list[Call]:
        """The calls that give a live resource, known by its new address, its new name."""
        raise NotImplementedError

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
            if facet.compared
            and not same(old_value := getattr(old, name), new_value := getattr(self, name))
        )

    def replaces(self, old: Self) -> tuple[str, ...]:
        """The changed fields that AWS cannot change in place."""
        return tuple(
            name
            for name, facet in facets(type(self)).items()
            if CREATE_ONLY in facet.marks and not same(getattr(old, name), getattr(self, name))
        )

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

    @classmethod
    def updatable(cls) -> bool:
        """False for kinds that can only be created and deleted."""
        return True

    def learn(self, at: Address, answer: Mapping[str, Any]) -> dict[Address, str]:
        """The AWS ids that the answer to the create call teaches."""
        return {at: str(answer[self.id_field])} if self.id_field else {}

    def tagging(self, at: Address) -> tuple[str | Address | Fact, ...] | None:
        """The ARN that TagResource wants, in parts; None for kinds without tags."""
        return None


def same(old: Any, new: Any) -> bool:
    """Equality, by the compared fields alone where models are inside."""
    if isinstance(old, SecretStr) or isinstance(new, SecretStr):
        return bool(old == new)
    return bool(canonical(old) == canonical(new))


def aligned(live: Any, desired: Any) -> Any:
    """A live value without what AWS picked by itself and the desired value leaves open."""
    changes: dict[str, Any] = {}
    kind: type[BaseModel] = type(live)
    for name, facet in facets(kind).items():
        before, after, default = getattr(live, name), getattr(desired, name), facet.server_default
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            changes[name] = aligned(before, after)
        elif default and after is None and (not default.accepted or before in default.accepted):
            changes[name] = None
    return live.model_copy(update=changes) if changes else live


def _shown(facet: Facets, value: Any) -> Any:
    return "(sensitive)" if SENSITIVE in facet.marks and value is not None else canonical(value)


def _names(value: Any) -> Iterable[str]:
    return value.values() if isinstance(value, dict) else [value]


def _named(facet: Facets, value: Any, context: Context) -> Any:
    if facet.ref and facet.ref.by_id:
        return context.name(facet.ref.kind, value)
    return value


def target(ref: Ref, at: Address, key: str) -> Address:
    """The address a reference means: in the same root if the kind lives inside one, else a root itself."""
    kind = KINDS[ref.kind]
    return at.root.child(ref.kind, key) if kind.container else Address(ref.kind, key)


def reference(ref: Ref, at: Address, key: str | None) -> Any:
    """What a call carries for a reference: the address (an id later), or the name."""
    return target(ref, at, key) if key and ref.by_id else key


KINDS: dict[str, type[Resource]] = {}


def register(kind: type[Resource]) -> type[Resource]:
    """Class decorator: makes a kind known under its name, which must be new."""
    if kind.kind in KINDS:
        msg = f"kind {kind.kind} is declared twice"
        raise TypeError(msg)
    KINDS[kind.kind] = kind
    return kind


def children(kind: type[Resource]) -> list[type[Resource]]:
    """The kinds that sit directly inside that kind, in the order in which they were declared."""
    return [child for child in KINDS.values() if child.container == kind.kind]


