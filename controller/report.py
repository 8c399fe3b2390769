"""The report: the only thing an audience sees of a pass. Versioned and serialisable, without a secret in it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


FORMAT_VERSION: Literal[1] = 1
"""What a program can rely on.

It rises when something is removed or renamed, or its meaning or type changes; what is only new comes without. So
programs leave alone what they do not know.
"""

Status = Literal["planned", "applied", "failed", "blocked", "skipped", "held"]

Origin = Literal["intended", "drift", "conflict"]
"""Why something differs, when the base of a change is known.

intended   the change is what makes it differ
drift      it differed before: what is live is not as the base says, and the change says nothing of it
conflict   both: the change is about something that was changed live as well
"""

Severity = Literal["breaking", "exposure"]
"""What a change does to callers: some who are served now will not be; or some will be who are not."""


class Item(BaseModel):
    """Base of everything in a report."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class FieldChange(Item):
    """A field's value before (live) and after (desired); canonical data, secrets hidden.

    With `origin` intended, `old` is what the base says too; else `base` is that.
    """

    field: str
    old: Any = None
    new: Any = None
    origin: Origin | None = None
    base: Any = None


class Placed(Item):
    """Something that stands in a file of the checkout; lines and columns count from 1, 0 is none."""

    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def place(self) -> str:
        """The place as editors understand it; empty if it has none."""
        return f"{self.file}:{self.line}:{self.column}" if self.file else ""


class ImpactView(Placed):
    """What a change does to callers: by which rule, in words, and where that was written."""

    rule: str
    severity: Severity
    message: str
    field: str = ""


class ChangeView(Placed):
    """One change: where, what, why, and how it went.

    `root` and `path` together are the address; `was` is the former address of a renamed resource. The place is
    where the specs ask for it.

    origin     why it differs, the gravest of its fields; None when there is no base to tell by
    deploys    whether it is live only after a deployment
    requests   how many requests came to it lately, where that is known (`Report.usage` says since when)
    """

    root: str
    path: str
    kind: str
    key: str
    action: Literal["create", "update", "replace", "rename", "delete", "adopt"]
    reason: str = ""
    was: str = ""
    fields: tuple[FieldChange, ...] = ()
    calls: int = 0
    status: Status = "planned"
    error: str = ""
    origin: Origin | None = None
    deploys: bool = False
    impacts: tuple[ImpactView, ...] = ()
    requests: int | None = None

    @property
    def name(self) -> str:
        """The whole address in words."""
        return f"{self.root} > {self.path}" if self.path else self.root

    @property
    def drifted(self) -> bool:
        """True if anything of it differed before the change."""
        return self.origin in ("drift", "conflict") or any(field.origin == "drift" for field in self.fields)


class RootView(Item):
    """What the changes of one root cost: calls, and the least seconds that AWS's quotas allow for these alone."""

    root: str
    calls: int
    seconds: float
    deploys: bool = False


class StageView(Item):
    """A stage that is live after the pass, and where it answers."""

    api: str
    stage: str
    url: str


class WarningView(Placed):
    """Something that is not an error, and is better known: what, where, and what helps."""

    message: str
    hint: str = ""


class ProblemView(WarningView):
    """Something wrong that is part of no report: of the specs, or of a target of which there is none."""

    severity: Literal["error", "warning"] = "error"
    target: str = ""


class Summary(Item):
    """The counts of a pass: of changes by action, by outcome, by origin, and of impacts by severity.

    A change that is in part intended and in part drift counts for both.
    """

    create: int = 0
    update: int = 0
    replace: int = 0
    rename: int = 0
    delete: int = 0
    adopt: int = 0
    failed: int = 0
    blocked: int = 0
    unchanged: int = 0
    intended: int = 0
    drift: int = 0
    conflict: int = 0
    breaking: int = 0
    exposure: int = 0

    @property
    def changes(self) -> int:
        """All changes of the plan."""
        return self.create + self.update + self.replace + self.rename + self.delete + self.adopt


class SnapshotView(Item):
    """What a plan took for live, where that was a snapshot.

    taken        when it was read from AWS
    ageSeconds   for how long that was when the plan was made
    revision     of the specs in the checkout of whoever took it
    signedBy     the fingerprint of the key that proved to have signed it; empty if nobody asked who did
    isOld        older than the limit
    assumed      what the plan needed to know, was not in it, and was taken to be as these sentences say
    """

    taken: datetime
    ageSeconds: int
    revision: str = ""
    signedBy: str = ""
    isOld: bool = False
    assumed: tuple[str, ...] = ()


class Report(Item):
    """One pass on one target.

    base          the revision that origins are told by; empty without one
    usage         since when and of what requests were counted; empty if they were not
    roots         what the changes of each root cost
    calls         calls that the plan makes at least, and `readCalls` that reading cost
    seconds       the least time AWS's quotas allow for the plan
    waits         what the plan waits for besides, until AWS has finished with it: minutes as a rule
    unreadable    roots left alone because reading them failed, and why
    held          roots in which nothing is done although something differs, and why
    imports       roots whose definition is imported, and how many calls that stands for
    suspended     those of the held roots that somebody suspended
    refusals      why the plan as a whole may not be carried out; `digest` names it for --allow
    warnings      what AWS ignores of the specs, and what else is better known
    snapshot      what stood in for AWS, in a plan that was made without it
    """

    formatVersion: Literal[1] = FORMAT_VERSION
    version: str
    target: str
    account: str
    region: str
    owner: str
    revision: str = ""
    base: str = ""
    dryRun: bool
    changes: tuple[ChangeView, ...] = ()
    roots: tuple[RootView, ...] = ()
    usage: str = ""
    summary: Summary = Summary()
    calls: int = 0
    readCalls: int = 0
    seconds: float = 0.0
    waits: tuple[str, ...] = ()
    stages: tuple[StageView, ...] = ()
    unreadable: dict[str, str] = {}
    held: dict[str, str] = {}
    suspended: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    digest: str = ""
    imports: dict[str, int] = {}
    errors: tuple[str, ...] = ()
    warnings: tuple[WarningView, ...] = ()
    snapshot: SnapshotView | None = None

    @property
    def pending(self) -> bool:
        """True if anything differs that is to be applied and is not yet."""
        return any(change.status not in ("applied", "held") for change in self.changes)


class Progress(Item):
    """One step that ended, for a live display: `done` of `total` steps of a root."""

    root: str
    title: str
    status: Literal["done", "failed", "blocked", "skipped"]
    done: int
    total: int
    error: str = ""


def summarise(changes: Sequence[ChangeView], unchanged: int) -> Summary:
    """The counts of these changes. What is held back counts for nothing but its origin."""
    made = [change for change in changes if change.status != "held"]
    actions = Counter(change.action for change in made)
    statuses = Counter(change.status for change in made)
    impacts = Counter(impact.severity for change in made for impact in change.impacts)
    origins = Counter(origin for change in changes for origin in _origins(change))
    ends = {name: statuses[name] for name in ("failed", "blocked")}
    counts = {str(name): count for name, count in (actions | impacts | origins).items()}
    return Summary(**counts, **ends, unchanged=unchanged)


def _origins(change: ChangeView) -> set[str]:
    return {origin for origin in (change.origin, *(field.origin for field in change.fields)) if origin}


def fingerprint(reports: Sequence[Report], problems: Sequence[ProblemView] = ()) -> str:
    """Sixteen hexadecimal digits that stand for what is said, whenever it was found."""
    passing = {"version", "readCalls", "revision", "base", "usage", "snapshot"}
    content = [report.model_dump(exclude=passing) for report in reports]
    for report in content:
        report["changes"] = [{**change, "requests": None} for change in report["changes"]]
    content += [problem.model_dump() for problem in problems]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
