"""The one issue that tells of drift: opened, changed, closed and opened again, never a second one.

An issue that a person closes stays closed until the drift is another one, or until it was gone in between.
"""

from __future__ import annotations

from controller.forge.comments import Posted, check_length
from controller.forge.marker import Marker, Subject, defused
from controller.forge.port import Forge, Issue


LABEL = "reconcile-drift"
"""By which it is found; whoever takes it off makes the next run open another one."""


def report_drift(forge: Forge, *, key: str, title: str, text: str, digest: str) -> Posted:
    """Has the issue say `text`, markdown. Raises ForgeError.

    key      one issue for each, such as owner/name/target
    digest   of what the text says: with the same one as last time nothing is written
    """
    body = f"{Marker(Subject.DRIFT, key, digest)}\n{defused(text)}"
    check_length(forge, body)
    issue = _find(forge, key)
    if issue is None:
        return _open(forge, key, title, body)
    if _digest(issue) == digest:
        return Posted(issue.url, "unchanged")
    forge.edit_issue(issue, title=title, body=body, is_open=True)
    return Posted(issue.url, "updated" if issue.is_open else "reopened")


def report_clean(forge: Forge, *, key: str, sentence: str) -> Posted | None:
    """Closes the issue with a sentence, if there is one. Raises ForgeError."""
    issue = _find(forge, key)
    if issue is None:
        return None
    if not _digest(issue) and not issue.is_open:
        return Posted(issue.url, "unchanged")
    body = f"{Marker(Subject.DRIFT, key)}\n{_text(issue)}"
    if issue.is_open:
        forge.remark(issue, sentence)
    # The body keeps what it told, but is no news's equal any more.
    forge.edit_issue(issue, body=body, is_open=False)
    return Posted(issue.url, "closed" if issue.is_open else "unchanged")


def _open(forge: Forge, key: str, title: str, body: str) -> Posted:
    made = forge.add_issue(title, body, LABEL)
    # Another run may have opened one at the same time; both sides keep the first.
    first, *later = _all(forge, key) or [made]
    for issue in later:
        forge.edit_issue(issue, body=_text(issue), is_open=False)
    return Posted(first.url, "created")


def _find(forge: Forge, key: str) -> Issue | None:
    found = _all(forge, key)
    return found[0] if found else None


def _all(forge: Forge, key: str) -> list[Issue]:
    return [
        issue
        for issue in forge.issues(LABEL)
        if (marker := Marker.of(issue.body, Subject.DRIFT)) and marker.key == key
    ]


def _digest(issue: Issue) -> str:
    marker = Marker.of(issue.body, Subject.DRIFT)
    return marker.digest if marker else ""


def _text(issue: Issue) -> str:
    """Without the marker."""
    return issue.body.partition("\n")[2]
