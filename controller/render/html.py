"""Reports as one page that needs nothing else: for an artifact of CI, or to send to somebody.

It is built as a tree, so no text in it can become markup. No script, nothing from elsewhere, no limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

# Only built and written here, never parsed.
from xml.etree import ElementTree as ET

from controller.render.dangers import Danger
from controller.render.facts import facts, overall
from controller.render.frame import Frame
from controller.render.outline import Block, Outline, Section, outline
from controller.render.snapshots import warnings
from controller.render.tallies import columns
from controller.render.words import count, requests
from controller.render.writer import visible
from controller.report import Placed, Report


PLAIN = Frame()

OPEN_LINES = 60
"""A root's changes that are longer are closed at first."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

BLOCKS = (
    "head",
    "meta",
    "title",
    "style",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "ul",
    "li",
    "thead",
    "tr",
    "th",
    "td",
    "pre",
    "summary",
    "details",
    "div",
    "nav",
    "section",
    "main",
    "table",
)
"""What may have a line end behind it, for whoever reads the source."""

WORDS = {"+": "new", "-": "old", "@": "head", "!": "note", " ": "same"}
"""The classes of lines by their sign, which is always shown too."""


def document(reports: Sequence[Report], frame: Frame = PLAIN) -> str:
    """The page."""
    outlines = [outline(report) for report in reports]
    title = overall(reports) if len(reports) != 1 else _headline(outlines[0])
    page = ET.Element("html", {"lang": "en"})
    head = _add(page, "head")
    _add(head, "meta", charset="utf-8")
    _add(head, "meta", http_equiv="Content-Security-Policy", content=POLICY)
    _add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", title)
    # Ours, and the one text that is not escaped.
    ET.SubElement(head, "style").text = _style()
    body = _add(page, "body")
    _add(body, "h1", title if outlines else "Nothing was planned")
    _problems(body, frame)
    _contents(body, outlines)
    for number, one in enumerate(outlines):
        _target(_add(body, "main" if len(outlines) == 1 else "section", id=f"t{number}"), one, frame, number)
    _footer(body, reports, frame)
    for part in page.iter():
        if part.tag in BLOCKS:
            part.tail = f"{part.tail or ''}\n"
    return "<!doctype html>\n" + ET.tostring(page, encoding="unicode", method="html") + "\n"


def _problems(body: ET.Element, frame: Frame) -> None:
    """What is wrong outside of any report, such as in the specs."""
    errors = [problem for problem in frame.problems if problem.severity == "error"]
    if not errors:
        return
    section = _add(body, "section")
    _add(section, "h2", count(len(errors), "error"))
    items = _add(section, "ul")
    for problem in errors:
        item = _add(items, "li")
        if problem.file:
            _place(item, problem, frame)
            _say(item, ": ")
        _say(item, problem.message)


def _style() -> str:
    return resources.files(__package__).joinpath("page.css").read_text("utf-8")


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """A child with this text. Attributes are named as Python can: `class_`, `http_equiv`."""
    names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    child = ET.SubElement(parent, tag, names)
    child.text = visible(text)
    return child


def _say(parent: ET.Element, text: str) -> None:
    """Text behind the last child."""
    children = list(parent)
    if children:
        children[-1].tail = (children[-1].tail or "") + visible(text)
    else:
        parent.text = (parent.text or "") + visible(text)


def _headline(one: Outline) -> str:
    return f"{one.headline} · {one.report.target} ({one.report.region})"


# ── the table of contents ────────────────────────────────────────────────────────────────────────


def _contents(body: ET.Element, outlines: Sequence[Outline]) -> None:
    """Links to each target, and in it to the dangers and each root."""
    if not any(one.dangers or one.tallies for one in outlines):
        return
    nav = _add(body, "nav", aria_label="Contents")
    for number, one in enumerate(outlines):
        if len(outlines) > 1:
            _add(_add(nav, "p"), "a", _headline(one), href=f"#t{number}")
        entries = _add(nav, "ul")
        if one.dangers:
            entry = _add(entries, "li")
            _add(entry, "a", one.title, href=f"#t{number}-danger")
        for place, section in enumerate(one.changes):
            entry = _add(entries, "li")
            _add(entry, "a", section.root, href=f"#t{number}-{place}")
            _say(entry, f" {section.counts}")


# ── a target ─────────────────────────────────────────────────────────────────────────────────────


def _target(parent: ET.Element, one: Outline, frame: Frame, number: int) -> None:
    if parent.tag == "section":
        _add(parent, "h2", _headline(one))
    if one.tallies:
        _table(_add(parent, "div", class_="wide", role="region", aria_label="In numbers", tabindex="0"), one)
    if one.dangers:
        _dangers(_add(parent, "div", class_="danger", id=f"t{number}-danger"), one, frame)
    for place, section in enumerate(one.changes):
        fold = _fold(parent, section.root, section.counts, opened=section.lines <= OPEN_LINES)
        fold.set("id", f"t{number}-{place}")
        _blocks(fold, section.blocks, frame)
    if one.drift:
        _sections(_fold(parent, "", one.before, opened=False), one.drift, frame)
    _left(parent, one, frame)
    _warnings(parent, one.report, frame)


def _table(parent: ET.Element, one: Outline) -> None:
    shown = list(columns(one.tallies, based=bool(one.report.base)))
    table = _add(parent, "table")
    head = _add(_add(table, "thead"), "tr")
    for title in ("API", *(title for title, _ in shown)):
        _add(head, "th", title, scope="col")
    rows = _add(table, "tbody")
    for tally in one.tallies:
        row = _add(rows, "tr")
        _add(row, "th", tally.root, scope="row")
        for _, say in shown:
            _add(row, "td", say(tally))


def _dangers(parent: ET.Element, one: Outline, frame: Frame) -> None:
    _add(parent, "h3", one.title)
    items = _add(parent, "ul")
    for danger in one.dangers:
        _danger(_add(items, "li"), danger, frame)
    if one.report.refusals and one.report.dryRun:
        allow = _add(parent, "p", "Nothing is done unless exactly this plan is allowed: ")
        _add(allow, "code", f"reconcile --allow {one.report.digest}")


def _danger(item: ET.Element, danger: Danger, frame: Frame) -> None:
    _add(item, "strong", danger.label)
    if danger.name:
        _say(item, " ")
        _add(item, "code", danger.name)
    _say(item, f": {danger.message}")
    if danger.place.file:
        _say(item, " · ")
        _place(item, danger.place, frame)
    if danger.requests is not None:
        _say(item, f" · {requests(danger.requests)}")


def _place(parent: ET.Element, place: Placed, frame: Frame) -> None:
    shown = f"{place.file}:{place.line}" if place.line else place.file
    if url := frame.url(place):
        parent = _add(parent, "a", href=url)
    _add(parent, "code", shown)


# ── what changes ─────────────────────────────────────────────────────────────────────────────────


def _fold(parent: ET.Element, name: str, note: str, *, opened: bool) -> ET.Element:
    fold = _add(parent, "details")
    if opened:
        fold.set("open", "open")
    summary = _add(fold, "summary")
    if name:
        _add(summary, "code", name)
        _say(summary, " ")
    _say(summary, note)
    return fold


def _sections(parent: ET.Element, sections: Iterable[Section], frame: Frame) -> None:
    for section in sections:
        _add(_add(parent, "h4"), "code", section.root)
        _blocks(parent, section.blocks, frame)


def _blocks(parent: ET.Element, blocks: Iterable[Block], frame: Frame) -> None:
    for block in blocks:
        title = _add(parent, "p", class_=f"title {WORDS[block.sign]}")
        _add(title, "code", f"{block.sign} {block.title}")
        if block.place.file:
            _say(title, " ")
            _place(title, block.place, frame)
        rows = [row for field in block.fields for row in field.rows]
        if rows:
            lines = _add(parent, "pre")
            for row in rows:
                _add(lines, "span", f"{row.sign} {row.text}", class_=WORDS[row.sign]).tail = "\n"


# ── what stays, and the end ──────────────────────────────────────────────────────────────────────


def _left(parent: ET.Element, one: Outline, frame: Frame) -> None:
    report = one.report
    lines = [(root, f" could not be read: {why}") for root, why in report.unreadable.items()]
    lines += [(root, f": {why}") for root, why in report.held.items()]
    roots = {*report.unreadable, *report.held, *(section.root for section in one.left)}
    if not roots:
        return
    fold = _fold(parent, "", f"Left alone: {count(len(roots), 'root')}", opened=False)
    items = _add(fold, "ul")
    for root, why in lines:
        item = _add(items, "li")
        _add(item, "code", root)
        _say(item, why)
    _sections(fold, one.left, frame)


def _warnings(parent: ET.Element, report: Report, frame: Frame) -> None:
    found = warnings(report)
    if not found:
        return
    items = _add(_fold(parent, "", count(len(found), "warning"), opened=False), "ul")
    for warning in found:
        item = _add(items, "li")
        if warning.file:
            _place(item, warning, frame)
            _say(item, ": ")
        _say(item, f"{warning.message} ({warning.hint})" if warning.hint else warning.message)


def _footer(body: ET.Element, reports: Sequence[Report], frame: Frame) -> None:
    footer = _add(body, "footer")
    for name, value in facts(reports):
        fact = _add(footer, "span", f"{name} ")
        _add(fact, "code", value)
        fact.tail = " "
    if frame.run_url:
        _add(footer, "a", "the run", href=frame.run_url)
