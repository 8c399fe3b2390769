"""Facets: what is special about a field, said by annotations; and the values that fields hold.

Rules that do not bend:
1. Field names are AWS's own; defaults are what AWS puts in when the field is omitted.
2. Empty and absent are one value before anything is compared.
3. A field of a reference holds the logical name, never an AWS id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr


# ── facets: what is special about a field ────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ref:
    """The value (or each value of a mapping) is the key of a resource of that kind.

    With `by_id`, AWS wants the id there instead of the name. `raw` is the field for the id of what is not managed
    here: the same member to AWS, and only one of the two fields is ever set.
    """

    kind: str
    by_id: bool = True
    raw: str = ""


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
ROLE = _Mark("ROLE")
"""The ARN of an IAM role that is handed to AWS, which takes iam:PassRole."""
INTERNAL = _Mark("INTERNAL")
"""Bookkeeping of the live side; authors cannot set it and it is never compared."""
LOCAL = _Mark("LOCAL")
"""For this controller alone: never sent to AWS, never compared."""
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
        return not self.marks & {WRITE_ONLY, INTERNAL, LOCAL}


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


class Unread(SecretStr):
    """A secret that nobody looked up: whatever it is compared with may be the same."""


def refuse_secrets(document: Any) -> None:
    """Raises ValueError if there is a secret anywhere in a document: AWS would show it to everyone who may read."""
    match document:
        case SecretStr():
            msg = "a secret does not belong into a document that AWS keeps readable"
            raise ValueError(msg)
        case Mapping():
            for item in document.values():
                refuse_secrets(item)
        case list():
            for item in document:
                refuse_secrets(item)


def _as_document(value: Any) -> Any:
    refuse_secrets(value)
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
        case None | str() | int() | float():  # almost all are; the checks below take longer
            return value
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


def secrets(value: Any) -> Iterator[str]:
    """The values of a model's sensitive fields."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for name, facet in facets(type(value)).items():
                field = getattr(value, name)
                if SENSITIVE in facet.marks or isinstance(field, BaseModel):
                    yield from secrets(field)
        case Mapping():
            for item in value.values():
                yield from secrets(item)
        case list() | tuple():
            for item in value:
                yield from secrets(item)


def inside(value: Any, *steps: str) -> Mapping[str, Any]:
    """The mapping at the end of these keys; empty where there is none."""
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


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


def same(old: Any, new: Any) -> bool:
    """Equality, by the compared fields alone where models are inside."""
    if isinstance(old, SecretStr) or isinstance(new, SecretStr):
        return isinstance(old, Unread) or isinstance(new, Unread) or bool(old == new)
    return bool(canonical(old) == canonical(new))


def filled(desired: Any, live: Any) -> Any:
    """A desired value with what it leaves to AWS's free choice as it is live."""
    kind: type[BaseModel] = type(desired)
    changes = {
        name: getattr(live, name)
        for name, facet in facets(kind).items()
        if facet.server_default and not facet.server_default.accepted and getattr(desired, name) is None
    }
    return desired.model_copy(update=changes) if changes else desired


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
