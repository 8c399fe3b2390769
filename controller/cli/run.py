"""`reconcile`: plan, ask, apply, report; one target after the other."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType

from controller.cli import local
from controller.cli.errors import explain, worst
from controller.cli.scope import requests
from controller.cli.session import Pass, Session
from controller.errors import ControllerError, Problem, RefusedError, SpecErrors, UsageError
from controller.reconcile import Request
from controller.render.json import document
from controller.render.progress import progress_display
from controller.render.text import render
from controller.report import Report


PARTLY, PENDING = 3, 2

QUESTION = 'Apply these changes? Only "yes" is accepted: '
NO_TERMINAL = "refusing to change anything without a terminal: pass --yes to apply or --dry-run to preview"


@dataclass(frozen=True)
class Wishes:
    """What the options ask of a run. Without pacing, `share` is None."""

    dry_run: bool = False
    yes: bool = False
    json: bool = False
    detailed: bool = False
    endpoint_url: str | None = None
    share: float | None = 0.85
    prune: bool | None = None
    allow: str = ""
    verbose: bool = False


@dataclass
class _Run:
    """What the targets have brought so far."""

    session: Session
    wishes: Wishes
    reports: list[Report] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def run(session: Session, wishes: Wishes) -> int:
    """All wanted targets; the worst of their exit codes."""
    state = _Run(session, wishes)
    try:
        _targets(state)
    finally:
        # Whatever happens, who reads JSON gets one whole document.
        if wishes.json:
            print(document(state.reports))  # noqa: T201
    return worst(state.codes)


def _targets(state: _Run) -> None:
    for request in _aimed(state):
        try:
            code = _target(state, request)
        except SpecErrors as error:
            # Told at the end: targets share most of their problems.
            state.problems += error.problems
            code = error.exit_code
        except ControllerError as error:
            code = explain(error, state.session)
        state.codes.append(code)
        if code > 128:  # noqa: PLR2004  ended by a signal
            break
    if state.problems:
        explain(SpecErrors(state.problems), state.session)


def _aimed(state: _Run) -> Iterator[Request]:
    """The requests with what the options say put in."""
    wishes = state.wishes
    emulator = local.running() if state.session.local else None
    if emulator and wishes.endpoint_url:
        msg = "give either --local or --endpoint-url, not both"
        raise UsageError(msg)
    for plain in requests(state.session):
        request = replace(
            plain,
            endpoint_url=wishes.endpoint_url,
            quota_share=wishes.share,
            prune=wishes.prune,
            allow=wishes.allow,
        )
        yield local.aimed(request, emulator) if emulator else request


# ── one target ───────────────────────────────────────────────────────────────────────────────────


def _target(state: _Run, request: Request) -> int:
    wishes = state.wishes
    one = state.session.engine.open_pass(request)
    planned = _local_urls(state, request, one.plan())
    state.reports.append(planned)
    _show(state, planned)
    if planned.refusals and wishes.allow != planned.digest:
        return _refused(state, planned)
    if wishes.dry_run or not _has_work(planned):
        return PENDING if wishes.detailed and planned.pending and not _trouble(planned) else _code(planned)
    if not wishes.yes:
        if not _is_terminal():
            raise UsageError(NO_TERMINAL)
        if not _confirmed(state, planned):
            state.session.err().print("Nothing was changed.")
            return PENDING
    report, stopped = _apply(state.session, one)
    report = _local_urls(state, request, report)
    state.reports[-1] = report
    _show(state, report)
    return stopped or _code(report)


def _refused(state: _Run, planned: Report) -> int:
    if state.wishes.allow:
        state.session.err().print(
            f"--allow {state.wishes.allow} is for another plan: review this one", markup=False
        )
    return RefusedError.exit_code


def _has_work(report: Report) -> bool:
    return any(change.status == "planned" for change in report.changes)


def _trouble(report: Report) -> bool:
    bad = any(change.status in ("failed", "blocked") for change in report.changes)
    return bad or bool(report.unreadable or report.errors)


def _code(report: Report) -> int:
    if not _trouble(report):
        return 0
    return PARTLY if any(change.status == "applied" for change in report.changes) else 1


def _show(state: _Run, report: Report) -> None:
    if state.wishes.json:
        return
    out = state.session.out()
    if len(state.reports) > 1 or not report.dryRun:
        out.print()
    render(report, console=out, verbose=state.wishes.verbose)
    out.file.flush()


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _confirmed(state: _Run, planned: Report) -> bool:
    """Asks on stderr. Who asked for JSON has not seen the plan yet."""
    err = state.session.err()
    if state.wishes.json:
        render(planned, console=err, verbose=state.wishes.verbose)
    err.print()
    err.print(QUESTION, end="", markup=False, highlight=False, soft_wrap=True)
    err.file.flush()
    return sys.stdin.readline().strip() == "yes"


def _local_urls(state: _Run, request: Request, report: Report) -> Report:
    at = request.endpoint_url
    return local.addressed(report, at) if state.session.local and at else report


# ── applying ─────────────────────────────────────────────────────────────────────────────────────


def _apply(session: Session, one: Pass) -> tuple[Report, int]:
    """The report, and the exit code if a signal ended it early."""
    display = progress_display(session.err(), one.totals)
    with _stoppable() as (stop, signals), display as progress:
        report = one.apply(progress, stop)
    return report, 128 + signals[0] if signals else 0


@contextmanager
def _stoppable() -> Iterator[tuple[threading.Event, list[int]]]:
    """The first Ctrl-C (or SIGTERM) lets running calls end; the second does what it always does."""
    stop, signals = threading.Event(), list[int]()

    def handle(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        stop.set()
        signal.signal(number, before[signal.Signals(number)])
        # Not through a console: it may be in the middle of a line, and holds a lock then.
        os.write(2, b"\nstopping: waiting for the calls that are under way\n")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop, signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
