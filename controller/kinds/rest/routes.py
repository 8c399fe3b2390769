"""Routes, which are what callers know of an API: their names, and what answers when one of them is gone.

Facts: developer guide, "Set up a proxy integration with a proxy resource" and "Set up a method using ANY".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from controller.address import Address
from controller.terms import Family, Turn


ANY = "ANY"
PREFLIGHT = "OPTIONS"
_SHOWN = 3


def route(at: Address) -> str:
    """A method in callers' words: `GET /photos`."""
    return f"{at.key} {at.parent.key if at.parent else ''}"


def named(routes: Iterable[Address]) -> str:
    """Routes as the subject of a sentence, no more than a few by name."""
    names = sorted(route(at) for at in routes)
    shown, more = names[:_SHOWN], len(names) - _SHOWN
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


def users(at: Address, turn: Turn) -> tuple[Address, ...]:
    """The methods that refer to this both before and after, directly or through something else."""
    both = (family.once(_references).get(at, frozenset()) for family in (turn.live, turn.desired))
    return tuple(sorted(frozenset.intersection(*both)))


def _references(family: Family) -> dict[Address, frozenset[Address]]:
    """The methods by what they refer to, directly or through something else."""
    direct = {at: item.refs(at) for at, item in family.items()}
    found: dict[Address, set[Address]] = {}
    for at in family:
        if at.kind == "Method":
            for named_one in _reached(at, direct):
                found.setdefault(named_one, set()).add(at)
    return {at: frozenset(methods) for at, methods in found.items()}


def _reached(at: Address, direct: dict[Address, frozenset[Address]]) -> set[Address]:
    found: set[Address] = set()
    pending = set(direct[at])
    while pending:
        found |= pending
        pending = {inner for one in pending for inner in direct.get(one, ())} - found
    return found


# ── what answers a route ─────────────────────────────────────────────────────────────────────────


@dataclass
class _Branch:
    """A segment of the paths: what is below it, and its own path if there is one."""

    path: Address | None = None
    below: dict[str, _Branch] = field(default_factory=dict)


def server(at: Address, family: Family) -> Address | None:
    """The method that answers a route: itself, ANY of its path, or what catches a path that is not there."""
    path = at.parent
    if at in family or path is None:
        return at if at in family else None
    if path in family:
        return _of(path, at.key, family)
    tree = family.once(_tree)
    catching = next(_catching(tree, path.key.strip("/").split("/")), None)
    return _of(catching, at.key, family) if catching else None


def _of(path: Address, verb: str, family: Family) -> Address | None:
    known = (path.child("Method", key) for key in (verb, ANY))
    return next((method for method in known if method in family), None)


def _tree(family: Family) -> _Branch:
    top = _Branch()
    for at in family:
        if at.kind == "Path":
            branch = top
            for segment in at.key.strip("/").split("/"):
                branch = branch.below.setdefault(segment, _Branch())
            branch.path = at
    return top


def _catching(branch: _Branch, segments: list[str]) -> Iterator[Address]:
    """The paths that match, the most specific one first: fixed, then variable, then greedy."""
    if not segments:
        if branch.path:
            yield branch.path
        return
    first, *rest = segments
    if first in branch.below:
        yield from _catching(branch.below[first], rest)
    variables = sorted(name for name in branch.below if name.startswith("{") and name != first)
    for name in (name for name in variables if not name.endswith("+}")):
        yield from _catching(branch.below[name], rest)
    yield from (path for name in variables if name.endswith("+}") and (path := branch.below[name].path))
