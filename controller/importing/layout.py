"""YAML files read to be changed: the lines that nothing is done to stay as they are, however they are laid out."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from controller.importing.text import yaml_engine


_MAPPING = re.compile(r"^\S[^\n]*:[ \t]*(?:#[^\n]*)?\n( +)[^\s#-]", re.MULTILINE)
_SEQUENCE = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n( *)- ", re.MULTILINE)


def documents(text: str) -> list[Any]:
    """The documents of a text, as nodes that know comments, order and quotes. Raises ruamel's YAMLError."""
    return list(yaml_engine().load_all(text))


def rewritten(original: str, changed: list[Any]) -> str:
    """The original text with what was changed in its documents."""
    engine = _engine(original)
    before, after = _dumped(engine, documents(original)), _dumped(engine, changed)
    text = _regrown(original, before, after)
    return text if text is not None and documents(text) == documents(after) else after


def _engine(text: str) -> YAML:
    """The YAML library with the indentation of a text."""
    engine = yaml_engine()
    mapping = len(found[1]) if (found := _MAPPING.search(text)) else 2
    offset = len(found[2]) - len(found[1]) if (found := _SEQUENCE.search(text)) else 2
    engine.indent(mapping=mapping, sequence=offset + 2, offset=offset)
    return engine


def _dumped(engine: YAML, nodes: list[Any]) -> str:
    stream = StringIO()
    engine.dump_all(nodes, stream)
    return stream.getvalue()


def _regrown(original: str, before: str, after: str) -> str | None:
    """What changed from before to after, done to the original; None where its lines cannot be told."""
    lines, old, new = (text.splitlines(keepends=True) for text in (original, before, after))
    places: dict[int, int] = {0: 0, len(old): len(lines)}
    for _, start, end, first, last in SequenceMatcher(None, old, lines, autojunk=False).get_opcodes():
        steps = range(end - start + 1) if end - start == last - first else (0,)
        places |= {start + step: first + step for step in steps}
    found: list[str] = []
    for tag, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            found += new[first:last]
        elif start in places and end in places:
            found += lines[places[start] : places[end]]
        else:
            return None
    return "".join(found)
