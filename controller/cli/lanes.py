"""What a run of the command is made of: what is asked of it, and a lane for each target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from controller.cli.frozen import Live
from controller.cli.outputs import Outputs, Trouble
from controller.cli.session import Pass, Session
from controller.report import Report
from controller.request import Request


if TYPE_CHECKING:
    from controller.forge import Said


@dataclass(frozen=True)
class Posting:
    """What is wanted of it, and what the options say of where.

    name   where several runs report on one pull request, each has its own
    """

    comment: bool = False
    status: bool = False
    issue: bool = False
    mode: str = "update"
    name: str = ""
    forge: Literal["github", "gitlab"] | None = None
    repository: str = ""
    number: int = 0
    sha: str = ""
    api: str = ""
    token_file: Path | None = None

    @property
    def is_wanted(self) -> bool:
        """True if there is anything to post."""
        return self.comment or self.status or self.issue

    def said(self) -> Said:
        """What the options say of where; the CI's environment says the rest."""
        from controller.forge import Said  # noqa: PLC0415  who posts nothing needs none of it

        return Said(self.forge, self.repository, self.number, self.sha, self.api, self.token_file)


@dataclass(frozen=True)
class Wishes:
    """What the options ask of a run.

    share     of the quotas; None is without pacing
    base      the revision that differences are explained by; empty for none
    fail_on   the kinds of findings (`controller/cli/findings.py`) that make the exit code 2
    usage     whether to count the requests that came to what breaks
    """

    dry_run: bool = False
    yes: bool = False
    outputs: Outputs = field(default_factory=Outputs)
    detailed: bool = False
    endpoint_url: str | None = None
    share: float | None = 0.85
    prune: bool | None = None
    allow: str = ""
    strategy: Literal["auto", "calls", "import"] = "auto"
    verbose: bool = False
    live: Live = field(default_factory=Live)
    base: str = ""
    fail_on: frozenset[str] = frozenset()
    usage: bool = False
    posting: Posting = field(default_factory=Posting)


@dataclass
class Lane:
    """One target of the run, and what it has brought so far."""

    request: Request
    one: Pass | None = None
    report: Report | None = None
    code: int = 0


@dataclass
class Run:
    """All targets, in the order of reconcile.yaml, which is that of everything that is printed."""

    session: Session
    wishes: Wishes
    lanes: list[Lane] = field(default_factory=list)
    trouble: Trouble = field(default_factory=Trouble)
    shown: int = 0
    opening: Callable[[Request], Pass] | None = None

    @property
    def many(self) -> bool:
        """True if it has to be said which target is meant."""
        return len(self.lanes) > 1
