"""Whom a resource policy lets in that another one kept out: opened, closed, or both where that cannot be told.

A request is let in if a statement allows it and none denies it. So nobody new is let in where each Allow lies
within one of before, and each Deny of before within one of now. What cannot be shown to lie within another counts
as not. Facts: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements"; API Gateway developer
guide, "How resource policies affect the authorization workflow".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from ipaddress import ip_network
from itertools import product
from typing import Any


Statement = Mapping[str, Any]

_ALL = "execute-api:/*"
EVERYBODY: Statement = {"Effect": "Allow", "Principal": "*", "Resource": [_ALL]}
"""What holds without a policy, except in private APIs, where nobody is let in."""

_INVOKE = "execute-api:Invoke"
"""The action of calling an API: what is not about it lets nobody in."""
_WHOLE = re.compile(r"\*|execute-api:/?\*(/\*){0,2}")
"""The ways to say all: a resource is stage, verb and path."""
_ACCOUNT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_MOST_PARTS = 2000


def changed(old: Any, new: Any, *, private: tuple[bool, bool] = (False, False)) -> tuple[str, str]:
    """What tells that a policy lets in more than before, and what that it lets in less; empty where it does not.

    Documents are canonical, or None; `private` says of both sides whether nobody is let in without one.
    """
    before, after = (_statements(document, closed) for document, closed in zip((old, new), private, strict=True))
    return _more(before, after), _more(after, before)


def _statements(document: Any, closed: bool) -> list[Statement]:  # noqa: FBT001
    if document is None:
        return [] if closed else [EVERYBODY]
    found = (statement for statement in document["Statement"] if isinstance(statement, dict))
    return [_plain(statement) for statement in found if _calls(statement)]


def _calls(statement: Statement) -> bool:
    """Whether a statement is about calling."""
    negated = "NotAction" in statement
    names = _list(statement.get("NotAction" if negated else "Action"))
    return any(_pattern_covers(name, _INVOKE, fold=True) for name in names) != negated


def _plain(statement: Statement) -> Statement:
    """The statement with one spelling of all resources."""
    spelt = {
        name: [_ALL if _WHOLE.fullmatch(item) else item for item in _list(statement[name])]
        for name in ("Resource", "NotResource")
        if name in statement
    }
    return {**statement, **spelt}


def _more(before: list[Statement], after: list[Statement]) -> str:
    """What the statements after may let in that those before do not."""
    for effect, inner, outer, words in (
        ("Allow", after, before, "allows {}"),
        ("Deny", before, after, "no longer denies {}"),
    ):
        around = [statement for statement in outer if statement.get("Effect") == effect]
        mine = (statement for statement in inner if statement.get("Effect") == effect)
        for part in (part for statement in mine for part in _parts(statement)):
            if not any(_within(part, other) for other in around):
                return words.format(_described(part))
    return ""


def _parts(statement: Statement) -> Iterator[Statement]:
    """The statement as several with one resource and principal each, which may lie within different ones."""
    resources: list[tuple[str, Any]] = [("Resource", [item]) for item in _list(statement.get("Resource"))]
    lists = [resources] if resources else []
    if "Principal" in statement:
        lists.append([("Principal", {kind: [name]}) for kind, name in sorted(_principals(statement["Principal"]))])
    count = 1
    for items in lists:
        count *= len(items)
    if count > _MOST_PARTS:
        yield statement
        return
    yield from ({**statement, **dict(chosen)} for chosen in product(*lists))


def _within(inner: Statement, outer: Statement) -> bool:
    """Whether all that one statement is about, another one certainly is about too."""
    return (
        _resources_within(inner, outer)
        and _principals_within(inner, outer)
        and _conditions_within(inner.get("Condition") or {}, outer.get("Condition") or {})
    )


def _resources_within(inner: Statement, outer: Statement) -> bool:
    mine, wide = _list(inner.get("Resource")), _list(outer.get("Resource"))
    if "NotResource" in outer:
        # All but what the outer one leaves out, which the inner one has to leave out too.
        spared, left_out = _list(inner.get("NotResource")), _list(outer["NotResource"])
        return "NotResource" in inner and all(any(_like(one, other) for one in spared) for other in left_out)
    if "NotResource" in inner:
        return _ALL in wide
    return all(any(_like(other, one) for other in wide) for one in mine)


def _pattern_covers(pattern: str, inner: str, *, fold: bool) -> bool:
    """Whether a pattern matches all that another one does."""
    pieces = {"*": ".*", "?": "[^*]"}
    expression = "".join(pieces.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(expression, inner, re.DOTALL | (re.IGNORECASE if fold else 0)) is not None


# ── principals ───────────────────────────────────────────────────────────────────────────────────


def _principals(value: Any) -> frozenset[tuple[str, str]]:
    """Kind and name of each principal; `*` is all of them, and an account has one spelling."""
    given = value.items() if isinstance(value, Mapping) else [("AWS", value)]
    found = {(kind, _ACCOUNT.sub(r"\1", name)) for kind, names in given for name in _list(names)}
    return frozenset({("AWS", "*")}) if ("AWS", "*") in found else frozenset(found)


def _principals_within(inner: Statement, outer: Statement) -> bool:
    mine, wide = (_principals(item.get("Principal", {})) for item in (inner, outer))
    everybody = ("AWS", "*") in wide
    if "NotPrincipal" in outer:
        not_mine, left_out = (_principals(item.get("NotPrincipal", {})) for item in (inner, outer))
        return "NotPrincipal" in inner and left_out <= not_mine
    return everybody or ("NotPrincipal" not in inner and mine <= wide)


# ── conditions ───────────────────────────────────────────────────────────────────────────────────


def _conditions_within(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> bool:
    """Whether whatever passes the tests of one passes those of the other."""
    mine = list(_tests(inner))
    return all(
        any(
            (operator, key) == (other, other_key) and _test_within(operator, values, wanted)
            for operator, key, values in mine
        )
        for other, other_key, wanted in _tests(outer)
    )


def _tests(condition: Mapping[str, Any]) -> Iterator[tuple[str, str, frozenset[str]]]:
    for operator, keys in condition.items():
        for key, values in keys.items() if isinstance(keys, Mapping) else [("", keys)]:
            yield operator, key.lower(), frozenset(_list(values))


def _test_within(operator: str, mine: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether the values of one test pass only what those of another pass: of tests that say no, it has more."""
    if mine == wanted:
        return True
    bare = operator.rpartition(":")[2].removesuffix("IfExists")
    if operator.startswith("ForAllValues:") or bare not in _COVERING:
        return False
    covers = _COVERING[bare]
    if "Not" in bare:
        return all(any(covers(one, other) for one in mine) for other in wanted)
    return all(any(covers(other, one) for other in wanted) for one in mine)


def _network_covers(outer: str, inner: str) -> bool:
    try:
        wide, narrow = ip_network(outer, strict=False), ip_network(inner, strict=False)
        return wide.version == narrow.version and narrow.subnet_of(wide)  # type: ignore[arg-type]
    except ValueError:
        return False


def _equal(outer: str, inner: str) -> bool:
    return outer == inner


_like = partial(_pattern_covers, fold=False)
_COVERING: Mapping[str, Callable[[str, str], bool]] = {
    **dict.fromkeys(("StringEquals", "StringNotEquals", "Bool"), _equal),
    **dict.fromkeys(("StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"), _like),
    **dict.fromkeys(("IpAddress", "NotIpAddress"), _network_covers),
}
"""By operator, whether one value stands for all that another does. Of other operators only the same is within."""


# ── words ────────────────────────────────────────────────────────────────────────────────────────


def _list(value: Any) -> list[str]:
    items: Iterable[Any] = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return [item if isinstance(item, str) else json.dumps(item) for item in items]


def _described(statement: Statement) -> str:
    negated = "NotPrincipal" in statement
    names = sorted(name for _, name in _principals(statement.get("NotPrincipal" if negated else "Principal", {})))
    who = "everybody" if names == ["*"] else ", ".join(names)
    where = "NotResource" if "NotResource" in statement else "Resource"
    what = ", ".join(_list(statement.get(where))) or "nothing"
    tests = (
        f"{operator} {key} {', '.join(sorted(values))}"
        for operator, key, values in _tests(statement.get("Condition") or {})
    )
    condition = " and ".join(tests)
    outside = "all but " if where == "NotResource" else ""
    told = f"{'all but ' if negated else ''}{who} on {outside}{what}"
    return told + (f" if {condition}" if condition else "")
