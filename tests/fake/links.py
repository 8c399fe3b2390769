"""VpcLink and ClientCertificate: account-wide things that APIs and stages keep in use."""

from __future__ import annotations

from datetime import timedelta

from tests.fake import refusals
from tests.fake.effects import filled, scalar
from tests.fake.kinds import Kind, answers, register, with_tags, without_tags
from tests.fake.methods import hard_link
from tests.fake.patch import FAMILY_B, REPLACE, Patch, Record
from tests.fake.world import World, check_tags, chosen


READY = {"status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"}
PENDING = {"status": "PENDING", "statusMessage": "Your vpc link is being created"}


def users(world: World, link: str) -> list[str]:
    """Where a link is named: in an API as it stands, in a served snapshot, or for ever."""
    found = [world.dangling_links[link]] if link in world.dangling_links else []
    for api in world.apis.values():
        found += [
            f"{api.id}:{verb}:{resource_id}:"
            for (resource_id, verb), method in api.methods.items()
            if hard_link(method) == link
        ]
        for name, stage in api.stages.items():
            canary = stage.get("canarySettings", {}).get("deploymentId")
            for deployment in {stage["deploymentId"], canary} - {None}:
                if link in world.deployed_links[deployment]:
                    found.append(f"{world.deployed_links[deployment][link]}:{name}")
    return found


def release_link(world: World, params: Record, record: Record) -> None:
    del params
    places = users(world, record["id"])
    if places:
        raise refusals.bad(
            f"Cannot delete vpc link. Vpc link '{record['id']}', is referenced in "
            f"[{', '.join(places)}] in format of [RESTApiId:Method:Resource:Stage]"
        )
    world.pending_reads.pop(record["id"], None)


LINK = register(
    Kind(
        name="VpcLink",
        plural="VpcLinks",
        key="vpcLinkId",
        absent="Invalid Vpc Link identifier specified",
        collection=lambda world: world.vpc_links,
        patch=Patch(
            FAMILY_B,
            ("/name", (REPLACE,), scalar("name", filled("Name cannot be empty"))),
            ("/description", (REPLACE,), scalar("description")),
        ),
        view=with_tags,
        item=without_tags,
        release=release_link,
    ),
    "GetVpcLink",
)


@answers("CreateVpcLink")
def create_link(world: World, params: Record) -> Record:
    check_tags(params.get("tags", {}))
    if not params["name"]:
        raise refusals.bad("Name cannot be empty")
    if len(params["targetArns"]) != 1:
        raise refusals.bad("More than one target arn specified. Exactly one is required.")
    if not params["targetArns"][0].startswith("arn:"):
        raise refusals.bad("Invalid ARN. ARN is not well formed")
    fields = chosen(params, "name", "description", "targetArns", "tags")
    record = {"id": world.new_id(), **fields, **(PENDING if world.link_reads else READY)}
    world.vpc_links[record["id"]] = record
    world.pending_reads[record["id"]] = world.link_reads
    return record


@answers("GetVpcLink")
def get_link(world: World, params: Record) -> Record:
    record = LINK.find(world, params)
    if world.pending_reads[record["id"]]:
        world.pending_reads[record["id"]] -= 1
    elif record["status"] == PENDING["status"]:
        record |= READY
    return with_tags(record)


def release_certificate(world: World, params: Record, record: Record) -> None:
    del params
    identity = record["clientCertificateId"]
    for api in world.apis.values():
        for name, stage in api.stages.items():
            if stage.get("clientCertificateId") == identity:
                raise refusals.bad(f"Client certificate {identity} is still in use by stage {api.id}:{name}")


CERTIFICATE = register(
    Kind(
        name="ClientCertificate",
        plural="ClientCertificates",
        key="clientCertificateId",
        absent="Invalid client certificate identifier specified",
        collection=lambda world: world.certificates,
        patch=Patch(FAMILY_B, ("/description", (REPLACE,), scalar("description"))),
        view=with_tags,
        item=without_tags,
        release=release_certificate,
    )
)


@answers("GenerateClientCertificate")
def generate(world: World, params: Record) -> Record:
    check_tags(params.get("tags", {}))
    record = {
        "clientCertificateId": world.new_id(),
        "createdDate": world.now(),
        "expirationDate": world.now() + timedelta(days=365),
        "pemEncodedCertificate": "-----BEGIN CERTIFICATE-----\nfake\n-----END CERTIFICATE-----",
        **chosen(params, "description", "tags"),
    }
    world.certificates[record["clientCertificateId"]] = record
    return record
