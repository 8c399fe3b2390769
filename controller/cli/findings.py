"""What a run is to fail on: kinds of things that a report can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.model import KINDS
from controller.report import Report


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
