"""The index of tags over all services, as far as API Gateway's own resources go."""

from __future__ import annotations

from tests.fake.account import taggable
from tests.fake.kinds import answers
from tests.fake.patch import Record
from tests.fake.world import World


SERVICE = "resourcegroupstaggingapi"
OPERATIONS = frozenset({"GetResources"})


@answers(f"{SERVICE} GetResources")
def get_resources(world: World, params: Record) -> Record:
    here = world.environment
    found = []
    for path, record in sorted(taggable(world).items()):
        tags = record.get("tags") or {}
        if all(tags.get(wanted["Key"]) in wanted["Values"] for wanted in params.get("TagFilters", ())):
            arn = f"arn:{here.partition}:apigateway:{here.region}::{path}"
            found.append({"ResourceARN": arn, "Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]})
    start, size = int(params.get("PaginationToken") or 0), params.get("ResourcesPerPage", 50)
    end = start + size
    return {"ResourceTagMappingList": found[start:end], "PaginationToken": str(end) if end < len(found) else ""}
