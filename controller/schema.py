"""The JSON Schema of a spec document, worked out from the kinds, for editors and for review.

It accepts what the loader accepts: wherever a value may stand, a variable or an include may too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from controller import kinds  # noqa: F401  registers them
from controller.facets import DERIVED, INTERNAL, SENSITIVE, Facets, Value, facets
from controller.model import KINDS, Resource, children
from controller.schema_frame import (
    REF,
    Schema,
    metadata,
    or_null,
    or_reference,
    overrides,
    ref,
    references,
)
from controller.source.document import API_VERSION
from controller.terms import Scope


DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> Schema:
    """The schema of one document, draft 2020-12."""
    roots = [kind for kind in KINDS.values() if kind.container is None]
    definitions = references() | {"Metadata": metadata()} | _definitions()
    return {
        "$schema": DIALECT,
        "title": "AWS API Gateway, declared",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {
                "enum": [kind.kind for kind in roots],
                "description": "What this document describes.",
            },
            "metadata": ref("Metadata"),
            "spec": {"description": "The fields of the kind, with AWS's names."},
            "overrides": overrides(),
        },
        "allOf": [_for_kind(kind) for kind in roots],
        "$defs": _reached(definitions, [kind.kind for kind in roots]),
    }


def _for_kind(kind: type[Resource]) -> Schema:
    """What `spec` is for a kind."""
    return {
        "if": {"properties": {"kind": {"const": kind.kind}}, "required": ["kind"]},
        "then": {"properties": {"spec": or_reference(or_null(ref(kind.kind)))}},
    }


# ── the kinds ────────────────────────────────────────────────────────────────────────────────────


def _definitions() -> dict[str, Schema]:
    """A schema for each kind and for each structure inside one."""
    values = {model.__name__: model for model in _subclasses(Value) if not issubclass(model, Resource)}
    models: dict[str, type[BaseModel]] = values | dict(KINDS)
    _, joint = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template=f"{REF}{{model}}"
    )
    found = joint["$defs"].items()
    return {name: _model(models[name], schema) for name, schema in found if name in models}


def _subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _subclasses(child)


def _model(model: type[BaseModel], schema: Schema) -> Schema:
    """Pydantic's schema of a model, with what authors may write instead of values."""
    facts = {model.model_fields[name].alias or name: facet for name, facet in facets(model).items()}
    properties = {
        name: _property(facts[name], field)
        for name, field in schema.get("properties", {}).items()
        if not facts[name].marks & {DERIVED, INTERNAL}
    }
    found: Schema = {
        "type": "object",
        "description": schema.get("description", ""),
        "additionalProperties": False,
        "properties": properties,
    }
    required = [name for name in schema.get("required", []) if name in properties]
    if issubclass(model, Resource):
        properties |= {name: _shorthand(meaning) for name, meaning in model.shorthands.items()}
        properties |= {child.slot.spec: _slot(child) for child in children(model) if child.slot}
        return found | _required(model, required)
    return found | ({"required": required} if required else {})


def _property(facet: Facets, field: Schema) -> Schema:
    if SENSITIVE in facet.marks:
        about = {"description": field["description"]} if "description" in field else {}
        return about | {"anyOf": [ref("secret"), {"type": "null"}]}
    return _value(field)


def _value(schema: Schema) -> Schema:
    """A schema in which each value, however deep, may be a reference."""
    found = _members(schema)
    if not found.keys() - {"description", "default"}:
        return found  # anything goes
    if "anyOf" in found:
        found["anyOf"] = [_members(option) for option in found["anyOf"]]
    return or_reference(found)


def _members(schema: Schema) -> Schema:
    """The schema with references allowed inside it, but not yet in its own place."""
    found = {key: item for key, item in schema.items() if key != "title"}
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = _value(found[key])
    return found


def _shorthand(meaning: Any) -> Schema:
    if isinstance(meaning, type) and issubclass(meaning, BaseModel):
        about = {"description": cleandoc(meaning.__doc__ or "")}
        return or_reference(ref(meaning.__name__) | about)
    return _value(TypeAdapter(meaning).json_schema())


def _slot(child: type[Resource]) -> Schema:
    """Where the resources of a kind stand in their container."""
    inner = or_reference(or_null(ref(child.kind)))
    about = {"description": cleandoc(child.__doc__ or "")}
    match child.slot and child.slot.shape:
        case "one":
            return about | inner
        case "names":
            names = {"type": "array", "uniqueItems": True, "items": _value({"type": "string"})}
            return about | or_reference(names)
        case _:
            about = {"description": f"By {child.key_field}: {about['description']}"}
            return about | or_reference({"type": "object", "additionalProperties": inner})


def _required(kind: type[Resource], required: list[str]) -> Schema:
    """Fields that must be there, or the shorthand that brings them."""
    found: Schema = {}
    always = [name for name in required if not _bringing(kind, name)]
    either = [
        {"anyOf": [{"required": [option]} for option in (name, *shorthands)]}
        for name in required
        if (shorthands := _bringing(kind, name))
    ]
    if always:
        found["required"] = always
    if either:
        found["allOf"] = either
    return found


def _bringing(kind: type[Resource], field: str) -> list[str]:
    """The shorthands that write this field out."""
    scope = Scope("0" * 12, "us-east-1", "aws")
    return [name for name in kind.shorthands if field in kind.desugar({name: "x"}, scope)]


def _reached(definitions: Mapping[str, Schema], start: Iterable[str]) -> dict[str, Schema]:
    """The definitions that something refers to, in the order of their names."""
    found: set[str] = {"Metadata", "variable", "file"}
    pending = [*start, *found]
    while pending:
        name = pending.pop()
        found.add(name)
        pending += [other for other in _refs(definitions[name]) if other not in found]
    return {name: definitions[name] for name in sorted(found)}


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix(REF)
        for item in schema.values():
            yield from _refs(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _refs(item)
