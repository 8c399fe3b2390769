"""`reconcile import` on the fake: what it writes builds what is live, and the plan right after adopts, no more."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from pydantic import SecretStr

from controller.authored import authored
from controller.aws.reader import read
from controller.desired import build
from controller.diff import diff
from controller.importing.adopt import Imported, Wish, import_roots
from controller.importing.update import update
from controller.request import Request
from controller.retry import Patient
from controller.settings import Settings
from controller.terms import Scope
from tests.engine import HERE, converge, desired, documents
from tests.fake import FakeGateway
from tests.strategies import worlds


MANY = settings(
    max_examples=int(os.environ.get("PAIRS", "40")),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, *([Phase.shrink] if "SHRINK" in os.environ else [])],
    suppress_health_check=list(HealthCheck),
)


def scope(*groups: str) -> Scope:
    return Scope(HERE.account, HERE.region, HERE.partition, dict.fromkeys(groups))


def forgotten(fake: FakeGateway) -> FakeGateway:
    """The account as though somebody had made all of it by hand: no tags of ours, no stamps."""
    world = fake.world
    records = [api.record for api in world.apis.values()]
    for kind in (world.api_keys, world.usage_plans, world.vpc_links, world.certificates, world.domains):
        records += kind.values()
    for record in records:
        tags = record.get("tags") or {}
        record["tags"] = {key: value for key, value in tags.items() if not key.startswith("reconcile:")}
    for api in world.apis.values():
        for deployment in api.deployments.values():
            deployment.pop("description", None)
    return fake


def imported(fake: FakeGateway, folder: Path, **wish: Any) -> Imported:
    request = Request((folder / "specs",), folder, Settings(), "default", environ={})
    return import_roots(request, Wish(**{"everything": True, **wish}), Patient(fake, sleep=lambda _: None), HERE)


@MANY
@given(worlds())
def test_what_is_written_back_builds_what_is_live(world):
    fake = FakeGateway()
    converge(fake, world)
    live = read(Patient(fake), HERE, desired(world))
    again = {}
    for at in live.roots():
        spec = authored(at, live.resources, live.ids, scope("a", "c"))
        if at.kind == "ApiKey" and "value" in world[f"ApiKey {at.key}"]:
            spec["value"] = SecretStr(live.resources[at].value.get_secret_value())
        again[f"{at.kind} {at.key}" if at.key else "Account here"] = spec
    state, problems = build(documents(again), scope(), "")
    assert problems == []
    # The digest of a definition tells an empty root path that is written from one that is not.
    found = [c for c in diff(state, live) if c.at.kind not in ("Deployment", "LogGroup")]
    assert [c for c in found if {d.field for d in c.differences} - {"deployment", "canaryDeployment"}] == []


@MANY
@given(worlds(), worlds())
def test_whatever_drifts_is_written_back(before, other):
    after = {title: other.get(title, spec) for title, spec in before.items()}
    _, problems = build(documents(after), scope(), "")
    assume(after != before and not problems)
    fake = FakeGateway()
    converge(fake, before)
    with TemporaryDirectory() as name:
        imported(fake, Path(name))
        # Two keys of one value, from one world each, are no world.
        assume(converge(fake, after).summary.failed == 0)
        request = Request((Path(name) / "specs",), Path(name), Settings(), "default", environ={})
        result = update(request, (), Patient(fake, sleep=lambda _: None), HERE)
        assert result.left == []
        # Of a log group, only the name is a matter of the API.
        assert [line for line in result.differences if "LogGroup" not in line] == []


@MANY
@given(worlds())
def test_an_imported_account_is_adopted_and_nothing_else(world):
    fake = FakeGateway()
    converge(fake, world)
    forgotten(fake)
    with TemporaryDirectory() as name:
        result = imported(fake, Path(name))
        assert result.left == []
        assert result.differences == []
        if result.report:
            assert result.report.held == {}
            assert {change.action for change in result.report.changes} <= {"adopt"}
        secrets = [key["value"] for key in fake.world.api_keys.values()]
        for file in Path(name).rglob("*.*"):
            if file.is_file():
                assert not any(secret in file.read_text() for secret in secrets)
