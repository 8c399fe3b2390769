"""Taking over live roots by `metadata.adopt`: tags and nothing else, and only what may be taken."""

from __future__ import annotations

from typing import Any

import pytest

from controller.desired import build
from controller.terms import Scope
from tests.cases.steps import get, shop
from tests.engine import HERE, changes, converge, documents, open_pass
from tests.fake import FakeGateway


WORLD = shop(paths={"/": get(), "/pets": get()}, stages={"dev": {}, "prod": {}})
SHOP = "RestApi shop"


def by_hand(world: dict[str, Any] = WORLD, **tags: str) -> tuple[FakeGateway, str]:
    """An account in which an API was made without this tool: no tags of ours, deployments without a stamp."""
    fake = FakeGateway()
    converge(fake, world)
    (api,) = fake.world.apis.values()
    api.record["tags"] = dict(tags)
    for deployment in api.deployments.values():
        deployment["description"] = "by hand"
    return fake, api.id


def untagged(fake: FakeGateway) -> dict[str, Any]:
    state = fake.snapshot_state()
    for api in state["apis"].values():
        api["record"].pop("tags", None)
    return state


def test_adopting_changes_tags_and_nothing_else():
    fake, api = by_hand(team="media")
    world = shop(**WORLD[SHOP], tags={"team": "media"})
    before, start = untagged(fake), len(fake.calls)
    report = converge(fake, world, adopt={SHOP: api})

    assert [(c.action, c.root, c.path, c.status) for c in report.changes] == [("adopt", SHOP, "", "applied")]
    made = [operation for _, operation, _ in fake.calls[start:] if not operation.startswith(("Get", "Describe"))]
    assert made == ["TagResource"]
    assert untagged(fake) == before
    tags = fake("GetRestApi", {"restApiId": api})["tags"]
    assert tags["team"] == "media"
    assert (tags["reconcile:owner"], tags["reconcile:name"]) == (HERE.owner, "shop")


@pytest.mark.parametrize("adopt", [True, False], ids=["adopt stays", "adopt was taken out"])
def test_what_was_adopted_needs_nothing_more(adopt: bool):
    fake, api = by_hand()
    converge(fake, WORLD, adopt={SHOP: api})
    assert changes(fake, WORLD, adopt={SHOP: api} if adopt else None) == []


def test_a_changed_definition_is_deployed_and_going_back_takes_what_was_adopted():
    fake, api = by_hand()
    (first,) = {stage["deploymentId"] for stage in fake("GetStages", {"restApiId": api})["item"]}
    converge(fake, WORLD, adopt={SHOP: api})
    other = shop(paths={"/": get(), "/pets": get(), "/new": get()}, stages=WORLD[SHOP]["stages"])
    converge(fake, other, adopt={SHOP: api})
    assert changes(fake, other) == []
    now = {stage["deploymentId"] for stage in fake("GetStages", {"restApiId": api})["item"]}
    assert len(now) == 1
    assert first not in now

    converge(fake, WORLD)
    assert {stage["deploymentId"] for stage in fake("GetStages", {"restApiId": api})["item"]} == {first}


def test_a_crash_between_a_changed_definition_and_its_deployment_is_made_up_for():
    fake, api = by_hand()
    converge(fake, WORLD, adopt={SHOP: api})
    other = shop(paths={"/": get(), "/pets": get(), "/new": get()}, stages=WORLD[SHOP]["stages"])
    fake.fail = lambda n, operation, params: KeyboardInterrupt() if operation == "CreateDeployment" else None
    with pytest.raises(KeyboardInterrupt):
        converge(fake, other)
    fake.fail = None
    assert any("create" in line and "Deployment" in line for line in changes(fake, other))


def test_stages_that_serve_different_snapshots_go_on_serving_them():
    fake, api = by_hand()
    second = fake("CreateDeployment", {"restApiId": api, "description": "later"})["id"]
    move = {"op": "replace", "path": "/deploymentId", "value": second}
    fake("UpdateStage", {"restApiId": api, "stageName": "dev", "patchOperations": [move]})
    before = untagged(fake)
    converge(fake, WORLD, adopt={SHOP: api}, deploymentHistory=0)
    assert untagged(fake) == before
    assert changes(fake, WORLD, deploymentHistory=0) == []


def test_a_deployment_made_by_hand_after_the_adoption_is_drift():
    fake, api = by_hand()
    converge(fake, WORLD, adopt={SHOP: api})
    second = fake("CreateDeployment", {"restApiId": api})["id"]
    move = {"op": "replace", "path": "/deploymentId", "value": second}
    fake("UpdateStage", {"restApiId": api, "stageName": "dev", "patchOperations": [move]})
    assert any("Stage dev" in line for line in changes(fake, WORLD))


def test_where_the_spec_differs_the_ordinary_differences_come_too():
    fake, api = by_hand()
    other = shop(**WORLD[SHOP] | {"paths": {"/": get(), "/pets": get(), "/new": get()}})
    report = converge(fake, other, adopt={SHOP: api})
    assert report.summary.failed == 0
    assert {change.action for change in report.changes} == {"adopt", "create", "update"}
    assert len(fake.world.apis) == 1
    assert changes(fake, other) == []


def test_an_id_that_does_not_exist_is_told_with_its_place_and_makes_nothing():
    fake = FakeGateway()
    report = converge(fake, WORLD, adopt={SHOP: "nowhere"})
    assert report.unreadable == {SHOP: "metadata/adopt:1:1: there is no RestApi nowhere to adopt"}
    assert not fake.world.apis


def test_what_was_adopted_and_replaced_since_is_found_by_its_tags():
    fake = FakeGateway()
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/"
    link = fake("CreateVpcLink", {"name": "internal", "targetArns": [f"{arn}a"]})["id"]
    adopt = {"VpcLink internal": link}
    for letter in "abc":
        report = converge(fake, {"VpcLink internal": {"targetArns": [f"{arn}{letter}"]}}, adopt=adopt)
        assert (report.unreadable, report.summary.failed) == ({}, 0)
    assert link not in fake.world.vpc_links
    assert changes(fake, {"VpcLink internal": {"targetArns": [f"{arn}c"]}}, adopt=adopt) == []


def test_what_another_owner_manages_is_refused_until_it_is_allowed():
    fake, api = by_hand(**{"reconcile:owner": "others", "reconcile:name": "theirs"})
    planned = open_pass(fake, WORLD, adopt={SHOP: api}).plan()
    assert planned.refusals == (
        f"RestApi shop ({api}) is managed by owner others, as RestApi theirs: adopting it would take it from them",
    )
    converge(fake, WORLD, adopt={SHOP: api})
    assert fake("GetRestApi", {"restApiId": api})["tags"]["reconcile:owner"] == HERE.owner


def test_what_another_tool_marked_is_refused():
    fake, api = by_hand(terraform="yes")
    world = shop(**WORLD[SHOP], tags={"terraform": "yes"})
    (reason,) = open_pass(fake, world, adopt={SHOP: api}).plan().refusals
    assert "Terraform" in reason


def test_a_logical_name_is_changed_by_adopting_what_one_has():
    fake = FakeGateway()
    converge(fake, WORLD)
    (api,) = fake.world.apis
    renamed = {"RestApi store": WORLD[SHOP] | {"name": "shop"}}
    report = converge(fake, renamed, adopt={"RestApi store": api})
    assert [change.action for change in report.changes] == ["adopt"]
    assert list(fake.world.apis) == [api]
    assert changes(fake, renamed) == []


def test_what_another_spec_has_is_not_adopted():
    fake = FakeGateway()
    converge(fake, WORLD)
    (api,) = fake.world.apis
    both = WORLD | {"RestApi store": WORLD[SHOP]}
    report = converge(fake, both, adopt={"RestApi store": api})
    assert "is managed already, as RestApi shop" in report.unreadable["RestApi store"]
    assert list(fake.world.apis) == [api]


def test_a_name_that_is_taken_is_not_given_twice():
    fake, api = by_hand()
    converge(fake, WORLD)
    report = converge(fake, WORLD, adopt={SHOP: api})
    assert "two live resources have or would get this name" in report.unreadable[SHOP]


def test_what_would_be_replaced_is_not_adopted():
    fake = FakeGateway()
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/"
    link = fake("CreateVpcLink", {"name": "internal", "targetArns": [f"{arn}a"]})["id"]
    report = converge(fake, {"VpcLink internal": {"targetArns": [f"{arn}b"]}}, adopt={"VpcLink internal": link})
    assert report.changes == ()
    assert "targetArns cannot be changed in place" in report.held["VpcLink internal"]
    assert list(fake.world.vpc_links) == [link]


def test_the_account_needs_no_adopting_and_nothing_is_adopted_twice():
    world = {"Account here": {}, "ApiKey a": {}, "ApiKey b": {}}
    adopt = {"Account here": "1", "ApiKey a": "k", "ApiKey b": "k"}
    _, problems = build(documents(world, adopt), Scope(HERE.account, HERE.region, HERE.partition), "")
    assert sorted(problem.message for problem in problems) == [
        "k is adopted by ApiKey a already, at metadata/adopt:1:1",
        "there is one Account, which needs no adopting: take adopt out",
    ]
