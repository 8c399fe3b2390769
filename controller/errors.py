"""Everything that can go wrong, as one tree.

ControllerError                 exit code 1
├── SpecErrors                  the author's input: a list of Problems, each with file:line:column
├── UsageError                  the command line or reconcile.yaml (exit code 64)
├── RefusedError                a rule of ours said no (exit code 4)
├── ReportError                 what should be rendered is not a report of ours
├── SnapshotError               a file does not say what is live, or nobody vouches for it
├── SourceError                 the git remote cannot be followed, or its commit may not be used
├── KubeError                   the Kubernetes API said no, or nothing at all
├── SendError                   another service did not take a request over HTTP
├── ForgeError                  GitHub or GitLab said no, or nothing at all
└── GatewayError                AWS said no, or nothing at all
    ├── AccessError             no credentials, no region, no permission
    ├── NotFoundError           the thing is not there
    ├── ConflictError           it is there already, or still referenced
    ├── QuotaError              a hard quota of the account is reached: waiting never helps
    ├── InvalidError            AWS refused the request as wrong
    ├── NotLeaderError          the call was not made: another replica may be leading by now
    └── RetryableError          the same call may go through later
        ├── ThrottledError      too many requests; nothing was done
        ├── BusyError           another change is under way; nothing was done
        └── UnavailableError    5xx or a dropped connection: the call may have been carried out
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file. `line` and `column` count from 1, as editors do."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the input: what, where, and a hint that helps to mend it."""

    message: str
    where: Where | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{hint}"


class ControllerError(Exception):
    """Base of all errors that are shown to a user as one message, never as a stack trace."""

    exit_code: ClassVar[int] = 1


class SpecErrors(ControllerError):
    """The specs are wrong. Carries every problem of the run, in the order of files and lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(
            set(problems),
            key=lambda p: (p.where is not None, p.where or Where(""), p.message),
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(ControllerError):
    """The command was called in a way that makes no sense."""

    exit_code = 64


class RefusedError(ControllerError):
    """A rule forbids what the plan would do."""

    exit_code = 4


class ReportError(ControllerError):
    """A document is not a report that this version can read."""


class SnapshotError(ControllerError):
    """A snapshot cannot be believed, read, written or used for a target. One sentence."""


class SourceError(ControllerError):
    """The specs cannot be had from the git remote. One sentence, without secrets."""


class UnverifiedError(SourceError):
    """A commit or tag has no signature of an allowed signer."""


class StoppedError(ControllerError):
    """The work was told to end while it waited for something. Nobody's failure."""


class KubeError(ControllerError):
    """The Kubernetes API refused or did not answer. `status` is that of HTTP; 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class SendError(ControllerError):
    """A request over HTTP was not taken.

    status     that of HTTP; 0 without an answer
    said       the answer's body, masked and shortened
    attempts   how often it was sent
    wait       seconds that the other side asks for before the next attempt; 0 if it asks for nothing
    """

    def __init__(
        self, message: str, *, status: int = 0, said: str = "", wait: float = 0.0, attempts: int = 1
    ) -> None:
        super().__init__(message)
        self.status, self.said, self.wait, self.attempts = status, said, wait, attempts


class ForgeError(ControllerError):
    """GitHub or GitLab did not do what was asked. `status` is that of HTTP; 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class GatewayError(ControllerError):
    """AWS refused or did not answer. `code` is AWS's error code, `operation` the call."""

    def __init__(self, message: str, *, code: str = "", operation: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.operation = operation


class AccessError(GatewayError):
    """No credentials, no region or no permission."""


class NotFoundError(GatewayError):
    """The thing a call names does not exist."""


class ConflictError(GatewayError):
    """The thing exists already, or something still refers to it."""


class QuotaError(GatewayError):
    """A hard quota of the account is reached; retrying does not help."""


class InvalidError(GatewayError):
    """AWS refused the request as wrong."""


class NotLeaderError(GatewayError):
    """A changing call was not made, because this process cannot be sure any more that it leads."""


class RetryableError(GatewayError):
    """The same call may go through later."""


class ThrottledError(RetryableError):
    """Too many requests. `retry_after` is AWS's own advice, in seconds, if it gave one."""

    retry_after: float | None = None


class BusyError(RetryableError):
    """Another change of the same thing is under way; nothing was done."""


class UnavailableError(RetryableError):
    """No answer, or a 5xx: whether the call was carried out is unknown."""
