"""What a reader must not miss, gravest first: no length of a report may hide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from controller.render.nesting import nested
from controller.render.words import count
from controller.report import ChangeView, Placed, Report


Label = Literal["refused", "error", "failed", "blocked", "exposure", "delete", "breaking", "replace", "conflict"]

GRAVITY: Mapping[Label, int] = {
    "refused": 0,
    "error": 1,
    "failed": 2,
    "blocked": 3,
    "exposure": 4,
    "delete": 5,
    "breaking": 6,
    "replace": 7,
    "conflict": 8,
}
"""The order: what stops the plan, then what cannot be undone by a second merge, then the rest."""

ENDED = ("error", "failed", "blocked")
"""What has gone wrong already."""

SERVING = ("Stage", "Method")
"""What callers lose when it goes; so is every root."""

PLACELESS = Placed()


@dataclass(frozen=True)
class Danger:
    """One thing to look at: what is about to happen, to which resource, and where that is written.

    requests   how many came to it lately; None where that is not known
    """

    label: Label
    message: str
    name: str = ""
    place: Placed = PLACELESS
    requests: int | None = None

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """Sorts the gravest first, and of these what is called most."""
        return GRAVITY[self.label], -(self.requests or 0), self.name, self.message


def dangers(report: Report) -> tuple[Danger, ...]:
    """Of a plan what it would do; of an outcome what went wrong."""
    found = [Danger("error", error) for error in report.errors]
    if report.dryRun:
        found += [Danger("refused", reason) for reason in report.refusals]
        found += _of_changes([change for change in report.changes if change.status != "held"])
    else:
        found += _unfinished(report)
    return tuple(sorted(found, key=lambda danger: danger.rank))


def _unfinished(report: Report) -> Iterator[Danger]:
    for change in report.changes:
        if change.status == "failed":
            yield _of(change, "failed", change.error or "could not be done")
        elif change.status in ("blocked", "skipped"):
            yield _of(change, "blocked", change.error or "was not done")


def _of_changes(changes: list[ChangeView]) -> Iterator[Danger]:
    gone = _deletions(changes)
    for change in changes:
        told = [item for item in change.impacts if item.severity == "exposure" or change.name not in gone]
        for impact in told:
            yield Danger(impact.severity, impact.message, change.name, _placed(impact, change), change.requests)
        if change.name in gone:
            yield _of(change, "delete", f"{_lost(change)}{gone[change.name]}{_by_hand(change)}")
        if change.action == "replace":
            yield _of(change, "replace", f"is deleted and made anew: {change.reason or 'it differs'}")
        if change.origin == "conflict":
            yield _of(change, "conflict", _conflict(change))


def _lost(change: ChangeView) -> str:
    """What its deletion does to callers, in one."""
    return "; ".join(item.message for item in change.impacts if item.severity == "breaking") or "is deleted"


def _deletions(changes: list[ChangeView]) -> dict[str, str]:
    """The names of what callers lose, and what goes along; without what goes with a root or a stage."""
    by_root: dict[str, list[ChangeView]] = {}
    for change in changes:
        if change.action == "delete":
            by_root.setdefault(change.root, []).append(change)
    found = {}
    for of_root in by_root.values():
        whole = any(change.path == "" for change in of_root)
        for item in nested(of_root, whole=not whole):
            if item.change.path == "" or item.change.kind in SERVING:
                along = f", with {count(item.inside, 'resource')} inside" if item.inside else ""
                found[item.change.name] = along
    return found


def _by_hand(change: ChangeView) -> str:
    return "; it was made by hand" if change.origin == "drift" else ""


def _conflict(change: ChangeView) -> str:
    names = [field.field for field in change.fields if field.origin == "conflict"]
    was = "were" if len(names) > 1 else "was"
    return " ".join(filter(None, (", ".join(names), was, "changed live as well, and that is overwritten")))


def _of(change: ChangeView, label: Label, message: str) -> Danger:
    return Danger(label, message, change.name, _placed(change, change), change.requests)


def _placed(first: Placed, otherwise: Placed) -> Placed:
    """Only the place: equal dangers are to be equal values."""
    found = first if first.file else otherwise
    return Placed(file=found.file, line=found.line, column=found.column)
