"""From what `reconcile run` is asked to publish to what does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controller.errors import UsageError
from controller.gateway import Caller
from controller.loop.publishing import Publisher, Readable, gathered
from controller.snapshot import place, private_key, written


@dataclass(frozen=True)
class Publishing:
    """Where snapshots are put (empty for nowhere), what signs them, and the seconds between them at least."""

    destination: str = ""
    key: str = ""
    pause: float = 1800.0


def publisher(
    wish: Publishing,
    sites: Mapping[str, Readable],
    caller: Callable[[], Caller],
    *,
    may_write: Callable[[], bool],
    count: Callable[[str], None],
) -> Publisher | None:
    """What publishes snapshots of the sites that there are by then; None if nobody asks for it.

    `caller` makes a way to AWS for S3. Raises UsageError and SnapshotError.
    """
    if not wish.destination:
        return None
    if not wish.key:
        raise UsageError("--publish-snapshot needs --snapshot-key: nobody believes a snapshot that is not signed")
    put, key = place(wish.destination, caller), private_key(wish.key)
    return Publisher(
        lambda: gathered(dict(sites)),
        lambda content: put(written(content, key)),
        pause=wish.pause,
        may_write=may_write,
        count=count,
    )
