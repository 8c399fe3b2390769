"""WAF, as far as stages need it: which web ACL guards which. Any ARN is one of a web ACL."""

from __future__ import annotations

from controller.errors import NotFoundError
from tests.fake.account import ARN, STAGE
from tests.fake.kinds import answers
from tests.fake.patch import Record
from tests.fake.world import World


OPERATIONS = frozenset({"AssociateWebACL", "DisassociateWebACL", "GetWebACLForResource"})


def _stage(world: World, params: Record) -> Record:
    arn = ARN.fullmatch(params["ResourceArn"])
    found = STAGE.fullmatch(arn["path"]) if arn else None
    api = world.apis.get(found["api"]) if found else None
    if not found or not api or found["stage"] not in api.stages:
        message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
        raise NotFoundError(message, code="WAFNonexistentItemException")
    return api.stages[found["stage"]]


@answers("AssociateWebACL")
def associate(world: World, params: Record) -> Record:
    _stage(world, params)["webAclArn"] = params["WebACLArn"]
    return {}


@answers("DisassociateWebACL")
def disassociate(world: World, params: Record) -> Record:
    _stage(world, params).pop("webAclArn", None)
    return {}


@answers("GetWebACLForResource")
def get(world: World, params: Record) -> Record:
    arn = _stage(world, params).get("webAclArn")
    if not arn:
        return {}
    _, name, identity = arn.rsplit("/", 2)
    rules = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": name}
    acl = {"Name": name, "Id": identity, "ARN": arn, "DefaultAction": {"Allow": {}}, "VisibilityConfig": rules}
    return {"WebACL": acl}
