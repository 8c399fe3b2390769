"""A pass on a snapshot: it plans, and can do nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from controller.errors import ControllerError, GatewayError, SnapshotError, UsageError
from controller.facets import secrets
from controller.reconcile import Pass
from controller.report import Progress, Report, SnapshotView
from controller.request import Request, desired, earlier
from controller.snapshot.document import Place, Snapshot, Target
from controller.snapshot.replay import Replay
from controller.state import State


class FrozenPass:
    """Plans for a target as if what the snapshot holds were live. No secret is looked up.

    Plans from what is older than `max_age` seconds say so. Raises SpecErrors, and SnapshotError if the snapshot is
    not of this target.
    """

    def __init__(
        self, request: Request, snapshot: Snapshot, *, max_age: float, now: datetime | None = None
    ) -> None:
        self._snapshot, self._max_age, self._now = snapshot, max_age, now or datetime.now(UTC)
        target = _held(snapshot, request)
        where = target.place.environment
        self._desired = desired(request, where, None)
        self._replay = Replay(target)
        base = earlier(request, where, None, self._desired)
        self._pass = Pass(request, self._desired, self._replay, where, base=base)

    @property
    def totals(self) -> Mapping[str, int]:
        """How many steps the plan has for each root."""
        return self._pass.totals

    def plan(self) -> Report:
        """Works out what there would be to do. Raises SnapshotError for what no AWS would have answered."""
        try:
            report = self._pass.plan()
        except GatewayError as error:
            raise SnapshotError(f"{self._snapshot.name}: {error}") from None
        except ControllerError:
            raise
        # A file can hold anything.
        except Exception as error:
            told = f"{self._snapshot.name} holds what makes no sense ({type(error).__name__}): take it anew"
            raise SnapshotError(told) from error
        return report.model_copy(update={"snapshot": self._view()})

    def apply(self, progress: Callable[[Progress], None], stop: threading.Event) -> Report:
        """Raises UsageError."""
        raise UsageError("a plan from a snapshot is for looking at: nothing is changed by it")

    def _view(self) -> SnapshotView:
        content = self._snapshot.content
        age = max(0, int((self._now - content.taken).total_seconds()))
        return SnapshotView(
            taken=content.taken,
            ageSeconds=age,
            revision=content.revision,
            signedBy=self._snapshot.signed_by,
            isOld=age > self._max_age,
            assumed=(*sorted(self._replay.assumed), *_uncompared(self._desired, self._pass)),
        )


def _uncompared(state: State, done: Pass) -> list[str]:
    """What is said of secrets: those that are there are taken to have the values they are to have."""
    named = sorted(str(at) for at, item in state.resources.items() if at in done.ids and any(secrets(item)))
    return [f"{', '.join(named)}: taken to have the secret value that is wanted"] if named else []


def _held(snapshot: Snapshot, request: Request) -> Target:
    """The target's part of a snapshot. Raises SnapshotError."""
    targets, name = snapshot.content.targets, request.target
    if name not in targets:
        there = ", ".join(sorted(targets)) or "none"
        raise SnapshotError(f"{snapshot.name} has no target {name[:80]!r}; it has {there[:200]}")
    if wrong := _mismatch(targets[name].place, request):
        raise SnapshotError(f"{snapshot.name} is of {wrong}")
    return targets[name]


def _mismatch(place: Place, request: Request) -> str:
    """Where a target is not what reconcile.yaml says of it; empty if it is."""
    aim = request.aim
    wanted = {"account": aim.account, "region": aim.region, "owner": request.owner}
    for word, value in wanted.items():
        found = getattr(place, word)
        if value and found != value:
            return f"{word} {found!r}, and target {request.target} is {word} {value!r}"
    return ""
