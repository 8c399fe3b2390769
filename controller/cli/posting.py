"""What is said of a preview where its change is discussed: on the pull request, at the commit, in the drift issue.

Nothing that goes wrong here costs the plan: it was told before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from controller.cli.errors import explain
from controller.cli.lanes import Posting
from controller.cli.outputs import Result, framed
from controller.cli.session import Session
from controller.errors import ControllerError
from controller.forge import (
    Forge,
    Mode,
    Place,
    Posted,
    Status,
    connect,
    find_place,
    find_pull,
    post_comment,
    report_clean,
    report_drift,
    room,
)
from controller.render.markdown import document
from controller.render.outline import outline
from controller.render.words import count
from controller.report import Report, fingerprint


@dataclass(frozen=True)
class _Post:
    """One run's posting: where to, and what of."""

    wish: Posting
    forge: Forge
    place: Place
    session: Session
    result: Result
    failed: frozenset[str]

    @property
    def key(self) -> str:
        """One for all targets, unless the run has a name."""
        return "/".join(filter(None, (self.place.repository, self.wish.name)))

    @property
    def digest(self) -> str:
        """Of all that is said."""
        return fingerprint(self.result.reports, self.result.problems)

    @property
    def text(self) -> str:
        """The reports as markdown, as long as a comment may be."""
        frame = framed(self.session, self.result.problems)
        return document(self.result.reports, replace(frame, limit=room(self.forge, self.key)))


def post(wish: Posting, result: Result, failed: frozenset[str], session: Session) -> int:
    """Posts what is wanted, and says where on stderr. `failed` are targets whose status is bad.

    The exit code of the error if it cannot be posted, else 0.
    """
    try:
        place = find_place(os.environ, wish.said())
        with connect(place) as forge:
            for told in _posted(_Post(wish, forge, place, session, result, failed)):
                session.err().print(told, markup=False, highlight=False, soft_wrap=True)
    except ControllerError as error:
        return explain(error, session)
    return 0


def _posted(one: _Post) -> Iterator[str]:
    if one.wish.comment:
        yield _line("comment", _comment(one))
    if one.wish.status:
        sha = one.place.sha or find_pull(one.forge, one.place).head
        for status in _statuses(one):
            one.forge.set_status(sha, status)
            yield f"status {status.name}: {status.state}"
    if one.wish.issue and (posted := _issue(one)):
        yield _line("issue", posted)


def _line(what: str, posted: Posted) -> str:
    return f"{what} {posted.action}: {posted.url}"


def _comment(one: _Post) -> Posted:
    pull = find_pull(one.forge, one.place)
    mode, sha = Mode(one.wish.mode), one.place.sha
    return post_comment(one.forge, pull.number, one.text, key=one.key, digest=one.digest, sha=sha, mode=mode)


def _statuses(one: _Post) -> Iterator[Status]:
    """One for each target, also for those of which there is no report."""
    for report in one.result.reports:
        is_bad, verdict = report.target in one.failed, outline(report).verdict
        yield Status(_name(report.target), "failure" if is_bad else "success", verdict, one.place.run)
    known = {report.target for report in one.result.reports}
    errors = [problem for problem in one.result.problems if problem.severity == "error"]
    for target in sorted(one.failed - known):
        told = next((error.message for error in errors if error.target in (target, "")), "it could not be planned")
        yield Status(_name(target), "failure", told, one.place.run)


def _name(target: str) -> str:
    return f"reconcile/plan ({target})"


def _issue(one: _Post) -> Posted | None:
    """Drift opens it, or changes it; only a whole look that found none closes it."""
    drifted = [report for report in one.result.reports if _has_drifted(report)]
    if drifted:
        number = sum(report.summary.drift + report.summary.conflict for report in drifted)
        where = ", ".join(report.target for report in drifted)
        title = f"Drift on API Gateway: {count(number, 'resource')} in {where}"
        return report_drift(one.forge, key=one.key, title=title, text=one.text, digest=one.digest)
    if one.failed or not one.result.reports:
        return None
    return report_clean(one.forge, key=one.key, sentence=f"No drift any more{_as_of(one.result.reports)}.")


def _has_drifted(report: Report) -> bool:
    return bool(report.summary.drift or report.summary.conflict)


def _as_of(reports: Sequence[Report]) -> str:
    revisions = dict.fromkeys(report.revision for report in reports if report.revision)
    return f" as of {', '.join(revisions)}" if revisions else ""
