"""What happens, as log lines: one for each pass, one for each change, with constant keys."""

from __future__ import annotations

from typing import Any

import structlog

from controller.loop.happenings import Fetched, Happening, Live, Loaded, Looked, Overridden


_log: Any = structlog.get_logger()


def log(happening: Happening) -> None:
    """An observer that logs. Nothing secret is in a happening."""
    match happening:
        case Fetched(error=error) if error:
            _log.warning("source did not answer", error=error)
        case Fetched(version=version):
            _log.debug("source asked", revision=version.revision if version else "")
        case Loaded():
            _log.info(
                "specs read",
                target=happening.target,
                revision=happening.version.revision,
                roots=len(happening.roots),
                invalid=len(happening.invalid),
            )
            for problem in happening.problems:
                _log.error("spec is invalid", target=happening.target, problem=str(problem))
        case Looked():
            _pass(happening)
        case Live():
            _log.info(
                "revision is live",
                target=happening.target,
                revision=happening.revision,
                seconds=round(happening.seconds, 1),
            )
        case Overridden():
            for one in happening.suspensions:
                _log.warning("suspended", root=one.name, targets=one.targets, reason=one.words)
            if not happening.suspensions:
                _log.info("nothing is suspended by operators")


def _pass(looked: Looked) -> None:
    about = {"target": looked.target, "trigger": looked.trigger, "revision": looked.revision}
    report = looked.report
    if report is None:
        _log.error("pass failed", **about, roots=len(looked.roots), error=looked.error)
        return
    for change in report.changes:
        where = f"{change.root} > {change.path}" if change.path else change.root
        say = _log.error if change.error else _log.info
        say("change", **about, at=where, action=change.action, status=change.status, error=change.error)
    for root, reason in (*report.held.items(), *report.unreadable.items()):
        _log.warning("left alone", **about, root=root, reason=reason)
    for refusal in report.refusals:
        _log.warning("refused", **about, roots=sorted(looked.roots), reason=refusal, digest=report.digest)
    _log.info(
        "pass",
        **about,
        roots=len(looked.roots),
        changes=len(report.changes),
        failed=report.summary.failed,
        calls=report.calls + report.readCalls,
        seconds=round(looked.seconds, 2),
    )
