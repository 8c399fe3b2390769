"""`reconcile import`: what was written, what was not and why, and whether the plan right after is empty."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.console import Console

from controller.cli import local
from controller.cli.scope import requests
from controller.cli.session import Session
from controller.errors import UsageError
from controller.importing.adopt import Imported, Wish
from controller.importing.update import Updated
from controller.render.text import render
from controller.render.writer import Part, Writer
from controller.report import Report
from controller.request import Request


LEFT = 1
"""The exit code when something that was asked for is not as it should be."""


@dataclass(frozen=True)
class Wishes:
    """What the options ask for."""

    what: tuple[str, ...] = ()
    everything: bool = False
    kinds: tuple[str, ...] = ()
    update: bool = False
    overwrite: bool = False
    endpoint_url: str | None = None
    share: float | None = 0.85


def run(session: Session, wishes: Wishes) -> int:
    """Import into the specs of one target, or bring them up to date."""
    _check(wishes)
    request = _request(session, wishes)
    if wishes.update:
        return _told_update(session, session.engine.update(request, wishes.what))
    wish = Wish(wishes.what, wishes.kinds, wishes.everything, wishes.overwrite)
    return _told_import(session, session.engine.import_roots(request, wish))


def _check(wishes: Wishes) -> None:
    if wishes.update and (wishes.everything or wishes.kinds or wishes.overwrite):
        msg = "--update goes with names alone: it changes the specs that are there"
        raise UsageError(msg)
    if not wishes.update and bool(wishes.what) == wishes.everything:
        msg = "say what to import: AWS ids, or --all"
        raise UsageError(msg)


def _request(session: Session, wishes: Wishes) -> Request:
    found = list(requests(session))
    if len(found) > 1:
        msg = "specs are imported from one target: choose it with --target"
        raise UsageError(msg)
    request = replace(found[0], endpoint_url=wishes.endpoint_url, quota_share=wishes.share)
    if session.local:
        if wishes.endpoint_url:
            msg = "give either --local or --endpoint-url, not both"
            raise UsageError(msg)
        request = local.aimed(request, local.running())
    return request


def _told_import(session: Session, result: Imported) -> int:
    out = Writer(session.out())
    for file in result.written:
        out.line(0, Part("wrote ", "green"), file)
    _left(out, result.left)
    if result.report is None:
        out.line(0, Part("Nothing was written.", "bold"))
        return LEFT if result.left else 0
    out.gap()
    _plan(session.out(), result.report)
    told = _count(len(result.roots), "root")
    if not result.differences and not result.report.unreadable:
        out.line(0, Part(f"Imported {told}: the plan adopts them and changes nothing else.", "bold"))
        return 0
    out.line(0, Part(f"Imported {told}, but the plan holds more than the adoption: see above.", "bold yellow"))
    return LEFT


def _told_update(session: Session, result: Updated) -> int:
    out = Writer(session.out())
    for line in result.written:
        out.line(0, Part("wrote ", "green"), line)
    _left(out, result.left)
    if result.shared:
        out.line(0, Part("note: ", "cyan"), f"{', '.join(result.shared)}: the spec is for other targets as well")
    if result.report.changes:
        out.gap()
        _plan(session.out(), result.report)
    if result.differences or result.left or result.report.unreadable:
        out.line(0, Part("The specs do not say all that is live: see above.", "bold yellow"))
        return LEFT
    same = "The specs say what is live" if result.written else "Nothing differs"
    undeployed = "; what is left is to deploy it, since nothing shows that the stages serve it"
    out.line(0, Part(f"{same}{undeployed if result.report.changes else ''}.", "bold"))
    return 0


def _left(out: Writer, reasons: list[str]) -> None:
    for reason in reasons:
        out.line(0, Part("not written: ", "yellow"), reason)


def _plan(console: Console, report: Report) -> None:
    render(report, console=console)
    Writer(console).gap()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
