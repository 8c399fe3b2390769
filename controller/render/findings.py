"""What reports and problems come down to for tools that show findings at lines of files.

Built once; each such format only writes it down. Nothing in a message has no shape of its own, a line break least.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from controller.render import rules
from controller.render.frame import Frame
from controller.render.rules import Rule
from controller.render.snapshots import warnings
from controller.render.writer import visible
from controller.report import ChangeView, Placed, ProblemView, Report, WarningView


LONGEST = 2000
"""Characters of a message: it is shown beside a line."""

ANYWHERE = "reconcile.yaml"
"""The file that a finding is shown at that has none of its own, where every finding needs one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should know.

    message       a sentence on one line
    hint          what helps; may be empty
    place         where it is written; has no file for what is not in one
    target        of which target it is; empty for what is of the specs
    root, subject the root and the whole address in words; empty for what is of no root
    folder        where in the repository the files are, as in the frame
    fingerprint   32 hexadecimal digits: the same thing in a later run, wherever its line has gone
    """

    rule: Rule
    message: str
    hint: str = ""
    place: Placed = field(default_factory=Placed)
    target: str = ""
    root: str = ""
    subject: str = ""
    folder: str = ""
    fingerprint: str = ""

    @property
    def path(self) -> str:
        """The file of the repository to show it at."""
        return f"{self.folder}{self.place.file or ANYWHERE}"

    @property
    def line(self) -> int:
        """The line to show it at."""
        return max(1, self.place.line)

    @property
    def text(self) -> str:
        """Message and hint."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


def findings(reports: Sequence[Report], frame: Frame) -> list[Finding]:
    """All findings, the gravest first; each with the name of its target if there are several."""
    found = [item for report in reports for item in _of_report(report)]
    found += [_of_problem(problem) for problem in frame.problems]
    told = [
        replace(item, message=_line(item.message), hint=_line(item.hint), folder=frame.folder)
        for item in _once(found)
    ]
    several = len({item.target for item in told if item.target} | {report.target for report in reports}) > 1
    ordered = _numbered(sorted(told, key=_order))
    return list(_named(ordered) if several else ordered)


# ── from reports ─────────────────────────────────────────────────────────────────────────────────


def _of_report(report: Report) -> Iterator[Finding]:
    target = report.target
    places = {change.root: _place(change) for change in report.changes if not change.path}
    yield from (Finding(rules.RUN_ERROR, error, target=target) for error in report.errors)
    yield from (
        Finding(rules.REFUSED, reason, f"after a review: --allow {report.digest}", target=target)
        for reason in report.refusals
    )
    for rule, left in ((rules.UNREADABLE, report.unreadable), (rules.HELD, report.held)):
        for root, reason in left.items():
            place = places.get(root, Placed())
            yield Finding(rule, f"{root}: {reason}", place=place, target=target, root=root, subject=root)
    # They are of the specs, and the same for every target.
    yield from (_of_warning(warning) for warning in warnings(report))
    for change in report.changes:
        yield from _of_change(change, target)


def _of_change(change: ChangeView, target: str) -> Iterator[Finding]:
    def found(rule: Rule, message: str) -> Finding:
        place = _place(change)
        return Finding(rule, message, place=place, target=target, root=change.root, subject=name)

    name = change.name
    if change.status == "failed":
        yield found(rules.FAILED, f"{change.action} {name}: {change.error}")
    if change.status in ("blocked", "skipped"):
        yield found(rules.BLOCKED, f"{change.action} {name}: {change.error or change.status}")
    if change.drifted:
        conflict = "conflict" in (change.origin, *(item.origin for item in change.fields))
        yield found(rules.CONFLICT if conflict else rules.DRIFT, f"{name}: {_drift(change)}")
    for impact in change.impacts if change.status != "held" else ():
        item = found(rules.impact_rule(impact.rule, impact.severity), f"{change.root}: {impact.message}")
        place = _place(impact) if impact.file else item.place
        yield replace(item, place=place, subject=f"{name} > {impact.field}" if impact.field else name)


def _drift(change: ChangeView) -> str:
    """What somebody did to it in AWS, told by what would undo it."""
    if change.action == "create":
        return "deleted in AWS"
    if change.action == "delete":
        return "added in AWS"
    both = [item.field for item in change.fields if item.origin == "conflict"]
    live = [item.field for item in change.fields if item.origin == "drift"]
    parts = [f"{', '.join(both)} changed both in the specs and in AWS"] if both else []
    parts += [f"{', '.join(live)} changed in AWS"] if live else []
    return "; ".join(parts) or "changed in AWS"


def _place(item: Placed) -> Placed:
    return Placed(file=item.file, line=item.line, column=item.column)


# ── from problems ────────────────────────────────────────────────────────────────────────────────


def _of_warning(warning: WarningView) -> Finding:
    return Finding(rules.SPEC_WARNING, warning.message, warning.hint, _place(warning))


def _of_problem(problem: ProblemView) -> Finding:
    if problem.severity == "warning":
        return _of_warning(problem)
    rule = rules.RUN_ERROR if problem.target else rules.SPEC_ERROR
    return Finding(rule, problem.message, problem.hint, _place(problem), problem.target)


# ── all together ─────────────────────────────────────────────────────────────────────────────────


def _once(found: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(found))


def _line(text: str) -> str:
    told = visible(text)
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}…"


def _order(item: Finding) -> tuple[object, ...]:
    place = (item.place.file, item.place.line, item.place.column)
    return (item.rule.gravity, item.target, *place, item.rule.name, item.subject, item.message)


def _named(found: Iterable[Finding]) -> Iterator[Finding]:
    for item in found:
        name = f"{_line(item.target)}: " if item.target else ""
        yield replace(item, message=name + item.message)


def _numbered(found: Iterable[Finding]) -> Iterator[Finding]:
    """Each with its fingerprint. What cannot be told apart otherwise is counted."""
    seen: Counter[tuple[str, ...]] = Counter()
    for item in found:
        what = item.subject or item.message
        key = (item.rule.name, item.target, "" if item.subject else item.place.file, what)
        seen[key] += 1
        content = "\0".join((*key, str(seen[key]))).encode("utf-8", "surrogatepass")
        yield replace(item, fingerprint=hashlib.sha256(content).hexdigest()[:32])
