"""Edits in YAML files as they are: comments, order and quotes stay; what does not stand there is not overwritten.

A value may come from elsewhere: a variable, a secret, an override of the target, an anchor. Then the place is told
instead. A file that is included once is edited itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from controller.errors import Where
from controller.importing.clothes import insert, merged
from controller.importing.documents import misread
from controller.importing.edits import Edit
from controller.importing.layout import documents, rewritten
from controller.importing.text import styled
from controller.source.includes import PARSED_SUFFIXES
from controller.source.variables import ASKED, VARIABLE


class Blocked(Exception):
    """Why an edit cannot be made, and where."""


class Editor:
    """The files of one update. Nothing is written before `texts` are."""

    def __init__(self, checkout: Path, target: str, specs: Iterable[Path]) -> None:
        self._checkout, self._target = checkout.resolve(), target
        self._files: dict[Path, Any] = {}
        self._changed: dict[Path, str | None] = {}
        self._includes = _included(specs)

    @property
    def texts(self) -> dict[Path, str]:
        """The new texts of all files that were edited."""
        return {file: text if text is not None else self._dumped(file) for file, text in self._changed.items()}

    def apply(self, edit: Edit, where: Where) -> str:
        """Makes an edit in the document that begins there; a sentence about it. Raises Blocked."""
        file = self._checkout / where.file
        document = self._document(file, where)
        self._check_overrides(document, edit, where.file)
        if "spec" not in document or document["spec"] is None:
            document["spec"] = CommentedMap()
        return self._at(document, ("spec", *edit.trail), edit, file)

    # ── the way there ──
    def _at(self, node: Any, trail: tuple[str, ...], edit: Edit, file: Path) -> str:
        key, *rest = trail
        self._check_node(node, key, edit, file)
        if rest:
            if key not in node or node[key] is None:
                if edit.gone:
                    return ""
                self._check_words(edit, file)
                node[key] = CommentedMap()
            inner, place = self._entered(node, key, edit, file)
            return self._at(inner, tuple(rest), edit, place)
        return self._set(node, key, edit, file)

    def _entered(self, node: CommentedMap, key: str, edit: Edit, file: Path) -> tuple[Any, Path]:
        """What is behind a key; the content of another file where it is included from there."""
        value = node[key]
        if not _is_reference(value, "$file"):
            return value, file
        other = self._target_of(value["$file"], edit, file, node, key)
        if other.suffix.lower() not in PARSED_SUFFIXES:
            raise self._blocked(node, key, edit, file, f"comes as a whole from {self._shown(other)}")
        (content, *_) = self._parsed(other)
        return content, other

    def _check_node(self, node: Any, key: str, edit: Edit, file: Path) -> None:
        if isinstance(node, CommentedMap) and node.anchor.value is None:
            return
        is_map = isinstance(node, CommentedMap)
        what = "is shared by an anchor" if is_map else f"is part of {node!r}, which stands for something else"
        raise Blocked(f"{self._shown(file)}: {edit.title} {what}")

    # ── the place itself ──
    def _set(self, node: CommentedMap, key: str, edit: Edit, file: Path) -> str:
        old = node.get(key)
        self._check_value(node, key, edit, file)
        if _is_reference(old, "$file"):
            return self._set_file(node, key, edit, file)
        self._check_words(edit, file)
        line = node.lc.key(key)[0] + 1 if key in (node.lc.data or {}) else 0
        if edit.gone:
            if key not in node:
                return ""
            del node[key]
        elif key in node:
            node[key] = merged(old, edit.value)
        else:
            insert(node, key, styled(edit.value), edit.after)
        self._changed[file] = None
        place = f"{self._shown(file)}:{line}" if line else self._shown(file)
        return f"{place}: {edit.title}{' taken out' if edit.gone else ''}"

    def _set_file(self, node: CommentedMap, key: str, edit: Edit, file: Path) -> str:
        other = self._target_of(node[key]["$file"], edit, file, node, key)
        if edit.gone:
            del node[key]
            self._changed[file] = None
            return f"{self._shown(file)}: {edit.title} taken out; {self._shown(other)} is not needed there any more"
        if isinstance(edit.value, str) and other.suffix.lower() not in PARSED_SUFFIXES:
            self._changed[other] = edit.value
        elif misread(edit.value) and other.suffix.lower() in PARSED_SUFFIXES:
            self._check_words(edit, other)
        elif isinstance(edit.value, str):
            raise self._blocked(node, key, edit, file, f"comes as a whole from {self._shown(other)}")
        elif _is_json(other) or other.suffix.lower() not in PARSED_SUFFIXES:
            if VARIABLE.search(other.read_text(encoding="utf-8")) and _is_json(other):
                raise self._blocked(node, key, edit, file, f"comes from {self._shown(other)}, which has variables")
            self._changed[other] = json.dumps(edit.value, indent=2, ensure_ascii=False) + "\n"
        else:
            self._replace(other, edit, node, key, file)
        return f"{self._shown(other)}: {edit.title}"

    def _replace(self, other: Path, edit: Edit, node: CommentedMap, key: str, file: Path) -> None:
        (content, *_) = self._parsed(other)
        if _has_variable(content):
            raise self._blocked(node, key, edit, file, f"comes from {self._shown(other)}, which has variables")
        self._files[other] = [merged(content, edit.value)]
        self._changed[other] = None

    def _check_value(self, node: CommentedMap, key: str, edit: Edit, file: Path) -> None:
        value = node.get(key)
        for word in ASKED:
            if _is_reference(value, word):
                raise self._blocked(node, key, edit, file, f"comes from {{{word}: {value[word]}}}")
        if _has_variable(value):
            names = ", ".join(f"{{{{ {name} }}}}" for name in sorted(set(VARIABLE.findall(str(value)))))
            raise self._blocked(node, key, edit, file, f"comes from {names}")
        if getattr(getattr(value, "anchor", None), "value", None) is not None:
            raise self._blocked(node, key, edit, file, "is shared by an anchor")

    def _check_words(self, edit: Edit, file: Path) -> None:
        if not edit.gone and misread(edit.value):
            why = "holds braces or a word that would be taken for a reference: give it a file of its own"
            raise Blocked(f"{self._shown(file)}: {edit.title} {why}")

    def _check_overrides(self, document: CommentedMap, edit: Edit, file: str) -> None:
        node = (document.get("overrides") or {}).get(self._target)
        for step in edit.trail:
            if not isinstance(node, CommentedMap) or step not in node:
                return
            line = node.lc.key(step)[0] + 1
            node = node[step]
            if not isinstance(node, CommentedMap):
                break
        raise Blocked(f"{file}:{line}: {edit.title} comes from the overrides of {self._target}")

    # ── files ──
    def _document(self, file: Path, where: Where) -> CommentedMap:
        for document in self._parsed(file):
            if isinstance(document, CommentedMap) and document.lc.line + 1 == where.line:
                return document
        msg = f"{where}: the document is not found any more"
        raise Blocked(msg)

    def _parsed(self, file: Path) -> list[Any]:
        if file not in self._files:
            text = _text(file)
            self._files[file] = [styled(json.loads(text))] if _is_json(file) else documents(text)
        found: list[Any] = self._files[file]
        return found

    def _dumped(self, file: Path) -> str:
        content = self._files[file]
        if _is_json(file):
            return json.dumps(content[0], indent=2, ensure_ascii=False) + "\n"
        return rewritten(_text(file), content)

    def _target_of(self, name: Any, edit: Edit, file: Path, node: CommentedMap, key: str) -> Path:
        """The file that is included; only if it is included there alone."""
        if VARIABLE.search(str(name)):
            raise self._blocked(node, key, edit, file, f"comes from the file {name}, whose name has a variable")
        other = (file.parent / str(name)).resolve()
        if self._includes.get(other, 0) > 1:
            why = f"comes from {self._shown(other)}, which is included elsewhere too"
            raise self._blocked(node, key, edit, file, why)
        return other

    def _blocked(self, node: CommentedMap, key: str, edit: Edit, file: Path, why: str) -> Blocked:
        line = node.lc.key(key)[0] + 1 if key in (node.lc.data or {}) else 1
        return Blocked(f"{self._shown(file)}:{line}: {edit.title} {why}")

    def _shown(self, file: Path) -> str:
        return str(file.relative_to(self._checkout) if file.is_relative_to(self._checkout) else file)


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8-sig")


def _is_json(file: Path) -> bool:
    return file.suffix.lower() == ".json"


def _included(specs: Iterable[Path]) -> dict[Path, int]:
    """How often each file is included by the files among the specs."""
    found: dict[Path, int] = {}
    for top in specs:
        files = [top] if top.is_file() else sorted(top.rglob("*"))
        for file in (file for file in files if file.suffix.lower() in PARSED_SUFFIXES):
            try:
                found_there = documents(_text(file))
            except (YAMLError, ValueError):
                # What is no YAML to this library includes nothing that it could edit.
                continue
            for name in (name for document in found_there for name in _names(document)):
                other = (file.parent / name).resolve()
                found[other] = found.get(other, 0) + 1
    return found


def _names(node: Any) -> list[str]:
    if _is_reference(node, "$file"):
        return [str(node["$file"])]
    inner = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    return [name for item in inner for name in _names(item)]


def _is_reference(value: Any, word: str) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and word in value


def _has_variable(value: Any) -> bool:
    match value:
        case str():
            return VARIABLE.search(value) is not None
        case Mapping():
            return any(_is_reference(value, word) for word in ASKED) or any(map(_has_variable, value.values()))
        case list():
            return any(map(_has_variable, value))
        case _:
            return False
