"""`{$file: path}`: the content of another file of the checkout in the place of the reference.

Files named .yaml, .yml or .json are parsed and may include others; any other file is text.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from controller.errors import Problem
from controller.source.compose import weigh
from controller.source.files import Files
from controller.source.node import Node
from controller.source.syntax import MAX_DEPTH
from controller.source.variables import VARIABLE, Substitution, has_variable, reference


MAX_INCLUDES = 10
PARSED_SUFFIXES = {".yaml", ".yml", ".json"}


@dataclass(frozen=True)
class _Place:
    """Where an include is written: the folder it is relative to and the files on the way there."""

    folder: Path
    chain: tuple[Path, ...]


class Includes:
    """Expands includes, and remembers which files they reach."""

    def __init__(self, files: Files, filling: Substitution, problems: list[Problem]) -> None:
        self._files = files
        self._filling = filling
        self._problems = problems
        self._reached: set[Path] = set()
        # How paths with variables begin and how they end: they may lead to all between.
        self._ends: defaultdict[str, set[str]] = defaultdict(set)

    def expand(self, node: Node, path: Path, *, is_filled: bool) -> Node:
        """The node of that spec file with all includes replaced; with None where that failed.

        Without `is_filled` (parts for other targets, whose variables are not known here), paths
        with variables are left alone.
        """
        place = _Place(path.parent, (self._files.real(path),))
        return self._expand(node, place, 0, is_filled=is_filled)

    def reaches(self, path: Path) -> bool:
        """True if an include leads to this file, for this target or another one."""
        real = self._files.real(path)
        text, cuts = str(real), range(len(str(real)) + 1)
        ends = (self._ends[text[:cut]] for cut in cuts if text[:cut] in self._ends)
        return real in self._reached or any(text[cut:] in tails for tails in ends for cut in cuts)

    def _expand(self, node: Node, place: _Place, depth: int, *, is_filled: bool) -> Node:
        if found := reference(node, "$file"):
            return self._included(node, found[1], place, depth, is_filled=is_filled)
        match node.value:
            case dict() | list() if depth >= MAX_DEPTH:
                return self._refused(node, f"included files nest more than {MAX_DEPTH} deep")
            case dict() as entries:
                return node.holding(
                    {
                        key: self._expand(child, place, depth + 1, is_filled=is_filled)
                        for key, child in entries.items()
                    }
                )
            case list() as items:
                return node.holding([self._expand(item, place, depth + 1, is_filled=is_filled) for item in items])
            case _:
                return node

    def _included(self, node: Node, name: Node, place: _Place, depth: int, *, is_filled: bool) -> Node:
        if isinstance(name.value, str) and has_variable(name):
            self._remember_ends(name.value, place)
            if not is_filled:
                return node
            before = len(self._problems)
            name = self._filling.fill(name)
            if len(self._problems) > before:
                return node.holding(None)
        if isinstance(name.value, str) and Path(name.value).is_relative_to(self._filling.folder):
            # No part of the checkout, and no include: a secret that is mounted, which is put in later.
            return node
        path = self._located(name, place)
        if isinstance(path, str):
            return self._refused(node, path)
        self._reached.add(path)
        if path.suffix.lower() not in PARSED_SUFFIXES:
            return self._text(node, path)
        root = self._parsed(node, path)
        if root is None:
            return node.holding(None)
        inner = _Place(path.parent, (*place.chain, path))
        content = self._expand(root, inner, depth, is_filled=is_filled)
        return node.holding(content.value, verbatim=content.verbatim)

    def _located(self, name: Node, place: _Place) -> Path | str:
        """The file meant, or why it may not be included."""
        text = name.value
        if not isinstance(text, str) or not text or "\0" in text:
            return "the value of $file must be a path"
        if Path(text).is_absolute():
            return f"{text} must be relative to the file that includes it, or below {self._filling.folder}"
        path = self._files.real(place.folder / text)
        if not self._files.holds(path):
            return f"{text} leads out of the checkout"
        if path in place.chain:
            return f"{text} includes itself"
        if len(place.chain) > MAX_INCLUDES:
            return f"files include each other more than {MAX_INCLUDES} deep"
        return path

    def _text(self, node: Node, path: Path) -> Node:
        text = self._files.text(path, node.where)
        if text is None or not self._files.charge(weigh(text), node.where):
            return node.holding(None)
        return node.holding(text, verbatim=True)

    def _parsed(self, node: Node, path: Path) -> Node | None:
        parsed = self._files.parsed(path, node.where)
        if parsed is None or not self._files.charge(parsed.weight, node.where):
            return None
        # Reported when the file was read; once more here (repeats are dropped in the end), so
        # that each document that includes a broken file is known to be broken too.
        self._problems.extend(parsed.problems[:1])
        if len(parsed.documents) == 1:
            return parsed.documents[0]
        if not parsed.problems:
            message = f"{self._files.shown(path)} holds more than one document"
            self._refused(node, message)
        return None

    def _remember_ends(self, text: str, place: _Place) -> None:
        anything = "\ue000"
        folder = self._files.real(place.folder)
        path = os.path.normpath(folder / VARIABLE.sub(anything, text.replace("\0", "")))
        start, *_, end = path.split(anything)
        self._ends[start].add(end)

    def _refused(self, node: Node, message: str) -> Node:
        self._problems.append(Problem(message, node.where))
        return node.holding(None)
