"""Passes over real HTTP, as the command makes them: an `Account` is a Caller together with whose account it is."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.aws.client import connect, environment
from controller.desired import build
from controller.errors import NotFoundError
from controller.gateway import Caller, Environment
from controller.reconcile import Pass
from controller.report import Report
from controller.request import Request
from controller.retry import Patient
from controller.settings import Settings
from controller.state import State
from controller.strategy import Strategy
from controller.terms import Scope
from tests.engine import HERE, documents
from tests.fake import FakeGateway

from .harness import Emulator


REGION = "eu-west-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

NO_LIMITS = {"deletes": None, "updates": None}

World = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Account:
    """Where passes are made, and as whom. `owner` separates what tests make from each other."""

    caller: Caller
    environment: Environment

    def owned_by(self, owner: str) -> Account:
        return dataclasses.replace(self, environment=dataclasses.replace(self.environment, owner=owner))

    def through(self, caller: Caller) -> Account:
        return dataclasses.replace(self, caller=caller)

    def desired(self, world: World) -> State:
        """The desired state of a world; fails the test if it is not a valid one."""
        where = self.environment
        state, problems = build(documents(world), Scope(where.account, where.region, where.partition), "abc1234")
        assert not problems, "\n".join(str(problem) for problem in problems)
        return state

    def open_pass(self, world: World, *, allow: str = "", strategy: Strategy = "calls", **settings: Any) -> Pass:
        """A pass that may do everything, without waiting between repeats."""
        chosen = Settings(**{"prune": True, "limits": NO_LIMITS, **settings})
        request = Request((Path(),), Path(), chosen, "default", allow=allow, strategy=strategy)
        patient = Patient(self.caller, sleep=lambda _: None)
        return Pass(request, self.desired(world), patient, self.environment)

    def converge(self, world: World, *, allow: str = "", **settings: Any) -> Report:
        """Plans and applies a world; fails the test if a step failed or a root could not be read."""
        one = self.open_pass(world, allow=allow, **settings)
        unreadable = one.plan().unreadable
        assert not unreadable, unreadable
        report = one.apply(lambda _: None, threading.Event())
        failed = [f"{change.root} > {change.path}: {change.error}" for change in report.changes if change.error]
        failed += report.errors
        assert not failed, "\n".join(failed)
        return report

    def changes(self, world: World, **settings: Any) -> list[str]:
        """What a further pass would change: one line each."""
        report = self.open_pass(world, **settings).plan()
        unread = [f"unreadable {root}: {error}" for root, error in report.unreadable.items()]
        return unread + [
            f"{change.action} {change.root} > {change.path}: "
            + ", ".join(f"{f.field} {_unlike(f.old, f.new)} → {_unlike(f.new, f.old)}" for f in change.fields)
            for change in report.changes
        ]


def sweep(account: Account) -> None:
    """Deletes what carries the owner's tag, by plain calls: what an emulator broke, a pass may not read."""
    for listing, deletion, key, name in (
        ("GetDomainNames", "DeleteDomainName", "domainName", "domainName"),
        ("GetUsagePlans", "DeleteUsagePlan", "usagePlanId", "id"),
        ("GetApiKeys", "DeleteApiKey", "apiKey", "id"),
        ("GetRestApis", "DeleteRestApi", "restApiId", "id"),
        ("GetVpcLinks", "DeleteVpcLink", "vpcLinkId", "id"),
        ("GetClientCertificates", "DeleteClientCertificate", "clientCertificateId", "clientCertificateId"),
    ):
        items: list[dict[str, Any]] = []
        with suppress(NotFoundError):
            items = account.caller(listing, {"limit": 500})["items"]
        for item in items:
            if (item.get("tags") or {}).get("reconcile:owner") == account.environment.owner:
                account.caller(deletion, {key: item[name]})


def _unlike(value: Any, other: Any) -> Any:
    """The value without what it shares with the other."""
    if not isinstance(value, dict) or not isinstance(other, dict):
        return value
    return {key: _unlike(item, other.get(key)) for key, item in value.items() if item != other.get(key, ...)}


def on_the_fake() -> Account:
    """An empty account in memory."""
    return Account(FakeGateway(), HERE)


@contextmanager
def on(emulator: Emulator) -> Iterator[Account]:
    """An emulator's account, with credentials in the process environment, as they are found in a pod."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        client = connect(region=REGION, endpoint_url=emulator.endpoint_url)
        yield Account(client, environment(client, "default"))
