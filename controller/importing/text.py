"""Structure → YAML as a person writes it: blocks, literal text, and quotes only where they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from controller.importing.documents import Draft
from controller.source.compose import parse, scalar


_SHORT = 70
"""Characters of a list that stands on one line."""
_WIDE = 1 << 20
"""No line is folded: what is long is long."""


def yaml_text(draft: Draft, schema: str) -> str:
    """The file of a draft. `schema` is where editors find the JSON Schema, relative to it."""
    header = [f"yaml-language-server: $schema={schema}", *draft.notes]
    comments = "".join(f"# {line}\n" for line in header)
    return comments + dumped(draft.content)


def dumped(content: Any) -> str:
    """A structure as YAML that is read back as exactly the same."""
    text = _dump(styled(content))
    if [node.plain() for node in parse(text, "", as_json=False).documents] != [content]:
        # Some text has no literal form, such as one that begins with spaces.
        text = _dump(styled(content, literal=False))
    return text


def _dump(value: Any) -> str:
    stream = StringIO()
    yaml_engine().dump(value, stream)
    return stream.getvalue()


def yaml_engine() -> YAML:
    """The YAML library in the project's style; it keeps comments, order and quotes of what it reads."""
    engine = YAML()
    engine.indent(mapping=2, sequence=4, offset=2)
    engine.width = _WIDE
    engine.preserve_quotes = True
    return engine


def styled(value: Any, *, literal: bool = True) -> Any:
    """The value as nodes that say how they are written."""
    match value:
        case Mapping():
            node = CommentedMap({_text(str(key)): styled(item, literal=literal) for key, item in value.items()})
            if not value or (len(value) == 1 and "$file" in value):
                node.fa.set_flow_style()
            return node
        case list() | tuple():
            items = CommentedSeq(styled(item, literal=literal) for item in value)
            if all(not isinstance(item, Mapping | list | tuple) for item in value) and len(str(value)) < _SHORT:
                items.fa.set_flow_style()
            return items
        case str():
            return LiteralScalarString(value) if literal and "\n" in value else _text(value)
        case _:
            return value


def _text(text: str) -> str:
    """The text, in quotes where it would be read as something else."""
    return text if scalar(text) == text and "\n" not in text else DoubleQuotedScalarString(text)
