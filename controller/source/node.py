"""The positioned tree every stage of loading works on, and the secrets it may hold.

A node knows the place it was written, so whatever moves it (an alias, an include, an override)
moves its position along, and nothing has to keep positions in step by hand.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.errors import Problem, Where


LINE_BREAK = re.compile(r"\r\n|\r|\n")


class UnreadableError(Exception):
    """The rest of a file makes no sense any more. Never leaves this package."""

    def __init__(self, message: str, where: Where, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(message, where, hint)


@dataclass(frozen=True)
class Secret:
    """A value that only its consumer may see: `reference` is what people are shown instead.

    Of one that is not known, the value is a text that stands for it; different secrets have different ones.
    """

    reference: str
    value: str = field(repr=False)
    is_known: bool = True


class Page:
    """The lines of one file: turns an offset in its text into line and column."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._starts = [0, *(found.end() for found in LINE_BREAK.finditer(text))]

    def where(self, offset: int) -> Where:
        """The place of the character at that offset."""
        line = bisect_right(self._starts, offset)
        return Where(self.file, line, offset - self._starts[line - 1] + 1)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it was written: at its key in a mapping, at itself in a list.

    `verbatim` marks the text of an included file, in which no variable is substituted.
    """

    page: Page = field(repr=False, compare=False)
    offset: int
    value: str | int | float | bool | Secret | list[Node] | dict[str, Node] | None
    verbatim: bool = False

    def __reduce__(self) -> tuple[type[Node], tuple[Any, ...]]:
        """How nodes are packed: field by field, as dataclasses do it by themselves, takes twice as long."""
        return Node, (self.page, self.offset, self.value, self.verbatim)

    @property
    def where(self) -> Where:
        """Computed when asked for: a node in a million ends up in a message."""
        return self.page.where(self.offset)

    def holding(self, value: Any, *, verbatim: bool = False) -> Node:
        """Another value at the same place."""
        return Node(self.page, self.offset, value, verbatim)

    def plain(self) -> Any:
        """The value without positions."""
        match self.value:
            case dict() as entries:
                return {key: child.plain() for key, child in entries.items()}
            case list() as items:
                return [child.plain() for child in items]
            case value:
                return value


class Marks:
    """Where the values of a document were written."""

    def __init__(self, root: Node) -> None:
        self.root = root

    def at(self, path: Sequence[str | int]) -> Where:
        """The place of the value at `path`, or of the closest thing around it that is known."""
        node = self.root
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node = child
        return node.where

    def __repr__(self) -> str:
        return f"Marks({self.root.where})"


def _child(node: Node, step: str | int) -> Node | None:
    value = node.value
    if isinstance(value, dict):
        return value.get(str(step))
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None
