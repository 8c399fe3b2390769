"""What the shell around boto3 tells of each call, for whoever counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


OK = "OK"
"""The code of a call that went well."""


@dataclass(frozen=True)
class Called:
    """One call of AWS that ended.

    code        OK, AWS's error code, or the name of the project's error where AWS gave none
    seconds     from the request to the answer
    waited      for how many seconds our own pacing held it back before
    throttled   AWS refused it because there were too many
    """

    service: str
    operation: str
    code: str
    seconds: float
    waited: float = 0.0
    throttled: bool = False


class Observer(Protocol):
    """Is told of calls, from several threads."""

    def __call__(self, called: Called, /) -> None:
        """A call ended."""


def nobody(_called: Called, /) -> None:
    """The observer where nobody counts."""
