"""Reading a document: what is wrong or ignored is noted with its place, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.errors import Problem
from controller.kinds.rest.openapi.terms import AWS_VARIABLES, PREFIX
from controller.openapi.ignored import PLACES
from controller.source.node import Node
from controller.source.variables import meant
from controller.terms import Scope


_INDEX = re.compile(r"[0-9]{1,6}")
_AWS_VARIABLE = re.compile(r"\$\{AWS::(\w+)\}")


def made(at: Node, fields: Mapping[str, Any]) -> Node:
    """A mapping of these fields, written at that place; plain values stand there too, and None is left out."""
    return at.holding(
        {
            name: value if isinstance(value, Node) else at.holding(value)
            for name, value in fields.items()
            if value is not None
        }
    )


def upper(node: Node) -> Node:
    """The text in capitals; anything else as it is, for whoever checks it."""
    return node.holding(node.value.upper()) if isinstance(node.value, str) else node


def with_aws_variables(node: Node, scope: Scope) -> Node:
    """The tree with `${AWS::Region}`, `${AWS::AccountId}` and `${AWS::Partition}` put in, as an import does."""
    match node.value:
        case str() as text if "${AWS::" in text:
            known = {word: getattr(scope, name) for word, name in AWS_VARIABLES.items()}
            return node.holding(_AWS_VARIABLE.sub(lambda found: str(known.get(found[1], found[0])), text))
        case dict() as entries:
            return node.holding({key: with_aws_variables(child, scope) for key, child in entries.items()})
        case list() as items:
            return node.holding([with_aws_variables(item, scope) for item in items])
        case _:
            return node


@dataclass
class Reader:
    """The document, and what was found wrong with it or is ignored."""

    root: Node
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def is_swagger(self) -> bool:
        """True for 2.0."""
        return isinstance(self.root.value, dict) and "swagger" in self.root.value

    def wrong(self, node: Node, message: str, hint: str = "") -> None:
        """Notes a problem."""
        self.problems.append(Problem(message, node.where, hint))

    def ignored(self, node: Node, message: str, hint: str = "") -> None:
        """Notes what AWS's import ignores."""
        self.warnings.append(Problem(message, node.where, hint))

    def strangers(self, fields: Mapping[str, Node], place: str) -> None:
        """Notes the extensions of AWS that mean nothing in that place."""
        known = sorted(PLACES[place])
        for word in fields:
            if word.startswith(PREFIX) and word not in known:
                self.ignored(fields[word], f"{word} means nothing in {place}: ignored", meant(word, known))

    def mapping(self, node: Node | None, what: str) -> dict[str, Node]:
        """The entries of a mapping, which may be written elsewhere (`$ref`); none if it is wrong or absent."""
        found = self.resolved(node) if node else None
        if found is None or found.value is None:
            return {}
        if not isinstance(found.value, dict):
            self.wrong(found, f"{what}: expected a mapping")
            return {}
        return found.value

    def at(self, *path: str) -> dict[str, Node]:
        """The entries of a mapping of the document."""
        node: Node | None = self.root
        for step in path[:-1]:
            node = self.mapping(node, "/".join(path)).get(step)
        return self.mapping(self.mapping(node, "/".join(path)).get(path[-1]), path[-1])

    def items(self, node: Node | None, what: str) -> list[Node]:
        """The items of a list; none if it is wrong or absent."""
        if node is None or node.value is None:
            return []
        if not isinstance(node.value, list):
            self.wrong(node, f"{what}: expected a list")
            return []
        return node.value

    def text(self, node: Node | None, what: str) -> str | None:
        """A text, or a number as text; None if it is wrong or absent."""
        if node is None or node.value is None:
            return None
        if isinstance(node.value, str | int | float) and not isinstance(node.value, bool):
            return str(node.value)
        self.wrong(node, f"{what}: expected text")
        return None

    def is_true(self, node: Node | None, what: str) -> bool:
        """Whether it says true; noted if it says neither true nor false."""
        if node is None or node.value is None:
            return False
        if not isinstance(node.value, bool):
            self.wrong(node, f"{what}: expected true or false")
        return node.value is True

    def resolved(self, node: Node) -> Node | None:
        """What a `$ref` leads to, or the node itself; None if it leads nowhere, which is noted."""
        seen: set[str] = set()
        while isinstance(node.value, dict) and (ref := node.value.get("$ref")):
            pointer = self.text(ref, "$ref")
            found = self.pointed(ref, pointer) if pointer is not None else None
            if found is None or pointer is None:
                return None
            if pointer in seen:
                self.wrong(ref, f"$ref {pointer} leads in a circle")
                return None
            seen.add(pointer)
            node = found
        return node

    def pointed(self, ref: Node, pointer: str) -> Node | None:
        """The node that a JSON pointer of this document means; None if there is none, which is noted."""
        if not pointer.startswith("#/"):
            hint = "{$file: …} puts the content of another file in place"
            self.wrong(ref, f"$ref {pointer}: expected a place in this document, #/…", hint)
            return None
        node: Node | None = self.root
        for step in pointer.removeprefix("#/").split("/"):
            node = _child(node, step.replace("~1", "/").replace("~0", "~")) if node else None
        if node is None:
            self.wrong(ref, f"$ref {pointer}: there is no such place in the document")
        return node


def _child(node: Node, step: str) -> Node | None:
    """What a step of a JSON pointer leads to."""
    if isinstance(node.value, dict):
        return node.value.get(step)
    if isinstance(node.value, list) and _INDEX.fullmatch(step) and int(step) < len(node.value):
        return node.value[int(step)]
    return None
