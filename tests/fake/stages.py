"""Stage: create, read, patch and delete. Its patches are in stage_patch."""

from __future__ import annotations

import re

from tests.fake import refusals
from tests.fake.kinds import answers
from tests.fake.patch import Record
from tests.fake.rest import detach_stages
from tests.fake.stage_patch import PATCH, check_spellings
from tests.fake.world import Api, World, check_tags, chosen


MOST_STAGES, MOST_VARIABLES = 10, 100
STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
VARIABLE_VALUE = re.compile(r"[A-Za-z0-9-._~:/?#&=,]{1,512}")


def check_variables(variables: dict[str, str]) -> None:
    if len(variables) > MOST_VARIABLES:
        raise refusals.bad("A stage may have at most 100 variables")
    for name, value in variables.items():
        if not VARIABLE_NAME.fullmatch(name) or not VARIABLE_VALUE.fullmatch(value):
            raise refusals.bad(f"Stage variable {name} is not valid: values should match [A-Za-z0-9-._~:/?#&=,]+")


def new_canary(deployment_id: str, settings: Record) -> Record:
    return {
        "deploymentId": settings.get("deploymentId", deployment_id),
        "percentTraffic": float(settings.get("percentTraffic", 0)),
        "useStageCache": settings.get("useStageCache", False),
        **chosen(settings, "stageVariableOverrides"),
    }


def settle_cache(record: Record) -> None:
    """What a cache cluster shows. The fake has it at once; AWS takes minutes."""
    if record["cacheClusterEnabled"]:
        record["cacheClusterStatus"] = "AVAILABLE"
        record.setdefault("cacheClusterSize", "0.5")
    else:
        record["cacheClusterStatus"] = "NOT_AVAILABLE"
        record.pop("cacheClusterSize", None)


def check(world: World, api: Api, old: Record, new: Record) -> None:
    """What must hold of a stage once all operations of a call are through."""
    if new["deploymentId"] not in api.deployments:
        raise refusals.missing("Invalid Deployment identifier specified")
    canary = new.get("canarySettings", {})
    if canary.get("deploymentId", new["deploymentId"]) not in api.deployments:
        raise refusals.bad("Deployment id does not exist")
    if not 0 <= canary.get("percentTraffic", 0) <= 100:
        raise refusals.bad("Canary percentTraffic must be between 0.0 and 100.0")
    check_variables(new.get("variables", {}))
    check_variables(canary.get("stageVariableOverrides", {}))
    if new.get("documentationVersion", "") not in {"", *api.documentation_versions}:
        raise refusals.missing("Invalid Documentation version specified")
    if new.get("clientCertificateId", "") not in {"", *world.certificates}:
        raise refusals.bad("Invalid client certificate identifier specified")
    check_logs(world, new)
    check_spellings(old, new)


def check_logs(world: World, stage: Record) -> None:
    levels = {setting.get("loggingLevel", "OFF") for setting in stage["methodSettings"].values()}
    if (levels - {"OFF"} or "accessLogSettings" in stage) and not world.may_log():
        raise refusals.bad("CloudWatch Logs role ARN must be set in account settings to enable logging")


def add_stage(world: World, api: Api, name: str, deployment_id: str, fields: Record) -> Record:
    if not STAGE_NAME.fullmatch(name):
        raise refusals.bad("Stage name only allows a-zA-Z0-9_-")
    if name in api.stages:
        raise refusals.conflict("Stage already exists")
    world.limit("Stages", api.stages, MOST_STAGES)
    record: Record = {
        "stageName": name,
        "deploymentId": deployment_id,
        "createdDate": world.now(),
        "lastUpdatedDate": world.now(),
        "cacheClusterEnabled": False,
        "methodSettings": {},
        "tracingEnabled": False,
        **fields,
    }
    settle_cache(record)
    api.stages[name] = record
    return record


@answers("CreateStage")
def create(world: World, params: Record) -> Record:
    api = world.api(params)
    check_tags(params.get("tags", {}))
    fields = chosen(params, "description", "variables", "documentationVersion", "tags")
    fields |= chosen(params, "cacheClusterEnabled", "cacheClusterSize", "tracingEnabled")
    if params.get("canarySettings"):
        fields["canarySettings"] = new_canary(params["deploymentId"], params["canarySettings"])
    probe = {"deploymentId": params["deploymentId"], "methodSettings": {}, **fields}
    check(world, api, probe, probe)
    return add_stage(world, api, params["stageName"], params["deploymentId"], fields)


def find(world: World, params: Record) -> tuple[Api, Record]:
    api = world.api(params, refusals.NO_STAGE)
    if params["stageName"] not in api.stages:
        raise refusals.missing(refusals.NO_STAGE)
    return api, api.stages[params["stageName"]]


@answers("GetStage")
def get(world: World, params: Record) -> Record:
    return find(world, params)[1]


@answers("GetStages")
def get_all(world: World, params: Record) -> Record:
    stages = [stage for _, stage in sorted(world.api(params).stages.items())]
    wanted = params.get("deploymentId")
    return {"item": [s for s in stages if wanted in (None, s["deploymentId"])]}


@answers("UpdateStage")
def update(world: World, params: Record) -> Record:
    api, old = find(world, params)
    new = PATCH.apply(old, params.get("patchOperations", []))
    settle_cache(new)
    check(world, api, old, new)
    new["lastUpdatedDate"] = world.now()
    api.stages[params["stageName"]] = new
    return new


@answers("DeleteStage")
def delete(world: World, params: Record) -> Record:
    api, stage = find(world, params)
    name = stage["stageName"]
    for domain, mappings in sorted(world.mappings.items()):
        if any((m["restApiId"], m.get("stage")) == (api.id, name) for m in mappings.values()):
            raise refusals.bad(f"Stage {name} is still mapped by the domain {domain}")
    detach_stages(world, api.id, name)
    del api.stages[name]
    return {}
