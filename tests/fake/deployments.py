"""Deployment: an immutable snapshot of the API, and what it keeps in use."""

from __future__ import annotations

from operator import attrgetter

from tests.fake import refusals
from tests.fake.definitions import methods_of
from tests.fake.dump import definition
from tests.fake.effects import scalar
from tests.fake.kinds import Kind, answers, register
from tests.fake.methods import hard_link
from tests.fake.patch import FAMILY_B, REPLACE, Patch, Record
from tests.fake.stages import add_stage, check_variables, new_canary
from tests.fake.world import Api, World, chosen


WRONG = "Invalid deployment content specified."


def release(world: World, params: Record, record: Record) -> None:
    for stage in world.api(params).stages.values():
        if stage["deploymentId"] == record["id"]:
            raise refusals.bad("Active stages pointing to this deployment must be moved or deleted")
        if stage.get("canarySettings", {}).get("deploymentId") == record["id"]:
            raise refusals.bad(
                "Active stages with canary settings pointing to this deployment must be moved or deleted"
            )
    del world.snapshots[record["id"]], world.deployed_links[record["id"]]


KIND = register(
    Kind(
        name="Deployment",
        plural="Deployments",
        key="deploymentId",
        absent="Invalid Deployment identifier specified",
        api_collection=attrgetter("deployments"),
        patch=Patch(FAMILY_B, ("/description", (REPLACE,), scalar("description"))),
        release=release,
    ),
    "GetDeployment",
)


@answers("GetDeployment")
def get(world: World, params: Record) -> Record:
    record = KIND.find(world, params)
    if "apisummary" not in params.get("embed", []):
        return record
    summary: dict[str, Record] = {}
    for path, verbs in world.snapshots[record["id"]]["paths"].items():
        for verb, method in verbs.get("methods", {}).items():
            fields = ("authorizationType", "apiKeyRequired")
            summary.setdefault(path, {})[verb] = {name: method[name] for name in fields}
    return {**record, "apiSummary": summary}


@answers("CreateDeployment")
def create(world: World, params: Record) -> Record:
    api = world.api(params)
    check_content(api)
    if api.record["endpointConfiguration"]["types"] == ["PRIVATE"] and "policy" not in api.record:
        raise refusals.bad("Private REST API doesn't have a resource policy attached to it")
    check_stage(api, params)
    record = {"id": world.new_id(), "createdDate": world.now(), **chosen(params, "description")}
    stage, canary = params.get("stageName"), params.get("canarySettings")
    if stage and stage not in api.stages:
        fields = chosen(params, "variables", "cacheClusterEnabled", "cacheClusterSize")
        fields |= chosen(params, "tracingEnabled")
        add_stage(world, api, stage, record["id"], fields | stage_description(params))
    elif stage and canary is not None:
        api.stages[stage]["canarySettings"] = new_canary(record["id"], canary)
    elif stage:
        api.stages[stage] |= {"deploymentId": record["id"], **stage_description(params)}
        api.stages[stage] |= chosen(params, "variables")
    api.deployments[record["id"]] = record
    world.snapshots[record["id"]] = definition(world, api)
    world.deployed_links[record["id"]] = links(api)
    return record


def stage_description(params: Record) -> Record:
    description = params.get("stageDescription")
    return {"description": description} if description else {}


def check_content(api: Api) -> None:
    if not api.methods:
        raise refusals.bad("The REST API doesn't contain any methods")
    if any("methodIntegration" not in method for method in api.methods.values()):
        raise refusals.bad("No integration defined for method")


def check_stage(api: Api, params: Record) -> None:
    stage, canary = params.get("stageName"), params.get("canarySettings")
    check_variables(params.get("variables", {}))
    if canary is not None and not stage:
        raise refusals.bad(
            f"{WRONG}Non null and non empty stageName must be provided for canary deployment. "
            "Provided value is null"
        )
    if canary is not None and stage not in api.stages:
        raise refusals.bad(
            f"{WRONG}Stage {stage} must already be created before making a canary release deployment"
        )
    if canary is None and "canarySettings" in api.stages.get(stage or "", {}):
        raise refusals.bad(f"{WRONG}Stage {stage} has canary settings; remove or promote the canary first")


def links(api: Api) -> dict[str, str]:
    """The VPC links this snapshot names outright, each with one place that does."""
    named = {}
    for place, method in methods_of(api):
        link = hard_link(method)
        if link:
            path, _, verb = place.rpartition("/")
            named[link] = f"{api.id}:{verb}:{path}"
    return named
