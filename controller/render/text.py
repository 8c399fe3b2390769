"""The report as text, for a terminal or a log.

The closing lines (`Plan: …`, `No changes: …`, `Applied: …`, `Failed: …`) are an interface that
scripts may rely on: they change only together with the report's format version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console

from controller.render import values
from controller.render.dangers import dangers
from controller.render.nesting import Nested, nested
from controller.render.snapshots import taken, warnings
from controller.render.words import count, duration, requests, shortened
from controller.render.writer import Part, Writer
from controller.report import ChangeView, FieldChange, Placed, Report


COLOURS = {
    "create": "green",
    "update": "yellow",
    "replace": "magenta",
    "rename": "cyan",
    "delete": "red",
    "adopt": "cyan",
}
_PAST = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "rename": "renamed",
    "delete": "deleted",
}
"""What the closing line counts."""


def render(report: Report, *, console: Console, verbose: bool = False, named: bool = False) -> None:
    """Print a plan, or what became of it; the latter with its target's name if there are several."""
    out = Writer(console)
    if report.dryRun:
        _header(out, report)
        _changes(out, report.changes, verbose=verbose)
        _notes(out, report)
        _dangers(out, report)
        _price(out, report)
    else:
        if named:
            _header(out, report)
        _outcomes(out, report)
        _notes(out, report)
        _result(out, report)
        _stages(out, report)


def _header(out: Writer, report: Report) -> None:
    facts = [f"account {report.account}", report.region, f"owner {report.owner}"]
    if report.revision:
        facts.append(f"revision {report.revision}")
    if report.base:
        facts.append(f"base {report.base}")
    out.line(0, Part(f"Target {report.target}", "bold"), Part(f" ({', '.join(facts)})"))
    if report.snapshot:
        out.line(0, taken(report.snapshot))
    out.gap()


# ── the plan ─────────────────────────────────────────────────────────────────────────────────────


def _changes(out: Writer, changes: Sequence[ChangeView], *, verbose: bool) -> None:
    by_root = sorted(changes, key=lambda change: change.root)
    for root, group in groupby(by_root, lambda change: change.root):
        out.line(0, Part(root, "bold"))
        for item in nested(list(group), whole=verbose):
            _change(out, item, verbose=verbose)
        out.gap()


def _change(out: Writer, item: Nested, *, verbose: bool) -> None:
    """One change with its fields and what they do, under the closest change around it."""
    change = item.change
    indent = 2 + 2 * len(item.above)
    name = change.path or change.root
    if item.above and item.above[-1]:
        name = change.path.removeprefix(f"{item.above[-1]} > ")
    if change.action == "rename":
        name = f"{change.was} {out.marks['arrow']} {name.rpartition(' > ')[2]}"
    notes = [*item.notes, *_origin(change), *_where(change, verbose=verbose)]
    style = COLOURS[change.action]
    out.line(
        indent,
        Part(f"{out.marks[change.action]} {change.action} ", f"bold {style}"),
        Part(name, style),
        Part(f" ({'; '.join(notes)})" if notes else ""),
    )
    for line in _fields(out, change, verbose=verbose):
        out.line(indent + 4, *line)
    for impact in change.impacts:
        where = "".join(f" ({place})" for place in _where(impact, verbose=verbose))
        out.line(indent + 4, Part(f"! {impact.severity}: ", "bold red"), f"{impact.message}{where}")


def _where(item: Placed, *, verbose: bool) -> list[str]:
    return [item.place] if verbose and item.place else []


def _origin(change: ChangeView) -> list[str]:
    """A word for what the change alone did not cause, unless its fields tell."""
    if change.origin == "conflict":
        return (
            [] if any(field.origin == "conflict" for field in change.fields) else ["conflict: changed live as well"]
        )
    return ["drift"] if change.origin == "drift" else []


def _fields(out: Writer, change: ChangeView, *, verbose: bool) -> Iterator[values.Line]:
    for item in change.fields:
        if change.action == "create" and item.old is None:
            lines = values.created(item.field, item.new, out.marks, verbose=verbose)
        else:
            lines = values.changed(item.field, item.old, item.new, out.marks, verbose=verbose)
        note = _note(out, change, item, verbose=verbose)
        for number, line in enumerate(lines):
            yield line if number or not note else (*line, Part(note, values.FAINT))


def _note(out: Writer, change: ChangeView, item: FieldChange, *, verbose: bool) -> str:
    """Why a field differs, where that is not what its change says."""
    if item.origin == "conflict":
        most = None if verbose else values.MAX_INLINE
        return f" (conflict: base says {shortened(values.shown(item.base), most, out.marks['more'])})"
    return " (drift)" if item.origin == "drift" != change.origin else ""


def _dangers(out: Writer, report: Report) -> None:
    """What must not be missed, once more and gravest first. Refusals and errors stand among the notes."""
    found = [danger for danger in dangers(report) if danger.name]
    if found:
        out.line(0, Part("Danger", "bold red"))
    for danger in found:
        often = "" if danger.requests is None else f" ({requests(danger.requests)})"
        out.line(2, Part(f"! {danger.label} ", "bold red"), f"{danger.name}: {danger.message}{often}")
    if found:
        out.gap()


def _price(out: Writer, report: Report) -> None:
    read = f"(reading took {count(report.readCalls, 'call')})"
    summary = report.summary
    if not report.changes:
        are = "is" if summary.unchanged == 1 else "are"
        unknown = len(report.unreadable)
        but = f", {count(unknown, 'root')} could not be read" if unknown else ""
        same = f"{count(summary.unchanged, 'resource')} {are} as declared"
        out.line(0, Part(f"No changes: {same}{but} {read}.", "bold"))
        return
    drift = f"; {summary.drift} drifted, {summary.conflict} in conflict" if report.base else ""
    plan = (
        f"Plan: {summary.create} to create, {summary.update} to update, {summary.replace} to replace, "
        f"{summary.rename} to rename, {summary.delete} to delete; {summary.unchanged} unchanged{drift}."
    )
    out.line(0, Part(plan, "bold"))
    for root, calls in report.imports.items():
        out.line(0, f"{root} by import: 1 call instead of {calls}.")
    if summary.adopt:
        out.line(0, f"{count(summary.adopt, 'live root')} to adopt: each gets the tags that say whose it is.")
    least = f", at least {duration(report.seconds)} under its quotas" if report.seconds >= 1 else ""
    out.line(0, f"{count(report.calls, 'call')} to AWS{least} {read}.")
    if report.waits:
        out.line(0, f"Waits until AWS has finished with {', '.join(report.waits)}: minutes each, as a rule.")


# ── what is left alone ───────────────────────────────────────────────────────────────────────────


def _notes(out: Writer, report: Report) -> None:
    for root, reason in report.unreadable.items():
        out.line(
            0,
            Part(f"{out.marks['blocked']} {root}", "yellow"),
            f" could not be read and is left alone: {reason}",
        )
    for root, reason in report.held.items():
        out.line(0, Part(f"{out.marks['blocked']} {root}", "yellow"), f" ({reason})")
    for reason in report.refusals if report.dryRun else ():
        out.line(0, Part("refused: ", "bold red"), reason)
    if report.refusals and report.dryRun:
        out.line(0, f"To allow exactly this plan: --allow {report.digest}")
    known = warnings(report) if report.dryRun else ()
    for warning in known:
        hint = f" ({warning.hint})" if warning.hint else ""
        place = f"{warning.place}: " if warning.place else ""
        out.line(0, place, Part("warning: ", "bold yellow"), f"{warning.message}{hint}")
    for error in report.errors:
        out.line(0, Part("error: ", "bold red"), error)
    if report.unreadable or report.held or report.refusals or report.errors or known:
        out.gap()


# ── the outcome ──────────────────────────────────────────────────────────────────────────────────


def _outcomes(out: Writer, report: Report) -> None:
    bad = [change for change in report.changes if change.status not in ("planned", "applied")]
    for change in bad:
        style = "bold red" if change.status == "failed" else "yellow"
        name = f"{change.root} > {change.path}" if change.path else change.root
        reason = f": {change.error}" if change.error else ""
        mark = Part(f"{out.marks[change.status]} {change.status} ", style)
        out.line(0, mark, f"{change.action} {name}{reason}")
    if bad:
        out.gap()


def _result(out: Writer, report: Report) -> None:
    done: list[str] = [change.action for change in report.changes if change.status == "applied"]
    counts = ", ".join(f"{done.count(action)} {word}" for action, word in _PAST.items())
    out.line(0, Part(f"Applied: {counts}; {report.summary.unchanged} unchanged.", "bold"))
    if adopted := done.count("adopt"):
        out.line(0, f"Adopted: {adopted}.")
    ends = [change.status for change in report.changes if change.status not in ("planned", "applied")]
    if ends:
        parts = ", ".join(f"{ends.count(status)} {status}" for status in dict.fromkeys(sorted(ends, key=_rank)))
        word = "Failed" if "failed" in ends else "Not applied"
        out.line(0, Part(f"{word}: {parts}.", "bold red"))


def _rank(status: str) -> int:
    return ("failed", "blocked", "held", "skipped").index(status)


def _stages(out: Writer, report: Report) -> None:
    if not report.stages:
        return
    out.gap()
    names = [f"{stage.api}/{stage.stage}" for stage in report.stages]
    width = max(map(len, names))
    for name, stage in zip(names, report.stages, strict=True):
        if width + 4 + len(stage.url) <= out.console.width:
            out.line(2, f"{name:<{width}}  ", Part(stage.url, "underline"))
        else:
            out.line(2, name)
            out.line(4, Part(stage.url, "underline"), wrap=False)
