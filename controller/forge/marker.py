"""The markers by which what was posted is found again: HTML comments, which nobody sees.

    <!-- reconcile:plan v=1 key=acme/apis/prod sha=… digest=… -->

A marker is the first line of a comment or an issue. Elsewhere it means nothing: other people's texts stand there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote


VERSION = "1"

_LINE = re.compile(r"<!-- reconcile:(\w+)((?: [a-z]+=[^\s>]*)+) -->")
_OURS = re.compile(r"<!--(?=\s*/?reconcile:)")


class Subject(StrEnum):
    """What is posted: a comment, an issue, a section of a comment, and a comment of sections only."""

    PLAN = "plan"
    DRIFT = "drift"
    APPLIED = "applied"
    RESULT = "result"


@dataclass(frozen=True)
class Marker:
    """What was posted, for whom, and in which state.

    key       one comment for each
    digest    of what is said; empty where it says nothing any more
    sha       the commit it is about, if it is about one
    """

    subject: Subject
    key: str
    digest: str = ""
    sha: str = ""

    def __str__(self) -> str:
        sha = f" sha={quote(self.sha)}" if self.sha else ""
        return (
            f"<!-- reconcile:{self.subject} v={VERSION} key={quote(self.key, safe='/:@')}{sha}"
            f" digest={quote(self.digest)} -->"
        )

    @classmethod
    def parse(cls, line: str) -> Marker | None:
        """The marker that a line is, if it is one of this version."""
        found = _LINE.fullmatch(line.strip())
        if not found or found[1] not in list(Subject):
            return None
        said = {name: unquote(value) for name, value in (part.split("=", 1) for part in found[2].split())}
        if said.get("v") != VERSION or "key" not in said:
            return None
        return cls(Subject(found[1]), said["key"], said.get("digest", ""), said.get("sha", ""))

    @classmethod
    def of(cls, body: str, subject: Subject) -> Marker | None:
        """The marker of a comment or an issue, if it is about that."""
        marker = cls.parse(body.partition("\n")[0])
        return marker if marker and marker.subject is subject else None


def defused(text: str) -> str:
    """The text without anything that could be taken for a marker."""
    return _OURS.sub("&lt;!--", text)
