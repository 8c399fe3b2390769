"""How a target's report ended, and what exit code that is."""

from __future__ import annotations

from controller.report import Report


PARTLY = 3


def has_work(report: Report) -> bool:
    """True if there is something to apply."""
    return any(change.status == "planned" for change in report.changes)


def trouble(report: Report) -> bool:
    """True if something went wrong."""
    bad = any(change.status in ("failed", "blocked") for change in report.changes)
    return bad or bool(report.unreadable or report.errors)


def code_of(report: Report) -> int:
    """The exit code of what was done."""
    if not trouble(report):
        return 0
    return PARTLY if any(change.status == "applied" for change in report.changes) else 1
