"""What an operator suspends from outside of the specs: a word about roots that ends by itself.

It can only hold back. Nothing is done because of it that would not be done without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from controller.address import Address
from controller.standing import Standing, paused_words
from controller.state import State


class Suspension(BaseModel):
    """Roots in which nothing is written until a time.

    name        that of a root of whatever kind, or its kind and name: `orders`, `RestApi orders`
    targets     only in these; in all if there are none
    by, since   who said so, and when: for people
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1)
    until: AwareDatetime
    reason: str = Field(min_length=1)
    by: str = ""
    since: AwareDatetime | None = None
    targets: tuple[str, ...] = ()

    def covers(self, target: str, root: Address) -> bool:
        """Whether it is about this root."""
        return self.name in (root.key or root.kind, str(root)) and (not self.targets or target in self.targets)

    @property
    def words(self) -> str:
        """Why nothing is written, by whose word and until when."""
        return paused_words(self._why, self.until)

    @property
    def _why(self) -> str:
        return f"{self.reason} (by {self.by})" if self.by else self.reason

    def standing(self, own: Standing, now: datetime) -> Standing:
        """What stands about a root with this. What its author suspended by himself keeps his words."""
        return own if own.paused(now) else replace(own, suspended=self._why, until=self.until)


def covering(suspensions: Iterable[Suspension], target: str, root: Address) -> Suspension | None:
    """The one that is about this root; if there are several, that which lasts longest."""
    found = [one for one in suspensions if one.covers(target, root)]
    return max(found, key=lambda one: one.until, default=None)


def suspended(desired: State, live: State, target: str, suspensions: Iterable[Suspension], now: datetime) -> State:
    """The desired state with what operators say of its roots, and of those that are live and have no spec."""
    known = list(suspensions)
    found = {
        at: one.standing(desired.standing.get(at, Standing()), now)
        for at in desired.roots() | live.roots()
        if (one := covering(known, target, at))
    }
    return replace(desired, standing=desired.standing | found) if found else desired
