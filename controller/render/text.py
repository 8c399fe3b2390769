"""The report as text, for a terminal or a log.

The closing lines (`Plan: …`, `No changes: …`, `Applied: …`, `Failed: …`) are an interface that
scripts may rely on: they change only together with the report's format version.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console

from controller.render import values
from controller.render.writer import Part, Writer
from controller.report import ChangeView, Report, SnapshotView


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
    out.line(0, Part(f"Target {report.target}", "bold"), Part(f" ({', '.join(facts)})"))
    if report.snapshot:
        _origin(out, report.snapshot)
    out.gap()


def _origin(out: Writer, snapshot: SnapshotView) -> None:
    facts = [f"{snapshot.taken:%Y-%m-%d %H:%M} UTC"]
    if snapshot.revision:
        facts.append(f"revision {snapshot.revision}")
    facts.append(f"signed by {snapshot.signedBy[:_FINGERPRINT]}" if snapshot.signedBy else "not known by whom")
    age = _age(snapshot.ageSeconds)
    out.line(0, f"From a snapshot that is {age} old ({', '.join(facts)}): what happened on AWS since is not in it.")


def _age(seconds: int) -> str:
    hours = seconds // 3600
    if hours < 1:
        return f"{seconds // 60} min"
    return f"{hours} h" if hours < _DAYS * 24 else f"{hours // 24} days"


_DAYS = 3
"""From so many on, an age is told in days."""

_FINGERPRINT = len("sha256:") + 16
"""Characters of a fingerprint that tell keys apart."""


# ── the plan ─────────────────────────────────────────────────────────────────────────────────────


def _changes(out: Writer, changes: Sequence[ChangeView], *, verbose: bool) -> None:
    by_root = sorted(changes, key=lambda change: change.root)
    for root, group in groupby(by_root, lambda change: change.root):
        out.line(0, Part(root, "bold"))
        _root(out, list(group), verbose=verbose)
        out.gap()


def _root(out: Writer, changes: Sequence[ChangeView], *, verbose: bool) -> None:
    """The changes of one root. What goes with its container is only counted, unless verbose."""
    told = {change.path for change in changes}
    gone = {change.path for change in changes if change.action == "delete" and not verbose}
    taken = {path: above[0] for path in gone if (above := _above(path, gone))}
    inside = Counter(taken.values())
    for change in changes:
        if change.action == "delete" and change.path in taken:
            continue
        count = inside[change.path] if change.action == "delete" else 0
        note = f"and {_count(count, 'resource')} inside" if count else ""
        _change(out, change, _above(change.path, told), note, verbose=verbose)


def _above(path: str, paths: set[str]) -> list[str]:
    """Those of the paths that this one is under, outermost first; the root's own path is empty."""
    steps = path.split(" > ") if path else []
    return [above for n in range(len(steps)) if (above := " > ".join(steps[:n])) in paths]


def _change(out: Writer, change: ChangeView, above: list[str], inside: str, *, verbose: bool) -> None:
    """One change and its fields, under the closest change around it."""
    indent = 2 + 2 * len(above)
    name = change.path or change.root
    if above and above[-1]:
        name = change.path.removeprefix(f"{above[-1]} > ")
    if change.action == "rename":
        name = f"{change.was} {out.marks['arrow']} {_last(name)}"
    notes = [note for note in (change.reason, inside) if note]
    if change.status in ("held", "skipped"):
        notes.append(": ".join(filter(None, (change.status, change.error))))
    style = COLOURS[change.action]
    out.line(
        indent,
        Part(f"{out.marks[change.action]} {change.action} ", f"bold {style}"),
        Part(name, style),
        Part(f" ({'; '.join(notes)})" if notes else ""),
    )
    for line in _fields(out, change, verbose=verbose):
        out.line(indent + 4, *line)


def _last(path: str) -> str:
    return path.rpartition(" > ")[2]


def _fields(out: Writer, change: ChangeView, *, verbose: bool) -> Iterator[values.Line]:
    for item in change.fields:
        if change.action == "create":
            yield from values.created(item.field, item.new, out.marks, verbose=verbose)
        else:
            yield from values.changed(item.field, item.old, item.new, out.marks, verbose=verbose)


def _price(out: Writer, report: Report) -> None:
    read = f"(reading took {_count(report.readCalls, 'call')})"
    count = report.summary
    if not report.changes:
        are = "is" if count.unchanged == 1 else "are"
        unknown = len(report.unreadable)
        but = f", {_count(unknown, 'root')} could not be read" if unknown else ""
        same = f"{_count(count.unchanged, 'resource')} {are} as declared"
        out.line(0, Part(f"No changes: {same}{but} {read}.", "bold"))
        return
    plan = (
        f"Plan: {count.create} to create, {count.update} to update, {count.replace} to replace, "
        f"{count.rename} to rename, {count.delete} to delete; {count.unchanged} unchanged."
    )
    out.line(0, Part(plan, "bold"))
    for root, calls in report.imports.items():
        out.line(0, f"{root} by import: 1 call instead of {calls}.")
    if count.adopt:
        out.line(0, f"{_count(count.adopt, 'live root')} to adopt: each gets the tags that say whose it is.")
    least = f", at least {_duration(report.seconds)} under its quotas" if report.seconds >= 1 else ""
    out.line(0, f"{_count(report.calls, 'call')} to AWS{least} {read}.")
    if report.waits:
        out.line(0, f"Waits until AWS has finished with {', '.join(report.waits)}: minutes each, as a rule.")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    parts = [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest)
    return " ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
    warnings = report.warnings if report.dryRun else ()
    for warning in warnings:
        hint = f" ({warning.hint})" if warning.hint else ""
        place = f"{warning.place}: " if warning.place else ""
        out.line(0, place, Part("warning: ", "bold yellow"), f"{warning.message}{hint}")
    for error in report.errors:
        out.line(0, Part("error: ", "bold red"), error)
    told = _doubts(out, report.snapshot) if report.snapshot else False
    if report.unreadable or report.held or report.refusals or report.errors or warnings or told:
        out.gap()


def _doubts(out: Writer, snapshot: SnapshotView) -> bool:
    """What makes a plan from a snapshot less sure; True if there is anything."""
    if snapshot.isOld:
        out.line(0, Part("warning: ", "bold yellow"), f"the snapshot is {_age(snapshot.ageSeconds)} old")
    for told in snapshot.assumed:
        out.line(0, Part("not in the snapshot: ", "yellow"), told)
    return snapshot.isOld or bool(snapshot.assumed)


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
