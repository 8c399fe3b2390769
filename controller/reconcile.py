"""One pass: load, read, compare, guard, plan, apply, report."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from controller import __version__, kinds
from controller.address import Address
from controller.apply import Outcome, apply
from controller.aws import index
from controller.aws.client import Client, Role, connect, environment, session_name
from controller.aws.observing import Observer, nobody
from controller.aws.pacing import Pacers
from controller.aws.reader import read
from controller.aws.routes import partition_of, routes
from controller.aws.secrets import Secrets, right
from controller.desired import build
from controller.diff import diff
from controller.errors import AccessError, Problem, RefusedError, SpecErrors
from controller.facets import secrets
from controller.gateway import Environment
from controller.iam import policy
from controller.plan import Plan, plan
from controller.policy import Rules, Verdict, guard, retained
from controller.report import Progress, Report, StageView, Status, change_views, summarise, warning_views
from controller.retry import Patient
from controller.settings import Settings, Target
from controller.source import Loaded, load, revision
from controller.state import State
from controller.succession import succeed
from controller.terms import Scope


@dataclass(frozen=True)
class Request:
    """What one pass on one target needs to know.

    quota_share   the share of AWS's control-plane quotas this run may use; None for no pacing
    prune         overrides the settings where it is not None
    allow         the digest of a refused plan that may be carried out all the same
    strict        whether a warning of the specs is an error
    keys          an access key in the place of the usual AWS chain
    observer      is told of every call of AWS
    """

    specs: tuple[Path, ...]
    checkout: Path
    settings: Settings
    target: str
    endpoint_url: str | None = None
    quota_share: float | None = 0.85
    prune: bool | None = None
    allow: str = ""
    strict: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    keys: tuple[str, str] | None = field(default=None, repr=False)
    observer: Observer = field(default=nobody, repr=False)

    @property
    def aim(self) -> Target:
        """What the settings say of the target."""
        return self.settings.targets[self.target]

    @property
    def owner(self) -> str:
        """Whose the roots of the target are."""
        return self.aim.owner or self.settings.owner

    @property
    def rules(self) -> Rules:
        """What the run may do."""
        prune = self.settings.prune if self.prune is None else self.prune
        limits = self.settings.limits
        history = self.settings.deploymentHistory
        return Rules(self.settings.policy, prune, history, limits.deletes, limits.updates)


class Pass:
    """One pass on one target: first `plan`, then, if wanted, `apply` of exactly that plan.

    With `only`, no other desired roots are looked at or changed.
    """

    def __init__(
        self,
        request: Request,
        desired: State,
        patient: Patient,
        environment: Environment,
        only: frozenset[Address] | None = None,
    ) -> None:
        self._request, self._desired, self._environment = request, desired, environment
        self._only = only
        self._patient = patient
        self._patient.mask.learn(_secrets(desired))
        self._live, self._plan = State(), Plan()
        self._verdict = Verdict((), {}, ())
        self._read_calls = 0

    @property
    def totals(self) -> Mapping[str, int]:
        """How many steps the plan has for each root."""
        return Counter(str(step.at.root) for step in self._plan.steps)

    def plan(self) -> Report:
        """Reads what is live and works out what to do. Changes nothing."""
        before = self._patient.calls
        self._live = read(self._patient, self._environment, self._desired, self._only)
        self._read_calls = self._patient.calls - before
        self._patient.mask.learn(_secrets(self._live))
        rules = self._request.rules
        if rules.policy == "sync":
            self._desired, self._live = succeed(self._desired, self._live, datetime.now(UTC))
        compared = retained(self._desired, self._live, rules.history)
        changes = diff(self._desired, compared)
        self._verdict = guard(changes, self._desired, compared, rules, datetime.now(UTC))
        self._plan = plan(self._verdict.changes, self._desired, compared)
        self._live.ids = compared.ids
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
        run = apply(self._plan, self._patient, self._live.ids, self._environment, stop, drain=drain)
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
                    total=totals[root],
                    error=outcome.error,
                )
            )
        return self._report(_statuses(outcomes), dry_run=False)

    def _report(self, outcomes: dict[Address, tuple[Status, str]], *, dry_run: bool) -> Report:
        views = change_views(self._plan, outcomes)
        changed = {change.at for change in self._plan.changes}
        unchanged = sum(1 for at in self._desired.resources if at not in changed and at in self._live.resources)
        return Report(
            version=__version__,
            target=self._request.target,
            account=self._environment.account,
            region=self._environment.region,
            owner=self._environment.owner,
            revision=self._desired.revision,
            dryRun=dry_run,
            changes=views,
            summary=summarise(views, unchanged),
            calls=self._plan.calls,
            readCalls=self._read_calls,
            seconds=round(self._plan.seconds, 1),
            stages=tuple(self._stages(outcomes)),
            unreadable={str(at): error for at, error in sorted(self._live.unknown.items())},
            held={str(at): reason for at, reason in sorted(self._verdict.held.items())},
            suspended=tuple(sorted(map(str, self._verdict.suspended))),
            refusals=self._verdict.refusals,
            digest=self._verdict.digest,
            warnings=warning_views(self._desired.warnings),
        )

    def _stages(self, outcomes: Mapping[Address, tuple[Status, str]]) -> Iterator[StageView]:
        """The stages that answer now, and where."""
        for at in sorted(at for at in self._desired.resources if at.kind == "Stage"):
            status, _ = outcomes.get(at, ("planned", ""))
            live = at in self._live.resources or status == "applied"
            if live and (api := self._live.ids.get(at.root)):
                host = f"{api}.execute-api.{self._environment.region}.{_DOMAINS[self._environment.partition]}"
                yield StageView(api=at.root.key, stage=at.key, url=f"https://{host}/{at.key}/")


_ = kinds  # importing it is what registers the kinds

_DOMAINS = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}


def _statuses(outcomes: Sequence[Outcome]) -> dict[Address, tuple[Status, str]]:
    """How each change went: as its worst step did."""
    found: dict[Address, tuple[Status, str]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: ("done", "blocked", "failed").index(outcome.status)):
        status: Status = "applied" if outcome.status == "done" else outcome.status
        for at in (outcome.step.at, *outcome.step.covers):
            found[at] = (status, outcome.error)
    return found


def _secrets(state: State) -> list[str]:
    return [value for resource in state.resources.values() for value in secrets(resource)]


def open_pass(request: Request, pacers: Pacers | None = None) -> Pass:
    """Connects and loads the specs. Raises SpecErrors for the author, GatewayError's subclasses for AWS.

    Passes that run at the same time are to be given the same pacers.
    """
    client, where = arrive(request, pacers or Pacers())
    patient = Patient(client)
    return Pass(request, desired(request, where, Secrets(patient)), patient, where)


def arrive(request: Request, pacers: Pacers) -> tuple[Client, Environment]:
    """Connects to a target, and makes sure that it is the one that is meant. Raises GatewayError's subclasses."""
    aim = request.aim
    client = _client(request)
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


def _client(request: Request) -> Client:
    region, url = request.aim.region, request.endpoint_url
    role, keys = _role(request), request.keys
    return connect(region=region, endpoint_url=url, role=role, keys=keys, observer=request.observer)


def _role(request: Request) -> Role | None:
    aim = request.aim
    if not aim.role:
        return None
    now = revision(request.checkout) or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return Role(aim.role, session_name(request.target, now), aim.externalId)


@dataclass(frozen=True)
class Checked:
    """What a check of the specs found, if they are right: how many roots, and what AWS ignores of them."""

    roots: int
    warnings: tuple[Problem, ...] = ()


def validate(request: Request) -> Checked:
    """Checks the specs without AWS. Raises SpecErrors."""
    where = Environment(request.aim.account or "0" * 12, request.aim.region or "us-east-1")
    state = desired(request, where, _unread)
    return Checked(len(state.roots()), state.warnings)


def _unread(reference: str) -> str:
    """What stands for a secret where there is no AWS to ask. Different secrets stay different."""
    return f"a secret that was not read: {reference}"


def iam_policy(request: Request, *, read_only: bool) -> dict[str, Any]:
    """What a run on these specs has to be allowed. AWS is asked for the account only if the target has none."""
    aim = request.aim
    if aim.account and aim.region:
        where = Environment(aim.account, aim.region, partition_of(aim.region), request.owner)
    else:
        where = environment(_client(request), request.owner)
    asked: set[str] = set()

    def look_up(reference: str) -> str:
        asked.add(reference)
        return _unread(reference)

    state = desired(request, where, look_up)
    return policy(state, routes(), where, [index.RIGHT, *map(right, sorted(asked))], read_only=read_only)


def desired(request: Request, where: Environment, look_up: Callable[[str], str]) -> State:
    """The desired state that the specs describe for a target. `look_up` reads secrets. Raises SpecErrors."""
    loaded = documents(request, where, look_up)
    scope = Scope(where.account, where.region, where.partition)
    state, problems = build(loaded.documents, scope, loaded.revision)
    found = [*loaded.problems, *problems, *(state.warnings if request.strict else ())]
    if found:
        raise SpecErrors(found)
    return state


def documents(
    request: Request, where: Environment, look_up: Callable[[str], str], commit: str | None = None
) -> Loaded:
    """The documents of the specs for a target, with what is wrong with them as such.

    `commit` is the revision if it is known; otherwise the checkout is asked.
    """
    given = {
        "account": where.account,
        "region": where.region,
        "partition": where.partition,
        "target": request.target,
    }
    return load(
        request.specs,
        checkout=request.checkout,
        variables=given | request.aim.variables,
        environ=request.environ,
        secrets=look_up,
        commit=commit,
    )
