"""Which replica looks after which account and region: those are what AWS's quotas are counted by.

By rendezvous hashing: every replica comes to the same answer by itself, and with one replica more, only what goes
to the new one moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from controller.errors import UsageError


@dataclass(frozen=True)
class Shards:
    """`count` shards, of which this process is number `index`, counted from 0.

    `pinned` names the shard of an "account/region", or of a whole "account". Raises UsageError for numbers that
    do not fit.
    """

    count: int = 1
    index: int = 0
    pinned: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.index < self.count:
            raise UsageError(f"there is no shard {self.index} of {self.count}; they count from 0")
        for what, index in self.pinned.items():
            if not 0 <= index < self.count:
                raise UsageError(f"{what} is pinned to shard {index}, but there are {self.count}, from 0")

    def of(self, account: str, region: str) -> int:
        """The shard that an account and region belongs to."""
        for key in (f"{account}/{region}", account):
            if key in self.pinned:
                return self.pinned[key]
        return max(range(self.count), key=lambda index: _weight(account, region, index))

    def is_ours(self, account: str, region: str) -> bool:
        """True if this process looks after it."""
        return self.of(account, region) == self.index


def _weight(account: str, region: str, index: int) -> bytes:
    return blake2b(f"{account}/{region}#{index}".encode(), digest_size=8).digest()
