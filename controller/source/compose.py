"""Events to nodes, refusing on the way whatever would be dangerous or ambiguous.

1. Depth, values and alias-expanded size are counted while composing: a bomb is never built.
2. An alias shares the node it names; it is weighed with all that it stands for.
3. What could be read two ways (duplicate and merge keys, tags) is a problem, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from controller.errors import Problem
from controller.source.node import Node, Page, UnreadableError
from controller.source.syntax import MAX_DEPTH, Event, json_events, yaml_events


MAX_NODES = 1_000_000
MAX_EXPANDED = 2_000_000
TEXT_PER_NODE = 64

STRING_TAGS = {"!", "tag:yaml.org,2002:str"}

# YAML 1.2 core, but for one thing: digits after a leading zero stay text, because they almost
# always are an identifier (an account id) that would lose its zeros. What no number can hold
# exactly enough to compare (hundreds of digits, infinity, not-a-number) stays text as well.
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,300})")
BASED = re.compile(r"0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)\.[0-9]*|(?:0|[1-9][0-9]*)(?=[eE]))(?:[eE][-+]?[0-9]+)?")
WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


@dataclass(frozen=True)
class Parsed:
    """The documents of one file, as far as it could be read."""

    documents: tuple[Node, ...]
    problems: tuple[Problem, ...]
    weight: int


def parse(text: str, file: str, *, as_json: bool) -> Parsed:
    """All documents of a text; empty ones (a stray `---`) are left out."""
    page = Page(file, text)
    empty = Problem("the file is empty", page.where(0))
    if not text.strip():
        return Parsed((), (empty,), 0)
    composer = _Composer(page, (json_events if as_json else yaml_events)(text, page))
    documents: list[Node] = []
    weight = 0
    try:
        for node in composer.documents():
            weight = composer.weight
            if node.value is not None:
                documents.append(node)
    except UnreadableError as error:
        composer.problems.append(error.problem)
    if not documents and not composer.problems:
        composer.problems.append(empty)
    return Parsed(tuple(documents), tuple(composer.problems), weight)


def weigh(text: object) -> int:
    """What a scalar counts: long text repeated by aliases or includes adds up as well."""
    return 1 + (len(text) // TEXT_PER_NODE if isinstance(text, str) else 0)


def scalar(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if BASED.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text) and abs(number := float(text)) != float("inf"):
        return number
    return text


class _Anchored(NamedTuple):
    """What an alias stands for, with its expanded size and how deep it nests."""

    node: Node
    weight: int
    height: int


class _Composer:
    def __init__(self, page: Page, events: Iterator[Event]) -> None:
        self.problems: list[Problem] = []
        self.weight = 0
        self._page = page
        self._events = events
        self._nodes = 0
        self._deepest = 0
        self._anchors: dict[str, _Anchored | None] = {}

    def documents(self) -> Iterator[Node]:
        for event in self._events:
            if event.kind == "document":
                self._anchors = {}
                yield self._node(next(self._events), 0)

    def _node(self, event: Event, depth: int, key_offset: int | None = None) -> Node:
        offset = event.offset if key_offset is None else key_offset
        self._count(event, depth)
        if event.kind == "alias":
            return self._alias(event, depth, offset)
        self._check_tag(event)
        if event.anchor:
            return self._anchored(event, depth, offset)
        return Node(self._page, offset, self._value(event, depth))

    def _anchored(self, event: Event, depth: int, offset: int) -> Node:
        before, deepest = self.weight - weigh(event.text), self._deepest
        self._deepest = depth if event.kind == "scalar" else depth + 1
        self._anchors[event.anchor] = None
        node = Node(self._page, offset, self._value(event, depth))
        anchored = _Anchored(node, self.weight - before, self._deepest - depth)
        self._anchors[event.anchor] = anchored
        self._deepest = max(deepest, self._deepest)
        return node

    def _value(self, event: Event, depth: int) -> str | int | float | bool | list[Node] | dict[str, Node] | None:
        match event.kind:
            case "scalar":
                return scalar(event.text) if event.is_plain else event.text
            case "list":
                return [self._node(item, depth + 1) for item in self._until_end()]
            case _:
                return self._mapping(depth)

    def _until_end(self) -> Iterator[Event]:
        while (event := next(self._events)).kind != "end":
            yield event

    def _mapping(self, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for event in self._until_end():
            key = self._key(event, depth)
            node = self._node(next(self._events), depth + 1, event.offset)
            if key is not None and key in entries:
                message = f'duplicate key "{key}", first used at {entries[key].where}'
                self.problems.append(Problem(message, node.where))
            elif key is not None:
                entries[key] = node
        return entries

    def _key(self, event: Event, depth: int) -> str | None:
        # Composed in any case: a key may carry an anchor, and what is no text must be stepped over.
        node = self._node(event, depth + 1)
        if event.kind != "scalar":
            hint = 'a variable needs quotes: "{{ name }}"'
            self.problems.append(Problem("a key must be plain text", node.where, hint))
            return None
        if event.text == "<<" and event.is_plain:
            hint = "use variables, $file or an alias"
            self.problems.append(Problem("merge keys are not supported", node.where, hint))
            return None
        return event.text

    def _alias(self, event: Event, depth: int, offset: int) -> Node:
        known = self._anchors.get(event.anchor)
        if known is None:
            is_open = event.anchor in self._anchors
            what = "contains itself" if is_open else "is not defined before this alias"
            where = self._page.where(event.offset)
            self.problems.append(Problem(f'anchor "&{event.anchor}" {what}', where))
            return Node(self._page, offset, None)
        self._add(known.weight, event)
        self._sink(depth + known.height, event)
        return Node(self._page, offset, known.node.value)

    def _count(self, event: Event, depth: int) -> None:
        if event.kind in ("mapping", "list"):
            self._sink(depth + 1, event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._refuse(f"more than {MAX_NODES:,} values in one file", event)
        self._add(weigh(event.text), event)

    def _sink(self, depth: int, event: Event) -> None:
        self._deepest = max(self._deepest, depth)
        if depth > MAX_DEPTH:
            self._refuse(f"nested more than {MAX_DEPTH} deep", event)

    def _add(self, weight: int, event: Event) -> None:
        self.weight += weight
        if self.weight > MAX_EXPANDED:
            self._refuse(f"aliases expand to more than {MAX_EXPANDED:,} values", event)

    def _refuse(self, message: str, event: Event) -> None:
        raise UnreadableError(message, self._page.where(event.offset))

    def _check_tag(self, event: Event) -> None:
        if event.tag is None or (event.kind == "scalar" and event.tag in STRING_TAGS):
            return
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        hint = "put the value in quotes if the tag is part of its text"
        where = self._page.where(event.offset)
        self.problems.append(Problem(f"tags such as {tag} are not supported", where, hint))
