"""What stands around a report where it is read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from controller.report import Placed, ProblemView


GITHUB_LIMIT = 65_536
"""Characters of a comment, by GitHub's documentation of its REST API; GitLab's notes have 1,000,000."""


@dataclass(frozen=True)
class Frame:
    """Links, and how much room there is. Everything is empty where there is no CI.

    run        the URL of the run that made the report
    source     what a file's path (and #L and its line) is appended to, such as https://github.com/o/r/blob/SHA/
    limit      the most characters that the result may have, where a format has such a limit
    folder     the checkout's folder in its repository, such as apis/; empty if it is the whole
    problems   what went wrong outside of any report
    """

    run: str = ""
    source: str = ""
    limit: int = GITHUB_LIMIT
    folder: str = ""
    problems: tuple[ProblemView, ...] = ()

    @property
    def run_url(self) -> str:
        """`run` if it is a link of the web, fit for every format."""
        return _safe(self.run)

    def url(self, place: Placed) -> str:
        """Where a browser finds this place of the checkout; empty if nowhere."""
        steps = place.file.split("/")
        if not place.file or ".." in steps or not steps[0] or not (source := _safe(self.source)):
            return ""
        line = f"#L{place.line}" if place.line else ""
        return f"{source}{quote(place.file, errors='replace')}{line}"


def _safe(url: str) -> str:
    """The URL with all that could end it early encoded; empty if it is none of the web."""
    try:
        known = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        known = False
    return quote(url, safe=":/?#@&=+,;%~!$", errors="replace") if known else ""
