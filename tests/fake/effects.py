"""What the rules of patch tables do to a record, and how they read AWS's string values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.fake import refusals
from tests.fake.patch import ADD, REMOVE, REPLACE, Effect, Operation, Record


Convert = Callable[[str | None], Any]


def text(value: str | None) -> str:
    return value or ""


def template(value: str | None) -> str | None:
    """Templates keep exact text; an empty one is stored, and read back, as null."""
    return value or None


def boolean(value: str | None) -> bool:
    """Junk is read as false, without an error."""
    return (value or "").lower() == "true"


def filled(message: str) -> Convert:
    def convert(value: str | None) -> str:
        if not value or not value.strip():
            raise refusals.bad(message)
        return value

    return convert


def choice(*allowed: str) -> Convert:
    def convert(value: str | None) -> str:
        if value not in allowed:
            raise refusals.bad(f"Invalid value {value}. Must be one of: [{', '.join(allowed)}]")
        return value

    return convert


def whole(low: int, high: int, message: str = "Invalid number specified") -> Convert:
    def convert(value: str | None) -> int:
        if not re.fullmatch(r"-?\d+", value or "") or not low <= int(value or 0) <= high:
            raise refusals.bad(message)
        return int(value or 0)

    return convert


def number(low: float, high: float, message: str = "Invalid number specified") -> Convert:
    def convert(value: str | None) -> float:
        try:
            amount = float(value or "")
        except ValueError:
            raise refusals.bad(message) from None
        if not low <= amount <= high:
            raise refusals.bad(message)
        return amount

    return convert


def scalar(field: str, convert: Convert = text) -> Effect:
    """Sets a field; an empty text or a remove leaves the field absent."""

    def effect(record: Record, operation: Operation) -> None:
        value = None if operation.op == REMOVE else convert(operation.value)
        if value is None or value == "":
            record.pop(field, None)
        else:
            record[field] = value

    return effect


def inside(parent: str, effect: Effect) -> Effect:
    """Works on a nested object, which comes and goes with its first and last field."""

    def nested(record: Record, operation: Operation) -> None:
        effect(record.setdefault(parent, {}), operation)
        if not record[parent]:
            del record[parent]

    return nested


def whole_object(field: str, absent: str) -> Effect:
    def effect(record: Record, operation: Operation) -> None:
        del operation
        if record.pop(field, None) is None:
            raise refusals.missing(absent)

    return effect


def entry(field: str, convert: Convert, absent: str, *, upsert: bool = False, keep: bool = False) -> Effect:
    """One key of a map. The last key takes the map along, unless it is one AWS always shows."""

    def effect(record: Record, operation: Operation) -> None:
        (key,) = operation.keys
        known = key in record.get(field, {})
        if not known and (operation.op == REMOVE or (operation.op == REPLACE and not upsert)):
            raise refusals.missing(absent)
        if operation.op != REMOVE:
            record.setdefault(field, {})[key] = convert(operation.value)
            return
        del record[field][key]
        if not record[field] and not keep:
            del record[field]

    return effect


def element(field: str, *, keep: bool = False) -> Effect:
    """One element of a set, named in the path. A replace is a remove and an append."""

    def effect(record: Record, operation: Operation) -> None:
        elements = record.setdefault(field, [])
        (key,) = operation.keys
        new = {ADD: key, REPLACE: operation.value}.get(operation.op)
        if operation.op != ADD:
            if key not in elements:
                raise refusals.missing(refusals.NO_PARAMETER)
            elements.remove(key)
        if new is not None and new not in elements:
            elements.append(new)
        if not elements and not keep:
            del record[field]

    return effect


def member(field: str, absent: str = refusals.NO_PARAMETER) -> Effect:
    """One element of a set, named in the value."""

    def effect(record: Record, operation: Operation) -> None:
        elements = record.setdefault(field, [])
        if not operation.value:
            raise refusals.bad(f"Invalid null or empty value in {field}")
        if operation.op == ADD and operation.value not in elements:
            elements.append(operation.value)
        if operation.op == REMOVE:
            if operation.value not in elements:
                raise refusals.missing(absent)
            elements.remove(operation.value)
        if not elements:
            del record[field]

    return effect


def ignored(record: Record, operation: Operation) -> None:
    """Accepted without a trace."""
    del record, operation
