"""A report arranged for reading, once for all formats that have sections: they only say how each part looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from controller.render.dangers import ENDED, Danger, dangers
from controller.render.nesting import Nested, nested
from controller.render.rows import Row, Sign, rows
from controller.render.words import count
from controller.report import ChangeView, Placed, Report


ACTIONS = ("create", "update", "replace", "rename", "delete", "adopt")
"""In the order in which they are told."""

SIGNS: dict[str, Sign] = {"create": "+", "delete": "-"}
"""All other actions are neither only new nor only gone."""


@dataclass(frozen=True)
class FieldBlock:
    """A field, and the lines that show its difference."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Block:
    """One change: a line that names it, where it is written, and its fields."""

    sign: Sign
    title: str
    place: Placed
    fields: tuple[FieldBlock, ...]


@dataclass(frozen=True)
class Section:
    """What changes in one root."""

    root: str
    blocks: tuple[Block, ...]
    counts: str
    size: int
    """How many changes, also those that go along with others."""

    @property
    def lines(self) -> int:
        """How long it is."""
        return sum(1 + sum(len(field.rows) for field in block.fields) for block in self.blocks)


@dataclass(frozen=True)
class Tally:
    """One root in numbers: changes by action, and what comes of them."""

    root: str
    actions: Counter[str]
    drift: int = 0
    conflict: int = 0
    breaking: int = 0
    exposure: int = 0
    deploys: bool = False
    calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Outline:
    """One report.

    verdict   everything in one line
    changes   what the change wants, by root; all, if no base tells it from drift
    drift     what differed before and is undone
    left      what differs and stays so
    """

    report: Report
    verdict: str
    tallies: tuple[Tally, ...]
    dangers: tuple[Danger, ...]
    changes: tuple[Section, ...]
    drift: tuple[Section, ...]
    left: tuple[Section, ...]

    @property
    def headline(self) -> str:
        """The verdict as a sentence begins."""
        return f"{self.verdict[:1].upper()}{self.verdict[1:]}"

    @property
    def title(self) -> str:
        """What its dangers are called."""
        ended = all(danger.label in ENDED for danger in self.dangers)
        return f"{'What went wrong' if ended else 'Danger'} ({len(self.dangers)})"

    @property
    def before(self) -> str:
        """What the drift is called."""
        drifted = count(sum(section.size for section in self.drift), "resource")
        if self.report.base == self.report.revision:
            # The specs are as they were: whoever looks is asked for nothing but to look.
            fate = "the next run reverts it" if self.report.dryRun else "this was reverted"
            return f"Drift: {drifted} differed from the specs, and {fate}"
        fate = "merging this reverts it" if self.report.dryRun else "this was reverted"
        return f"Not caused by this change: {drifted} differed before, and {fate}"


def outline(report: Report) -> Outline:
    """The report's parts."""
    made = [change for change in report.changes if change.status != "held"]
    held = [change for change in report.changes if change.status == "held"]
    tallies = tuple(_tallies(report, made))
    return Outline(
        report,
        _verdict(report, made),
        tallies,
        dangers(report),
        tuple(_sections(made, _wanted)),
        tuple(_sections(made, _drifted)),
        tuple(_sections(held, lambda change: change)),
    )


# ── in numbers ───────────────────────────────────────────────────────────────────────────────────


def _tallies(report: Report, made: Sequence[ChangeView]) -> Iterator[Tally]:
    costs = {view.root: view for view in report.roots}
    for root, changes in _by_root(made):
        cost = costs.get(root)
        impacts = Counter(impact.severity for change in changes for impact in change.impacts)
        yield Tally(
            root,
            Counter(str(change.action) for change in changes),
            drift=sum(map(_has_drift, changes)),
            conflict=sum(change.origin == "conflict" for change in changes),
            breaking=impacts["breaking"],
            exposure=impacts["exposure"],
            deploys=cost.deploys if cost else False,
            calls=cost.calls if cost else sum(change.calls for change in changes),
            seconds=cost.seconds if cost else 0.0,
        )


def _verdict(report: Report, made: Sequence[ChangeView]) -> str:
    """Such as `2 APIs change, 1 is deleted, no drift`."""
    parts = ["refused"] if report.refusals and report.dryRun else []
    parts += [count(len(report.errors), "error")] if report.errors else []
    parts += _roots(made) if report.dryRun else _ends(made)
    parts += _origins(report, sum(map(_has_drift, made)))
    parts += [f"{count(len(report.unreadable), 'root')} could not be read"] if report.unreadable else []
    parts += [f"{count(len(report.held), 'root')} left alone"] if report.held else []
    if not made and not report.errors and not report.refusals:
        unchanged = report.summary.unchanged
        same = f"{count(unchanged, 'resource')} {'is' if unchanged == 1 else 'are'} as declared"
        return ", ".join(["nothing to do" if report.dryRun else "nothing was to be done", same, *parts])
    return ", ".join(parts)


def _roots(made: Sequence[ChangeView]) -> list[str]:
    """How many roots the change is about, and what becomes of them; not those that only drifted."""
    fates = {root: _fate(changes) for root, changes in _by_root(made) if any(map(_wanted, changes))}
    noun = "API" if all(root.startswith("RestApi ") for root in fates) else "root"
    words = (
        ("change", "changes", "change"),
        ("create", "is new", "are new"),
        ("delete", "is deleted", "are deleted"),
    )
    parts: list[str] = []
    for fate, one, more in words:
        if number := list(fates.values()).count(fate):
            subject = f"{number}" if parts else count(number, noun)
            parts.append(f"{subject} {one if number == 1 else more}")
    return parts or (["no intended change"] if made else [])


def _fate(changes: Sequence[ChangeView]) -> str:
    whole = next((change.action for change in changes if not change.path), "update")
    return whole if whole in ("create", "delete") else "change"


def _ends(made: Sequence[ChangeView]) -> list[str]:
    """How many changes ended in which way."""
    ends = Counter(change.status for change in made)
    parts = [f"{ends['applied']} of {count(len(made), 'change')} applied"] if made else []
    return parts + [f"{ends[status]} {status}" for status in ("failed", "blocked", "skipped") if ends[status]]


def _origins(report: Report, undone: int) -> list[str]:
    """How much drifted, of which so many changes are undone; nothing where no base tells."""
    if not report.base:
        return []
    drifted, conflicts = report.summary.drift, report.summary.conflict
    stays = f" ({drifted - undone} left alone)" if drifted > undone else ""
    drift = f"drift in {count(drifted, 'resource')}{stays}" if drifted else "no drift"
    return [drift, *([count(conflicts, "conflict")] if conflicts else [])]


def _has_drift(change: ChangeView) -> bool:
    """Whether something of it is only drift."""
    return change.origin == "drift" or any(field.origin == "drift" for field in change.fields)


# ── in detail ────────────────────────────────────────────────────────────────────────────────────


def _by_root(changes: Sequence[ChangeView]) -> Iterator[tuple[str, list[ChangeView]]]:
    for root, group in groupby(sorted(changes, key=lambda change: change.root), lambda change: change.root):
        yield root, list(group)


def _sections(changes: Sequence[ChangeView], part: Callable[[ChangeView], ChangeView | None]) -> Iterator[Section]:
    parts = [found for change in changes if (found := part(change))]
    for root, group in _by_root(parts):
        blocks = tuple(_block(item) for item in nested(group, whole=False))
        actions = Counter(str(change.action) for change in group)
        counts = ", ".join(f"{actions[action]} to {action}" for action in ACTIONS if actions[action])
        yield Section(root, blocks, counts, len(group))


def _wanted(change: ChangeView) -> ChangeView | None:
    """What is not drift of it."""
    if change.origin == "drift":
        return None
    return change.model_copy(update={"fields": tuple(field for field in change.fields if field.origin != "drift")})


def _drifted(change: ChangeView) -> ChangeView | None:
    """What is drift of it."""
    if change.origin == "drift":
        return change
    fields = tuple(field for field in change.fields if field.origin == "drift")
    return change.model_copy(update={"fields": fields, "origin": "drift"}) if fields else None


def _block(item: Nested) -> Block:
    change = item.change
    name = change.path or change.root
    if change.action == "rename":
        name = f"{change.was} → {name.rpartition(' > ')[2]}"
    notes = [*item.notes]
    if change.origin == "conflict" and not any(field.origin == "conflict" for field in change.fields):
        notes.append("conflict: changed live as well")
    if change.status in ("failed", "blocked"):
        notes.append(f"{change.status}: {change.error}")
    title = f"{change.action} {name}" + (f" ({'; '.join(notes)})" if notes else "")
    fields = tuple(FieldBlock(field.field, rows(change, field)) for field in change.fields)
    place = Placed(file=change.file, line=change.line, column=change.column)
    return Block(SIGNS.get(change.action, "!"), title, place, fields)
