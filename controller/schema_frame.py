"""The part of the JSON Schema that no kind has a say in: metadata, overrides, references."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.source.document import NAME
from controller.source.variables import SECRETS, VARIABLE


Schema = dict[str, Any]

REF = "#/$defs/"
_VARIABLE = VARIABLE.pattern


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"{REF}{name}"}


def or_null(schema: Schema) -> Schema:
    """The schema, or nothing at all."""
    return {"anyOf": [schema, {"type": "null"}]}


# ── what may stand in the place of a value ───────────────────────────────────────────────────────


def references() -> dict[str, Schema]:
    """The definitions of everything that stands for a value."""
    return {
        "variable": {
            "type": "string",
            "pattern": _VARIABLE,
            "description": "{{ name }}: a variable of the target.",
        },
        "file": _reference("$file", "The content of another file, relative to this one."),
        "secret": {
            "description": "Where the value is; the value itself does not belong here.",
            "anyOf": [_reference(word, f"{word}: where the secret is, by name or path.") for word in SECRETS],
        },
    }


def _reference(word: str, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "required": [word],
        "additionalProperties": False,
        "properties": {word: {"type": "string"}},
    }


def or_reference(schema: Schema) -> Schema:
    """The schema, or something that is put in before the value is looked at."""
    about = {key: schema.pop(key) for key in ("description", "default") if key in schema}
    own = schema.pop("anyOf") if schema.keys() == {"anyOf"} else [schema]
    others = [ref("file")] if _is_free_text(own) else [ref("variable"), ref("file")]
    return about | {"anyOf": [*own, *others]}


def _is_free_text(schemas: Iterable[Schema]) -> bool:
    """True if text with a variable in it is allowed already."""
    return any(schema.get("type") == "string" and schema.keys() == {"type"} for schema in schemas)


# ── the frame of a document ──────────────────────────────────────────────────────────────────────


def metadata() -> Schema:
    """What every document says of itself."""
    suspend = {
        "type": "object",
        "required": ["reason", "until"],
        "additionalProperties": False,
        "properties": {
            "reason": {"type": "string"},
            "until": {"type": "string", "format": "date-time"},
        },
        "description": "Compute what differs but write nothing, until then.",
    }
    properties: dict[str, Schema] = {
        "name": {
            "type": "string",
            "pattern": f"^{NAME.pattern}$|{_VARIABLE}",
            "description": "The logical name: identity within one owner.",
        },
        "targets": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The targets it is for; all of them when absent.",
        },
        "onDelete": {
            "enum": ["delete", "retain"],
            "default": "delete",
            "description": "What happens to it in AWS when this document goes away.",
        },
        "protect": {
            "type": "boolean",
            "default": False,
            "description": "Never deleted or replaced, whatever the spec says.",
        },
        "suspend": suspend,
        "adopt": {
            "type": "string",
            "minLength": 1,
            "description": "The AWS id of a live one to take over.",
        },
    }
    return {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {name: _with_variable(schema) for name, schema in properties.items()},
    }


def _with_variable(schema: Schema) -> Schema:
    """Metadata has variables but no includes."""
    if schema.get("type") == "string":
        return schema
    about = {key: schema.pop(key) for key in ("description", "default") if key in schema}
    return about | {"anyOf": [schema, ref("variable")]}


def overrides() -> Schema:
    """What differs for a target."""
    return {
        "type": "object",
        "description": "By target: what differs there, a JSON merge patch of spec.",
        "additionalProperties": {"anyOf": [{"type": "object"}, ref("variable")]},
    }
