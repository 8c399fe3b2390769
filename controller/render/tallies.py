"""The table of roots: which columns it has, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from controller.render.outline import ACTIONS, Tally
from controller.render.words import duration


ALWAYS = ("create", "update", "delete")
"""Others have a column only where they occur."""

Column = tuple[str, Callable[[Tally], str]]
"""Its title, and what it says of a root; an empty text for nothing."""


def columns(tallies: Sequence[Tally], *, based: bool) -> Iterator[Column]:
    """The columns behind the root's name. Without a base nobody knows of drift, and there is no column for it."""
    for action in ACTIONS:
        if action in ALWAYS or any(tally.actions[action] for tally in tallies):
            yield _actions(action)
    if based:
        yield "drift", lambda tally: _number(tally.drift)
    if any(tally.conflict for tally in tallies):
        yield "conflict", lambda tally: _number(tally.conflict)
    yield "breaking", lambda tally: _number(tally.breaking)
    if any(tally.exposure for tally in tallies):
        yield "exposure", lambda tally: _number(tally.exposure)
    yield "deployment", lambda tally: "yes" if tally.deploys else ""
    yield "calls", _calls


def _actions(action: str) -> Column:
    return action, lambda tally: _number(tally.actions[action])


def _number(number: int) -> str:
    return str(number) if number else ""


def _calls(tally: Tally) -> str:
    """Their number; with the time that AWS's quotas make of them, where anybody would notice."""
    return f"{tally.calls} ({duration(tally.seconds)})" if tally.seconds >= 1 else str(tally.calls)
