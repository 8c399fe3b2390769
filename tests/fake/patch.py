"""The PATCH protocol: per kind a table of paths, the operations each allows, and their effect.

1. A call's operations apply in order to a copy; the caller commits it only when all went well.
2. Values are strings; keys inside a path are JSON-Pointer escaped.
3. AWS words its refusals in three families (A, B and C of the facts, 1.2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from tests.fake import refusals


Record = dict[str, Any]
ADD, REMOVE, REPLACE = "add", "remove", "replace"
ALL = (ADD, REMOVE, REPLACE)


def unescape(segment: str) -> str:
    return segment.replace("~1", "/").replace("~0", "~")


@dataclass(frozen=True, slots=True)
class Operation:
    """One patch operation; `keys` are the unescaped segments its rule left open."""

    op: str
    path: str
    value: str | None
    source: str | None
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: Mapping[str, str]) -> Operation:
        if not raw.get("path"):
            raise refusals.bad("Invalid patch path null")
        return cls(raw.get("op", ""), raw["path"], raw.get("value"), raw.get("from"))


Effect = Callable[[Record, Operation], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one path allows. A `{}` segment in the path stands for a key."""

    path: str
    operations: tuple[str, ...]
    effect: Effect

    def keys(self, path: str) -> tuple[str, ...] | None:
        mine, theirs = self.path.split("/")[1:], path.split("/")[1:]
        if len(mine) != len(theirs):
            return None
        keys = []
        for pattern, segment in zip(mine, theirs, strict=True):
            if pattern == "{}" and segment:
                keys.append(unescape(segment))
            elif pattern != segment:
                return None
        return tuple(keys)


class Refusals:
    """How a kind words its refusals. This one is family A."""

    def path(self, operation: Operation, rules: tuple[Rule, ...]) -> Exception:
        del rules
        return refusals.bad(f"Invalid patch path {operation.path}")

    def op(self, operation: Operation, rule: Rule, rules: tuple[Rule, ...]) -> Exception:
        del operation, rules
        allowed = ", ".join(rule.operations)
        return refusals.bad(f"Invalid patch operation specified. Must be one of: [{allowed}]")


class PathRefusals(Refusals):
    """Family A as gateway responses speak it: a wrong operation is a wrong path too."""

    def op(self, operation: Operation, rule: Rule, rules: tuple[Rule, ...]) -> Exception:
        del rule
        return self.path(operation, rules)


class ListingRefusals(Refusals):
    """Family B: names the paths that would do (note the two spaces)."""

    def path(self, operation: Operation, rules: tuple[Rule, ...]) -> Exception:
        start = f"Invalid patch path  '{operation.path}' specified for op '{operation.op}'."
        fitting = sorted(rule.path for rule in rules if operation.op in rule.operations)
        if not fitting:
            return refusals.bad(f"{start} Please choose supported operations")
        return refusals.bad(f"{start} Must be one of: [{', '.join(fitting)}]")

    def op(self, operation: Operation, rule: Rule, rules: tuple[Rule, ...]) -> Exception:
        del rule
        return self.path(operation, rules)


FAMILY_A, FAMILY_A_PATHS, FAMILY_B = Refusals(), PathRefusals(), ListingRefusals()


class Patch:
    """The patch table of one kind."""

    def __init__(self, family: Refusals, *rules: tuple[str, tuple[str, ...], Effect]) -> None:
        self.family = family
        self.rules = tuple(Rule(*rule) for rule in rules)

    def apply(self, record: Record, operations: list[Mapping[str, str]]) -> Record:
        draft = deepcopy(record)
        for raw in operations:
            self.one(draft, Operation.of(raw))
        return draft

    def one(self, draft: Record, operation: Operation) -> None:
        for rule in self.rules:
            keys = rule.keys(operation.path)
            if keys is None:
                continue
            if operation.op not in rule.operations:
                raise self.family.op(operation, rule, self.rules)
            rule.effect(draft, replace(operation, keys=keys))
            return
        raise self.family.path(operation, self.rules)
