"""One tree, two dialects: the author's spec and AWS's payloads both become `{address: resource}`.

Kinds say where their resources sit (`Slot`, `Listing`); nothing here knows a kind by name.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from controller.address import Address
from controller.facets import SENSITIVE, facets
from controller.model import KINDS, Resource, children
from controller.terms import Context, Scope


Trail = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A place in an author's spec: the address, the raw content, and the way there from the document's root."""

    at: Address
    content: Any
    trail: Trail


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a spec: where in the document, and what."""

    trail: Trail
    message: str
    unknown: str = ""
    known: tuple[str, ...] = ()


# ── the author's dialect ─────────────────────────────────────────────────────────────────────────


def from_spec(
    root: Address, spec: Mapping[str, Any], scope: Scope
) -> tuple[dict[Address, Resource], dict[Address, Trail], list[Fault]]:
    """The resources of one document, where each was written, and what is wrong with it."""
    resources: dict[Address, Resource] = {}
    places: dict[Address, Trail] = {}
    faults: list[Fault] = []
    for node in _authored(Node(root, spec, ("spec",)), scope, faults):
        kind = KINDS[node.at.kind]
        slots = {child.slot.spec for child in children(kind) if child.slot}
        own = {key: value for key, value in node.content.items() if key not in slots}
        places[node.at] = node.trail
        try:
            resources[node.at] = kind.from_spec(node.at.key, own)
        except ValidationError as error:
            faults += _faults(kind, node, error)
    return resources, places, faults


def _authored(node: Node, scope: Scope, faults: list[Fault]) -> Iterator[Node]:
    """The node and everything under it, shorthands written out."""
    kind = KINDS[node.at.kind]
    if message := kind.check_key(node.at.key):
        faults.append(Fault(node.trail, message))
    content = {} if node.content is None else node.content
    if not isinstance(content, Mapping):
        faults.append(Fault(node.trail, f"expected a mapping, the content of a {kind.kind}"))
        return
    local = dataclasses.replace(scope, problems=[])
    content = kind.desugar(dict(content), local)
    faults += [Fault(node.trail + trail, message) for trail, message in local.problems]
    yield Node(node.at, content, node.trail)
    for child in children(kind):
        for inner in _filled(child, content, node, faults):
            yield from _authored(inner, scope, faults)


def _filled(child: type[Resource], content: Mapping[str, Any], node: Node, faults: list[Fault]) -> Iterator[Node]:
    """What the author put into the slot of a child kind."""
    if not child.slot or child.slot.spec not in content:
        return
    value, trail = content[child.slot.spec], (*node.trail, child.slot.spec)
    match child.slot.shape, value:
        case "one", _:
            yield Node(node.at.child(child.kind), value, trail)
        case "map", Mapping():
            seen: dict[str, Any] = {}
            for given, item in value.items():
                key = child.canonical_key(str(given))
                if key in seen:
                    faults.append(Fault((*trail, given), f"the same as {seen[key]!r}"))
                seen[key] = given
                yield Node(node.at.child(child.kind, key), item, (*trail, given))
        case "names", list() if all(isinstance(item, str) for item in value):
            for index, item in enumerate(value):
                yield Node(node.at.child(child.kind, item), {}, (*trail, index))
        case "names", _:
            faults.append(Fault(trail, "expected a list of names"))
        case _:
            faults.append(Fault(trail, "expected a mapping of names to contents"))


def _faults(kind: type[Resource], node: Node, error: ValidationError) -> Iterator[Fault]:
    problems = error.errors()
    strange = [str(problem["loc"][-1]) for problem in problems if problem["type"] == "extra_forbidden"]
    for problem in problems:
        trail = (*node.trail, *(part for part in problem["loc"] if not _is_branch(part)))
        plain = _PLAIN.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        message = plain.format(**problem.get("ctx", {})) if problem["type"] in _PLAIN else plain
        if problem["type"] == "extra_forbidden":
            unknown = str(problem["loc"][-1])
            known = fields(kind) if len(problem["loc"]) == 1 else ()
            yield Fault(trail, f"unknown field {unknown!r} in {kind.kind}", unknown, known)
        elif problem["type"] == "missing" and difflib.get_close_matches(str(problem["loc"][-1]), strange, 1):
            continue  # misspelt: told of as an unknown field
        elif problem["type"] == "missing":
            yield Fault(trail[:-1], f"{kind.kind} needs the field {problem['loc'][-1]!r}")
        else:
            yield Fault(trail, message[0].lower() + message[1:])


def _is_branch(part: str | int) -> bool:
    """True for the marks that pydantic puts into a location where no field is."""
    return isinstance(part, str) and part.endswith("]") and part.startswith(("function-", "frozenset["))


_PLAIN = {
    "string_type": "expected text; numbers and true/false need quotes here, and a secret does not belong here",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "dict_type": "expected a mapping",
    "frozen_set_type": "expected a list",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "too_long": "expected at most {max_length} item",
    "too_short": "expected at least {min_length} item",
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
}


def fields(kind: type[Resource]) -> tuple[str, ...]:
    """Every field that an author may give in a kind's spec."""
    own = [info.alias or name for name, info in kind.model_fields.items()]
    slots = [child.slot.spec for child in children(kind) if child.slot]
    return (*own, *slots, *kind.shorthands)


# ── AWS's dialect ────────────────────────────────────────────────────────────────────────────────


def from_payload(
    root: Address, payload: Mapping[str, Any], context: Context
) -> tuple[dict[Address, Resource], dict[Address, str]]:
    """The resources under one live root, and their AWS ids.

    The payload is what AWS gives for the root; the items of kinds that are listed by a call of their own
    stand in it under the kind's name. Raises pydantic's ValidationError for what AWS should not answer.
    """
    found = list(_live(root, payload, context))
    ids = {
        at: str(item[kind.id_field])
        for at, item in found
        if (kind := KINDS[at.kind]).id_field and item.get(kind.id_field)
    }
    own = {(at.kind, aws_id): at.key for at, aws_id in ids.items()}
    names = ChainMap(own, cast("dict[tuple[str, str], str]", context.ids))
    local = dataclasses.replace(context, ids=names, root=ids.get(root, ""))
    return {at: KINDS[at.kind].from_aws(item, local) for at, item in found}, ids


def _live(at: Address, payload: Mapping[str, Any], context: Context) -> Iterator[tuple[Address, Mapping[str, Any]]]:
    yield at, payload
    taken: set[Address] = set()
    for child in children(KINDS[at.kind]):
        for key, item in _items(child, payload, context):
            inner = at.child(child.kind, key)
            if inner in taken:
                # AWS does not keep these names unique; each still needs an address of its own.
                inner = at.child(child.kind, f"{key} {item.get('id', '')}")
            taken.add(inner)
            yield from _live(inner, item, context)


def _items(
    child: type[Resource], payload: Mapping[str, Any], context: Context
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if child.kind in payload:
        for item in payload[child.kind]:
            if child.managed(item):
                yield child.key_of(item, context), item
    elif child.slot and child.slot.payload:
        inside = payload.get(child.slot.payload)
        if inside is not None:
            yield from [("", inside)] if child.slot.shape == "one" else inside.items()


def bare(kind: type[Resource], item: Mapping[str, Any]) -> dict[str, Any]:
    """What a kind looks at of a live item and of what lies in it, without what is SENSITIVE.

    `from_payload` makes the same of it as of the whole, secrets aside.
    """
    fields = {facet.read for facet in facets(kind).values() if SENSITIVE not in facet.marks}
    members = {"id", kind.key_field, kind.id_field, *kind.reads, *fields}
    found = {name: value for name, value in item.items() if name in members}
    for child in children(kind):
        if child.slot and (inside := item.get(child.slot.payload)) is not None:
            one = child.slot.shape == "one"
            found[child.slot.payload] = (
                bare(child, inside) if one else {key: bare(child, content) for key, content in inside.items()}
            )
    return found
