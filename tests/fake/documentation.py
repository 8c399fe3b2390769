"""DocumentationPart and DocumentationVersion."""

from __future__ import annotations

from operator import attrgetter

from tests.fake import refusals
from tests.fake.effects import filled, scalar
from tests.fake.kinds import Kind, answers, register
from tests.fake.patch import FAMILY_B, REPLACE, Patch, Record
from tests.fake.world import World, chosen, page


WITHOUT_PATH = ("API", "AUTHORIZER", "MODEL")
NO_PROPERTIES = "Documentation part properties must be non-empty"

PART = register(
    Kind(
        name="DocumentationPart",
        plural="DocumentationParts",
        key="documentationPartId",
        absent="Invalid Documentation part identifier specified",
        api_collection=attrgetter("documentation_parts"),
        patch=Patch(FAMILY_B, ("/properties", (REPLACE,), scalar("properties", filled(NO_PROPERTIES)))),
        lenient=True,
    ),
    "GetDocumentationParts",
)


@answers("CreateDocumentationPart")
def create_part(world: World, params: Record) -> Record:
    api = world.api(params)
    location = dict(params["location"])
    if location["type"] not in WITHOUT_PATH:
        location.setdefault("path", "/")
    if not params["properties"]:
        raise refusals.bad(NO_PROPERTIES)
    if any(part["location"] == location for part in api.documentation_parts.values()):
        raise refusals.conflict("Documentation part already exists for the specified location")
    record = {"id": world.new_id(), "location": location, "properties": params["properties"]}
    api.documentation_parts[record["id"]] = record
    return record


@answers("GetDocumentationParts")
def get_parts(world: World, params: Record) -> Record:
    """Filters by type, path and name; `locationStatus` is not faked."""
    parts = world.api(params).documentation_parts
    fields = {"type": "type", "path": "path", "nameQuery": "name"}
    wanted = {ours: params[theirs] for theirs, ours in fields.items() if theirs in params}
    fitting = [parts[key] for key in sorted(parts) if wanted.items() <= parts[key]["location"].items()]
    return page(fitting, params)


def release_version(world: World, params: Record, record: Record) -> None:
    for stage in world.api(params).stages.values():
        if stage.get("documentationVersion") == record["version"]:
            raise refusals.bad(
                f"Cannot delete documentation version {record['version']}, it is used by stage {stage['stageName']}"
            )


VERSION = register(
    Kind(
        name="DocumentationVersion",
        plural="DocumentationVersions",
        key="documentationVersion",
        absent="Invalid Documentation version specified",
        api_collection=attrgetter("documentation_versions"),
        patch=Patch(FAMILY_B, ("/description", (REPLACE,), scalar("description"))),
        release=release_version,
    )
)


@answers("CreateDocumentationVersion")
def create_version(world: World, params: Record) -> Record:
    api, version = world.api(params), params["documentationVersion"]
    if version in api.documentation_versions:
        raise refusals.conflict(f"Documentation version already exists: {version}")
    stage = params.get("stageName")
    if stage and stage not in api.stages:
        raise refusals.missing(refusals.NO_STAGE)
    record = {"version": version, "createdDate": world.now(), **chosen(params, "description")}
    api.documentation_versions[version] = record
    if stage:
        api.stages[stage]["documentationVersion"] = version
    return record
