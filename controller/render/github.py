"""Reports as workflow commands of GitHub Actions: annotations at lines of files.

A command is a line that begins with `::`, or has `##[` in it. A value can be neither: it is on the line of our own
command, with everything escaped that could end it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.render.findings import Finding, findings
from controller.render.frame import Frame
from controller.render.rules import LEVELS
from controller.render.writer import visible
from controller.report import Report


MOST = 10
"""Annotations of one level that GitHub shows for a step."""

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def document(reports: Sequence[Report], frame: Frame) -> str:
    """The commands, the gravest first; empty if there is nothing to say."""
    every = findings(reports, frame)
    lines = [line for level in LEVELS for line in _level(level, [i for i in every if i.rule.level == level])]
    return "\n".join(lines)


def _level(level: str, found: Sequence[Finding]) -> Iterator[str]:
    kept = found if len(found) <= MOST else found[: MOST - 1]
    for item in kept:
        yield _command(item)
    if more := len(found) - len(kept):
        what = COMMANDS[level] if more == 1 else f"{COMMANDS[level]}s"
        yield f"::{COMMANDS[level]}::{more} more {what} in the summary"


def _command(item: Finding) -> str:
    properties = {"title": item.rule.title}
    if item.place.file:
        properties = {"file": item.path, "line": str(item.line)} | (
            {"col": str(item.place.column)} if item.place.column > 0 else {}
        ) | properties
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{COMMANDS[item.rule.level]} {told}::{_data(item.text)}"


def _data(text: str) -> str:
    plain = visible(text).replace("##[", "## [")
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
