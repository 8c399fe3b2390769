"""What happens, as log lines: one for each pass and one for each of its steps, always with the same keys."""

from __future__ import annotations

from typing import Any

import structlog

from controller.loop.happenings import Fetched, Happening, Live, Loaded, Looked, Overridden, Stepped
from controller.report import Report


_log: Any = structlog.get_logger()


def log(happening: Happening) -> None:
    """An observer that logs. Nothing secret is in a happening."""
    match happening:
        case Fetched():
            _fetched(happening)
        case Loaded():
            _loaded(happening)
        case Stepped():
            _step(happening)
        case Looked():
            _pass(happening)
        case Live(target=target, revision=revision, seconds=seconds):
            _log.info("revision is live", target=target, revision=revision, seconds=round(seconds, 1))
        case Overridden():
            _overridden(happening)


def _fetched(fetched: Fetched) -> None:
    if fetched.error:
        _log.warning("source did not answer", error=fetched.error)
    else:
        _log.debug("source asked", revision=fetched.version.revision if fetched.version else "")


def _loaded(loaded: Loaded) -> None:
    _log.info(
        "specs read",
        target=loaded.target,
        revision=loaded.version.revision,
        roots=len(loaded.roots),
        invalid=len(loaded.invalid),
    )
    for problem in loaded.problems:
        _log.error("spec is invalid", target=loaded.target, problem=str(problem))


def _step(stepped: Stepped) -> None:
    step = stepped.step
    say = _log.info if step.status in ("done", "skipped") else _log.error
    say(
        "step",
        target=stepped.target,
        trigger=stepped.trigger,
        revision=stepped.revision,
        root=step.root,
        step=step.title,
        status=step.status,
        done=step.done,
        total=step.total,
        error=step.error,
    )


def _pass(looked: Looked) -> None:
    about = {"target": looked.target, "trigger": looked.trigger, "revision": looked.revision}
    report = looked.report
    if report:
        _left(report, about)
    say = _log.info if report else _log.warning if looked.throttled else _log.error
    say(
        "pass",
        **about,
        roots=len(looked.roots),
        changes=len(report.changes) if report else 0,
        failed=report.summary.failed if report else 0,
        calls=report.calls + report.readCalls if report else 0,
        seconds=round(looked.seconds, 2),
        error=looked.error,
    )


def _left(report: Report, about: dict[str, str]) -> None:
    """What differs and stays so, and why."""
    for change in report.changes:
        if change.status == "planned":
            where = f"{change.root} > {change.path}" if change.path else change.root
            _log.debug("differs", **about, at=where, action=change.action)
    for root, reason in (*report.held.items(), *report.unreadable.items()):
        _log.warning("left alone", **about, root=root, reason=reason)
    for reason in report.refusals:
        roots = sorted({change.root for change in report.changes})
        _log.warning("refused", **about, roots=roots, reason=reason, digest=report.digest)


def _overridden(overridden: Overridden) -> None:
    for one in overridden.suspensions:
        _log.warning("suspended", name=one.name, targets=one.targets, reason=one.words)
    if not overridden.suspensions:
        _log.info("nothing is suspended by operators")
