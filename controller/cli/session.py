"""What the verbs share: the engine, the two streams, and what was said before the verb."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

from controller.aws.pacing import Pacers


if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from controller.importing.adopt import Imported, Wish
    from controller.importing.update import Updated
    from controller.offline import Checked
    from controller.report import Progress, Report
    from controller.request import Request
    from controller.snapshot import Snapshot, Taken


UNWRAPPED = 10_000
"""Columns of a stream that is no terminal: what reads it can wrap lines, but not join them."""


class Pass(Protocol):
    """One pass on one target."""

    @property
    def totals(self) -> Mapping[str, int]:
        """How many steps the plan has for each root."""

    def plan(self) -> Report:
        """Works out what to do."""

    def apply(self, progress: Callable[[Progress], None], stop: threading.Event) -> Report:
        """Does it."""


class Engine(Protocol):
    """What the commands drive; several threads at once."""

    def open_pass(self, request: Request) -> Pass:
        """Connects and loads the specs."""

    def validate(self, request: Request) -> Checked:
        """Checks the specs without AWS."""

    def iam_policy(self, request: Request, *, read_only: bool) -> dict[str, Any]:
        """The IAM policy that a run needs."""

    def export(self, request: Request, name: str, stage: str) -> dict[str, Any]:
        """The OpenAPI document of an API."""

    def snapshot(self, request: Request) -> Taken:
        """Reads a target for a snapshot."""

    def frozen(self, request: Request, snapshot: Snapshot, max_age: float) -> Pass:
        """A pass on a snapshot, that can only plan."""

    def import_roots(self, request: Request, wish: Wish) -> Imported:
        """Writes specs for live roots."""

    def update(self, request: Request, names: tuple[str, ...]) -> Updated:
        """Writes drift into specs."""


class RealEngine:
    """The product's own. Imported late: help and errors of usage need no AWS client."""

    def __init__(self) -> None:
        self._pacers = Pacers()

    def open_pass(self, request: Request) -> Pass:
        """Connects and loads the specs."""
        from controller import reconcile  # noqa: PLC0415

        return reconcile.open_pass(request, self._pacers)

    def validate(self, request: Request) -> Checked:
        """Checks the specs without AWS."""
        from controller import offline  # noqa: PLC0415

        return offline.validate(request)

    def iam_policy(self, request: Request, *, read_only: bool) -> dict[str, Any]:
        """The IAM policy that a run needs."""
        from controller import offline  # noqa: PLC0415

        return offline.iam_policy(request, read_only=read_only)

    def export(self, request: Request, name: str, stage: str) -> dict[str, Any]:
        """The OpenAPI document of an API."""
        from controller import offline  # noqa: PLC0415

        return offline.export(request, name, stage)

    def snapshot(self, request: Request) -> Taken:
        """Reads a target for a snapshot."""
        from controller.reconcile import arrive  # noqa: PLC0415
        from controller.request import desired  # noqa: PLC0415
        from controller.snapshot import take  # noqa: PLC0415

        caller, where = arrive(request, self._pacers)
        return take(caller, where, desired(request, where, None))

    def frozen(self, request: Request, snapshot: Snapshot, max_age: float) -> Pass:
        """A pass on a snapshot, that can only plan."""
        from controller.snapshot import FrozenPass  # noqa: PLC0415

        return FrozenPass(request, snapshot, max_age=max_age)

    def import_roots(self, request: Request, wish: Wish) -> Imported:
        """Writes specs for live roots."""
        from controller.importing.adopt import import_roots  # noqa: PLC0415
        from controller.reconcile import connected  # noqa: PLC0415

        return import_roots(request, wish, *connected(request, self._pacers))

    def update(self, request: Request, names: tuple[str, ...]) -> Updated:
        """Writes drift into specs."""
        from controller.importing.update import update  # noqa: PLC0415
        from controller.reconcile import connected  # noqa: PLC0415

        return update(request, names, *connected(request, self._pacers))


Colour = Literal["auto", "always", "never"]


@dataclass
class Session:
    """One run of the command. The root command fills it before a verb runs."""

    engine: Engine
    colour: Colour = "auto"
    local: bool = False
    strict: bool = False
    specs: list[Path] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    checkout: Path = field(default_factory=Path.cwd)

    def out(self) -> Console:
        """For the result."""
        return _console(sys.stdout, self.colour)

    def err(self) -> Console:
        """For everything else."""
        return _console(sys.stderr, self.colour)


def _console(stream: TextIO, colour: Colour) -> Console:
    """A console; in `auto` rich obeys NO_COLOR, FORCE_COLOR, TERM and the kind of the stream."""
    from rich.console import Console  # noqa: PLC0415  help needs none

    width = None if stream.isatty() or "COLUMNS" in os.environ else UNWRAPPED
    match colour:
        case "always":
            return Console(
                file=stream,
                width=width,
                force_terminal=True,
                color_system="standard",
                no_color=False,
            )
        case "never":
            return Console(file=stream, width=width, color_system=None, no_color=True)
        case _:
            return Console(file=stream, width=width)
