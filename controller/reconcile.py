"""One pass: load, read, compare, guard, plan, apply, report."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from controller import __version__
from controller.address import Address
from controller.adoption import adopted
from controller.apply import Outcome, Proof, apply
from controller.aws.client import Client, environment
from controller.aws.pacing import Pacers
from controller.aws.reader import read, reread
from controller.aws.secrets import Secrets
from controller.diff import Change, diff
from controller.errors import AccessError, Problem, RefusedError
from controller.facets import secrets
from controller.gateway import Environment
from controller.lower import is_carried
from controller.origins import Origins, Sides, origins
from controller.plan import plan
from controller.policy import Verdict, guard, renaming, staying
from controller.report import Progress, Report, StageView, Status, summarise
from controller.request import Request, connection, desired, earlier
from controller.retention import retained
from controller.retry import Patient
from controller.state import State
from controller.steps import Plan, Step
from controller.strategy import choose
from controller.succession import succeed
from controller.terms import Scope
from controller.views import Findings, change_views, root_views, warning_views


class Pass:
    """One pass on one target: first `plan`, then, if wanted, `apply` of exactly that plan.

    With `only`, no other desired roots are looked at or changed. With a `base`, the report says why things differ.
    """

    def __init__(
        self,
        request: Request,
        desired: State,
        patient: Patient,
        environment: Environment,
        only: frozenset[Address] | None = None,
        *,
        base: State | None = None,
    ) -> None:
        self._request, self._desired, self._environment = request, desired, environment
        self._only, self._base = only, base
        self._patient = patient
        self._patient.mask.learn(_secrets(desired))
        self._live, self._plan = State(), Plan()
        self._verdict, self._origins = Verdict((), {}, ()), Origins()
        self._read_calls = 0

    @property
    def totals(self) -> Mapping[str, int]:
        """How many steps the plan has for each root."""
        return Counter(str(step.at.root) for step in self._plan.steps)

    @property
    def ids(self) -> Mapping[Address, str]:
        """The AWS ids that are known by now."""
        return self._live.ids

    def plan(self) -> Report:
        """Reads what is live and works out what to do. Changes nothing."""
        before = self._patient.calls
        self._live = read(self._patient, self._environment, self._desired, self._only)
        self._read_calls = self._patient.calls - before
        self._patient.mask.learn(_secrets(self._live))
        rules = self._request.rules
        sides = Sides(self._desired, self._live)
        if rules.policy == "sync":
            self._desired, self._live = succeed(self._desired, self._live, datetime.now(UTC))
        where = self._environment
        scope = Scope(where.account, where.region, where.partition)
        self._desired = staying(self._desired, self._live, rules, scope)
        self._live = adopted(self._desired, self._live)
        compared = retained(self._desired, self._live, rules.history)
        changes = diff(self._desired, compared, renaming=renaming(rules))
        self._verdict = guard(changes, self._desired, compared, rules, datetime.now(UTC))
        # An import says everything anew, and other policies are for those who want what is live left alone.
        strategy = self._request.strategy if rules.policy == "sync" else "calls"
        self._plan = choose(self._verdict.changes, changes, self._desired, compared, strategy)
        self._live.ids = compared.ids
        if self._base:
            self._origins = origins(changes, self._base, replace(sides, heirs=compared.heirs))
        return self._report({}, dry_run=True)

    def apply(
        self,
        progress: Callable[[Progress], None],
        stop: threading.Event,
        drain: threading.Event | None = None,
    ) -> Report:
        """Carries out the plan and tells of every step that ends. Raises RefusedError if it may not be."""
        if self._verdict.refusals and self._request.allow != self._verdict.digest:
            raise RefusedError("; ".join(self._verdict.refusals))
        outcomes: list[Outcome] = []
        ended: Counter[str] = Counter()
        totals = self.totals
        run = apply(
            self._plan, self._patient, self._live.ids, self._environment, stop, drain=drain, prove=self._prove
        )
        for outcome in run:
            outcomes.append(outcome)
            root = str(outcome.step.at.root)
            ended[root] += 1
            progress(
                Progress(
                    root=root,
                    title=outcome.step.title,
                    status=outcome.status,
                    done=ended[root],
                    total=max(totals[root], ended[root]),
                    error=outcome.error,
                )
            )
        # What an import did not carry was not in the plan.
        more = {outcome.step: frozenset[Step]() for outcome in outcomes}
        self._plan = replace(self._plan, steps={**self._plan.steps, **more})
        broken = (outcome for outcome in outcomes if outcome.step.proof and outcome.status == "failed")
        errors = tuple(f"{outcome.step.title}: {outcome.error}" for outcome in broken)
        return self._report(_statuses(outcomes), errors, dry_run=False)

    def _prove(self, root: Address) -> Proof:
        """Reads back what was imported, and plans what is not as desired."""
        found = reread(self._patient, root, dict(self._live.ids))
        wanted = {at: item for at, item in self._desired.resources.items() if at == root or is_carried(at, root)}
        desired = State(wanted)
        rest = plan(diff(desired, found), desired, found)
        return Proof(found.ids, rest)

    def _report(
        self, outcomes: dict[Address, tuple[Status, str]], errors: tuple[str, ...] = (), *, dry_run: bool
    ) -> Report:
        findings = Findings(self._desired, self._origins, left=tuple(self._left()))
        views = change_views(self._plan, outcomes, findings)
        changed = {change.at for change in self._plan.changes}
        unchanged = sum(1 for at in self._desired.resources if at not in changed and at in self._live.resources)
        return Report(
            version=__version__,
            target=self._request.target,
            account=self._environment.account,
            region=self._environment.region,
            owner=self._environment.owner,
            revision=self._desired.revision,
            base=self._base.revision if self._base else "",
            dryRun=dry_run,
            changes=views,
            summary=summarise(views, unchanged),
            roots=root_views(self._plan),
            calls=self._plan.calls,
            readCalls=self._read_calls,
            seconds=round(self._plan.seconds, 1),
            waits=self._plan.waits,
            stages=tuple(self._stages(outcomes)),
            unreadable={str(at): error for at, error in sorted(self._live.unknown.items())},
            held={str(at): reason for at, reason in sorted(self._verdict.held.items())},
            suspended=tuple(sorted(map(str, self._verdict.suspended))),
            refusals=self._verdict.refusals,
            digest=self._verdict.digest,
            warnings=warning_views(self._warnings()),
            imports={str(at): count for at, count in sorted(self._plan.instead.items())},
            errors=errors,
        )

    def _warnings(self) -> list[Problem]:
        told = [*self._desired.warnings, *(self._base.warnings if self._base else ())]
        if self._request.base and self._request.base.warning:
            told.append(Problem(self._request.base.warning))
        return list(dict.fromkeys(told))

    def _left(self) -> Iterator[tuple[Change, str]]:
        """What differs and is left so: in suspended roots; in others too for those who ask why things differ."""
        for change, reason in self._verdict.left:
            if self._base or change.at.root in self._verdict.suspended:
                yield change, reason

    def _stages(self, outcomes: Mapping[Address, tuple[Status, str]]) -> Iterator[StageView]:
        """The stages that answer now, and where."""
        for at in sorted(at for at in self._desired.resources if at.kind == "Stage"):
            status, _ = outcomes.get(at, ("planned", ""))
            live = at in self._live.resources or status == "applied"
            if live and (api := self._live.ids.get(at.root)):
                host = f"{api}.execute-api.{self._environment.region}.{self._environment.domain}"
                yield StageView(api=at.root.key, stage=at.key, url=f"https://{host}/{at.key}/")


def _statuses(outcomes: Sequence[Outcome]) -> dict[Address, tuple[Status, str]]:
    """How each change went: as its worst step did."""
    found: dict[Address, tuple[Status, str]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: ("done", "blocked", "failed").index(outcome.status)):
        status: Status = "applied" if outcome.status == "done" else outcome.status
        if outcome.step.proof:
            # What it carries waited for it; why it failed is told once.
            failed = status == "failed"
            told: Status = "blocked" if failed else status
            reason = f"waits for: {outcome.step.title}" if failed else outcome.error
            found |= dict.fromkeys(outcome.step.covers, (told, reason))
        else:
            found |= dict.fromkeys((outcome.step.at, *outcome.step.covers), (status, outcome.error))
    return found


def _secrets(state: State) -> list[str]:
    return [value for resource in state.resources.values() for value in secrets(resource)]


def open_pass(request: Request, pacers: Pacers | None = None) -> Pass:
    """Connects and loads the specs. Raises SpecErrors for the author, GatewayError's subclasses for AWS.

    Passes that run at the same time are to be given the same pacers.
    """
    patient, where = connected(request, pacers)
    look_up = Secrets(patient)
    wanted = desired(request, where, look_up)
    return Pass(request, wanted, patient, where, base=earlier(request, where, look_up, wanted))


def connected(request: Request, pacers: Pacers | None = None) -> tuple[Patient, Environment]:
    """A patient caller for the account of the target, and whose it is. Raises GatewayError's subclasses."""
    client, where = arrive(request, pacers or Pacers())
    return Patient(client), where


def arrive(request: Request, pacers: Pacers) -> tuple[Client, Environment]:
    """Connects to a target, and makes sure that it is the one that is meant. Raises GatewayError's subclasses."""
    aim = request.aim
    client = connection(request)
    where = environment(client, request.owner)
    # Before anything else: what is meant for one account is not even read in another.
    if aim.account and aim.account != where.account:
        message = (
            f"target {request.target} is account {aim.account} in reconcile.yaml, "
            f"but these credentials are of account {where.account}: nothing was read or changed"
        )
        raise AccessError(message)
    client.pacer = pacers.of(where.account, where.region, request.quota_share)
    return client, where
