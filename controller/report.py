"""The report: the only thing an audience sees of a pass. Versioned and serialisable, without a secret in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from controller.address import Address
from controller.diff import Change
from controller.errors import Problem, Where
from controller.facets import SENSITIVE, WRITE_ONLY, canonical, facets
from controller.model import Resource
from controller.steps import Plan


FORMAT_VERSION = 1

Status = Literal["planned", "applied", "failed", "blocked", "skipped", "held"]


class Item(BaseModel):
    """Base of everything in a report."""

    model_config = ConfigDict(frozen=True)


class FieldChange(Item):
    """A field's value before and after; canonical data, secrets hidden."""

    field: str
    old: Any = None
    new: Any = None


class ChangeView(Item):
    """One change: where, what, why, and how it went.

    `root` and `path` together are the address; `was` is the former address of a renamed resource.
    """

    root: str
    path: str
    kind: str
    key: str
    action: Literal["create", "update", "replace", "rename", "delete", "adopt"]
    reason: str = ""
    was: str = ""
    fields: tuple[FieldChange, ...] = ()
    calls: int = 0
    status: Status = "planned"
    error: str = ""


class StageView(Item):
    """A stage that is live after the pass, and where it answers."""

    api: str
    stage: str
    url: str


class WarningView(Item):
    """Something in the specs that AWS ignores: what, where, and what helps."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""

    @property
    def place(self) -> str:
        """The place as editors understand it; empty if it has none."""
        return f"{self.file}:{self.line}:{self.column}" if self.file else ""


class Summary(Item):
    """The counts of a pass."""

    create: int = 0
    update: int = 0
    replace: int = 0
    rename: int = 0
    delete: int = 0
    adopt: int = 0
    failed: int = 0
    blocked: int = 0
    unchanged: int = 0

    @property
    def changes(self) -> int:
        """All changes of the plan."""
        return self.create + self.update + self.replace + self.rename + self.delete + self.adopt


class SnapshotView(Item):
    """What a plan took for live, where that was a snapshot.

    taken      when it was read from AWS, and for how long that was when the plan was made
    revision   of the specs in the checkout of whoever took it
    signedBy   the fingerprint of the key that proved to have signed it; empty if nobody asked who did
    isOld      older than the limit
    assumed    what the plan needed to know, was not in it, and was taken to be as these sentences say
    """

    taken: datetime
    ageSeconds: int
    revision: str = ""
    signedBy: str = ""
    isOld: bool = False
    assumed: tuple[str, ...] = ()


class Report(Item):
    """One pass on one target.

    calls         calls that the plan makes at least, and `readCalls` that reading cost
    seconds       the least time AWS's quotas allow for the plan
    waits         what the plan waits for besides, until AWS has finished with it: minutes as a rule
    unreadable    roots left alone because reading them failed, and why
    held          roots in which nothing is done although something differs, and why
    imports       roots whose definition is imported, and how many calls that stands for
    suspended     those of the held roots that somebody suspended
    refusals      why the plan as a whole may not be carried out; `digest` names it for --allow
    warnings      what AWS ignores of the specs
    snapshot      what stood in for AWS, in a plan that was made without it
    """

    formatVersion: int = FORMAT_VERSION
    version: str
    target: str
    account: str
    region: str
    owner: str
    revision: str = ""
    dryRun: bool
    changes: tuple[ChangeView, ...] = ()
    summary: Summary = Summary()
    calls: int = 0
    readCalls: int = 0
    seconds: float = 0.0
    waits: tuple[str, ...] = ()
    stages: tuple[StageView, ...] = ()
    unreadable: dict[str, str] = {}
    held: dict[str, str] = {}
    suspended: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    digest: str = ""
    imports: dict[str, int] = {}
    errors: tuple[str, ...] = ()
    warnings: tuple[WarningView, ...] = ()
    snapshot: SnapshotView | None = None

    @property
    def pending(self) -> bool:
        """True if anything differs that is not applied."""
        return any(change.status != "applied" for change in self.changes)


class Progress(Item):
    """One step that ended, for a live display: `done` of `total` steps of a root."""

    root: str
    title: str
    status: Literal["done", "failed", "blocked"]
    done: int
    total: int
    error: str = ""


def change_views(plan: Plan, outcomes: dict[Address, tuple[Status, str]]) -> tuple[ChangeView, ...]:
    """The changes of a plan with how they went; all planned when there are no outcomes."""
    calls: dict[Address, int] = {}
    for step in plan.steps:
        calls[step.at] = calls.get(step.at, 0) + 1
    return tuple(
        _view(change, calls.get(change.at, 0), *outcomes.get(change.at, ("planned", "")))
        for change in _all_changes(plan)
    )


def _all_changes(plan: Plan) -> list[Change]:
    """The changes, and the updates that only a replacement elsewhere makes necessary."""
    known = {change.at for change in plan.changes}
    extra = {step.at: step.change for step in plan.steps if step.at not in known and not step.proof}
    return sorted([*plan.changes, *extra.values()], key=lambda change: str(change.at))


def _view(change: Change, calls: int, status: Status, error: str) -> ChangeView:
    return ChangeView(
        root=str(change.at.root),
        path=" > ".join(at.name for at in change.at.lineage[1:]),
        kind=change.at.kind,
        key=change.at.key,
        action=change.action.value,
        reason=change.reason,
        was=change.was.name if change.was else "",
        fields=tuple(_fields(change)),
        calls=calls,
        status=status,
        error=error,
    )


def _fields(change: Change) -> Sequence[FieldChange]:
    if change.differences:
        return [
            FieldChange(field=item.field.rstrip("_"), old=item.old, new=item.new) for item in change.differences
        ]
    if change.new is not None and change.old is None:
        return [FieldChange(field=name, new=value) for name, value in _set_fields(change.new)]
    return []


def _set_fields(resource: Resource) -> list[tuple[str, Any]]:
    """The fields of a new resource that are not at their default."""
    kind = type(resource)
    content = canonical(resource)
    return [
        (name.rstrip("_"), content[name])
        for name, facet in facets(kind).items()
        if name in content
        and WRITE_ONLY not in facet.marks
        and getattr(resource, name) != kind.model_fields[name].default
        and (SENSITIVE not in facet.marks or content[name] is not None)
    ]


def warning_views(problems: Sequence[Problem]) -> tuple[WarningView, ...]:
    """These warnings in the order of files and lines."""
    found = sorted(problems, key=lambda problem: (problem.where or Where(""), problem.message))
    return tuple(_warning(problem) for problem in found)


def _warning(problem: Problem) -> WarningView:
    where = problem.where
    place = {"file": where.file, "line": where.line, "column": where.column} if where else {}
    return WarningView(message=problem.message, hint=problem.hint, **place)


def summarise(changes: Sequence[ChangeView], unchanged: int) -> Summary:
    """The counts of these changes."""
    actions = Counter(change.action for change in changes)
    statuses = Counter(change.status for change in changes)
    ends = {name: statuses[name] for name in ("failed", "blocked")}
    return Summary(**{str(name): count for name, count in actions.items()}, **ends, unchanged=unchanged)
