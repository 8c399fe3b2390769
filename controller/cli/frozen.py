"""`--live`: a snapshot in the place of AWS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.session import Engine, Pass
from controller.errors import UsageError


if TYPE_CHECKING:
    from controller.request import Request
    from controller.snapshot import Snapshot


@dataclass(frozen=True)
class Live:
    """What the options say of a snapshot; without a file, AWS is asked. `max_age` is seconds."""

    file: Path | None = None
    keys: tuple[str, ...] = ()
    max_age: float = 0.0
    is_unsigned: bool = False

    def check(self, *, dry_run: bool, yes: bool, elsewhere: bool) -> None:
        """Raises UsageError for what does not go with a snapshot, or without one."""
        if not self.file:
            if self.keys or self.is_unsigned:
                raise UsageError("--live-key and --live-unsigned go with --live FILE")
            return
        if yes or not dry_run:
            raise UsageError("--live is for looking at a plan: it goes with --dry-run, and without --yes")
        if elsewhere:
            raise UsageError("--live asks nobody: it goes without --local and --endpoint-url")
        if bool(self.keys) == self.is_unsigned:
            msg = "who is to have signed it? give --live-key PUBLIC-KEY, or --live-unsigned to believe anybody"
            raise UsageError(msg)

    def opened(self) -> Snapshot | None:
        """The snapshot, if there is to be one. Raises SnapshotError."""
        from controller.snapshot import opened, public_key  # noqa: PLC0415  only who wants one needs cryptography

        return opened(self.file, [public_key(key) for key in self.keys]) if self.file else None

    def opening(self, engine: Engine) -> Callable[[Request], Pass] | None:
        """What opens a pass on the snapshot, if there is to be one. Raises SnapshotError."""
        if not self.file or not (snapshot := self.opened()):
            return None
        return lambda request: engine.frozen(request, snapshot, self.max_age)
