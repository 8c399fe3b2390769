"""The fake against answers AWS gave: deployments, stages, usage plans and keys."""

from __future__ import annotations

from typing import Any

from tests.fake.replay import Replay, patch


def stage(replay: Replay, **fields: Any) -> tuple[str, str]:
    api, root = replay.api()
    replay.mock(api, root)
    deployment = replay.fake("CreateDeployment", {"restApiId": api})["id"]
    made = {"restApiId": api, "deploymentId": deployment, **fields}
    if "documentationVersion" in fields:
        version = {"restApiId": api, "documentationVersion": fields["documentationVersion"]}
        replay.fake("CreateDocumentationVersion", version)
    replay.fake("CreateStage", made)
    return api, deployment


def test_stage_settings() -> None:
    replay = Replay("TestStages::test_create_update_stages")
    fields = {"stageName": "s1", "description": "my stage", "documentationVersion": "v123"}
    api, _ = stage(replay, **fields)
    at = {"restApiId": api, "stageName": "s1"}
    for name, operations in {
        "error-update-doc-version": [patch("replace", "/documentation_version", "v")],
        "error-update-tags": [patch("replace", "/tags/tag1", "v")],
        "update-stage": [
            patch("replace", "/description", "stage new"),
            patch("replace", "/variables/var1", "test"),
            patch("replace", "/variables/var2", "test2"),
            patch("replace", "/tracingEnabled", "true"),
            patch("replace", "/*/*/caching/enabled", "true"),
            patch("replace", "/*/*/throttling/burstLimit", "123"),
            patch("replace", "/test/GET/throttling/burstLimit", "124"),
        ],
        "update-stage-override": [patch("replace", "/*/*/throttling/burstLimit", "100")],
    }.items():
        replay(name, "UpdateStage", **at, patchOperations=operations)


def test_stage_settings_removed() -> None:
    replay = Replay("test_update_stage_remove_wildcard")
    fields = {"description": "my stage", "documentationVersion": "v123"}
    api, _ = stage(replay, stageName="s1", **fields)
    at = {"restApiId": api, "stageName": "s1"}
    replay("get-stage", "GetStage", **at)
    for name, operation in {
        "delete-error": patch("remove", "/*/*"),
        "update-stage": patch("replace", "/*/*/caching/enabled", "true"),
        "update-stage-reset": patch("remove", "/*/*"),
    }.items():
        replay(name, "UpdateStage", **at, patchOperations=[operation])
    replay("get-stage-after-reset", "GetStage", **at)


def test_deployments() -> None:
    replay = Replay("test_create_update_deployments")
    api, root = replay.api()
    replay.mock(api, root)
    deploy = {"restApiId": api, "stageName": "s1"}
    first = {"restApiId": api, "deploymentId": replay.fake("CreateDeployment", deploy)["id"]}
    replay("get-deployment-1", "GetDeployment", **first)
    replay("get-stages", "GetStages", restApiId=api)
    replay("delete-deployment-error", "DeleteDeployment", **first)
    second = first | {"deploymentId": replay.fake("CreateDeployment", deploy)["id"]}
    replay("get-stages-after-update", "GetStages", restApiId=api)
    replay.fake("DeleteDeployment", first)
    replay("delete-deployment-2-error", "DeleteDeployment", **second)


def test_canary_created_by_update() -> None:
    replay = Replay("test_create_canary_deployment_by_stage_update")
    fields = {"description": "dev stage", "variables": {"testVar": "default"}}
    api, _ = stage(replay, stageName="dev", **fields)
    other = replay.fake("CreateDeployment", {"restApiId": api})["id"]
    for name, operation in {
        "update-stage-with-deployment": patch("replace", "/canarySettings/deploymentId", other),
        "remove-stage-canary": patch("remove", "/canarySettings"),
        "update-stage-with-percent": patch("replace", "/canarySettings/percentTraffic", "50"),
    }.items():
        replay(name, "UpdateStage", restApiId=api, stageName="dev", patchOperations=[operation])


def test_canary_validation() -> None:
    replay = Replay("test_update_stage_canary_deployment_validation")
    api, _ = stage(replay, stageName="dev")
    start = "/canarySettings"
    for name, operation in {
        "canary-settings-remove-overrides": patch("remove", f"{start}/stageVariableOverrides"),
        "canary-settings-bad-path": patch("remove", f"{start}/badPath"),
        "canary-settings-replace-bad-path": patch("replace", f"{start}/badPath", "x"),
        "add-deployment": patch("add", f"{start}/deploymentId", "x"),
        "no-deployment": patch("replace", f"{start}/deploymentId", "missing"),
    }.items():
        at = {"restApiId": api, "stageName": "dev"}
        replay(f"update-stage-{name}", "UpdateStage", **at, patchOperations=[operation])


def test_canary_promotion() -> None:
    replay = Replay("test_update_stage_with_copy_ops")
    variables = {"testVar": "test", "testVar2": "test2"}
    api, _ = stage(replay, stageName="dev", variables=variables)
    at = {"restApiId": api, "stageName": "dev"}
    overrides = "/canarySettings/stageVariableOverrides"
    promote = [
        patch("replace", "/canarySettings/percentTraffic", "0.0"),
        patch("copy", "/deploymentId", source="/canarySettings/deploymentId"),
        patch("copy", "/variables", source=overrides),
    ]
    wrong = [patch("copy", overrides, source="/variables")]
    replay("copy-with-bad-statement", "UpdateStage", **at, patchOperations=wrong)
    replay("copy-with-no-replace", "UpdateStage", **at, patchOperations=promote[1:])
    replay("update-stage-with-copy", "UpdateStage", **at, patchOperations=promote)
    settings = {"percentTraffic": 50, "stageVariableOverrides": {"testVar": "override"}}
    replay("deployment-canary", "CreateDeployment", **at, canarySettings=settings)
    replay("get-stage", "GetStage", **at)
    replay("update-stage-with-copy-2", "UpdateStage", **at, patchOperations=promote)


def test_usage_plans() -> None:
    replay = Replay("test_usage_plan_crud")
    api, _ = stage(replay, stageName="dev")
    fields = {"name": "n", "description": "<masked>", "apiStages": [{"apiId": api, "stage": "dev"}]}
    made = replay("create-usage-plan", "CreateUsagePlan", **fields)
    at = {"usagePlanId": made["id"]}
    limits = {"throttle/burstLimit": "100", "throttle/rateLimit": "200"}
    limits |= {"quota/limit": "5000", "quota/period": "MONTH"}
    change = [patch("replace", f"/{path}", value) for path, value in limits.items()]
    replay("get-usage-plan", "GetUsagePlan", **at)
    replay("get-usage-plans", "GetUsagePlans")
    replay("update-usage-plan", "UpdateUsagePlan", **at, patchOperations=change)
    replay("update-wrong-id", "UpdateUsagePlan", usagePlanId="missing", patchOperations=change)
    for name, value in {
        "no-value": None,
        "wrong-api": f"{api}b:dev",
        "wrong-stage": f"{api}:fakestagename",
        "wrong-value": api,
    }.items():
        operations = [patch("add", "/apiStages", value)]
        refused = f"update-wrong-api-stages-{name}"
        replay(refused, "UpdateUsagePlan", **at, patchOperations=operations)
    replay("get-usage-plan-after-update", "GetUsagePlan", **at)


def test_api_keys() -> None:
    replay = Replay("test_get_api_keys")
    replay("get-api-keys", "GetApiKeys")
    replay("create-api-key", "CreateApiKey", name="test-key")
    for name, query in {
        "after-create-1": "",
        "wrong-name-query": "nothing",
        "prefix-name-query": "test",
        "prefix-name-query-cased": "TEST",
        "postfix-name-query": "key",
        "infix-name-query": "st-k",
    }.items():
        replay(f"get-api-keys-{name}", "GetApiKeys", nameQuery=query)
    replay("create-api-key-2", "CreateApiKey", name="test-key-2")
    replay("get-api-keys-after-create-2", "GetApiKeys")
    position = replay("get-apis-keys-pagination", "GetApiKeys", limit=1)["position"]
    replay("get-apis-keys-pagination-2", "GetApiKeys", limit=1, position=position)


def test_usage_plan_keys() -> None:
    replay = Replay("test_get_usage_plan_api_keys")
    keys = [replay.fake("CreateApiKey", {"name": f"key-{n}"})["id"] for n in (1, 2)]
    plan = replay("create-usage-plan", "CreateUsagePlan", name="n")["id"]
    replay("get-up-keys-before-create", "GetUsagePlanKeys", usagePlanId=plan)
    for name, key in zip(("create-up-key", "create-up-key-2"), keys, strict=True):
        replay(name, "CreateUsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY")
    replay("get-up-keys", "GetUsagePlanKeys", usagePlanId=plan)
    replay("get-up-keys-name-query", "GetUsagePlanKeys", usagePlanId=plan, nameQuery="key")
    replay("get-up-keys-name-query-cased", "GetUsagePlanKeys", usagePlanId=plan, nameQuery="KEY")
    for key in keys:
        replay.fake("DeleteUsagePlanKey", {"usagePlanId": plan, "keyId": key})
    replay("get-up-keys-after-delete", "GetUsagePlanKeys", usagePlanId=plan)
    replay("get-up-keys-bad-usage-plan", "GetUsagePlanKeys", usagePlanId="missing")
