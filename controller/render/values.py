"""How a field changed, in as few lines as tell it.

`old → new`, the leaves that differ inside a structure if they are few, or a unified diff.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from deepdiff import DeepDiff
from deepdiff.helper import NotPresent

from controller.render.words import shortened
from controller.render.writer import Part


MAX_LEAVES = 5
MAX_DIFF_LINES = 40
MAX_COMPARED_LINES = 5000
MAX_INLINE = 60

OLD, NEW, FAINT = "red", "green", "dim"
SECRET = "(sensitive)"  # noqa: S105  what a report has in the place of a secret

Line = tuple[Part, ...]


def shown(value: Any) -> str:
    """The value on one line."""
    if value is None:
        return "(none)"
    return SECRET if value == SECRET else json.dumps(value, ensure_ascii=False, default=str)


def created(field: str, value: Any, marks: Mapping[str, str], *, verbose: bool) -> Iterator[Line]:
    """A field of something new."""
    if not verbose:
        yield (Part(f"{field}: {shortened(shown(value), MAX_INLINE, marks['more'])}"),)
    elif len(lines := pretty(value)) == 1:
        yield (Part(f"{field}: {shown(value)}"),)
    else:
        yield (Part(f"{field}:"),)
        yield from ((Part(f"  {line}"),) for line in lines)


def changed(field: str, old: Any, new: Any, marks: Mapping[str, str], *, verbose: bool) -> Iterator[Line]:
    """A field that differs."""
    if old == new == SECRET:
        yield (Part(f"{field}: {SECRET}, changed"),)
        return
    if isinstance(old, dict | list) and isinstance(new, dict | list):
        found = leaves(field, old, new)
        if found and len(found) <= MAX_LEAVES:
            for leaf in found:
                yield from _leaf(*leaf, marks, verbose=verbose)
            return
        yield from _unified(field, old, new, marks, verbose=verbose)
    else:
        yield from _leaf(field, old, new, marks, verbose=verbose)


def _leaf(field: str, old: Any, new: Any, marks: Mapping[str, str], *, verbose: bool) -> Iterator[Line]:
    """One value that differs. `NotPresent` on a side means that it comes or goes."""
    if isinstance(old, NotPresent):
        yield (Part(f"+ {field}: ", NEW), Part(shortened(shown(new), MAX_INLINE, marks["more"]), NEW))
    elif isinstance(new, NotPresent):
        yield (Part(f"- {field}: ", OLD), Part(shortened(shown(old), MAX_INLINE, marks["more"]), OLD))
    elif is_long(old) or is_long(new):
        yield from _unified(field, old, new, marks, verbose=verbose)
    else:
        yield (
            Part(f"{field}: "),
            Part(shown(old), OLD),
            Part(f" {marks['arrow']} "),
            Part(shown(new), NEW),
        )


def is_long(value: Any) -> bool:
    """Whether it is better shown as lines than beside another value."""
    return len(shown(value)) > MAX_INLINE or (isinstance(value, str) and "\n" in value.strip())


# ── leaves ───────────────────────────────────────────────────────────────────────────────────────


def leaves(field: str, old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    """The places inside a structure that differ, old and new; empty if that cannot be told."""
    tree = DeepDiff(old, new, view="tree", ignore_numeric_type_changes=True)
    found = [(level.path(output_format="list"), level.t1, level.t2) for group in tree.values() for level in group]
    return sorted(((field + _trail(trail), a, b) for trail, a, b in found), key=lambda leaf: leaf[0])


def _trail(steps: list[Any]) -> str:
    """`.Statement[0]["application/json"]`"""
    return "".join(
        f".{step}" if isinstance(step, str) and re.fullmatch(r"\w+", step) else f"[{shown(step)}]" for step in steps
    )


# ── unified diffs ────────────────────────────────────────────────────────────────────────────────


def pretty(value: Any) -> list[str]:
    """The lines of a value: text as it is, structure (and text that is JSON) as indented JSON."""
    if value is None:
        return []
    if not isinstance(value, str):
        return json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n")
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        parsed = None
    return pretty(parsed) if isinstance(parsed, dict | list) else value.split("\n")


def _raw(value: Any) -> list[str]:
    return value.split("\n") if isinstance(value, str) else [shown(value)]


def sides(old: Any, new: Any) -> tuple[list[str], list[str]]:
    """The lines of both values, which differ."""
    before, after = pretty(old), pretty(new)
    # Where only the layout of the JSON differs, the text itself shows it.
    return (before, after) if before != after else (_raw(old), _raw(new))


def told(line: str) -> str:
    """A line of a unified diff. Spaces at its end may be all that differs: they are escaped."""
    text = line.rstrip(" ")
    ending = "\\x20" * (len(line) - len(text)) if len(text) > 1 or line[:1] != " " else ""
    return text + ending


def _unified(field: str, old: Any, new: Any, marks: Mapping[str, str], *, verbose: bool) -> Iterator[Line]:
    """The changed lines, with three lines around them."""
    yield (Part(f"{field}:"),)
    before, after = sides(old, new)
    if len(before) + len(after) > MAX_COMPARED_LINES:
        yield (Part(f"  {len(before)} lines {marks['arrow']} {len(after)} lines", FAINT),)
        return
    lines = list(difflib.unified_diff(before, after, n=3, lineterm=""))[2:]
    kept = lines if verbose else lines[:MAX_DIFF_LINES]
    for line in kept:
        yield (Part(f"  {told(line)}", {"+": NEW, "-": OLD, "@": FAINT}.get(line[:1], "")),)
    if hidden := len(lines) - len(kept):
        yield (Part(f"  {marks['more']} {hidden} more lines, shown with --verbose", FAINT),)
