"""What comes of the document together with what is written by hand; the same thing twice is a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.errors import Problem
from controller.source.node import Node


_DEPTH: Mapping[str, int] = {
    "paths": 3,
    "models": 1,
    "authorizers": 1,
    "requestValidators": 1,
    "gatewayResponses": 1,
    "documentationParts": 1,
    "endpointConfiguration": 1,
}
"""Fields that both may fill, and how deep: a path may have its methods from both, but not one method."""

_BY_HAND_FIRST = ("name", "version")
"""Every document has these, so the hand-written ones are meant to be in their place."""


def merged(by_hand: Node, found: Mapping[str, Any], problems: list[Problem]) -> Node:
    """The spec of the API."""
    own = by_hand.value if isinstance(by_hand.value, dict) else {}
    fields = dict(own)
    for name, value in found.items():
        node = value if isinstance(value, Node) else by_hand.holding(value)
        if fields.get(name) is None or fields[name].value is None:
            fields[name] = node
        elif name not in _BY_HAND_FIRST:
            fields[name] = _joined(fields[name], node, name, _DEPTH.get(name, 0), problems)
    return by_hand.holding(fields)


def _joined(by_hand: Node, found: Node, what: str, depth: int, problems: list[Problem]) -> Node:
    if not depth or not isinstance(by_hand.value, dict) or not isinstance(found.value, dict):
        message = f"{what} is declared twice: here and in the OpenAPI document, at {found.where}"
        problems.append(Problem(message, by_hand.where))
        return by_hand
    entries = dict(found.value)
    for key, node in by_hand.value.items():
        inside = f"{what} {key}"
        entries[key] = _joined(node, entries[key], inside, depth - 1, problems) if key in entries else node
    return by_hand.holding(entries)
