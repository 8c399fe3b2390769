"""What the loop tells of: values for logs, metrics, notifications and the status page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from controller.errors import Problem
from controller.report import Progress, Report
from controller.suspension import Suspension


@dataclass(frozen=True)
class Version:
    """What a source holds now. If they are known, `committed` is when it was made, and `commit` its whole id."""

    checkout: Path
    revision: str
    committed: datetime | None = None
    author: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Fetched:
    """A source was asked for news. `error` is empty when it answered; `unverified`: a signature was at fault."""

    seconds: float
    version: Version | None = None
    error: str = ""
    unverified: bool = False


@dataclass(frozen=True)
class Loaded:
    """A target's specs were read: its roots, those with problems and why, and all problems."""

    target: str
    version: Version
    roots: frozenset[str]
    invalid: Mapping[str, str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Looked:
    """A pass ended. Either there is a report of these roots, or `error` says why there is none.

    throttled   the error is AWS asking for patience, which is nobody's failure
    waited      for how many seconds each root had been due when the pass began
    """

    target: str
    trigger: str
    roots: frozenset[str]
    revision: str
    seconds: float
    ended: datetime
    report: Report | None = None
    error: str = ""
    throttled: bool = False
    waited: tuple[float, ...] = ()


@dataclass(frozen=True)
class Stepped:
    """A step of a pass ended, while the pass goes on."""

    target: str
    trigger: str
    revision: str
    step: Progress


@dataclass(frozen=True)
class Live:
    """Every root that a revision changed is as it says: `seconds` after it was committed, or seen first."""

    target: str
    revision: str
    seconds: float


@dataclass(frozen=True)
class Overridden:
    """What operators have suspended is not what it was: now it is this."""

    suspensions: tuple[Suspension, ...]


Happening = Fetched | Loaded | Stepped | Looked | Live | Overridden
Tell = Callable[[Happening], None]
