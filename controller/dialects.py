"""The two dialects of a kind: how an author writes it, and how AWS gives it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from controller.address import Address
from controller.call import RAW_ID
from controller.facets import DERIVED, INTERNAL, SENSITIVE, Facets, Value, facets, same
from controller.terms import Context, Scope


_EMPTY: tuple[Any, ...] = (None, "", {}, [])


class Spoken(Value):
    """Base of Resource: the ways from and to an author's spec, and from AWS's answers."""

    shorthands: ClassVar[Mapping[str, Any]] = {}
    reads: ClassVar[frozenset[str]] = frozenset()
    """Members of AWS's answers that are looked at though no field has them."""

    # ── the author's ──
    @classmethod
    def desugar(cls, raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
        """The author's words with the shorthands of this kind written out."""
        return raw

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        """Raises pydantic's ValidationError."""
        return cls.model_validate(raw, strict=True)

    @classmethod
    def fold(cls, spec: dict[str, Any], scope: Scope, said: Mapping[str, Any] | None) -> dict[str, Any]:
        """The inverse of `desugar`: the same in the shorthands of this kind, where they say exactly that.

        What an author has `said` here decides which of them are used; without it, all are.
        """
        return spec

    def authored(self, at: Address, ids: Mapping[Address, str]) -> dict[str, Any]:
        """This resource's own fields as an author would write them, before `fold`."""
        found: dict[str, Any] = written(self)
        return found

    def told(self, at: Address) -> bool:
        """False for what is as AWS makes it by itself, so that no author would write it."""
        return True

    def kept(self, at: Address, live: Mapping[Address, Any], scope: Scope) -> tuple[dict[str, Any], str]:
        """What a spec says besides, so that taking this root over changes nothing, and a sentence about it."""
        return {}, ""

    # ── AWS's ──
    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        """A live item as a resource. Members that are not declared are left out; empty is absent."""
        values = {
            name: _named(facet, payload[facet.read], context)
            for name, facet in facets(cls).items()
            if payload.get(facet.read) not in _EMPTY
        }
        for name, raw in cls.raw_fields():
            values.pop(name if str(values.get(name, "")).startswith(RAW_ID) else raw, None)
        return cls.model_validate(values, context={"live": True})

    @classmethod
    def raw_fields(cls) -> Iterator[tuple[str, str]]:
        """References that may be given as an id as well: the field of the name and that of the id."""
        return ((name, facet.ref.raw) for name, facet in facets(cls).items() if facet.ref and facet.ref.raw)


def _named(facet: Facets, value: Any, context: Context) -> Any:
    if facet.ref and facet.ref.by_id:
        return context.name(facet.ref.kind, value)
    return value


def written(value: Any) -> Any:
    """The value as an author would write it: nested models without what is at the default, and without secrets."""
    match value:
        case BaseModel():
            kind = type(value)
            return {
                kind.model_fields[name].alias or name: written(getattr(value, name))
                for name, facet in facets(kind).items()
                if not facet.marks & {INTERNAL, DERIVED, SENSITIVE} and not _usual(value, name, facet)
            }
        case frozenset():
            return sorted(value)
        case Mapping():
            return {key: written(item) for key, item in value.items()}
        case list() | tuple():
            return [written(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _usual(model: BaseModel, name: str, facet: Facets) -> bool:
    """True for a value that is there when nobody says anything."""
    value = getattr(model, name)
    accepted = facet.server_default.accepted if facet.server_default else ()
    return value in accepted or same(value, type(model).model_fields[name].get_default(call_default_factory=True))
