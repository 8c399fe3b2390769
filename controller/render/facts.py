"""What reports are about and how they came to be: what stands around them in every format with sections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.render.snapshots import taken
from controller.render.words import count
from controller.report import Report


def overall(reports: Sequence[Report]) -> str:
    """All targets in one line."""
    states = {
        "with errors": sum(bool(report.errors) for report in reports),
        "refused": sum(bool(report.refusals) and report.dryRun for report in reports),
        "with changes": sum(bool(report.changes) for report in reports),
        "with nothing to do": sum(not (report.changes or report.errors or report.refusals) for report in reports),
    }
    parts = [f"{number} {state}" for state, number in states.items() if number]
    return f"{count(len(reports), 'target')}: {', '.join(parts)}"


def facts(reports: Sequence[Report]) -> Iterator[tuple[str, str]]:
    """Names and values, each once. The last says how the reports are made again."""
    values = {
        "revision": [report.revision for report in reports],
        "compared with": [report.base for report in reports],
        "live": [taken(report.snapshot) for report in reports if report.snapshot],
        "account": [report.account for report in reports],
        "owner": [report.owner for report in reports],
        "requests counted": [report.usage for report in reports],
        "by reconcile": [report.version for report in reports],
    }
    for name, found in values.items():
        if told := ", ".join(dict.fromkeys(filter(None, found))):
            yield name, told
    if reports and all(report.dryRun for report in reports):
        yield "again:", " ".join(("reconcile --dry-run", *_options(reports)))


def _options(reports: Sequence[Report]) -> Iterator[str]:
    """Those that every one of the reports needs."""
    if len(reports) == 1:
        yield f"--target {reports[0].target}"
    bases = {report.base for report in reports}
    if len(bases) == 1 and (base := bases.pop()):
        yield f"--base {base}"
