"""Whose is what: only roots with this owner's tags are ever touched, and one that cannot be read is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from controller.aws.reader import read
from controller.errors import AccessError
from controller.gateway import Environment
from controller.retry import Patient
from controller.state import State
from tests.cases.steps import get, shop
from tests.engine import HERE, changes, converge, desired
from tests.fake import FakeGateway


WORLD = shop(paths={"/": get()})
OTHER = {"reconcile:owner": "somebody", "reconcile:name": "shop"}


def names(fake: FakeGateway) -> list[str]:
    return sorted(api.record["name"] for api in fake.world.apis.values())


class Blind:
    """An account in which some APIs may not be read."""

    def __init__(self, fake: FakeGateway, *hidden: str) -> None:
        self.fake, self.hidden = fake, hidden

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        if params.get("restApiId") in self.hidden:
            raise AccessError(f"{operation}: AccessDeniedException: no", operation=operation)
        return self.fake(operation, params, service=service)


def test_an_api_of_the_same_name_without_tags_is_untouched():
    fake = FakeGateway()
    foreign = fake("CreateRestApi", {"name": "shop", "description": "by hand"})["id"]
    report = converge(fake, WORLD)
    assert report.summary.failed == 0
    assert names(fake) == ["shop", "shop"]
    assert fake("GetRestApi", {"restApiId": foreign})["description"] == "by hand"
    assert changes(fake, WORLD) == []


def test_what_another_owner_manages_is_untouched():
    fake = FakeGateway()
    fake("CreateRestApi", {"name": "shop", "description": "theirs", "tags": OTHER})
    fake("CreateUsagePlan", {"name": "gold", "tags": {**OTHER, "reconcile:name": "gold"}})
    converge(fake, WORLD)
    assert names(fake) == ["shop", "shop"]
    converge(fake, {"ApiKey k": {}})
    assert names(fake) == ["shop"]
    assert [plan["name"] for plan in fake.world.usage_plans.values()] == ["gold"]


def test_a_name_tag_without_an_owner_tag_is_nobodys():
    fake = FakeGateway()
    fake("CreateRestApi", {"name": "x", "tags": {"reconcile:name": "shop"}})
    converge(fake, WORLD)
    assert names(fake) == ["shop", "x"]


def test_the_aws_name_may_differ_from_the_logical_one_and_change():
    fake = FakeGateway()
    converge(fake, shop(name="Shop (eu)", paths={"/": get()}))
    converge(fake, shop(name="Shop", paths={"/": get()}))
    assert names(fake) == ["Shop"]


def test_a_root_without_a_spec_is_only_reported_unless_pruning():
    fake = FakeGateway()
    world = {**WORLD, "ApiKey acme": {}}
    converge(fake, world)
    report = converge(fake, {"ApiKey acme": {}}, prune=False)
    assert names(fake) == ["shop"]
    assert report.changes == ()
    assert "RestApi shop" in report.model_dump_json()
    converge(fake, {"ApiKey acme": {}}, prune=True)
    assert names(fake) == []


def test_two_live_roots_of_one_name_are_unknown_and_others_go_on():
    fake = FakeGateway()
    mine = {"reconcile:owner": HERE.owner, "reconcile:name": "shop"}
    for description in ("one", "two"):
        fake("CreateRestApi", {"name": "shop", "description": description, "tags": mine})
    report = converge(fake, {**WORLD, "RestApi zoo": WORLD["RestApi shop"]})
    assert "two live resources are tagged with this name" in report.unreadable["RestApi shop"]
    assert names(fake) == ["shop", "shop", "zoo"]
    assert sorted(api.record.get("description", "") for api in fake.world.apis.values()) == ["", "one", "two"]
    assert [change.root for change in report.changes if change.root == "RestApi shop"] == []


def test_the_ids_of_roots_of_one_name_are_told_apart_in_the_reason():
    fake = FakeGateway()
    mine = {"reconcile:owner": HERE.owner, "reconcile:name": "shop"}
    ids = [fake("CreateRestApi", {"name": "shop", "tags": mine})["id"] for _ in range(3)]
    (reason,) = read(Patient(fake), HERE, State()).unknown.values()
    assert all(identity in reason for identity in ids)


def test_an_api_that_cannot_be_read_is_left_alone_and_others_go_on():
    fake = FakeGateway()
    converge(fake, {**WORLD, "RestApi zoo": WORLD["RestApi shop"]})
    (hidden,) = (api.id for api in fake.world.apis.values() if api.record["name"] == "shop")
    before = fake("GetRestApi", {"restApiId": hidden})
    report = converge(Blind(fake, hidden), {"RestApi zoo": {"paths": {"/": get(), "/new": get()}}})
    assert "AccessDenied" in report.unreadable["RestApi shop"]
    assert fake("GetRestApi", {"restApiId": hidden}) == before
    assert [change.root for change in report.changes] == ["RestApi zoo"] * 3
    assert report.summary.failed == 0


def test_a_plan_on_an_api_that_cannot_be_read_does_not_change_it():
    fake = FakeGateway()
    world = {
        **shop(paths={"/": get()}, stages={"prod": {}}),
        "UsagePlan gold": {"apiStages": [{"api": "shop", "stage": "prod"}]},
    }
    converge(fake, world)
    (hidden,) = (api.id for api in fake.world.apis.values())
    report = converge(Blind(fake, hidden), world)
    assert report.changes == ()
    (plan,) = fake.world.usage_plans.values()
    assert plan["apiStages"] == [{"apiId": hidden, "stage": "prod"}]
    gold = {"UsagePlan gold": {**world["UsagePlan gold"], "description": "new"}}
    report = converge(Blind(fake, hidden), {**world, **gold})
    assert report.summary.failed == 0
    assert next(iter(fake.world.usage_plans.values()))["description"] == "new"


def test_a_plan_is_left_alone_when_a_second_api_claims_the_name_of_the_one_it_serves():
    for first in (True, False):
        fake = FakeGateway()
        world = {
            **shop(paths={"/": get()}, stages={"prod": {}}),
            "UsagePlan gold": {"apiStages": [{"api": "shop", "stage": "prod"}]},
        }
        converge(fake, world)
        (mine,) = fake.world.apis
        fake("CreateRestApi", {"name": "shop", "tags": {"reconcile:owner": HERE.owner, "reconcile:name": "shop"}})
        fake.world.apis = dict(sorted(fake.world.apis.items(), reverse=first))
        report = converge(fake, world)
        assert report.changes == ()
        assert [plan["apiStages"] for plan in fake.world.usage_plans.values()] == [
            [{"apiId": mine, "stage": "prod"}]
        ]


def test_an_account_that_cannot_be_read_stops_the_pass():
    fake = FakeGateway()
    fake.fail = lambda number, operation, params: AccessError("no") if operation == "GetRestApis" else None
    with pytest.raises(AccessError, match="no"):
        converge(fake, WORLD)


def test_owners_in_one_account_do_not_see_each_other():
    fake = FakeGateway()
    converge(fake, WORLD)
    theirs = Environment(HERE.account, HERE.region, owner="theirs")
    assert read(Patient(fake), theirs, desired({"RestApi shop": {}})).resources == {}
