"""Access logs by the name of a log group: made before the stage, kept for ever, and left alone where not ours."""

from __future__ import annotations

from typing import Any

import pytest

from controller.desired import build
from controller.terms import Scope
from tests.cases.steps import carry_out, further, get, shop
from tests.engine import HERE, changes, converge, documents
from tests.fake import FakeGateway


OURS = {"reconcile:owner": HERE.owner, "reconcile:name": "shop"}


def logged(**settings: Any) -> dict[str, dict[str, Any]]:
    logs = {"format": "$context.requestId", **settings}
    return shop(paths={"/": get()}, stages={"prod": {"accessLogSettings": logs}})


def test_a_log_group_is_made_before_the_stage_writes_to_it():
    fake = FakeGateway()
    world = logged(logGroup="a", retentionDays=30)
    carry_out(fake, world)
    names = [operation for _, operation, _ in fake.calls]
    assert names.index("PutRetentionPolicy") < names.index("CreateStage")
    assert fake.world.log_groups == {"a": {"tags": OURS, "retentionInDays": 30}}
    ((_, api),) = fake.world.apis.items()
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:a"
    assert api.stages["prod"]["accessLogSettings"]["destinationArn"] == arn
    assert changes(fake, world) == []


@pytest.mark.parametrize(("days", "operation"), [(7, "PutRetentionPolicy"), (None, "DeleteRetentionPolicy")])
def test_a_changed_retention_is_one_call(days: int | None, operation: str):
    fake = FakeGateway()
    carry_out(fake, logged(logGroup="a", retentionDays=30))
    assert [step.split(" ")[0] for step in further(fake, logged(logGroup="a", retentionDays=days))] == [operation]


def test_a_log_group_outlives_its_stage_and_is_taken_up_again():
    fake = FakeGateway()
    converge(fake, logged(logGroup="a", retentionDays=30))
    converge(fake, {})
    assert list(fake.world.log_groups) == ["a"]
    world = logged(logGroup="a", retentionDays=7)
    converge(fake, world)
    assert fake.world.log_groups["a"]["retentionInDays"] == 7
    assert changes(fake, world) == []


def test_one_that_somebody_else_made_is_used_as_it_is():
    fake = FakeGateway()
    fake("CreateLogGroup", {"logGroupName": "a"}, service="logs")
    world = logged(logGroup="a", retentionDays=30)
    converge(fake, world)
    assert fake.world.log_groups == {"a": {"tags": {}}}
    assert changes(fake, world) == []


def test_two_apis_may_write_to_one():
    fake = FakeGateway()
    world = logged(logGroup="a", retentionDays=30)
    both = {**world, "RestApi zoo": world["RestApi shop"]}
    assert converge(fake, both).summary.failed == 0
    assert changes(fake, both) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"logGroup": "a", "destinationArn": "arn:x"}, "give either logGroup or destinationArn, not both"),
        ({}, "give a logGroup, or a destinationArn"),
        ({"destinationArn": "arn:x", "retentionDays": 7}, "retentionDays goes with a logGroup"),
        ({"logGroup": "a b"}, "string should match pattern '^[A-Za-z0-9._/#-]{1,512}$'"),
    ],
)
def test_what_is_wrong_is_told(settings: dict[str, Any], message: str):
    _, problems = build(documents(logged(**settings)), Scope(HERE.account, HERE.region, HERE.partition), "")
    assert [problem.message for problem in problems] == [message]


def test_a_log_group_has_one_retention():
    world = logged(logGroup="a", retentionDays=30)
    world["RestApi zoo"] = logged(logGroup="a", retentionDays=7)["RestApi shop"]
    _, problems = build(documents(world), Scope(HERE.account, HERE.region, HERE.partition), "")
    assert [problem.message for problem in problems] == [
        "RestApi shop > Stage prod names the same logGroup with other retentionDays"
    ]
