"""DomainName and BasePathMapping."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fake import refusals
from tests.fake.effects import choice, filled, inside, scalar
from tests.fake.kinds import Kind, Update, answers, register, with_tags, without_tags
from tests.fake.patch import ADD, ALL, FAMILY_B, REMOVE, REPLACE, Operation, Patch, Record
from tests.fake.world import World, check_tags, chosen


NONE = "(none)"
CONFIGURATION = "endpointConfiguration"
TYPES = ("EDGE", "REGIONAL", "PRIVATE")
# The certificate each endpoint type lives on.
CERTIFICATES = {
    "EDGE": ("certificateArn", "certificateName"),
    "PRIVATE": ("certificateArn", "certificateName"),
    "REGIONAL": ("regionalCertificateArn", "regionalCertificateName"),
}
ROUTING = ("BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")


def change_types(record: Record, operation: Operation) -> None:
    """While a domain moves between edge and regional it has both types for a while."""
    types, value = record[CONFIGURATION]["types"], choice(*TYPES)(operation.value)
    if operation.op == REPLACE:
        record[CONFIGURATION]["types"] = [value]
    elif operation.op == ADD and value not in types:
        types.append(value)
    elif operation.op == REMOVE and value in types:
        types.remove(value)


ADDRESSES = inside(CONFIGURATION, scalar("ipAddressType", choice("ipv4", "dualstack")))
PATCH = Patch(
    FAMILY_B,
    *((f"/{name}", ALL, scalar(name)) for name in ("certificateArn", "certificateName")),
    *((f"/{name}", ALL, scalar(name)) for name in CERTIFICATES["REGIONAL"]),
    ("/endpointConfiguration/types", (ADD, REMOVE), change_types),
    ("/endpointConfiguration/types/{}", (REPLACE,), change_types),
    ("/endpointConfiguration/ipAddressType", (REPLACE,), ADDRESSES),
    ("/securityPolicy", (REPLACE,), scalar("securityPolicy", filled("Invalid security policy"))),
    ("/endpointAccessMode", (REPLACE,), scalar("endpointAccessMode")),
    *(
        (f"/mutualTlsAuthentication/{name}", ALL, inside("mutualTlsAuthentication", scalar(name)))
        for name in ("truststoreUri", "truststoreVersion")
    ),
    ("/ownershipVerificationCertificateArn", ALL, scalar("ownershipVerificationCertificateArn")),
    ("/routingMode", (REPLACE,), scalar("routingMode", choice(*ROUTING))),
    ("/policy", (REPLACE,), scalar("policy")),
    ("/managementPolicy", (REPLACE,), scalar("managementPolicy")),
)


def check(record: Record) -> None:
    types = record[CONFIGURATION]["types"]
    if not types:
        raise refusals.bad("A domain name needs an endpoint type")
    for kind in types:
        if not any(record.get(name) for name in CERTIFICATES[kind]):
            raise refusals.bad(f"A certificate was not provided for the endpoint type {kind}")
    mutual = record.get("mutualTlsAuthentication", {})
    if mutual and (not mutual.get("truststoreUri") or types != ["REGIONAL"]):
        del record["mutualTlsAuthentication"]
        if mutual.get("truststoreUri"):
            raise refusals.bad("Mutual TLS is only supported for regional domain names")


def check_update(update: Update) -> None:
    operations: list[Mapping[str, str]] = update.params.get("patchOperations", [])
    if {ADD, REMOVE} <= {operation["op"] for operation in operations}:
        raise refusals.bad("Add and remove cannot be used in the same request")
    check(update.new)


def release(world: World, params: Record, record: Record) -> None:
    del params
    world.mappings.pop(record["domainName"], None)


class DomainKind(Kind):
    """Private domains are named by their id as well."""

    def find(self, world: World, params: Record) -> Record:
        record = super().find(world, params)
        if record.get("domainNameId") != params.get("domainNameId"):
            raise refusals.missing(self.absent)
        return record


DOMAIN = register(
    DomainKind(
        name="DomainName",
        plural="DomainNames",
        key="domainName",
        absent="Invalid domain name identifier specified",
        collection=lambda world: world.domains,
        patch=PATCH,
        view=with_tags,
        item=without_tags,
        check=check_update,
        release=release,
    )
)


@answers("CreateDomainName")
def create(world: World, params: Record) -> Record:
    check_tags(params.get("tags", {}))
    name, here = params["domainName"], world.environment
    if name in world.domains:
        raise refusals.conflict("The domain name you provided already exists.")
    configuration = {"ipAddressType": "ipv4", **params.get(CONFIGURATION, {})}
    configuration.setdefault("types", ["EDGE"])
    record = {
        "domainNameArn": f"arn:{here.partition}:apigateway:{here.region}::/domainnames/{name}",
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_2",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
        CONFIGURATION: configuration,
        **endpoint(world, configuration["types"]),
        **chosen(params, "domainName", "certificateArn", "certificateName", "tags", "policy"),
        **chosen(params, "regionalCertificateArn", "regionalCertificateName", "securityPolicy"),
        **chosen(params, "endpointAccessMode", "mutualTlsAuthentication", "routingMode"),
        **chosen(params, "ownershipVerificationCertificateArn"),
    }
    check(record)
    world.domains[name] = record
    return record


def endpoint(world: World, types: list[str]) -> Record:
    identity = world.new_id()
    if types == ["REGIONAL"]:
        region = world.environment.region
        return {
            "regionalDomainName": f"d-{identity}.execute-api.{region}.amazonaws.com",
            "regionalHostedZoneId": "ZLY8HYME6SFDD",
        }
    if types == ["PRIVATE"]:
        return {"domainNameId": identity}
    return {
        "distributionDomainName": f"{identity}.cloudfront.net",
        "distributionHostedZoneId": "Z2FDTNDATAQYW2",
        "certificateUploadDate": world.now(),
    }


# --- base path mappings --------------------------------------------------------------------------


def rename(record: Record, operation: Operation) -> None:
    record["basePath"] = operation.value or NONE


def restage(record: Record, operation: Operation) -> None:
    record.pop("stage", None)
    if operation.value not in (None, "", NONE):
        record["stage"] = operation.value


def check_mapping(world: World, domain: str, mapping: Record, old_path: str | None) -> None:
    path = mapping["basePath"]
    if "/" in path:
        raise refusals.bad("API Gateway V1 base paths have one level only")
    if mapping["restApiId"] not in world.apis:
        raise refusals.bad("Invalid REST API identifier specified")
    if mapping.get("stage", NONE) not in {NONE, *world.apis[mapping["restApiId"]].stages}:
        raise refusals.bad(refusals.NO_STAGE)
    if path != old_path and path in world.mappings.get(domain, {}):
        raise refusals.conflict(
            "Only one base path mapping is allowed if the base path is empty."
            if path == NONE
            else "Base path already exists for this domain name"
        )


class MappingsKind(Kind):
    """Mappings live below a domain, and their patch may change the key they live under."""

    def holder(self, world: World, params: Record, *, item: bool = True) -> dict[str, Record]:
        del item
        DOMAIN.find(world, params)
        return world.mappings.setdefault(params["domainName"], {})

    def update(self, world: World, params: Record) -> Record:
        holder, old = self.holder(world, params), self.find(world, params)
        assert self.patch is not None
        new = self.patch.apply(old, params.get("patchOperations", []))
        check_mapping(world, params["domainName"], new, old["basePath"])
        del holder[old["basePath"]]
        holder[new["basePath"]] = new
        return new


MAPPING = register(
    MappingsKind(
        name="BasePathMapping",
        plural="BasePathMappings",
        key="basePath",
        absent="Invalid base path mapping identifier specified",
        patch=Patch(
            FAMILY_B,
            ("/basePath", (REPLACE,), rename),
            ("/basepath", (REPLACE,), rename),
            ("/restapiId", (REPLACE,), scalar("restApiId")),
            ("/stage", (REPLACE,), restage),
        ),
    )
)


@answers("CreateBasePathMapping")
def create_mapping(world: World, params: Record) -> Record:
    holder = MAPPING.holder(world, params)
    record = {"basePath": params.get("basePath") or NONE, "restApiId": params["restApiId"]}
    if params.get("stage") not in (None, "", NONE):
        record["stage"] = params["stage"]
    check_mapping(world, params["domainName"], record, None)
    holder[record["basePath"]] = record
    return record
