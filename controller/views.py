"""From a plan and its outcomes to what a report says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from controller.address import Address
from controller.callers import Impacts
from controller.diff import Action, Change
from controller.errors import Problem, Where
from controller.facets import COSMETIC, SENSITIVE, WRITE_ONLY, canonical, facets
from controller.impact import Impact
from controller.limits import seconds
from controller.model import KINDS, Resource
from controller.origins import FieldOrigin, Origins
from controller.report import ChangeView, FieldChange, ImpactView, ProblemView, RootView, Status, WarningView
from controller.state import State
from controller.steps import Plan


@dataclass(frozen=True)
class Findings:
    """What is known of a plan's changes besides themselves.

    desired    knows where each resource is written; `origins.base` knows it of specs that are gone
    left       changes that are held back, and why
    impacts    what changes do to callers
    requests   how many requests came lately to what a change is about, by change
    """

    desired: State = field(default_factory=State)
    origins: Origins = field(default_factory=Origins)
    impacts: Impacts = field(default_factory=dict)
    requests: Mapping[tuple[Address, Action], int] = field(default_factory=dict)
    left: Sequence[tuple[Change, str]] = ()

    def place(self, at: Address, name: str = "") -> Where | None:
        """Where a resource or a field of it is written, or what is around it; if its spec is gone, where it was."""
        trail = (name,) if name else ()
        return self.desired.place(at, *trail) or self.origins.base.place(at, *trail)


def change_views(
    plan: Plan, outcomes: Mapping[Address, tuple[Status, str]], findings: Findings
) -> tuple[ChangeView, ...]:
    """The changes of a plan with how they went (planned without outcomes), and those that are held back."""
    calls: dict[Address, int] = {}
    for step in plan.steps:
        calls[step.at] = calls.get(step.at, 0) + 1
    views = [
        _view(change, findings, calls.get(change.at, 0), *outcomes.get(change.at, ("planned", "")))
        for change in _all_changes(plan)
    ]
    views += [_view(change, findings, 0, "held", reason) for change, reason in findings.left]
    return tuple(sorted(views, key=lambda view: view.name))


def root_views(plan: Plan) -> tuple[RootView, ...]:
    """What the changes of each root cost, by name."""
    found: dict[Address, list[str]] = {}
    for step in plan.steps:
        found.setdefault(step.at.root, []).extend((step.call.operation, *step.proof))
    deploying = {change.at.root for change in plan.changes if _is_new_snapshot(change)}
    return tuple(
        RootView(root=str(at), calls=len(names), seconds=round(seconds(names), 1), deploys=at in deploying)
        for at, names in sorted(found.items())
    )


def _is_new_snapshot(change: Change) -> bool:
    return change.action is Action.CREATE and KINDS[change.at.kind].snapshot


def _all_changes(plan: Plan) -> list[Change]:
    """The changes, and the updates that only a replacement elsewhere makes necessary."""
    known = {change.at for change in plan.changes}
    extra = {step.at: step.change for step in plan.steps if step.at not in known and not step.proof}
    return [*plan.changes, *extra.values()]


def _view(change: Change, findings: Findings, calls: int, status: Status, error: str) -> ChangeView:
    origin = findings.origins.of(change)
    told = findings.impacts.get((change.at, change.action), ())
    return ChangeView(
        **_placed(findings.place(change.at)),
        root=str(change.at.root),
        path=" > ".join(at.name for at in change.at.lineage[1:]),
        kind=change.at.kind,
        key=change.at.key,
        action=change.action.value,
        reason=change.reason,
        was=change.was.name if change.was else "",
        fields=tuple(_fields(change, origin.fields if origin else ())),
        calls=calls,
        status=status,
        error=error,
        origin=origin.origin if origin else None,
        deploys=_deploys(change),
        requests=findings.requests.get((change.at, change.action)),
        impacts=tuple(_impact(change, item, findings) for item in told),
    )


def _placed(where: Where | None) -> dict[str, Any]:
    return {"file": where.file, "line": where.line, "column": where.column} if where else {}


def _impact(change: Change, impact: Impact, findings: Findings) -> ImpactView:
    return ImpactView(
        **_placed(findings.place(change.at, impact.field)),
        rule=impact.rule,
        severity=impact.severity,
        message=impact.message,
        field=impact.field,
    )


def _deploys(change: Change) -> bool:
    """Whether callers see it only after a deployment."""
    kind = KINDS[change.at.kind]
    if not kind.definition or change.action in (Action.RENAME, Action.ADOPT):
        return kind.definition and change.action is Action.RENAME
    marks = facets(kind)
    names = {item.field for item in change.differences}
    return not names or any(name not in marks or COSMETIC not in marks[name].marks for name in names)


def _fields(change: Change, origins: Sequence[FieldOrigin]) -> Iterator[FieldChange]:
    if origins:
        for item in origins:
            told = item.difference
            yield FieldChange(
                field=told.field.rstrip("_"), old=told.old, new=told.new, origin=item.origin, base=item.base
            )
    elif change.differences:
        for difference in change.differences:
            yield FieldChange(field=difference.field.rstrip("_"), old=difference.old, new=difference.new)
    elif change.new is not None and change.old is None:
        yield from (FieldChange(field=name, new=value) for name, value in _set_fields(change.new))


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
    return tuple(WarningView(**_told(problem)) for problem in _sorted(problems))


def problem_views(
    problems: Sequence[Problem], severity: Literal["error", "warning"] = "error", target: str = ""
) -> tuple[ProblemView, ...]:
    """These problems in the order of files and lines, each once; with a target if they are one target's alone."""
    return tuple(
        ProblemView(**_told(problem), severity=severity, target=target) for problem in _sorted(set(problems))
    )


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.where or Where(""), problem.message, problem.hint))


def _told(problem: Problem) -> dict[str, Any]:
    return {**_placed(problem.where), "message": problem.message, "hint": problem.hint}
