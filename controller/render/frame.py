"""What stands around a report where it is read."""

from __future__ import annotations

from dataclasses import dataclass

from controller.report import ProblemView


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
