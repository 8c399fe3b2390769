"""Statements in the policies of Lambda functions: which ones, when they come and go, and whose are left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.errors import AccessError
from controller.kinds.rest.lambda_permission import MOST
from tests.cases.steps import carry_out, further, mock, shop
from tests.engine import HERE, changes, converge, desired
from tests.fake import FakeGateway


ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
ROLE = "arn:aws:iam::123456789012:role/invoke"


def calling(function: str, **fields: Any) -> dict[str, Any]:
    """A method that calls a function."""
    return {"integration": {"lambda": function, **fields}}


def served(paths: dict[str, Any], **spec: Any) -> dict[str, dict[str, Any]]:
    """An API with these methods, `{"/pets": {"GET": …}}`, and a stage."""
    methods = {path: {"methods": verbs} for path, verbs in paths.items()}
    return shop(**{"paths": methods, "stages": {"prod": {}}, **spec})


def wanted(world: dict[str, Any]) -> list[str]:
    return sorted(at.key for at in desired(world).resources if at.kind == "LambdaPermission")


def sources(fake: FakeGateway, function: str, qualifier: str = "") -> list[str]:
    """What may call a function, without what all sources begin with."""
    statements = fake.world.statements[function, qualifier].values()
    arns = [one["Condition"]["ArnLike"]["AWS:SourceArn"] for one in statements]
    assert all(arn.startswith("arn:aws:execute-api:eu-west-1:123456789012:") for arn in arns)
    return sorted(arn.partition("/")[2] for arn in arns)


def existing(fake: FakeGateway) -> list[str]:
    return sorted(":".join(key).rstrip(":") for key, statements in fake.world.statements.items() if statements)


# ── which ones ───────────────────────────────────────────────────────────────────────────────────


def test_each_method_and_authorizer_has_a_narrow_statement():
    fake = FakeGateway()
    guard = {"guard": {"type": "TOKEN", "lambda": "check"}}
    paths = {
        "/": {"GET": calling("f")},
        "/pets/{id}/toys/{proxy+}": {"ANY": calling("f"), "POST": calling("f:live")},
    }
    world = served(paths, authorizers=guard)
    converge(fake, world)
    ((api, held),) = fake.world.apis.items()
    (authorizer,) = held.authorizers
    assert sources(fake, "f") == ["*/*/pets/*/toys/*", "*/GET/"]
    assert sources(fake, "f", "live") == ["*/POST/pets/*/toys/*"]
    assert sources(fake, "check") == [f"authorizers/{authorizer}"]
    names = [name for one in fake.world.statements.values() for name in one]
    assert all(name.startswith(f"reconcile-{api}-") for name in names)
    assert changes(fake, world) == []


def test_methods_with_variables_of_other_names_share_a_statement():
    world = served({"/pets/{id}": {"GET": calling("f")}, "/pets/{id}/{x}": {}, "/pets": {}})
    other = served({"/pets/{name+}": {"GET": calling("f")}})
    assert wanted(world) == wanted(other) == ["f GET /pets/*"]


@pytest.mark.parametrize(
    "method",
    [
        calling("f", credentials=ROLE),
        calling("arn:aws:lambda:eu-west-1:999999999999:function:f"),
        calling("arn:aws:lambda:us-east-1:123456789012:function:f"),
        calling("${stageVariables.fn}"),
        mock(),
    ],
    ids=["role", "account", "region", "variable", "mock"],
)
def test_some_calls_need_no_statement(method: dict[str, Any]):
    assert wanted(served({"/": {"GET": method}})) == []


def test_an_authorizer_with_a_role_needs_none():
    guard = {"type": "TOKEN", "lambda": "check", "authorizerCredentials": ROLE}
    assert wanted(served({"/": {"GET": mock()}}, authorizers={"guard": guard})) == []


def test_an_api_that_nobody_can_call_needs_none():
    assert wanted(served({"/": {"GET": calling("f")}}, stages={})) == []


def test_a_stage_variable_counts_with_every_value_that_a_stage_gives_it():
    stages = {"dev": {"variables": {"fn": "one"}}, "prod": {"variables": {"fn": "two:live"}}, "bare": {}}
    world = served({"/": {"GET": calling("${stageVariables.fn}")}}, stages=stages)
    assert wanted(world) == ["one GET /", "two:live GET /"]


def test_latest_is_the_function_itself():
    assert wanted(served({"/": {"GET": calling("f:$LATEST")}})) == ["f GET /"]


@pytest.mark.parametrize(("count", "statements"), [(MOST, MOST), (MOST + 1, 1)])
def test_many_methods_have_one_statement_for_the_api(count: int, statements: int):
    fake = FakeGateway()
    world = served({f"/p{number}": {"GET": calling("f")} for number in range(count)})
    converge(fake, world)
    assert len(fake.world.statements["f", ""]) == statements
    assert changes(fake, world) == []
    if statements == 1:
        assert sources(fake, "f") == ["*/*/*"]


def test_the_most_statements_of_one_api_are_a_third_of_a_policy():
    fake = FakeGateway()
    name, path = "f" * 64, "/" + "/".join(["segment"] * 8)
    converge(fake, served({f"{path}/{number}": {"GET": calling(f"{name}:live")} for number in range(MOST)}))
    policy = fake("GetPolicy", {"FunctionName": name, "Qualifier": "live"}, service="lambda")["Policy"]
    assert len(json.dumps(json.loads(policy), separators=(",", ":"))) < 20_480 * 0.4


# ── when they come and go ────────────────────────────────────────────────────────────────────────


def test_a_statement_is_there_before_the_stage_moves_and_leaves_after():
    fake = FakeGateway()
    carry_out(fake, served({"/": {"GET": calling("one")}}), history=0)
    steps = [step.split(" ")[0] for step in further(fake, served({"/": {"GET": calling("two")}}), history=0)]
    order = ["UpdateIntegration", "CreateDeployment", "AddPermission", "UpdateStage", "RemovePermission"]
    assert steps == [*order, "DeleteDeployment"]
    assert existing(fake) == ["two"]


def test_statements_leave_with_the_api():
    fake = FakeGateway()
    converge(fake, served({"/": {"GET": calling("one")}}))
    converge(fake, {})
    assert existing(fake) == []
    assert fake.world.apis == {}


def test_statements_of_others_are_left_alone():
    fake = FakeGateway()
    theirs = {"FunctionName": "one", "StatementId": "theirs", "Action": "lambda:InvokeFunction"}
    bucket = {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::x"}
    fake("AddPermission", {**theirs, **bucket}, service="lambda")
    converge(fake, served({"/": {"GET": calling("one")}}))
    converge(fake, served({"/": {"GET": mock()}}))
    assert list(fake.world.statements["one", ""]) == ["theirs"]


def test_a_statement_taken_away_by_hand_comes_back():
    fake = FakeGateway()
    world = served({"/": {"GET": calling("one")}})
    converge(fake, world)
    before = fake.snapshot_state()
    fake.world.statements.clear()
    assert [line.split(":")[0] for line in changes(fake, world)] == [
        "create RestApi shop > LambdaPermission one GET /"
    ]
    converge(fake, world)
    assert fake.snapshot_state() == before


def test_a_removal_that_failed_is_made_up_for():
    """Nothing live names the function any more but the description of a former deployment."""
    fake = FakeGateway()
    converge(fake, served({"/": {"GET": calling("one")}}), deploymentHistory=0)
    after = served({"/": {"GET": mock()}})
    fake.fail = lambda _, operation, __: AccessError("no") if operation == "RemovePermission" else None
    assert converge(fake, after, deploymentHistory=0).summary.failed == 1
    assert existing(fake) == ["one"]
    fake.fail = None
    converge(fake, after, deploymentHistory=0)
    assert existing(fake) == []
    assert changes(fake, after, deploymentHistory=0) == []


def test_what_a_stage_serves_beside_its_canary_can_still_be_called():
    fake = FakeGateway()
    canary = {"prod": {"canarySettings": {"percentTraffic": 10.0}}}
    converge(fake, served({"/": {"GET": calling("one")}}))
    converge(fake, served({"/": {"GET": calling("two")}}, stages=canary))
    assert existing(fake) == ["one", "two"]
    converge(fake, served({"/": {"GET": calling("two")}}))
    assert existing(fake) == ["two"]


def test_unmanaged_permissions_are_neither_read_nor_written():
    fake = FakeGateway(functions=set())
    world = served({"/": {"GET": calling("one")}}, permissions="unmanaged")
    converge(fake, world)
    assert changes(fake, world) == []
    assert not any(service == "lambda" for service, _, _ in fake.calls)


def test_whether_permissions_are_managed_redeploys_nothing():
    fake = FakeGateway()
    paths = {"/": {"GET": calling("one")}}
    converge(fake, served(paths, permissions="unmanaged"))
    assert [step.split(" ")[0] for step in further(fake, served(paths))] == ["AddPermission"]


# ── functions that do not exist ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("live", [False, True], ids=["new", "live"])
def test_a_missing_function_is_told_before_anything_changes(*, live: bool):
    fake = FakeGateway(functions={"one"})
    if live:
        converge(fake, served({"/": {"GET": calling("one")}}))
    before = fake.snapshot_state()
    guard = {"guard": {"type": "TOKEN", "lambda": "two"}}
    report = converge(fake, served({"/": {"GET": calling("one"), "POST": calling("two")}}, authorizers=guard))
    assert report.unreadable == {
        "RestApi shop": "Lambda function two does not exist (used by POST /, authorizer guard)"
    }
    assert fake.snapshot_state() == before


def test_other_apis_go_on():
    fake = FakeGateway(functions={"one"})
    zoo = served({"/": {"GET": calling("one")}})["RestApi shop"]
    converge(fake, {**served({"/": {"GET": calling("two")}}), "RestApi zoo": zoo})
    assert [api.record["name"] for api in fake.world.apis.values()] == ["zoo"]


def test_an_alias_has_to_exist_too():
    fake = FakeGateway(functions={"one"})
    report = converge(fake, served({"/": {"GET": calling("one:live")}}))
    assert "Lambda function one:live does not exist" in report.unreadable["RestApi shop"]


def test_a_pass_with_nothing_to_do_reads_each_function_once():
    fake = FakeGateway()
    world = served({"/": {verb: calling("one") for verb in ("GET", "PUT", "POST")}})
    converge(fake, world)
    start = len(fake.calls)
    assert changes(fake, world) == []
    assert [name for service, name, _ in fake.calls[start:] if service == "lambda"] == ["GetPolicy"]
    assert HERE.account in fake.world.environment.account
