"""Reports as one comment on a pull request.

Rules that do not bend:
1. It is one comment, within the limit of its host in characters and in bytes.
2. What endangers somebody is told first, stands in no fold, and is left out last, never without saying so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from controller.render.dangers import Danger
from controller.render.facts import facts, overall
from controller.render.frame import Frame
from controller.render.ladder import Rung, rungs
from controller.render.markup import cell, code, fenced, folded, link, prose, table
from controller.render.outline import Block, Outline, Section, outline
from controller.render.rows import Row
from controller.render.snapshots import warnings
from controller.render.tallies import columns
from controller.render.words import count, requests, shortened
from controller.report import Placed, Report, WarningView


PLAIN = Frame()

RESERVED = 600
"""Characters of the limit for whoever puts a line in front, and for hosts that count line ends twice."""

OPEN_LINES = 12
"""A part that is longer is closed at first."""


def document(reports: Sequence[Report], frame: Frame = PLAIN) -> str:
    """The comment: on the highest rung of the ladder that fits the frame's limit."""
    outlines = [outline(report) for report in reports]
    ladder = rungs(outlines)

    def page(rung: Rung) -> str:
        return "\n\n".join(_page(outlines, frame, rung)) + "\n"

    def room(rung: Rung) -> int:
        """What it leaves. Bytes are never fewer than characters."""
        return frame.limit - RESERVED - len(page(rung).encode())

    # Each rung is shorter than those before it.
    return page(ladder[min(bisect_left(ladder, 0, key=room), len(ladder) - 1)])


def _page(outlines: Sequence[Outline], frame: Frame, rung: Rung) -> Iterator[str]:
    if not outlines:
        yield "**Nothing was planned.**"
    yield from _problems(frame, rung)
    if len(outlines) > 1:
        yield f"**{overall(_reports(outlines))}**"
    shown = outlines[: rung.targets]
    for one in shown:
        yield from _target(one, frame, rung, many=len(outlines) > 1)
    if left := outlines[len(shown) :]:
        worst = sum(len(one.dangers) for one in left)
        yield f"**{count(len(left), 'more target')}** with {count(worst, 'danger')}: {_elsewhere(frame)}."
    yield from _ending(outlines, frame, rung)


def _problems(frame: Frame, rung: Rung) -> Iterator[str]:
    """What is wrong outside of any report, such as in the specs."""
    errors = [problem for problem in frame.problems if problem.severity == "error"]
    if not errors:
        return
    lines = []
    for problem in errors[: rung.problems]:
        place = f"{_place(problem, frame)}: " if problem.file else ""
        lines.append(f"- {place}{prose(problem.message)}")
    if more := len(errors) - rung.problems:
        lines += [f"- **{more} more**: {_elsewhere(frame)}"] if more > 0 else []
    yield f"#### {count(len(errors), 'error')}"
    yield "\n".join(lines)


def _target(one: Outline, frame: Frame, rung: Rung, *, many: bool) -> Iterator[str]:
    report = one.report
    where = code(f"{report.target} ({report.region})")
    yield f"### {one.headline} · {where}" if many else f"**{one.headline}** · {where}"
    if one.tallies and rung.tallies != 0:
        yield _table(one, rung)
    if rung.tallies is not None and (more := len(one.tallies) - rung.tallies) > 0:
        yield f"{count(more, 'more root' if rung.tallies else 'root')}: {_elsewhere(frame)}."
    yield from _dangers(one, frame, rung)
    yield from _sections(one.changes, rung)
    if one.drift:
        yield from _fold(one.before, _inner(one.drift, rung), rung)
    yield from _left(one, frame, rung)
    yield from _warnings(warnings(report), frame, rung)


def _table(one: Outline, rung: Rung) -> str:
    shown = list(columns(one.tallies, based=bool(one.report.base)))
    rows = [[cell(tally.root), *(say(tally) for _, say in shown)] for tally in one.tallies[: rung.tallies]]
    return table(["API", *(title for title, _ in shown)], rows)


# ── danger ───────────────────────────────────────────────────────────────────────────────────────


def _dangers(one: Outline, frame: Frame, rung: Rung) -> Iterator[str]:
    if not one.dangers:
        return
    shown = one.dangers[: rung.dangers]
    lines = [_danger(danger, frame) for danger in shown]
    if more := len(one.dangers) - len(shown):
        lines.append(f"- **{more} more**, none graver than these: {_elsewhere(frame)}")
    yield f"#### {one.title}"
    yield "\n".join(lines)
    if one.report.refusals and one.report.dryRun:
        allow = code(f"reconcile --allow {one.report.digest}")
        yield f"Nothing is done unless exactly this plan is allowed: {allow}"


def _danger(danger: Danger, frame: Frame) -> str:
    name = f" {code(danger.name)}" if danger.name else ""
    known = [_place(danger.place, frame)] if danger.place.file else []
    if danger.requests is not None:
        known.append(requests(danger.requests))
    return " · ".join([f"- **{danger.label}**{name}: {prose(danger.message)}", *known])


def _place(place: Placed, frame: Frame) -> str:
    shown = f"{place.file}:{place.line}" if place.line else place.file
    return link(shown, frame.url(place))


# ── what changes ─────────────────────────────────────────────────────────────────────────────────


def _sections(sections: Iterable[Section], rung: Rung) -> Iterator[str]:
    for section in sections if rung.bodies else ():
        body = _body(section.blocks, rung)
        yield folded(section.root, section.counts, fenced(body), opened=len(body) <= OPEN_LINES)


def _body(blocks: Sequence[Block], rung: Rung) -> list[str]:
    shown = blocks[: rung.blocks]
    lines = [shortened(line, rung.width) for block in shown for line in _lines(block, rung)]
    return [*lines, f"  {len(blocks) - len(shown)} more"] if len(shown) < len(blocks) else lines


def _lines(block: Block, rung: Rung) -> Iterator[str]:
    if rung.values:
        yield f"{block.sign} {block.title}"
        for row in (row for field in block.fields for row in field.rows):
            if rung.context or row.sign != " ":
                yield _row(row)
    else:
        names = ", ".join(field.name for field in block.fields)
        yield f"{block.sign} {block.title}" + (f": {names}" if names else "")


def _row(row: Row) -> str:
    return f"@@ {row.text} @@" if row.sign == "@" else f"{row.sign}   {row.text}".rstrip()


def _inner(sections: Iterable[Section], rung: Rung) -> str:
    """The bodies of several roots one below the other."""
    parts = [part for section in sections for part in (code(section.root), fenced(_body(section.blocks, rung)))]
    return "\n\n".join(parts)


def _fold(note: str, body: str, rung: Rung) -> Iterator[str]:
    """A fold that is closed; only what it is about where there is no room for bodies."""
    yield folded("", note, body, opened=False) if rung.bodies else f"{note}."


# ── what stays ───────────────────────────────────────────────────────────────────────────────────


def _left(one: Outline, frame: Frame, rung: Rung) -> Iterator[str]:
    report = one.report
    lines = [f"- {code(root)} could not be read: {prose(why)}" for root, why in report.unreadable.items()]
    lines += [f"- {code(root)}: {prose(why)}" for root, why in report.held.items()]
    if lines or one.left:
        number = len({*report.unreadable, *report.held, *(section.root for section in one.left)})
        body = "\n\n".join(filter(None, ("\n".join(lines), _inner(one.left, rung))))
        yield from _fold(f"Left alone: {count(number, 'root')}", body, rung)


def _warnings(found: Sequence[WarningView], frame: Frame, rung: Rung) -> Iterator[str]:
    lines = []
    for warning in found:
        hint = f" ({prose(warning.hint)})" if warning.hint else ""
        place = f"{_place(warning, frame)}: " if warning.file else ""
        lines.append(f"- {place}{prose(warning.message)}{hint}")
    if lines:
        yield from _fold(count(len(lines), "warning"), "\n".join(lines), rung)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────


def _ending(outlines: Sequence[Outline], frame: Frame, rung: Rung) -> Iterator[str]:
    if rung.note:
        yield f"*{rung.note}: {_elsewhere(frame)}.*"
    told = [" ".join(filter(None, (name, code(value)))) for name, value in facts(_reports(outlines))]
    if frame.run_url:
        told.append(f"[the run]({frame.run_url})")
    if told:
        yield "---"
        yield " · ".join(told)


def _reports(outlines: Sequence[Outline]) -> list[Report]:
    return [one.report for one in outlines]


def _elsewhere(frame: Frame) -> str:
    """Where all of it is."""
    return f"[the run has all]({frame.run_url})" if frame.run_url else f"{code('reconcile --dry-run -v')} has all"
