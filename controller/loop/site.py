"""A target as the loop sees it: the connection is kept, specs are taken in by version, passes are on some roots."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from controller.address import Address
from controller.aws.pacing import Pacers
from controller.aws.secrets import Secrets
from controller.desired import sound
from controller.errors import GatewayError, SpecErrors, StoppedError
from controller.facets import canonical, secrets
from controller.families import Families
from controller.gateway import Caller, Environment
from controller.loop.happenings import Version
from controller.loop.worker import Specs, Stop
from controller.model import KINDS, Resource
from controller.reconcile import Pass, arrive
from controller.report import Progress, Report
from controller.request import Request, loaded
from controller.retry import Patient
from controller.settings import read_settings
from controller.snapshot import Taken, take
from controller.state import State
from controller.suspension import Suspension, covering
from controller.terms import Scope


NAP = 1.0
"""Seconds of sleep after which a pass shows that it is alive, and sees whether it is to end."""


def _never() -> bool:
    return False


Arrive = Callable[[Request], tuple[Caller, Environment]]
"""Connects to a target. Raises GatewayError's subclasses."""


class AwsSite:
    """One target in its account.

    `base` is a request as the options ask for; where the specs are comes with each version, and `aimed` may change
    what the settings say of the target. `guarded` may wrap the way to AWS, to refuse writing at some times;
    `suspensions` gives what operators have suspended.
    """

    def __init__(
        self,
        base: Request,
        pacers: Pacers,
        guarded: Callable[[Caller], Caller] = lambda caller: caller,
        aimed: Callable[[Request], Request] = lambda request: request,
        *,
        arriving: Arrive | None = None,
        suspensions: Callable[[], tuple[Suspension, ...]] = tuple,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._nap, self._suspensions = clock, sleep, suspensions
        self._request, self._guarded, self._aimed = replace(base, sleep=self._sleep), guarded, aimed
        self._arrive: Arrive = arriving or (lambda request: arrive(request, pacers))
        self._at: tuple[Patient, Environment] | None = None
        self._caller: Caller | None = None
        self._is_gone = False
        self._desired = State()
        self._names: dict[str, Address] = {}
        self._prune = True
        self._ends: Callable[[], bool] = _never
        self.beat = clock()

    def load(self, version: Version) -> Specs:
        """The specs of a version: what is sound, and what is wrong with the rest. Raises ControllerError."""
        settings = read_settings(version.checkout)
        if self._request.target not in settings.targets:
            self._is_gone = True
            return Specs({})
        paths = tuple(version.checkout / path for path in settings.specs)
        plain = replace(self._request, specs=paths, checkout=version.checkout, settings=settings)
        request = self._aimed(plain)
        if self._at is None or request.aim != self._request.aim:
            caller, where = self._arrive(request)
            self._caller = caller
            self._at = Patient(self._living(self._guarded(caller)), self._sleep), where
        patient, where = self._at[0], replace(self._at[1], owner=request.owner)
        read = loaded(request, where, Secrets(patient), version.revision)
        state, found = sound(
            read.documents,
            read.broken,
            lambda: Scope(where.account, where.region, where.partition),
            version.revision,
        )
        problems = (*read.problems, *found)
        if problems and not state.roots():
            # Not one spec can be believed: as if there were no new version.
            raise SpecErrors(list(problems))
        self._request, self._at, self._desired, self._is_gone = request, (patient, where), state, False
        # What has no spec may be what has a broken one, in a file that could not be read.
        self._prune = not problems
        return Specs(digests(state), state.unknown, problems)

    def look(
        self, roots: frozenset[Address], *, write: bool, stop: Stop, progress: Callable[[Progress], None]
    ) -> Report:
        """A pass on these roots. What a rule refuses is planned and not done. Raises ControllerError."""
        assert self._at is not None
        patient, where = self._at
        request = self._request if self._prune else replace(self._request, prune=False)
        # Until it changes something, a pass may end at any moment.
        self._ends = lambda: stop.drain.is_set() or stop.now.is_set()
        one = Pass(request, self._desired, patient, where, roots, suspensions=self._suspensions())
        planned = one.plan()
        self._names |= _names(one.ids)
        if not write or not planned.pending or (planned.refusals and request.allow != planned.digest):
            return planned

        def may_begin(root: Address) -> bool:
            # In a long pass an operator's word may come after the plan.
            return not stop.drain.is_set() and not covering(self._suspensions(), request.target, root)

        self._ends = stop.now.is_set
        done = one.apply(progress, stop.now, may_begin)
        self._names |= _names(one.ids)
        return done

    def snapshot(self) -> tuple[str, Taken] | None:
        """The revision of the specs, and what is live; None for a target that is gone. Raises GatewayError."""
        caller, at, state = self._caller, self._at, self._desired
        if self._is_gone:
            return None
        if caller is None or at is None:
            raise GatewayError(f"target {self._request.target}: its specs were not read yet")
        return state.revision, take(caller, at[1], state)

    def _living(self, caller: Caller) -> Caller:
        """The same; each call that ends is a sign of life."""

        def call(operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
            try:
                return caller(operation, params, service=service)
            finally:
                self.beat = self._clock()

        return call

    def _sleep(self, seconds: float) -> None:
        """Waits for quotas, for a repeat, for what AWS has under way: each nap is a sign of life.

        Raises StoppedError when the pass is to end meanwhile.
        """
        while True:
            self._nap(min(NAP, seconds))
            self.beat = self._clock()
            seconds -= NAP
            if seconds <= 0:
                return
            if self._ends():
                raise StoppedError("stopped while it waited for AWS")

    def named(self, aws_ids: frozenset[str]) -> frozenset[Address]:
        """The roots that have these ids, as far as passes have seen them."""
        return frozenset(self._names[aws_id] for aws_id in aws_ids if aws_id in self._names)


def _names(ids: Families[str]) -> dict[str, Address]:
    return {ids[root]: root for root in ids.roots() if root in ids}


def digests(state: State) -> Mapping[Address, str]:
    """What each root looks like, in short: equal digests, equal specs. The revision is no part of it."""
    return {
        root: _digest(
            [(str(at), *_content(resource)) for at, resource in sorted(state.resources.of(root).items())],
            state.standing.get(root),
        )
        for root in sorted(state.roots())
    }


def _content(resource: Resource) -> tuple[object, ...]:
    # A snapshot's key says what it shows; its description tells of the revision.
    if KINDS[resource.kind].snapshot:
        return ()
    return (canonical(resource), [_short(value) for value in secrets(resource)])


def _short(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
