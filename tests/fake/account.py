"""Account, tags and the caller's identity."""

from __future__ import annotations

import re

from tests.fake import refusals
from tests.fake.effects import member, scalar
from tests.fake.kinds import answers
from tests.fake.patch import ADD, FAMILY_B, REPLACE, Patch, Record
from tests.fake.world import World, check_tags


PATCH = Patch(
    FAMILY_B,
    ("/cloudwatchRoleArn", (REPLACE,), scalar("cloudwatchRoleArn")),
    ("/features", (ADD,), member("features")),
)
ARN = re.compile(r"arn:[a-z-]+:apigateway:[a-z0-9-]+:\d*:(?P<path>/.+)")
STAGE = re.compile(r"/restapis/(?P<api>[^/]+)/stages/(?P<stage>[^/]+)")


@answers("GetAccount")
def get(world: World, params: Record) -> Record:
    del params
    return world.account


@answers("UpdateAccount")
def update(world: World, params: Record) -> Record:
    new = PATCH.apply(world.account, params.get("patchOperations", []))
    if not new.get("cloudwatchRoleArn", "arn:").startswith("arn:"):
        raise refusals.bad("The role ARN is not well formed")
    world.account = new
    return new


def tagged(world: World, arn: str) -> Record:
    """The record an ARN names; only seven kinds can carry tags."""
    match = ARN.fullmatch(arn)
    if not match:
        raise refusals.bad(f"Invalid resource ARN specified: {arn}")
    stage = STAGE.fullmatch(match["path"])
    if stage and stage["api"] in world.apis:
        found = world.apis[stage["api"]].stages.get(stage["stage"])
    else:
        # A private domain's ARN holds its id, too.
        found = taggable(world).get(match["path"].partition("+")[0])
    if found is None:
        raise refusals.missing(f"Invalid resource identifier specified: {arn}")
    return found


def taggable(world: World) -> dict[str, Record]:
    collections: dict[str, dict[str, Record]] = {
        "restapis": {api.id: api.record for api in world.apis.values()},
        "usageplans": world.usage_plans,
        "apikeys": world.api_keys,
        "clientcertificates": world.certificates,
        "domainnames": world.domains,
        "vpclinks": world.vpc_links,
    }
    return {
        f"/{name}/{identity}": record
        for name, records in collections.items()
        for identity, record in records.items()
    }


@answers("TagResource")
def tag(world: World, params: Record) -> Record:
    record = tagged(world, params["resourceArn"])
    check_tags(params["tags"])
    tags = record.get("tags", {}) | params["tags"]
    check_tags(tags)
    if tags:
        record["tags"] = tags
    return {}


@answers("UntagResource")
def untag(world: World, params: Record) -> Record:
    record = tagged(world, params["resourceArn"])
    kept = {key: v for key, v in record.get("tags", {}).items() if key not in params["tagKeys"]}
    record.pop("tags", None)
    if kept:
        record["tags"] = kept
    return {}


@answers("GetTags")
def get_tags(world: World, params: Record) -> Record:
    return {"tags": tagged(world, params["resourceArn"]).get("tags", {})}


@answers("GetCallerIdentity")
def identity(world: World, params: Record) -> Record:
    del params
    here = world.environment
    return {
        "Account": here.account,
        "UserId": "AIDAFAKE",
        "Arn": f"arn:{here.partition}:iam::{here.account}:user/fake",
    }
