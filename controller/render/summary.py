"""Reports as the summary of a job of GitHub Actions: the comment, with more room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from controller.render import markdown
from controller.render.frame import Frame
from controller.report import Report


LIMIT = 1024 * 1024
"""Bytes of a step's summary, by GitHub's documentation; a larger one is not shown at all."""


def document(reports: Sequence[Report], frame: Frame) -> str:
    """What $GITHUB_STEP_SUMMARY takes."""
    return markdown.document(reports, replace(frame, limit=LIMIT))
