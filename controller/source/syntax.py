"""Text to parser events, for YAML and JSON alike, and what is wrong with the text in plain words.

Only events are asked of the YAML library: it produces them with a constant stack, while its own
composer recurses and its constructor expands; small files can crash or stall both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import yaml

from controller.source.node import Page, UnreadableError


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

UNPRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)
# The scanner compares every %TAG with all before it: a file full of them takes minutes.
TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)
JSON_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|[^\s\[\]{},:"]+')
SURROGATE = re.compile(r"[\ud800-\udfff]")

# First match wins; the key is looked for in what the parser says it was doing and what it met.
MAX_DEPTH = 100

PLAIN_WORDS = {
    # PyYAML has a limit of its own, far above ours, and meets it while it still looks ahead.
    "maximum nesting depth": (f"nested more than {MAX_DEPTH} deep", ""),
    "flow sequence": ('the list opened with "["{at} is not closed, or a comma is missing', ""),
    "flow mapping": ('the mapping opened with "{{"{at} is not closed, or a comma is missing', ""),
    "unexpected end of stream": ("the quoted text that begins{at} is not closed", ""),
    "unexpected document indicator": ("the quoted text that begins{at} is not closed", ""),
    "unknown escape": (
        'unknown escape after "\\" in quoted text',
        'write "\\\\" for a backslash, or use single quotes',
    ),
    "cannot start any token": ('"{met}" cannot begin a value', "put the value in quotes"),
    "mapping values are not allowed": (
        'a ":" is not expected here',
        'check the indentation, and put text that contains ": " in quotes',
    ),
    "block collection": (
        "this does not fit into the list that begins{at}",
        "check the indentation",
    ),
    "block mapping": (
        "this does not fit into the mapping that begins{at}",
        "check the indentation",
    ),
    "expected node content": ("a value is expected here", ""),
    "could not find expected ':'": ('a ":" is missing after a key', ""),
}


Kind = Literal["document", "mapping", "list", "end", "scalar", "alias"]

KINDS: dict[type[Any], Kind] = {
    yaml.DocumentStartEvent: "document",
    yaml.MappingStartEvent: "mapping",
    yaml.SequenceStartEvent: "list",
    yaml.MappingEndEvent: "end",
    yaml.SequenceEndEvent: "end",
    yaml.AliasEvent: "alias",
}
JSON_KINDS: dict[str, Kind] = {"{": "mapping", "[": "list", "}": "end", "]": "end"}


class Event(NamedTuple):
    """One thing the text says. A collection lasts until its "end"."""

    kind: Kind
    offset: int
    text: str = ""
    is_plain: bool = False
    tag: str | None = None
    anchor: str = ""


def yaml_events(text: str, page: Page) -> Iterator[Event]:
    """The events of a YAML text; `UnreadableError` where they end early."""
    if found := UNPRINTABLE.search(text):
        message = f"control character U+{ord(found.group()):04X} is not allowed"
        raise UnreadableError(message, page.where(found.start()))
    if found := TAG_DIRECTIVE.search(text):
        message = "%TAG directives are not supported"
        raise UnreadableError(message, page.where(found.start()))
    try:
        yield from filter(None, map(_yaml_event, yaml.parse(text, Loader=LOADER)))
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text, page) from None
    except yaml.YAMLError as error:
        raise UnreadableError(f"not valid YAML: {error}", page.where(0)) from None


def _yaml_event(event: Any) -> Event | None:
    offset, anchor = event.start_mark.index, getattr(event, "anchor", None) or ""
    match event:
        case yaml.ScalarEvent():
            is_plain = not event.style and event.tag is None
            return Event("scalar", offset, event.value, is_plain, event.tag, anchor)
        case yaml.CollectionStartEvent():
            return Event(KINDS[type(event)], offset, tag=event.tag, anchor=anchor)
        case _ if type(event) in KINDS:
            return Event(KINDS[type(event)], offset, anchor=anchor)
        case _:
            return None


def _explained(error: yaml.MarkedYAMLError, text: str, page: Page) -> UnreadableError:
    offset = min(error.problem_mark.index, len(text)) if error.problem_mark else 0
    if (tab := _tab_in_indentation(text, offset)) is not None:
        message = "tab character used for indentation; YAML wants spaces"
        return UnreadableError(message, page.where(tab))
    where = page.where(offset)
    said = f"{error.context or ''} {error.problem or ''}".strip()
    for words, (message, hint) in PLAIN_WORDS.items():
        if words in said:
            return UnreadableError(
                message.format(at=_opened(error, page), met=text[offset : offset + 1]), where, hint
            )
    return UnreadableError(f"not valid YAML: {said}", where)


def _tab_in_indentation(text: str, offset: int) -> int | None:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    while text[start : start + 1] == " ":
        start += 1
    return start if text[start : start + 1] == "\t" else None


def _opened(error: yaml.MarkedYAMLError, page: Page) -> str:
    if not error.context_mark:
        return ""
    where = page.where(error.context_mark.index)
    return f" at line {where.line}, column {where.column}"


def json_events(text: str, page: Page) -> Iterator[Event]:
    """The events of a JSON text. It is no YAML to the letter: tabs, surrogate pairs, long keys."""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise UnreadableError(message, page.where(error.pos)) from None
    except RecursionError:
        # What nests this deep is refused, with its place, by whoever takes the events below.
        pass
    yield Event("document", 0)
    for found in JSON_TOKEN.finditer(text):
        yield _json_event(found, page)


def _json_event(found: re.Match[str], page: Page) -> Event:
    token, offset = found.group(), found.start()
    if token in JSON_KINDS:
        return Event(JSON_KINDS[token], offset)
    if token.lstrip("-") in {"NaN", "Infinity"}:
        message = f"not valid JSON: {token}"
        raise UnreadableError(message, page.where(offset))
    if not token.startswith('"'):
        return Event("scalar", offset, token, is_plain=True)
    text = json.loads(token)
    if SURROGATE.search(text):
        message = "text with half of a surrogate pair"
        raise UnreadableError(message, page.where(offset))
    return Event("scalar", offset, text)
