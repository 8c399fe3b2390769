"""Whole passes over HTTP against each emulator: what is reached, what is left alone, what a crash leaves behind."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.aws.client import Client
from controller.errors import RefusedError, UnavailableError
from controller.reconcile import open_pass
from controller.request import Request
from controller.settings import checkout_of, read_settings

from . import driver
from .driver import REGION, Account
from .fields import METHOD, api
from .functions import make_functions
from .harness import Emulator
from .worlds import of_size, origins, photos


EXAMPLES = Path(__file__).parents[2] / "specs" / "examples"
SPECS = sorted(file for file in EXAMPLES.rglob("*.yaml") if "apiVersion: apigateway/" in file.read_text())
NO_SPECS = pytest.param(None, marks=pytest.mark.skip(f"no specs in {EXAMPLES}"), id="none")

OWNERS = count(1)


@pytest.fixture
def account(emulator: Emulator) -> Iterator[Account]:
    """An account of an owner that nobody had before."""
    with driver.on(emulator) as shared:
        own = shared.owned_by(f"owner-{next(OWNERS)}")
        yield own
        driver.sweep(own)


@pytest.fixture
def plain(emulator: Emulator, account: Account) -> Any:
    """boto3, to look at the account without the product."""
    del account
    client = boto3.client("apigateway", region_name=REGION, endpoint_url=emulator.endpoint_url)
    yield client
    client.close()


def mine(account: Account, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in items if item.get("tags", {}).get("reconcile:owner") == account.environment.owner]


def apis(account: Account, plain: Any) -> list[dict[str, Any]]:
    return mine(account, plain.get_rest_apis(limit=500)["items"])


# ── what is reached ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "make",
    [
        photos,
        lambda _: origins("https://a.example", "https://b.example"),
        lambda _: origins("https://a.example"),
        lambda _: of_size(2),
    ],
    ids=["photos", "origins", "origin", "small"],
)
def test_a_world_is_reached_in_one_pass(account: Account, make: Callable[[str], dict[str, Any]]):
    world = make(account.environment.account)
    account.converge(world)
    assert account.changes(world) == []


def test_what_is_reached_is_what_the_specs_say(account: Account, plain: Any):
    account.converge(photos(account.environment.account))

    (made,) = apis(account, plain)
    assert made["name"] == "photos"
    assert made["tags"] == {
        "team": "media",
        "reconcile:owner": account.environment.owner,
        "reconcile:name": "photos",
    }
    authorizers = {item["name"]: item["id"] for item in plain.get_authorizers(restApiId=made["id"])["items"]}
    paths = {item["path"]: item for item in plain.get_resources(restApiId=made["id"], limit=500)["items"]}
    assert set(paths) == {"/", "/photos", "/photos/{key}", "/health"}
    assert {path: set(item.get("resourceMethods", {})) for path, item in paths.items()} == {
        "/": set(),
        "/photos": {"GET", "POST", "OPTIONS"},
        "/photos/{key}": {"PUT", "DELETE", "OPTIONS"},
        "/health": {"GET", "OPTIONS"},
    }
    listing = plain.get_method(restApiId=made["id"], resourceId=paths["/photos"]["id"], httpMethod="GET")
    assert listing["authorizationType"] == "COGNITO_USER_POOLS"
    assert listing["authorizerId"] == authorizers["users"]
    where = account.environment
    assert listing["methodIntegration"]["uri"] == (
        f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:{REGION}:{where.account}:function:list-photos/invocations"
    )
    stage = plain.get_stage(restApiId=made["id"], stageName="prod")
    assert stage["variables"] == {"backend": "photos.example.com"}
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 100
    (deployment,) = plain.get_deployments(restApiId=made["id"])["items"]
    assert stage["deploymentId"] == deployment["id"]
    assert "git:abc1234 definition:" in deployment["description"]
    (plan,) = mine(account, plain.get_usage_plans(limit=500)["items"])
    assert [(item["apiId"], item["stage"]) for item in plan["apiStages"]] == [(made["id"], "prod")]
    keys = plain.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
    assert {key["name"] for key in keys} == {"acme", "umbrella"}


@pytest.mark.parametrize("file", SPECS or [NO_SPECS], ids=lambda file: file.stem)
def test_an_example_is_reached_in_one_pass(file: Path, emulator: Emulator, account: Account):
    checkout = checkout_of(file)
    settings = read_settings(checkout).model_copy(update={"owner": account.environment.owner})
    named = re.findall(r"\$env: *(\w+)", file.read_text())
    make_functions(emulator, *re.findall(r"\blambda: ([\w-]+)", file.read_text()))
    request = Request(
        (file,),
        checkout,
        settings,
        next(iter(settings.targets)),
        endpoint_url=emulator.endpoint_url,
        quota_share=None,
        environ={name: f"a-value-for-{name}-that-is-long" for name in named},
    )
    one = open_pass(request)
    assert one.plan().summary.create > 0
    report = one.apply(lambda _: None, threading.Event())
    assert [change.error for change in report.changes if change.status != "applied"] == []
    assert open_pass(request).plan().changes == ()


def test_reading_costs_no_call_more_for_more_methods(account: Account):
    assert isinstance(account.caller, Client)
    cost = []
    for world in (of_size(2), of_size(60)):
        account.converge(world)
        before = account.caller.counts.copy()
        assert account.changes(world) == []
        cost.append(account.caller.counts - before)
    assert cost[0] == cost[1]


# ── by an import ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("make", [photos, lambda _: of_size(20)], ids=["photos", "sized"])
def test_an_import_reaches_the_same_and_calls_do_what_it_does_not_carry(
    account: Account, make: Callable[[str], dict[str, Any]]
):
    """MiniStack knows no import, and LocalStack's forgets roles, AWS_IAM, gateway responses and more."""
    assert isinstance(account.caller, Client)
    world = make(account.environment.account)
    account.converge(world, strategy="import")
    assert account.caller.counts["PutRestApi"] == 1
    assert account.changes(world, strategy="calls") == []


def test_a_large_change_is_one_import(account: Account, plain: Any):
    assert isinstance(account.caller, Client)
    account.converge(of_size(20), strategy="calls")
    (made,) = apis(account, plain)
    before = {item["path"]: item["id"] for item in plain.get_resources(restApiId=made["id"], limit=500)["items"]}
    served = plain.get_stage(restApiId=made["id"], stageName="prod")["deploymentId"]
    account.converge(of_size(60), strategy="import")
    assert account.changes(of_size(60)) == []
    assert len(plain.get_resources(restApiId=made["id"], limit=500)["items"]) > len(before)
    stage = plain.get_stage(restApiId=made["id"], stageName="prod")
    assert stage["deploymentId"] != served


# ── what is left alone ───────────────────────────────────────────────────────────────────────────


def contents(plain: Any, api_id: str) -> dict[str, Any]:
    """An API as it answers, without what is new in each answer."""
    found = {
        "api": plain.get_rest_api(restApiId=api_id),
        "resources": plain.get_resources(restApiId=api_id, embed=["methods"], limit=500)["items"],
        "models": plain.get_models(restApiId=api_id)["items"],
        "stages": plain.get_stages(restApiId=api_id)["item"],
        "deployments": plain.get_deployments(restApiId=api_id)["items"],
    }
    del found["api"]["ResponseMetadata"]
    return found


def test_removal_takes_all_of_ours_and_nothing_else(account: Account, plain: Any):
    foreign = plain.create_rest_api(name="photos", tags={"team": "media"})
    own = {"restApiId": foreign["id"], "resourceId": foreign["rootResourceId"], "httpMethod": "GET"}
    plain.put_method(**own, authorizationType="NONE")
    plain.put_integration(**own, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    plain.create_deployment(restApiId=foreign["id"], stageName="prod")
    key = plain.create_api_key(name="acme", enabled=True, value="a-key-that-is-somebody-elses")
    stages = [{"apiId": foreign["id"], "stage": "prod"}]
    plan = plain.create_usage_plan(name="partners", apiStages=stages)
    plain.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    before = contents(plain, foreign["id"])
    try:
        account.converge(photos(account.environment.account))
        assert contents(plain, foreign["id"]) == before

        with pytest.raises(RefusedError):
            account.converge({})
        report = account.converge({}, allow=account.open_pass({}).plan().digest)
        assert report.summary.failed == report.summary.blocked == 0
        assert account.changes({}) == []
        assert apis(account, plain) == []
        assert mine(account, plain.get_usage_plans(limit=500)["items"]) == []
        assert mine(account, plain.get_api_keys(limit=500)["items"]) == []

        assert contents(plain, foreign["id"]) == before
        assert plain.get_usage_plan(usagePlanId=plan["id"])["apiStages"] == stages
        assert [item["id"] for item in plain.get_usage_plan_keys(usagePlanId=plan["id"])["items"]] == [key["id"]]
    finally:
        plain.delete_usage_plan(usagePlanId=plan["id"])
        plain.delete_api_key(apiKey=key["id"])
        plain.delete_rest_api(restApiId=foreign["id"])


def test_without_prune_a_world_without_specs_stays(account: Account, plain: Any):
    world = of_size(2)
    account.converge(world)
    assert account.changes({}, prune=False) == []
    assert account.open_pass({}, prune=False).plan().held.keys() == {"RestApi sized"}
    assert account.changes(world) == []
    assert len(apis(account, plain)) == 1


def test_two_owners_with_the_same_names_do_not_meet(account: Account, plain: Any):
    other = account.owned_by(f"{account.environment.owner}-other")
    ours, theirs = of_size(2), of_size(4)
    try:
        account.converge(ours)
        other.converge(theirs)
        (before,) = apis(other, plain)
        assert account.changes(ours) == other.changes(theirs) == []

        account.converge({"ApiKey acme": {}})
        assert apis(account, plain) == []
        assert apis(other, plain) == [before]
        assert other.changes(theirs) == []
    finally:
        driver.sweep(other)


# ── what a crash leaves behind ───────────────────────────────────────────────────────────────────


CALLS = (0, 1, 5, 14, 25, 35, 45)
"""Which of the changing calls fails; the photo service takes a few more than the last of these."""


@dataclasses.dataclass
class Failing:
    """A caller whose nth changing call fails, before it is made or after."""

    caller: Any
    at: int
    after: bool
    error: BaseException
    numbers: Iterator[int] = dataclasses.field(default_factory=count)

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        fails = not operation.startswith("Get") and next(self.numbers) == self.at
        if fails and not self.after:
            raise self.error
        answer: dict[str, Any] = self.caller(operation, params, service=service)
        if fails:
            raise self.error
        return answer


@pytest.mark.parametrize("at", CALLS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_is_repaired_by_the_next_pass(account: Account, plain: Any, at: int, *, after: bool):
    world = photos(account.environment.account)
    with pytest.raises(KeyboardInterrupt):
        account.through(Failing(account.caller, at, after, KeyboardInterrupt())).converge(world)
    account.converge(world)
    assert account.changes(world) == []
    assert len(apis(account, plain)) == 1


@pytest.mark.parametrize("at", CALLS)
def test_an_answer_that_is_lost_is_no_call_made_twice(account: Account, plain: Any, at: int):
    world = photos(account.environment.account)
    account.through(Failing(account.caller, at, after=True, error=UnavailableError("the answer is lost"))).converge(
        world
    )
    assert account.changes(world) == []
    assert len(apis(account, plain)) == 1
    assert len(mine(account, plain.get_usage_plans(limit=500)["items"])) == 1


# ── what the emulators carry out on create alone ─────────────────────────────────────────────────


def test_the_limits_of_a_method_are_set_with_the_plan(account: Account):
    limits = {METHOD: {"rateLimit": 5, "burstLimit": 10}}
    plan = {"apiStages": [{"api": "shop", "stage": "prod", "throttle": limits}]}
    world = {"RestApi shop": api(stages={"prod": {}}), "UsagePlan gold": plan}
    account.converge(world)
    assert account.changes(world) == []
