"""What a report holds that decides how a run ends: kinds of things to fail on, trouble, work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.model import KINDS
from controller.report import Report


PARTLY, PENDING = 3, 2


def _deletes(report: Report) -> bool:
    # Old snapshots go by a rule, and nobody misses them.
    gone = [change for change in report.changes if change.action in ("delete", "replace")]
    return any(change.status != "held" and not KINDS[change.kind].snapshot for change in gone)


FINDINGS: Mapping[str, Callable[[Report], bool]] = {
    "changes": lambda report: report.pending,
    "drift": lambda report: bool(report.summary.drift or report.summary.conflict),
    "delete": _deletes,
    "replace": lambda report: bool(report.summary.replace),
    "breaking": lambda report: bool(report.summary.breaking),
    "exposure": lambda report: bool(report.summary.exposure),
    "any": lambda report: report.pending or bool(report.summary.drift or report.summary.conflict),
}
"""`changes` are those to be made; `delete` includes what is replaced; `any` is any difference, held back or not."""


def found(report: Report, wanted: frozenset[str]) -> bool:
    """True if the report holds something of these kinds."""
    return any(FINDINGS[name](report) for name in wanted)


def has_work(report: Report) -> bool:
    """True if there is anything to carry out."""
    return any(change.status == "planned" for change in report.changes)


def has_trouble(report: Report) -> bool:
    """True if something went wrong, or could not be read."""
    bad = any(change.status in ("failed", "blocked") for change in report.changes)
    return bad or bool(report.unreadable or report.errors)


def code_of(report: Report) -> int:
    """The exit code of what was done, or of a look at it."""
    if not has_trouble(report):
        return 0
    return PARTLY if any(change.status == "applied" for change in report.changes) else 1
