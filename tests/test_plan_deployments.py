"""Deployments and stages in a plan: when a snapshot is taken, who serves it, and which ones stay."""

from __future__ import annotations

from typing import Any

from tests.cases.steps import carry_out, further, get, live, planned, shop, turn
from tests.fake import FakeGateway


def served(stage: dict[str, Any] | None = None, **method: Any) -> dict[str, Any]:
    """An API whose definition depends on the fields of its one method."""
    return shop(paths={"/": get(**method)}, stages={"prod": stage or {}})


def stage_of(fake: FakeGateway) -> dict[str, Any]:
    (api,) = fake.world.apis.values()
    return api.stages["prod"]


def deployments(fake: FakeGateway) -> int:
    (api,) = fake.world.apis.values()
    return len(api.deployments)


def without_ids(lines: list[str]) -> list[str]:
    return [line if "Deployment" not in line else line.split(" ")[0] for line in lines]


def test_a_deployment_comes_after_every_step_of_the_definition_and_before_the_stage():
    spec = {
        "models": {"Pet": {"schema": {"type": "object"}}},
        "authorizers": {"guard": {"type": "TOKEN", "lambda": "check"}},
        "gatewayResponses": {"THROTTLED": {}},
        "requestValidators": {"body": {}},
        "paths": {"/a": get()},
        "stages": {"prod": {"methodSettings": {"GET /a": {"metricsEnabled": True}}}},
    }
    steps = without_ids(turn({}, shop(**spec)))
    added = "AddPermission check authorizer guard"
    assert steps[-4:] == ["CreateDeployment", added, "CreateStage prod", "UpdateStage prod"]


def test_deletions_come_before_the_deployment_too():
    before = shop(paths={"/": get(), "/a": get()}, models={"Pet": {"schema": {"type": "object"}}}, stages={"p": {}})
    steps = without_ids(turn(before, shop(paths={"/": get()}, stages={"p": {}})))
    assert sorted(steps[:2]) == ["DeleteModel Pet", "DeleteResource /a"]
    assert steps[2:] == ["CreateDeployment", "UpdateStage p"]


def test_an_unchanged_definition_is_not_deployed_again():
    fake = FakeGateway()
    carry_out(fake, served())
    assert further(fake, served({"tracingEnabled": True, "variables": {"a": "b"}})) == ["UpdateStage prod"]
    assert further(
        fake, {"RestApi shop": {**served()["RestApi shop"], "description": "words", "tags": {"a": "b"}}}
    ) == [
        "TagResource shop",
        "UpdateRestApi shop",
        "UpdateStage prod",
    ]
    assert deployments(fake) == 1


def test_a_reverted_definition_is_served_again_by_one_call():
    fake = FakeGateway()
    carry_out(fake, served())
    first = stage_of(fake)["deploymentId"]
    assert without_ids(further(fake, served(apiKeyRequired=True))) == [
        "UpdateMethod / GET",
        "CreateDeployment",
        "UpdateStage prod",
    ]
    assert stage_of(fake)["deploymentId"] != first
    assert further(fake, served()) == ["UpdateMethod / GET", "UpdateStage prod"]
    assert stage_of(fake)["deploymentId"] == first
    assert deployments(fake) == 2


def test_a_stage_moves_before_the_deployment_it_served_is_deleted():
    fake = FakeGateway()
    carry_out(fake, served(), history=0)
    assert without_ids(further(fake, served(operationName="b"), history=0)) == [
        "UpdateMethod / GET",
        "CreateDeployment",
        "UpdateStage prod",
        "DeleteDeployment",
    ]
    assert deployments(fake) == 1


def test_the_newest_deployments_are_kept_as_far_as_the_history_goes():
    fake = FakeGateway()
    for name in "abcde":
        carry_out(fake, served(operationName=name), history=2)
    # The one that is served, and two before it; what a pass moves away from goes with the next one.
    assert deployments(fake) in (3, 4)
    carry_out(fake, served(operationName="e"), history=2)
    assert deployments(fake) == 3
    kept = {snapshot["paths"]["/"]["methods"]["GET"]["operationName"] for snapshot in fake.snapshots.values()}
    assert kept == {"c", "d", "e"}


def test_a_stage_that_somebody_moved_by_hand_moves_back():
    fake = FakeGateway()
    carry_out(fake, served())
    wanted = stage_of(fake)["deploymentId"]
    (api,) = fake.world.apis
    other = fake("CreateDeployment", {"restApiId": api, "stageName": "prod"})["id"]
    assert stage_of(fake)["deploymentId"] == other
    assert further(fake, served()) == ["UpdateStage prod"]
    assert stage_of(fake)["deploymentId"] == wanted


def test_a_change_made_by_hand_is_undone_without_a_deployment():
    fake = FakeGateway()
    carry_out(fake, served())
    ((api, held),) = fake.world.apis.items()
    root = held.record["rootResourceId"]
    patch = [{"op": "replace", "path": "/apiKeyRequired", "value": "true"}]
    fake("UpdateMethod", {"restApiId": api, "resourceId": root, "httpMethod": "GET", "patchOperations": patch})
    assert further(fake, served()) == ["UpdateMethod / GET"]


CANARY = {"canarySettings": {"percentTraffic": 10.0}}


def test_a_changed_definition_goes_to_the_canary_and_the_stage_keeps_what_it_serves():
    fake = FakeGateway()
    carry_out(fake, served(CANARY))
    first = stage_of(fake)["deploymentId"]
    steps = further(fake, served(CANARY, operationName="b"))
    assert without_ids(steps) == ["UpdateMethod / GET", "CreateDeployment", "UpdateStage prod"]
    assert stage_of(fake)["deploymentId"] == first
    assert stage_of(fake)["canarySettings"]["deploymentId"] != first


def test_taking_the_canary_settings_out_promotes_the_canary_in_one_call():
    fake = FakeGateway()
    carry_out(fake, served(CANARY))
    carry_out(fake, served(CANARY, operationName="b"))
    canary = stage_of(fake)["canarySettings"]["deploymentId"]
    assert further(fake, served(operationName="b")) == ["UpdateStage prod"]
    assert stage_of(fake)["deploymentId"] == canary
    assert "canarySettings" not in stage_of(fake)


def test_what_a_stage_serves_beside_its_canary_is_never_pruned():
    fake = FakeGateway()
    carry_out(fake, served(CANARY), history=0)
    for name in "bcd":
        carry_out(fake, served(CANARY, operationName=name), history=0)
    assert stage_of(fake)["deploymentId"] in fake.snapshots
    assert deployments(fake) == 2


def test_a_canary_that_is_built_anew_keeps_its_deployment():
    def canary(**overrides: str) -> dict[str, Any]:
        return {"canarySettings": {"percentTraffic": 10.0, "stageVariableOverrides": overrides}}

    fake = FakeGateway()
    carry_out(fake, served(canary(a="1", b="2")))
    carry_out(fake, served(canary(a="1", b="2"), operationName="b"))
    before = stage_of(fake)["canarySettings"]["deploymentId"]
    assert further(fake, served(canary(a="1"), operationName="b")) == ["UpdateStage prod"]
    assert stage_of(fake)["canarySettings"]["deploymentId"] == before != stage_of(fake)["deploymentId"]


def test_a_canary_can_start_with_a_change_of_the_definition():
    fake = FakeGateway()
    carry_out(fake, served())
    first = stage_of(fake)["deploymentId"]
    carry_out(fake, served(CANARY, operationName="b"))
    assert stage_of(fake)["deploymentId"] == first
    assert stage_of(fake)["canarySettings"]["deploymentId"] != first


def test_a_deployment_says_which_definition_and_which_commit_it_holds():
    fake = FakeGateway()
    carry_out(fake, served())
    ((_, api),) = fake.world.apis.items()
    (record,) = api.deployments.values()
    commit, definition = record["description"].split(" ")
    assert commit == "git:abc1234"
    assert definition.removeprefix("definition:") == next(
        at.key for at in live(fake).ids if at.kind == "Deployment"
    )


def test_stages_that_serve_nothing_new_do_not_wait_for_their_siblings():
    world = shop(paths={"/": get()}, stages={"dev": {}, "prod": {}})
    fake = FakeGateway()
    carry_out(fake, world)
    assert deployments(fake) == 1
    todo = planned(
        fake, shop(paths={"/": get()}, stages={"dev": {"tracingEnabled": True}, "prod": {"description": "x"}})
    )
    assert [waits for waits in todo.steps.values() if waits] == []
