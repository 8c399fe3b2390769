"""What the keywords of a JSON Schema of draft 4 say, one by one. Strange values of them say nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controller.facets import inside


Schema = Any
Words = Mapping[str, Any]

_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_PYTHON: tuple[tuple[type, str], ...] = (
    *((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")),
    *((list, "array"), (dict, "object")),
)

BOUNDS: Mapping[str, tuple[str, ...]] = {
    "number": ("minimum", "maximum", "multipleOf"),
    "string": ("minLength", "maxLength", "pattern"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
"""The keywords that bound a value, by its type."""

_LEAST = frozenset({"minimum", "minLength", "minItems", "minProperties"})
_MOST = frozenset({"maximum", "maxLength", "maxItems", "maxProperties"})


def bound(word: str, before: Words, after: Words) -> str:
    """How a bound is tighter than before, in words; empty if it is not."""
    old, new = before.get(word), after.get(word)
    strict = f"exclusive{word.capitalize()}"
    exclusive = bool(after.get(strict))
    if new is None or new is False or (word in _LEAST and not new and word != "minimum"):
        return ""
    if old == new and not (exclusive and not before.get(strict)):
        return ""
    if isinstance(old, int | float) and isinstance(new, int | float):
        looser = (word in _LEAST and old > new) or (word in _MOST and old < new)
        if looser or (word == "multipleOf" and new and isinstance(old, int) and not old % new):
            return ""
    told = f"has {word}" if new is True else f"has {word} {new}"
    return told + (" exclusively" if exclusive else "") + (f" ({old} before)" if old is not None else "")


def kinds(schema: Words) -> frozenset[str]:
    """The types that a value may have."""
    given = schema.get("type")
    wanted = [given] if isinstance(given, str) else given
    found = widened(kind for kind in wanted if isinstance(kind, str)) if isinstance(wanted, list) else _TYPES
    if isinstance(schema.get("enum"), list):
        found &= widened(_kind_of(value) for value in schema["enum"])
    return found


def widened(given: Iterable[str]) -> frozenset[str]:
    """These types with those that they include: whole numbers are numbers."""
    found = frozenset(given)
    return found | {"integer"} if "number" in found else found


def _kind_of(value: Any) -> str:
    return next((name for kind, name in _PYTHON if isinstance(value, kind)), "null")


def narrowed(gone: frozenset[str], possible: frozenset[str]) -> str:
    """The types that a value may no longer have, or those that it has to have where it might have any, in words."""
    told = possible - gone if possible == _TYPES else gone
    words = " or ".join(sorted(told - ({"integer"} if "number" in told else set())))
    return f"has to be {words}" if possible == _TYPES else f"may no longer be {words}"


def enumerated(before: Words, after: Words) -> Iterator[str]:
    """How the values that are listed have become fewer."""
    allowed = after.get("enum")
    if not isinstance(allowed, list):
        return
    taken = {text(value) for value in allowed}
    if not isinstance(before.get("enum"), list):
        yield f"is one of {', '.join(map(text, allowed))} only"
    elif gone := [value for value in map(text, before["enum"]) if value not in taken]:
        yield f"may no longer be {' or '.join(gone)}"


def named(schema: Words) -> frozenset[str]:
    """The properties that must be there."""
    return frozenset(name for name in listed(schema, "required") if isinstance(name, str))


def matching(schema: Words, name: str) -> list[Schema] | None:
    """What the patterns that a property's name matches ask of it; None if one is not understood here."""
    try:
        patterns = inside(schema, "patternProperties").items()
        return [inner for pattern, inner in patterns if re.search(pattern, name)]
    except re.error:
        return None


def of_property(schema: Words, name: str) -> Schema:
    """What a property certainly is."""
    if name in inside(schema, "properties"):
        return schema["properties"][name]
    found = matching(schema, name)
    if found is None:
        return {}
    further = schema.get("additionalProperties", True)
    return found[0] if found else {} if isinstance(further, bool) else further


def listed(schema: Words, word: str) -> list[Schema]:
    """The members of a keyword that has a list."""
    found = schema.get(word)
    return found if isinstance(found, list) else []


def references(schema: Schema) -> Iterator[str]:
    """What a schema refers to."""
    match schema:
        case dict():
            if isinstance(ref := schema.get("$ref"), str):
                yield ref
            for inner in schema.values():
                yield from references(inner)
        case list():
            for inner in schema:
                yield from references(inner)


def text(value: Any) -> str:
    """A value as text, the same for the same one."""
    return json.dumps(value, sort_keys=True, default=str)
