"""How a field changed as the lines of a diff, each with its sign: for formats that colour by it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from deepdiff.helper import NotPresent

from controller.render.values import (
    MAX_COMPARED_LINES,
    MAX_LEAVES,
    SECRET,
    is_long,
    leaves,
    pretty,
    shown,
    sides,
    told,
)
from controller.report import ChangeView, FieldChange


Sign = Literal["+", "-", " ", "@", "!"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `@` heads what follows, `!` is neither before nor after, a space is unchanged context."""

    sign: Sign
    text: str


def rows(change: ChangeView, field: FieldChange) -> tuple[Row, ...]:
    """The lines of one field of a change, in full."""
    if change.action == "create" and field.old is None:
        return tuple(_whole("+", field.field, field.new))
    if field.old == field.new == SECRET:
        return (Row("!", f"{field.field}: {SECRET}, changed"),)
    if field.origin == "conflict":
        return tuple(_conflict(field))
    return tuple(_changed(field.field, field.old, field.new))


def _changed(name: str, old: Any, new: Any) -> Iterator[Row]:
    if isinstance(old, dict | list) and isinstance(new, dict | list):
        found = leaves(name, old, new)
        if found and len(found) <= MAX_LEAVES:
            for leaf in found:
                yield from _leaf(*leaf)
        else:
            yield from _unified(name, old, new)
    else:
        yield from _leaf(name, _absent(old), _absent(new))


def _absent(value: Any) -> Any:
    """A field without a value is not there at all."""
    return NotPresent() if value is None else value


def _leaf(name: str, old: Any, new: Any) -> Iterator[Row]:
    if isinstance(old, NotPresent):
        yield from _whole("+", name, new)
    elif isinstance(new, NotPresent):
        yield from _whole("-", name, old)
    elif is_long(old) or is_long(new):
        yield from _unified(name, old, new)
    else:
        yield Row("-", f"{name}: {shown(old)}")
        yield Row("+", f"{name}: {shown(new)}")


def _whole(sign: Sign, name: str, value: Any) -> Iterator[Row]:
    """A value that comes or goes."""
    lines = pretty(value) if is_long(value) else []
    if len(lines) < 2:  # noqa: PLR2004  one line, or nothing to lay out
        yield Row(sign, f"{name}: {shown(value)}")
        return
    yield Row(sign, f"{name}:")
    for line in lines:
        yield Row(sign, f"  {line}")


def _unified(name: str, old: Any, new: Any) -> Iterator[Row]:
    before, after = sides(old, new)
    if len(before) + len(after) > MAX_COMPARED_LINES:
        yield Row("!", f"{name}: {len(before)} lines → {len(after)} lines")
        return
    for line in list(difflib.unified_diff(before, after, n=3, lineterm=""))[2:]:
        match line[:1]:
            case "@":
                yield Row("@", f"{name}: {line.strip('@ ')}")
            case "+":
                yield Row("+", told(line)[1:])
            case "-":
                yield Row("-", told(line)[1:])
            case _:
                yield Row(" ", told(line)[1:])


def _conflict(field: FieldChange) -> Iterator[Row]:
    """What the base says, what was made of it live, and what the change makes of it."""
    name, base, live, desired = field.field, field.base, field.old, field.new
    sized = [value for value in (base, live, desired) if is_long(value)]
    if not sized:
        yield Row("@", f"{name}: conflict")
        yield Row("!", f"base:    {shown(base)}")
        yield Row("-", f"live:    {shown(live)}")
        yield Row("+", f"desired: {shown(desired)}")
        return
    yield Row("@", f"{name}: conflict; from base to live")
    yield from _changed(name, base, live)
    yield Row("@", f"{name}: conflict; from live to desired")
    yield from _changed(name, live, desired)
