"""A target as the loop sees it: the connection is kept, specs are taken in by version, passes are on some roots."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from controller.address import Address
from controller.aws.pacing import Pacers
from controller.aws.secrets import Secrets
from controller.desired import sound
from controller.errors import SpecErrors
from controller.facets import canonical, secrets
from controller.families import Families
from controller.gateway import Caller, Environment
from controller.loop.happenings import Version
from controller.loop.worker import Specs, Stop
from controller.model import KINDS, Resource
from controller.reconcile import Pass, arrive
from controller.report import Report
from controller.request import Request, loaded
from controller.retry import Patient
from controller.settings import read_settings
from controller.state import State
from controller.terms import Scope


Arrive = Callable[[Request], tuple[Caller, Environment]]
"""Connects to a target. Raises GatewayError's subclasses."""


class AwsSite:
    """One target in its account.

    `base` is a request as the options ask for; where the specs are comes with each version, and `aimed` may change
    what the settings say of the target. `guarded` may wrap the way to AWS, to refuse writing at some times.
    """

    def __init__(
        self,
        base: Request,
        pacers: Pacers,
        guarded: Callable[[Caller], Caller] = lambda caller: caller,
        aimed: Callable[[Request], Request] = lambda request: request,
        arriving: Arrive | None = None,
    ) -> None:
        self._request, self._guarded, self._aimed = base, guarded, aimed
        self._arrive: Arrive = arriving or (lambda request: arrive(request, pacers))
        self._at: tuple[Patient, Environment] | None = None
        self._desired = State()
        self._names: dict[str, Address] = {}
        self._prune = True

    def load(self, version: Version) -> Specs:
        """The specs of a version: what is sound, and what is wrong with the rest. Raises ControllerError."""
        settings = read_settings(version.checkout)
        if self._request.target not in settings.targets:
            return Specs({})
        paths = tuple(version.checkout / path for path in settings.specs)
        plain = replace(self._request, specs=paths, checkout=version.checkout, settings=settings)
        request = self._aimed(plain)
        if self._at is None or request.aim != self._request.aim:
            caller, where = self._arrive(request)
            self._at = Patient(self._guarded(caller)), where
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
        self._request, self._at, self._desired = request, (patient, where), state
        # What has no spec may be what has a broken one, in a file that could not be read.
        self._prune = not problems
        return Specs(digests(state), state.unknown, problems)

    def look(self, roots: frozenset[Address], *, write: bool, stop: Stop) -> Report:
        """A pass on these roots. What a rule refuses is planned and not done. Raises ControllerError."""
        assert self._at is not None
        patient, where = self._at
        request = self._request if self._prune else replace(self._request, prune=False)
        one = Pass(request, self._desired, patient, where, roots)
        planned = one.plan()
        self._names |= _names(one.ids)
        if not write or not planned.pending or (planned.refusals and request.allow != planned.digest):
            return planned
        done = one.apply(lambda _: None, stop.now, stop.drain)
        self._names |= _names(one.ids)
        return done

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
