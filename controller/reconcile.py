"""One pass: load, read, compare, guard, plan, apply, report."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from controller import __version__
from controller.address import Address
from controller.adoption import adopted
from controller.apply import Outcome, Proof, always, apply
from controller.aws.client import Client, environment
from controller.aws.pacing import Pacers
from controller.aws.reader import read, reread
from controller.aws.secrets import Secrets
from controller.aws.usage import Usage, counted
from controller.callers import Impacts, impacts
from controller.diff import Change, diff
from controller.errors import AccessError, Problem, RefusedError
from controller.families import Families
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
from controller.suspension import Suspension, suspended
from controller.terms import Scope
from controller.views import Findings, change_views, root_views, warning_views


class Pass:
    """One pass on one target: first `plan`, then, if wanted, `apply` of exactly that plan.

    With `only`, no other desired roots are looked at or changed; with `suspensions`, what they are about is
    compared and not changed. With a `base`, the report says why things differ.
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
        suspensions: Sequence[Suspension] = (),
    ) -> None:
        self._request, self._desired, self._environment = request, desired, environment
        self._only, self._base, self._suspensions = only, base, suspensions
        self._patient = patient
        self._patient.mask.learn(desired.secrets)
        self._live, self._plan = State(), Plan()
        self._verdict, self._origins = Verdict((), {}, ()), Origins()
        self._impacts: Impacts = {}
        self._usage = Usage()
        self._read_calls = 0

    @property
    def totals(self) -> Mapping[str, int]:
        """How many steps the plan has for each root."""
        return Counter(str(step.at.root) for step in self._plan.steps)

    @property
    def ids(self) -> Families[str]:
        """The AWS ids that are known by now."""
        return self._live.ids

    def plan(self) -> Report:
        """Reads what is live and works out what to do. Changes nothing."""
        before = self._patient.calls
        self._live = read(self._patient, self._environment, self._desired, self._only)
        self._read_calls = self._patient.calls - before
        self._patient.mask.learn(self._live.secrets)
        rules = self._request.rules
        sides = Sides(self._desired, self._live)
        if rules.policy == "sync":
            self._desired, self._live = succeed(self._desired, self._live, datetime.now(UTC))
        where = self._environment
        scope = Scope(where.account, where.region, where.partition)
        self._desired = staying(self._desired, self._live, rules, scope)
        self._live = adopted(self._desired, self._live)
        now, target = datetime.now(UTC), self._request.target
        self._desired = suspended(self._desired, self._live, target, self._suspensions, now)
        compared = retained(self._desired, self._live, rules.history)
        changes = diff(self._desired, compared, renaming=renaming(rules))
        self._verdict = guard(changes, self._desired, compared, rules, now)
        # An import says everything anew, and other policies are for those who want what is live left alone.
        strategy = self._request.strategy if rules.policy == "sync" else "calls"
        self._plan = choose(self._verdict.changes, changes, self._desired, compared, strategy)
        self._live.ids = compared.ids
        if self._base:
            self._origins = origins(changes, self._base, replace(sides, heirs=compared.heirs))
        self._impacts = impacts(changes, self._desired, compared)
        if self._request.usage:
            self._usage = counted(self._patient, self._impacts, changes, compared, now)
        return self._report({}, dry_run=True)

    def apply(
        self,
        progress: Callable[[Progress], None],
        stop: threading.Event,
        may_begin: Callable[[Address], bool] = always,
    ) -> Report:
        """Carries out the plan and tells of every step that ends. Raises RefusedError if it may not be.

        A root that `may_begin` says no to when its turn comes is left.
        """
        if self._verdict.refusals and self._request.allow != self._verdict.digest:
            raise RefusedError("; ".join(self._verdict.refusals))
        outcomes: list[Outcome] = []
        ended: Counter[str] = Counter()
        totals = self.totals
        where, ids = self._environment, self._live.ids
        run = apply(self._plan, self._patient, ids, where, stop, may_begin=may_begin, prove=self._prove)
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
        found = reread(self._patient, root, self._live.ids)
        own = self._desired.resources.of(root)
        desired = State(Families({at: item for at, item in own.items() if at == root or is_carried(at, root)}))
        rest = plan(diff(desired, found), desired, found)
        return Proof(dict(found.ids), rest)

    def _report(
        self, outcomes: dict[Address, tuple[Status, str]], errors: tuple[str, ...] = (), *, dry_run: bool
    ) -> Report:
        findings = Findings(
            self._desired, self._origins, self._impacts, self._usage.requests, tuple(self._left())
        )
        views = change_views(self._plan, outcomes, findings)
        changed = {change.at for change in self._plan.changes}
        unchanged, stages = self._standing(changed)
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
            usage=self._usage.words,
            calls=self._plan.calls,
            readCalls=self._read_calls,
            seconds=round(self._plan.seconds, 1),
            waits=self._plan.waits,
            stages=tuple(self._stages(stages, outcomes)),
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
        told += self._usage.problems
        return list(dict.fromkeys(told))

    def _left(self) -> Iterator[tuple[Change, str]]:
        """What differs and is left so: in suspended roots; in others too for those who ask why things differ."""
        for change, reason in self._verdict.left:
            if self._base or change.at.root in self._verdict.suspended:
                yield change, reason

    def _standing(self, changed: Container[Address]) -> tuple[int, set[Address]]:
        """How much was live as desired before the pass, and which stages were live at all."""
        unchanged, stages = 0, set()
        for root in self._desired.roots() & self._live.roots():
            own = self._desired.resources.of(root).keys() & self._live.resources.of(root).keys()
            unchanged += sum(1 for at in own if at not in changed)
            stages |= {at for at in own if at.kind == "Stage"}
        return unchanged, stages

    def _stages(
        self, before: Collection[Address], outcomes: Mapping[Address, tuple[Status, str]]
    ) -> Iterator[StageView]:
        """The stages that answer now, and where."""
        done = {at for at, (status, _) in outcomes.items() if at.kind == "Stage" and status == "applied"}
        for at in sorted({*before, *(at for at in done if at in self._desired.resources)}):
            if api := self._live.ids.get(at.root):
                host = f"{api}.execute-api.{self._environment.region}.{self._environment.domain}"
                yield StageView(api=at.root.key, stage=at.key, url=f"https://{host}/{at.key}/")


_WORSE = ("done", "skipped", "blocked", "failed")


def _statuses(outcomes: Sequence[Outcome]) -> dict[Address, tuple[Status, str]]:
    """How each change went: as its worst step did."""
    found: dict[Address, tuple[Status, str]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: _WORSE.index(outcome.status)):
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
