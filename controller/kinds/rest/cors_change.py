"""Which browsers' pages may call a path, as its preflight answer says, and what a change of that means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controller.address import Address
from controller.impact import Impact
from controller.kinds.rest.routes import server
from controller.terms import Family, Turn


OURS = "Access-Control-"
_ALLOW = f"method.response.header.{OURS}Allow-"
_ORIGIN = re.compile(r'\$origin == "([^"]+)"')
_ANYTHING = "*"
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Grant:
    """What a preflight answer allows: sets of origins, of methods and of headers in small letters."""

    origins: frozenset[str] = _NOTHING
    methods: frozenset[str] = _NOTHING
    headers: frozenset[str] = _NOTHING
    credentials: bool = False


def granted(response: Any) -> Grant:
    """What an integration's response allows; nothing if it says nothing of origins, or is not there."""
    if response is None:
        return Grant()
    given = {name.removeprefix(_ALLOW): text for name, text in response.responseParameters.items()}
    templates = "".join(response.responseTemplates.values())
    origins = _listed(given.get("Origin")) or frozenset(_ORIGIN.findall(templates))
    if not origins:
        return Grant()
    headers = frozenset(name.lower() for name in _listed(given.get("Headers")))
    return Grant(origins, _listed(given.get("Methods")), headers, given.get("Credentials") == "'true'")


def _listed(text: str | None) -> frozenset[str]:
    items = (item.strip() for item in (text or "").strip("'").split(","))
    return frozenset(item for item in items if item)


def is_preflight(method: Address, family: Family) -> bool:
    """Whether a method answers browsers that ask what they may."""
    responses = family.beside(method.child("Integration").child("IntegrationResponse"))
    return any(granted(family[response]).origins for response in responses)


def judged(method: Address, before: Any, after: Any, turn: Turn) -> Iterator[Impact]:
    """What browsers' pages notice when the preflight answer of a path changes. `method` is OPTIONS."""
    old, new = granted(before), granted(after)
    path = method.parent
    others = [[at for at in family.beside(method) if at != method] for family in (turn.live, turn.desired)]
    if path is None or not all(others):
        return
    callers, field = tuple(sorted(others[0])), "responseParameters"
    for words in _lost(path, old, new, turn):
        yield Impact("cors-narrowed", words.format(path.key), field, callers)
    for words in _opened(old, new):
        yield Impact("cors-opened", words.format(path.key), field, callers)


def _lost(path: Address, old: Grant, new: Grant, turn: Turn) -> Iterator[str]:
    if gone := _less(old.origins, new.origins):
        yield f"pages of {_spoken(gone, 'any origin')} may no longer call {{}}"
    if not new.origins or not old.origins:
        return
    # What no longer answers is told of there.
    methods = {name for name in _less(old.methods, new.methods) if name == _ANYTHING or _served(path, name, turn)}
    if methods:
        yield f"pages may no longer call {{}} with {_spoken(methods, 'any method')}"
    if gone := _less(old.headers, new.headers):
        yield f"pages may no longer send {{}} {_spoken(gone, 'any header')}"
    if old.credentials and not new.credentials:
        yield "pages may no longer call {} with credentials"


def _opened(old: Grant, new: Grant) -> Iterator[str]:
    if _ANYTHING in new.origins - old.origins:
        before = f" ({', '.join(sorted(old.origins))} before)" if old.origins else ""
        yield f"pages of any origin may call {{}}{before}"
    if _ANYTHING in new.methods - old.methods and old.origins:
        yield "pages may call {} with any method"
    if _ANYTHING in new.headers - old.headers and old.origins:
        yield "pages may send {} any header"


def _less(old: frozenset[str], new: frozenset[str]) -> frozenset[str]:
    return _NOTHING if _ANYTHING in new else old - new


def _served(path: Address, verb: str, turn: Turn) -> bool:
    return server(path.child("Method", verb), turn.desired) is not None


def _spoken(items: frozenset[str] | set[str], anything: str) -> str:
    return anything if _ANYTHING in items else ", ".join(sorted(items))
