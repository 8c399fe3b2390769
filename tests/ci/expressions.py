"""The part of GitHub's expressions that the action and the workflows use.

Operators, from what binds the loosest: `||`, `&&`, `==` and `!=`, `!`. Beside these, literals, names such as
`github.event.number`, and the functions that say how the job stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


_TOKEN = re.compile(r"\s*(\|\||&&|==|!=|!|[()]|'(?:[^']|'')*'|-?\d+|[\w.-]+)")
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_WHOLE = re.compile(r"\s*\$\{\{(.*)\}\}\s*", re.DOTALL)
_FUNCTIONS = ("always", "cancelled", "failure", "success")

Contexts = Mapping[str, Any]


def interpolated(text: Any, contexts: Contexts) -> str:
    """A value of YAML with its expressions put in."""
    if isinstance(text, bool):
        return str(text).lower()
    return _EMBEDDED.sub(lambda found: shown(evaluated(found[1], contexts)), str(text))


def holds(condition: str, contexts: Contexts, *, failed: bool = False) -> bool:
    """Whether what has this condition runs. Unless it asks how the job stands, nothing may have failed."""
    whole = _WHOLE.fullmatch(condition)
    plain = whole[1] if whole else condition
    if failed and not any(f"{name}()" in plain for name in _FUNCTIONS):
        return False
    states = {"always": True, "cancelled": False, "failure": failed, "success": not failed}
    return bool(evaluated(plain, {**contexts, **states}))


def shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def evaluated(text: str, contexts: Contexts) -> Any:
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        assert found, f"what is this: {text[at:]}"
        tokens.append(found[1])
        at = found.end()
    value = _either(tokens, contexts)
    assert not tokens, f"what is this: {tokens}"
    return value


def _either(tokens: list[str], contexts: Contexts) -> Any:
    value = _both(tokens, contexts)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        other = _both(tokens, contexts)
        value = value or other
    return value


def _both(tokens: list[str], contexts: Contexts) -> Any:
    value = _equal(tokens, contexts)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        other = _equal(tokens, contexts)
        value = value and other
    return value


def _equal(tokens: list[str], contexts: Contexts) -> Any:
    value = _single(tokens, contexts)
    while tokens[:1] in (["=="], ["!="]):
        wanted = tokens.pop(0) == "=="
        value = (shown(value) == shown(_single(tokens, contexts))) is wanted
    return value


def _single(tokens: list[str], contexts: Contexts) -> Any:
    token = tokens.pop(0)
    if token == "!":
        return not _single(tokens, contexts)
    if token == "(":
        value = _either(tokens, contexts)
        assert tokens.pop(0) == ")"
        return value
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if tokens[:2] == ["(", ")"]:
        del tokens[:2]
        return contexts[token]
    return int(token) if token.lstrip("-").isdecimal() else _named(token, contexts)


def _named(name: str, contexts: Contexts) -> Any:
    """What a name stands for; None where there is nothing, as GitHub has it. Contexts themselves must be there."""
    first, *rest = name.split(".")
    value = contexts[first]
    for step in rest:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
