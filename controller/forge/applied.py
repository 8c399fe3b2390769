"""After the merge: the comment on the pull request tells what became of it, a section for each target.

Sections stand at the end of the comment, each between two markers. Everything before them is the plan, with
texts of others in it, so they are looked for from the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from controller.errors import ForgeError
from controller.forge.api import FORBIDDEN
from controller.forge.marker import Marker, Subject
from controller.forge.port import Comment, Forge, Pull, shortened


END = "<!-- /reconcile:applied -->"

MOST_ROOTS, LONGEST_NAME, LONGEST_STATE = 100, 100, 200

_HARMLESS = str.maketrans({"`": "ʼ", "|": "¦", "<": "‹", ">": "›"})


@dataclass(frozen=True)
class Applied:
    """How the roots of a commit are in a target: `roots` are pairs of a name and a state, the worst first."""

    target: str
    revision: str
    is_good: bool
    roots: Sequence[tuple[str, str]]
    when: datetime


def mark_applied(forge: Forge, sha: str, applied: Applied, authors: Container[str] = ()) -> list[str]:
    """Tells it where the commit was proposed, and returns the URLs of the comments that tell it now.

    There are none if it came by no pull request, or if nothing was reported there. `authors` are others that may
    have reported it, besides this token's own user or app. Raises ForgeError.
    """
    told = []
    for pull in forge.merged(sha):
        comments = forge.comments(pull, authors)
        plans = _marked(comments, Subject.PLAN)
        # The latest of those that are about this target; a sole one is about all of them.
        is_sole = len({key for key, _ in plans}) == 1
        about = [(key, one) for key, one in plans if is_sole or key.rpartition("/")[2] == applied.target]
        if about:
            key, plan = about[-1]
            own = [one for of, one in _marked(comments, Subject.RESULT) if of == key]
            told.append(_tell(forge, pull, own[-1] if own else plan, key, applied))
    return told


def _marked(comments: Iterable[Comment], subject: Subject) -> list[tuple[str, Comment]]:
    """The comments that are about this, each with its key."""
    return [(marker.key, one) for one in comments if (marker := Marker.of(one.body, subject))]


def split(body: str) -> tuple[str, dict[str, str]]:
    """A comment without its sections, and these by target, in their order."""
    found: dict[str, str] = {}
    while (rest := body.rstrip()).endswith(END):
        start = rest.rfind("\n<!-- reconcile:applied ")
        marker = Marker.of(rest[start + 1 :], Subject.APPLIED)
        if start < 0 or marker is None:
            break
        found = {marker.key: rest[start + 1 :], **found}
        body = rest[:start]
    return body.rstrip(), found


def joined(plan: str, sections: Mapping[str, str]) -> str:
    """The inverse of `split`."""
    return "\n\n".join([plan, *sections.values()]) + "\n"


def _tell(forge: Forge, pull: Pull, comment: Comment, key: str, applied: Applied) -> str:
    body = _with(comment.body, applied, forge.longest)
    if body == comment.body:
        return comment.url
    try:
        forge.edit_comment(pull, comment, body)
    except ForgeError as error:
        if error.status != FORBIDDEN:
            raise
        # Not everybody may change what somebody else said: apps on GitHub may not, nor Developers on GitLab.
        return forge.add_comment(pull, _with(str(Marker(Subject.RESULT, key)), applied, forge.longest)).url
    return comment.url


def _with(body: str, applied: Applied, longest: int) -> str:
    """The comment with this section in it; as it is, if it says so already, or has no room for it."""
    plan, sections = split(body)
    marker = _marker(applied)
    if Marker.of(sections.get(applied.target, ""), Subject.APPLIED) == marker:
        return body
    for most in (MOST_ROOTS, 10, 0):
        longer = joined(plan, {**sections, applied.target: _section(marker, applied, most)})
        if len(longer) <= longest:
            return longer
    return body


def _marker(applied: Applied) -> Marker:
    # Not of the time: what is told again after a restart is no news.
    said = repr((applied.target, applied.revision, list(applied.roots)))
    return Marker(Subject.APPLIED, applied.target, hashlib.sha256(said.encode()).hexdigest()[:16], applied.revision)


def _section(marker: Marker, applied: Applied, most: int) -> str:
    mark, word = ("✅", "Applied") if applied.is_good else ("❌", "Not all applied")
    when = applied.when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    shown = list(applied.roots)[:most]
    lines = [
        str(marker),
        "",
        f"### {mark} {word}: {_code(applied.target, LONGEST_NAME)}",
        "",
        f"{applied.revision[:12]}, {when}",
        "",
        *(["| root | state |", "|---|---|"] if shown else []),
        *(f"| {_code(name, LONGEST_NAME)} | {_code(state, LONGEST_STATE)} |" for name, state in shown),
    ]
    if more := len(applied.roots) - len(shown):
        lines += ["", f"and {more} more"]
    return "\n".join([*lines, "", END])


def _code(text: str, longest: int) -> str:
    """The text as nothing but text: names come from specs, which strangers may edit."""
    plain = shortened(text, longest).translate(_HARMLESS)
    return f"`{plain}`" if plain else ""
