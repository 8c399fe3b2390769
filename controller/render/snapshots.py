"""What a plan from a snapshot has to say of it, in every format."""

from __future__ import annotations

from collections.abc import Iterator

from controller.report import Report, SnapshotView, WarningView


_DAYS = 3
"""From so many on, an age is told in days."""

_FINGERPRINT = len("sha256:") + 16
"""Characters of a fingerprint that tell keys apart."""


def taken(snapshot: SnapshotView) -> str:
    """How old it is, and who vouches for it."""
    facts = [f"{snapshot.taken:%Y-%m-%d %H:%M} UTC"]
    if snapshot.revision:
        facts.append(f"revision {snapshot.revision}")
    facts.append(f"signed by {snapshot.signedBy[:_FINGERPRINT]}" if snapshot.signedBy else "not known by whom")
    age = _age(snapshot.ageSeconds)
    return f"From a snapshot that is {age} old ({', '.join(facts)}): what happened on AWS since is not in it."


def warnings(report: Report) -> tuple[WarningView, ...]:
    """Those of the report, and what makes a plan from a snapshot less sure."""
    unsure = _doubts(report.snapshot) if report.snapshot else ()
    return (*report.warnings, *(WarningView(message=doubt) for doubt in unsure))


def _doubts(snapshot: SnapshotView) -> Iterator[str]:
    if snapshot.isOld:
        yield f"the snapshot is {_age(snapshot.ageSeconds)} old"
    yield from (f"not in the snapshot: {told}" for told in snapshot.assumed)


def _age(seconds: int) -> str:
    hours = seconds // 3600
    if hours < 1:
        return f"{seconds // 60} min"
    return f"{hours} h" if hours < _DAYS * 24 else f"{hours // 24} days"
