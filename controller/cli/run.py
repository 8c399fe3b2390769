"""`reconcile`: plan, ask, apply, report; all targets at once, and told of one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from controller.cli import local
from controller.cli.based import based
from controller.cli.errors import explain, worst
from controller.cli.findings import PENDING, code_of, found, has_trouble, has_work
from controller.cli.lanes import Lane, Run, Wishes
from controller.cli.outputs import TEXT, Result, deliver
from controller.cli.scope import requests
from controller.cli.session import Session
from controller.cli.signals import stoppable
from controller.errors import RefusedError, SpecErrors, UsageError
from controller.render.progress import progress_display
from controller.render.text import render
from controller.report import Progress, Report
from controller.request import Request


AT_ONCE = 8
"""Targets that are worked on at once."""

QUESTION = 'Apply these changes? Only "yes" is accepted: '
NO_TERMINAL = "refusing to change anything without a terminal: pass --yes to apply or --dry-run to preview"


def run(session: Session, wishes: Wishes) -> int:
    """All wanted targets; the worst of their exit codes."""
    if wishes.fail_on and not wishes.dry_run:
        raise UsageError("--fail-on is for a preview: it goes with --dry-run")
    live = wishes.live
    live.check(dry_run=wishes.dry_run, yes=wishes.yes, elsewhere=session.local or bool(wishes.endpoint_url))
    state = Run(session, wishes)
    codes: list[int] = []
    try:
        aimed = list(_aimed(state))
        state.opening = live.opening(session.engine) or session.engine.open_pass
        with based(session, wishes.base) as start:
            codes.append(start.code)
            state.lanes = [Lane(replace(request, base=start.base)) for request in aimed]
            _targets(state)
    except Exception as error:
        state.trouble.note(error)
        raise
    finally:
        # Whatever happens, who reads the result gets all there is of it.
        reports = [lane.report for lane in state.lanes if lane.report]
        result = Result(reports, state.trouble.views(), wishes.verbose)
        codes.append(deliver(wishes.outputs, result, session))
    if wishes.posting.is_wanted:
        from controller.cli.posting import post  # noqa: PLC0415  who posts nothing needs none of it

        codes.append(post(wishes.posting, result, _bad(state), session))
    return worst([*codes, *(lane.code for lane in state.lanes)])


def _bad(state: Run) -> frozenset[str]:
    """The targets that went wrong, or have a finding that the run is to fail on; pending changes are none."""
    lanes = [lane for lane in state.lanes if lane.code not in (0, PENDING) or _is_found(state, lane.report)]
    return frozenset(lane.request.target for lane in lanes)


def _is_found(state: Run, report: Report | None) -> bool:
    return bool(report and found(report, state.wishes.fail_on))


def _targets(state: Run) -> None:
    for lane, error in _each(state.lanes, lambda lane: _plan(state, lane)):
        if error:
            lane.code = _told(state, lane, error)
        elif lane.report:
            _show(state, lane.report)
            lane.code = _preview(state, lane.report)
    _separate(state)
    wanted = [lane for lane in state.lanes if _is_wanted(state, lane)]
    if wanted and _may_apply(state, wanted):
        _apply(state, wanted)
    if state.trouble.problems:
        explain(SpecErrors(state.trouble.problems), state.session)


def _aimed(state: Run) -> Iterator[Request]:
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
            strategy=wishes.strategy,
            usage=wishes.usage,
        )
        yield local.aimed(request, emulator) if emulator else request


def _each(lanes: list[Lane], work: Callable[[Lane], None]) -> Iterator[tuple[Lane, Exception | None]]:
    """Does the work for all at once; each with what went wrong, in order, as soon as may be."""
    pool = ThreadPoolExecutor(AT_ONCE)
    jobs = [(lane, pool.submit(work, lane)) for lane in lanes]
    try:
        for lane, job in jobs:
            error = job.exception()
            if error is None or isinstance(error, Exception):
                yield lane, error
            else:
                raise error
    finally:
        # After Ctrl-C nobody wants to wait for the others.
        pool.shutdown(wait=False, cancel_futures=True)


def _told(state: Run, lane: Lane, error: Exception) -> int:
    """Tell why a target failed; its exit code."""
    state.trouble.note(error, lane.request.target)
    # Wrong specs are told of at the end: targets share most of their problems.
    return error.exit_code if isinstance(error, SpecErrors) else explain(error, state.session)


# ── the plans ────────────────────────────────────────────────────────────────────────────────────


def _plan(state: Run, lane: Lane) -> None:
    assert state.opening
    lane.one = state.opening(lane.request)
    lane.report = _local_urls(state, lane.request, lane.one.plan())


def _preview(state: Run, planned: Report) -> int:
    """The exit code if it stays at the plan."""
    if planned.refusals and state.wishes.allow != planned.digest:
        return _refused(state, planned)
    wanted = state.wishes.fail_on | ({"changes"} if state.wishes.detailed else set())
    return PENDING if found(planned, wanted) and not has_trouble(planned) else code_of(planned)


def _refused(state: Run, planned: Report) -> int:
    if state.wishes.allow:
        state.session.err().print(
            f"--allow {state.wishes.allow} is for another plan: review this one", markup=False
        )
    return RefusedError.exit_code


def _separate(state: Run) -> None:
    """Targets must not share what they manage: each would make it anew, and take the other's for left over."""
    places: dict[tuple[str, str, str], list[Lane]] = {}
    for lane in state.lanes:
        if lane.report:
            place = (lane.report.account, lane.report.region, lane.report.owner)
            places.setdefault(place, []).append(lane)
    for (account, region, owner), lanes in places.items():
        if len(lanes) > 1:
            names = ", ".join(lane.request.target for lane in lanes)
            shared = f"account {account}, {region}, owner {owner}"
            msg = f"targets {names} are one and the same place ({shared}): give each an owner of its own"
            code = explain(UsageError(msg), state.session)
            for lane in lanes:
                lane.code, lane.one = code, None


def _is_wanted(state: Run, lane: Lane) -> bool:
    planned = lane.report
    if state.wishes.dry_run or not planned or not lane.one or not has_work(planned):
        return False
    return not planned.refusals or state.wishes.allow == planned.digest


def _may_apply(state: Run, lanes: list[Lane]) -> bool:
    """Asks, once for all, unless that was said already."""
    if state.wishes.yes:
        return True
    if not _is_terminal():
        code = explain(UsageError(NO_TERMINAL), state.session)
    elif _confirmed(state, lanes):
        return True
    else:
        state.session.err().print("Nothing was changed.")
        code = PENDING
    for lane in lanes:
        lane.code = code
    return False


def _show(state: Run, report: Report) -> None:
    if state.wishes.outputs.stdout != TEXT:
        return
    out = state.session.out()
    if state.shown:
        out.print()
    state.shown += 1
    render(report, console=out, verbose=state.wishes.verbose, named=state.many)
    out.file.flush()


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _confirmed(state: Run, lanes: list[Lane]) -> bool:
    """Asks on stderr. Who asked for another format has not seen the plans yet."""
    err = state.session.err()
    is_shown = state.wishes.outputs.stdout == TEXT
    for lane in () if is_shown else lanes:
        if lane.report:
            render(lane.report, console=err, verbose=state.wishes.verbose)
            err.print()
    if is_shown:
        err.print()
    err.print(QUESTION, end="", markup=False, highlight=False, soft_wrap=True)
    err.file.flush()
    return sys.stdin.readline().strip() == "yes"


def _local_urls(state: Run, request: Request, report: Report) -> Report:
    at = request.endpoint_url
    return local.addressed(report, at) if state.session.local and at else report


# ── applying ─────────────────────────────────────────────────────────────────────────────────────


def _apply(state: Run, lanes: list[Lane]) -> None:
    totals = {
        _label(state, lane, root): count for lane in lanes if lane.one for root, count in lane.one.totals.items()
    }
    display = progress_display(state.session.err(), totals)
    with stoppable() as (stop, signals), display as progress:

        def work(lane: Lane) -> None:
            def listen(step: Progress) -> None:
                names = {"root": _label(state, lane, step.root), "title": _label(state, lane, step.title)}
                progress(step.model_copy(update=names))

            if lane.one:
                lane.report = _local_urls(state, lane.request, lane.one.apply(listen, stop))

        ended = list(_each(lanes, work))
    for lane, error in ended:
        if error:
            lane.code = _told(state, lane, error)
        elif lane.report:
            _show(state, lane.report)
            lane.code = code_of(lane.report)
        if signals:
            lane.code = 128 + signals[0]


def _label(state: Run, lane: Lane, text: str) -> str:
    return f"{lane.request.target}: {text}" if state.many else text
