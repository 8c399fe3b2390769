"""Resource (a URL segment): siblings, moves, and deletes that take the subtree along."""

from __future__ import annotations

import re

from tests.fake import refusals
from tests.fake.effects import scalar, text
from tests.fake.kinds import answers
from tests.fake.methods import forget
from tests.fake.patch import FAMILY_B, REPLACE, Patch, Record
from tests.fake.world import Api, World, page


MOST_RESOURCES = 300
SEGMENT = re.compile(r"[A-Za-z0-9_.,:\-]+|\{[A-Za-z0-9_.,:\-]+\+?\}")

PATCH = Patch(
    FAMILY_B,
    ("/pathPart", (REPLACE,), scalar("pathPart", text)),
    ("/parentId", (REPLACE,), scalar("parentId", text)),
)


def find(world: World, params: Record, key: str = "resourceId") -> tuple[Api, Record]:
    api = world.api(params, refusals.NO_RESOURCE)
    if params[key] not in api.resources:
        raise refusals.missing(refusals.NO_RESOURCE)
    return api, api.resources[params[key]]


def answer(api: Api, resource: Record, *, embed: bool = False) -> Record:
    methods = {
        verb: api.methods[identity, verb] if embed else {}
        for identity, verb in sorted(api.methods)
        if identity == resource["id"]
    }
    return {
        **resource,
        "path": api.path(resource["id"]),
        **({"resourceMethods": methods} if methods else {}),
    }


def check_place(api: Api, resource: Record) -> None:
    """Whether a new, renamed or moved resource fits in among its siblings."""
    part, parent_id = resource["pathPart"], resource["parentId"]
    if parent_id not in api.resources:
        raise refusals.missing(refusals.NO_RESOURCE)
    if not SEGMENT.fullmatch(part):
        raise refusals.bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and "
            "curly braces at the beginning and the end."
        )
    if resource["id"] in lineage(api, parent_id):
        raise refusals.bad("Resources cannot be cyclical.")
    has_children = any(child.get("parentId") == resource["id"] for child in api.resources.values())
    if is_greedy(api.resources[parent_id]) or (is_greedy(resource) and has_children):
        raise refusals.bad("Cannot create a child of a resource with a greedy path variable")
    check_siblings(api, resource)


def check_siblings(api: Api, resource: Record) -> None:
    siblings = [
        other["pathPart"]
        for other in api.resources.values()
        if other.get("parentId") == resource["parentId"] and other["id"] != resource["id"]
    ]
    part = resource["pathPart"]
    if part in siblings:
        raise refusals.conflict(f"Another resource with the same parent already has this name: {part}")
    variable = next((sibling for sibling in siblings if sibling.startswith("{")), None)
    if variable and part.startswith("{"):
        raise refusals.bad(
            f"A sibling ({variable}) of this resource already has a variable path part -- only one is allowed"
        )


def is_greedy(resource: Record) -> bool:
    return str(resource.get("pathPart", "")).endswith("+}")


def lineage(api: Api, identity: str) -> set[str]:
    seen = {identity}
    while "parentId" in api.resources[identity]:
        identity = api.resources[identity]["parentId"]
        seen.add(identity)
    return seen


@answers("CreateResource")
def create(world: World, params: Record) -> Record:
    api, parent = find(world, params, "parentId")
    resource = {"id": "", "parentId": parent["id"], "pathPart": params["pathPart"]}
    check_place(api, resource)
    world.limit("Resources", api.resources, MOST_RESOURCES)
    resource["id"] = world.new_id()
    api.resources[resource["id"]] = resource
    return answer(api, resource)


@answers("GetResource")
def get(world: World, params: Record) -> Record:
    api, resource = find(world, params)
    return answer(api, resource, embed="methods" in params.get("embed", []))


@answers("GetResources")
def get_all(world: World, params: Record) -> Record:
    api = world.api(params)
    listed = page([api.resources[key] for key in sorted(api.resources)], params)
    embed = "methods" in params.get("embed", [])
    listed["items"] = [answer(api, resource, embed=embed) for resource in listed["items"]]
    return listed


@answers("UpdateResource")
def update(world: World, params: Record) -> Record:
    api, resource = find(world, params)
    new = PATCH.apply(resource, params.get("patchOperations", []))
    if "parentId" not in resource:
        raise refusals.bad("Root resource cannot be updated.")
    new = {"pathPart": "", "parentId": "", **new}
    check_place(api, new)
    api.resources[resource["id"]] = new
    return answer(api, new)


@answers("DeleteResource")
def delete(world: World, params: Record) -> Record:
    api, resource = find(world, params)
    if "parentId" not in resource:
        raise refusals.bad("Root resource cannot be deleted.")
    doomed = {key for key in api.resources if resource["id"] in lineage(api, key)}
    for identity, verb in [key for key in api.methods if key[0] in doomed]:
        forget(world, api, identity, verb)
    for identity in doomed:
        del api.resources[identity]
    return {}
