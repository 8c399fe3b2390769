"""Reports as one JSON document, for programs; and such a document as reports again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NoReturn

from pydantic import ValidationError

from controller.errors import ReportError
from controller.render.frame import Frame
from controller.report import FORMAT_VERSION, Item, ProblemView, Report


PLAIN = Frame()

MOST_BYTES = 64 * 1024 * 1024
DEEPEST = 120
"""Levels of a document: what specs may have, and what stands around their values."""


class Document(Item):
    """Everything that one run has to report.

    formatVersion   rises when something is removed or renamed, or its meaning or type changes; what is only new
                    comes without, so leave alone what you do not know
    targets         a report for each target that could be planned, in the order of reconcile.yaml
    problems        what went wrong outside of these: wrong specs, or a target of which there is no report
    """

    formatVersion: Literal[1]
    targets: tuple[Report, ...]
    problems: tuple[ProblemView, ...] = ()


def document(reports: Sequence[Report], frame: Frame = PLAIN) -> str:
    """The document, in a fixed order of keys.

    Only ASCII: it survives every encoding, and no value in it can act on a terminal.
    """
    whole = Document(formatVersion=FORMAT_VERSION, targets=tuple(reports), problems=frame.problems)
    return json.dumps(_finite_only(whole.model_dump()), indent=2, default=_plain)


def _finite_only(value: Any) -> Any:
    """The value without what JSON has no word for: a number without an end is none."""
    match value:
        case dict():
            return {key: _finite_only(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite_only(item) for item in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def read(data: bytes) -> Document:
    """The document again. Raises ReportError: it may have been cut off, made by hand or by somebody hostile."""
    if len(data) > MOST_BYTES:
        raise ReportError(f"it has more than {MOST_BYTES // 1024**2} MiB")
    try:
        content = json.loads(data, parse_constant=_not_json, parse_float=_finite)
    except RecursionError:
        raise ReportError(f"it is nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise ReportError(f"it is not JSON: {error}") from None
    if _depth(content) > DEEPEST:
        raise ReportError(f"it is nested deeper than {DEEPEST} levels")
    version = content.get("formatVersion") if isinstance(content, dict) else None
    if isinstance(version, int) and version != FORMAT_VERSION:
        raise ReportError(f"its format is {version}, this version of reconcile reads {FORMAT_VERSION}")
    try:
        return Document.model_validate(content)
    except ValidationError as error:
        raise ReportError(f"it is not a report of reconcile: {_first(error)}") from None


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _not_json(digits)


def _depth(content: Any) -> int:
    """Levels of a value; without recursion, of which there may be too much."""
    depth, level = 0, [content]
    while level:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _first(error: ValidationError) -> str:
    """What is wrong, and where, without the value."""
    first, *more = error.errors(include_url=False, include_context=False, include_input=False)
    place = ".".join(str(step) for step in first["loc"])
    rest = f" (and {len(more)} more)" if more else ""
    return f"{place + ': ' if place else ''}{first['msg']}{rest}"
