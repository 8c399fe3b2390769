"""A document against the schema of its OpenAPI version, which openapi-spec-validator carries.

The schema is stricter than AWS's import. What only the schema asks for is let pass; a field that it does not know
is one that the import ignores, hence a warning; all else is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from controller.errors import Problem
from controller.source.variables import meant


if TYPE_CHECKING:
    from controller.openapi.reader import Reader
    from controller.source.node import Node


_Error = Any
"""A ValidationError of jsonschema, whose members have no types."""

_TELLING = ("in", "type", "flow")
"""Members that say which of several forms is meant."""

_LET_PASS = frozenset({"description", "responses", "schema", "content", "required", "url", "version", "scopes"})
"""Members that OpenAPI wants and an import does not; recorded for most of them."""

_BREAKING = frozenset({"type", "enum", "required", "pattern", "oneOf", "anyOf"})
"""Rules without which there is no reading a document. Others, such as lengths, AWS does not look at."""

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}


def check(reader: Reader) -> tuple[list[Problem], list[Problem]]:
    """The problems and the warnings of a document whose version is known."""
    # Imported here: only who uses OpenAPI waits for them.
    from jsonschema import Draft4Validator  # noqa: PLC0415
    from openapi_spec_validator.schemas import schema_v2, schema_v30  # noqa: PLC0415

    schema = dict(schema_v2 if reader.is_swagger else schema_v30)
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for error in Draft4Validator(schema).iter_errors(reader.root.plain()):
        for leaf in _leaves(error):
            node = _located(reader.root, leaf.absolute_path)
            if leaf.validator == "additionalProperties":
                warnings += _unknown(leaf, node)
            elif message := _broken(leaf):
                problems.append(Problem(message, node.where))
    return problems, warnings


def _leaves(error: _Error) -> Iterator[_Error]:
    """The errors behind an error: where several forms are possible, those of the form that was meant."""
    if error.validator not in ("oneOf", "anyOf") or not error.context:
        yield error
        return
    branches: dict[Any, list[_Error]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    for inner in min(branches.values(), key=lambda group: _distance(group, error.instance)):
        yield from _leaves(inner)


def _distance(group: Iterable[_Error], instance: Any) -> tuple[int, int]:
    """How far an instance is from a form: first whether it says to be another one, then by what is wrong."""
    wanted = [error for error in group if error.validator == "required" and "$ref" in error.validator_value]
    is_reference = isinstance(instance, Mapping) and "$ref" in instance
    others = [error for error in group if error.validator == "enum" and error.path and error.path[-1] in _TELLING]
    deep = sum(len(list(_leaves(error))) for error in group)
    return len(others) + (bool(wanted) and not is_reference), deep


def _unknown(error: _Error, node: Node) -> Iterator[Problem]:
    """A warning for each field that the schema does not know."""
    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", {})
    for word in error.instance:
        if word in known or any(re.search(pattern, word) for pattern in patterns) or word == "$ref":
            continue
        where = node.value[word].where if isinstance(node.value, dict) and word in node.value else node.where
        yield Problem(f"unknown field {word!r}: ignored by API Gateway", where, meant(word, known))


def _broken(error: _Error) -> str:
    """The rule that is broken, in words; empty for what an import lets pass."""
    if error.validator not in _BREAKING:
        return ""
    what = f"{error.absolute_path[-1]}: " if error.absolute_path else ""
    match error.validator:
        case "type":
            wanted = _TYPES.get(str(error.validator_value), "another type")
            return "" if _is_number_for_text(error) else f"{what}expected {wanted}"
        case "enum":
            return f"{what}expected one of {', '.join(str(item) for item in error.validator_value)}"
        case "required":
            missing = [word for word in error.validator_value if word not in error.instance]
            told = [word for word in missing if word not in _LET_PASS]
            return f"{what}{', '.join(told)} {'is' if len(told) == 1 else 'are'} missing" if told else ""
        case "pattern":
            return f"{what}expected text that fits {error.validator_value}"
        case _:
            return f"{what}fits more than one of the forms that are possible here" if not error.context else ""


def _is_number_for_text(error: _Error) -> bool:
    number = isinstance(error.instance, int | float) and not isinstance(error.instance, bool)
    return error.validator_value == "string" and number


def _located(root: Node, path: Iterable[str | int]) -> Node:
    node = root
    for step in path:
        match node.value:
            case dict() as entries if step in entries:
                node = entries[str(step)]
            case list() as items if isinstance(step, int):
                node = items[step]
    return node
