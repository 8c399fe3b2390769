"""CloudWatch Logs, as far as access logs need it: groups, how long they keep, and their tags."""

from __future__ import annotations

from controller.errors import ConflictError, NotFoundError
from tests.fake.kinds import answers
from tests.fake.patch import Record
from tests.fake.world import World


OPERATIONS = frozenset(
    {"CreateLogGroup", "DescribeLogGroups", "PutRetentionPolicy", "DeleteRetentionPolicy", "ListTagsForResource"}
)


def _find(world: World, name: str) -> Record:
    if name not in world.log_groups:
        message = "The specified log group does not exist."
        raise NotFoundError(message, code="ResourceNotFoundException")
    return world.log_groups[name]


def _arn(world: World, name: str) -> str:
    here = world.environment
    return f"arn:{here.partition}:logs:{here.region}:{here.account}:log-group:{name}"


@answers("CreateLogGroup")
def create(world: World, params: Record) -> Record:
    name = params["logGroupName"]
    if name in world.log_groups:
        message = "The specified log group already exists"
        raise ConflictError(message, code="ResourceAlreadyExistsException")
    world.log_groups[name] = {"tags": params.get("tags", {})}
    return {}


@answers("DescribeLogGroups")
def describe(world: World, params: Record) -> Record:
    prefix = params.get("logGroupNamePrefix", "")
    return {
        "logGroups": [
            {
                "logGroupName": name,
                "arn": f"{_arn(world, name)}:*",
                **{key: value for key, value in group.items() if key != "tags"},
            }
            for name, group in sorted(world.log_groups.items())
            if name.startswith(prefix)
        ]
    }


@answers("PutRetentionPolicy")
def put_retention(world: World, params: Record) -> Record:
    _find(world, params["logGroupName"])["retentionInDays"] = params["retentionInDays"]
    return {}


@answers("DeleteRetentionPolicy")
def delete_retention(world: World, params: Record) -> Record:
    _find(world, params["logGroupName"]).pop("retentionInDays", None)
    return {}


@answers("ListTagsForResource")
def tags(world: World, params: Record) -> Record:
    name = params["resourceArn"].removeprefix(_arn(world, ""))
    return {"tags": _find(world, name)["tags"]}
