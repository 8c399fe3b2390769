"""The one comment on a pull request that says what its change would do.

It is found by its marker and its author, never by its text, and stays one: it is changed in place, it says nothing
twice, and of two that are made at the same time the first remains.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from controller.errors import ForgeError
from controller.forge.applied import joined, split
from controller.forge.marker import Marker, Subject, defused
from controller.forge.port import Comment, Forge, Pull


KEPT_FREE = 2_000
"""Characters for the section that tells later what was applied."""


class Mode(StrEnum):
    """What becomes of the comment that is there when there is news.

    UPDATE         it says the news from now on
    HIDE_AND_NEW   a new one is made, and the old one hidden (GitHub) or deleted (GitLab)
    NEW            a new one is made
    """

    UPDATE = "update"
    HIDE_AND_NEW = "hide-and-new"
    NEW = "new"


@dataclass(frozen=True)
class Posted:
    """What came of it, and where it can be read.

    unchanged   there was no news, and nothing was written
    outdated    a newer commit is reported already, and nothing was written
    """

    url: str
    action: Literal["created", "updated", "unchanged", "outdated", "closed", "reopened"]


def post_comment(
    forge: Forge, number: int, text: str, *, key: str, digest: str, sha: str = "", mode: Mode = Mode.UPDATE
) -> Posted:
    """Says `text`, markdown, on a pull request. Raises ForgeError.

    key      one comment for each, such as owner/name/target
    digest   of what the text says: with the same one as last time nothing is written
    sha      the commit that it is about; the head of the pull request if it is empty
    """
    pull = forge.pull(number)
    marker = Marker(Subject.PLAN, key, digest, sha or pull.head)
    body = f"{marker}\n{defused(text)}"
    check_length(forge, body)
    before = _with_key(forge.comments(pull, ()), key)
    if before and (done := _settled(pull, before[-1], marker)):
        return done
    if before and mode is Mode.UPDATE:
        return _update(forge, pull, before[-1], body)
    return _create(forge, pull, marker, body, mode)


def room(forge: Forge, key: str) -> int:
    """The most characters that a text should have, so that its marker and what was applied fit in beside it."""
    marker = Marker(Subject.PLAN, key, "0" * 64, "0" * 64)
    return forge.longest - len(f"{marker}\n") - KEPT_FREE


def check_length(forge: Forge, body: str) -> None:
    """Raises ForgeError if the host would not take a text of this length."""
    if len(body) > forge.longest:
        raise ForgeError(
            f"the report has {len(body):,} characters, and a comment may have {forge.longest:,}: nothing was posted"
        )


def _with_key(comments: Collection[Comment], key: str) -> list[Comment]:
    return [one for one in comments if (marker := Marker.of(one.body, Subject.PLAN)) and marker.key == key]


def _settled(pull: Pull, last: Comment, marker: Marker) -> Posted | None:
    """Why nothing is to be written, if that is so."""
    said = Marker.of(last.body, Subject.PLAN)
    if said and said.digest == marker.digest:
        return Posted(last.url, "unchanged")
    if said and said.sha == pull.head != marker.sha:
        return Posted(last.url, "outdated")
    return None


def _update(forge: Forge, pull: Pull, comment: Comment, body: str) -> Posted:
    kept = joined(body, split(comment.body)[1])
    forge.edit_comment(pull, comment, kept if len(kept) <= forge.longest else body)
    return Posted(comment.url, "updated")


def _create(forge: Forge, pull: Pull, marker: Marker, body: str, mode: Mode) -> Posted:
    made = forge.add_comment(pull, body)
    if mode is Mode.NEW:
        return Posted(made.url, "created")
    # Again, since another run may have made one at the same time, or this one two: an answer may be lost.
    found = _with_key(forge.comments(pull, ()), marker.key)
    if mode is Mode.HIDE_AND_NEW:
        for old in _others(found, found[-1:]):
            forge.hide_comment(pull, old)
        return Posted(made.url, "created")
    for later in _others(found, found[:1]):
        forge.delete_comment(pull, later)
    if not found or found[0].node == made.node:
        return Posted(made.url, "created")
    return _settled(pull, found[0], marker) or _update(forge, pull, found[0], body)


def _others(comments: Sequence[Comment], kept: Sequence[Comment]) -> list[Comment]:
    return [one for one in comments if one not in kept]
