"""RestApi: create, read, patch and delete."""

from __future__ import annotations

import json

from tests.fake import policy, refusals
from tests.fake.effects import boolean, choice, element, filled, inside, member, scalar, text
from tests.fake.kinds import Kind, Update, answers, register, with_tags
from tests.fake.patch import ADD, ALL, FAMILY_A, REMOVE, REPLACE, Operation, Patch, Record
from tests.fake.world import Api, World, check_tags, chosen


MOST_COMPRESSION = 10_485_760
ENHANCED = "SecurityPolicy_"
TYPES = ("EDGE", "REGIONAL", "PRIVATE")
DRAFT = "http://json-schema.org/draft-04/schema#"
# (name, description, the part of the schema after its title) of the models every new API gets.
SEEDED_MODELS: tuple[tuple[str, str, Record], ...] = (
    ("Empty", "This is a default empty schema model", {}),
    (
        "Error",
        "This is a default error schema model",
        {"properties": {"message": {"type": "string"}}},
    ),
)


def compression(value: str | None) -> int | None:
    """No value disables compression, which is not the same as zero."""
    if not value:
        return None
    if not value.isdigit() or int(value) > MOST_COMPRESSION:
        raise refusals.bad("Invalid minimum compression size, must be between 0 and 10485760")
    return int(value)


def change_type(record: Record, operation: Operation) -> None:
    """A new endpoint type takes its own address type and TLS version along."""
    wanted, configuration = (choice(*TYPES)(operation.value), record["endpointConfiguration"])
    current = configuration["types"][0]
    if operation.keys[0] not in ("0", current):
        raise refusals.bad(f"Invalid patch path {operation.path}")
    if wanted == current:
        return
    if record.get("endpointAccessMode") == "STRICT":
        raise refusals.bad("Endpoint type cannot be changed while endpoint access mode is STRICT.")
    if (current, wanted) == ("PRIVATE", "EDGE"):
        raise refusals.bad("Cannot change endpoint type from PRIVATE to EDGE.")
    configuration["types"] = [wanted]
    if "PRIVATE" in (current, wanted):
        configuration["ipAddressType"] = default_addresses(wanted)
        if not record["securityPolicy"].startswith(ENHANCED):
            record["securityPolicy"] = default_security(wanted)


def change_security(record: Record, operation: Operation) -> None:
    if (record["securityPolicy"], operation.value) == ("TLS_1_0", "TLS_1_2"):
        raise refusals.bad("Cannot update securityPolicy from TLS_1_0 to TLS_1_2.")
    record["securityPolicy"] = filled("Invalid security policy")(operation.value)


def default_addresses(endpoint: str) -> str:
    return "dualstack" if endpoint == "PRIVATE" else "ipv4"


def default_security(endpoint: str) -> str:
    return "TLS_1_2" if endpoint == "PRIVATE" else "TLS_1_0"


CONFIGURATION = "endpointConfiguration"
PATCH = Patch(
    FAMILY_A,
    ("/name", (REPLACE,), scalar("name", filled("Name cannot be an empty string"))),
    ("/description", ALL, scalar("description", filled("Description cannot be an empty string"))),
    ("/apiKeySource", (REPLACE,), scalar("apiKeySource", choice("HEADER", "AUTHORIZER"))),
    ("/binaryMediaTypes/{}", ALL, element("binaryMediaTypes")),
    ("/minimumCompressionSize", (REPLACE,), scalar("minimumCompressionSize", compression)),
    ("/policy", (REPLACE,), scalar("policy")),
    ("/disableExecuteApiEndpoint", (REPLACE,), scalar("disableExecuteApiEndpoint", boolean)),
    ("/endpointConfiguration/types/{}", (REPLACE,), change_type),
    (
        "/endpointConfiguration/vpcEndpointIds",
        (ADD, REMOVE),
        inside(CONFIGURATION, member("vpcEndpointIds")),
    ),
    (
        "/endpointConfiguration/ipAddressType",
        (REPLACE,),
        inside(CONFIGURATION, scalar("ipAddressType", choice("ipv4", "dualstack"))),
    ),
    ("/securityPolicy", (REPLACE,), change_security),
    ("/endpointAccessMode", (REPLACE,), scalar("endpointAccessMode", text)),
)


def check(world: World, record: Record, written_policy: str | None) -> None:
    """What must hold of an API as a whole, once all operations of a call are through."""
    configuration = record[CONFIGURATION]
    (endpoint,) = configuration["types"]
    if endpoint == "PRIVATE" and configuration["ipAddressType"] != "dualstack":
        raise refusals.bad("Only dualstack ipAddressType is supported for Private APIs.")
    if endpoint != "PRIVATE" and configuration.get("vpcEndpointIds"):
        raise refusals.bad("VPC endpoints are only supported for private REST APIs.")
    modes = ("BASIC", "STRICT") if record["securityPolicy"].startswith(ENHANCED) else (None,)
    if record.get("endpointAccessMode") not in modes:
        raise refusals.bad("Invalid endpointAccessMode: BASIC or STRICT goes with an enhanced securityPolicy only.")
    if written_policy:
        record["policy"] = policy.store(written_policy, record["id"], world.environment)


def check_update(update: Update) -> None:
    written = update.new.get("policy")
    check(update.world, update.new, written if written != update.old.get("policy") else None)


def view(record: Record) -> Record:
    shown = {name: value for name, value in record.items() if name != "policy"}
    return shown | ({"policy": policy.show(record["policy"])} if "policy" in record else {})


def release(world: World, params: Record, record: Record) -> None:
    del params
    mapped = sorted(
        domain
        for domain, mappings in world.mappings.items()
        if any(mapping["restApiId"] == record["id"] for mapping in mappings.values())
    )
    if mapped:
        raise refusals.bad(
            f"Deleting RestApi {record['id']} failed. Please remove all base path mappings "
            f"related to the RestApi in your domains: {', '.join(mapped)}"
        )
    detach_stages(world, record["id"])
    for deployment in world.apis[record["id"]].deployments:
        del world.snapshots[deployment], world.deployed_links[deployment]


def detach_stages(world: World, api_id: str, stage: str | None = None) -> None:
    """A stage that goes vanishes from usage plans without a word."""
    for plan in world.usage_plans.values():
        plan["apiStages"] = [
            attached
            for attached in plan["apiStages"]
            if attached["apiId"] != api_id or stage not in (None, attached["stage"])
        ]


class ApiRecords(dict[str, Record]):
    """The records of the APIs as a collection; writing one changes the API it belongs to."""

    def __init__(self, world: World) -> None:
        super().__init__({api.id: api.record for api in world.apis.values()})
        self.world = world

    def __setitem__(self, identity: str, record: Record) -> None:
        self.world.apis[identity].record = record

    def __delitem__(self, identity: str) -> None:
        del self.world.apis[identity]


class RestApis(Kind):
    """RestApi names the account in its NotFound message, like the calls below it."""

    def find(self, world: World, params: Record) -> Record:
        return world.api(params).record


KIND = register(
    RestApis(
        name="RestApi",
        plural="RestApis",
        key="restApiId",
        absent="",
        collection=ApiRecords,
        patch=PATCH,
        view=lambda record: with_tags(view(record)),
        item=view,
        check=check_update,
        release=release,
    )
)


@answers("CreateRestApi")
def create(world: World, params: Record) -> Record:
    check_create(params)
    configuration = params.get(CONFIGURATION, {})
    endpoint = one_type(configuration)
    record: Record = {
        "id": world.new_id(),
        "createdDate": world.now(),
        "rootResourceId": world.new_id(),
        "apiKeySource": params.get("apiKeySource", "HEADER"),
        "disableExecuteApiEndpoint": params.get("disableExecuteApiEndpoint", False),
        "securityPolicy": params.get("securityPolicy", default_security(endpoint)),
        "apiStatus": "AVAILABLE",
        CONFIGURATION: {
            "types": [endpoint],
            "ipAddressType": configuration.get("ipAddressType", default_addresses(endpoint)),
            **chosen(configuration, "vpcEndpointIds"),
        },
        **chosen(params, "name", "description", "version", "binaryMediaTypes", "endpointAccessMode"),
        **chosen(params, "minimumCompressionSize", "tags"),
    }
    check(world, record, params.get("policy"))
    api = Api(record, resources={record["rootResourceId"]: {"id": record["rootResourceId"]}})
    api.models = {model[0]: seeded(world, *model) for model in SEEDED_MODELS}
    world.apis[api.id] = api
    return view(record)


def check_create(params: Record) -> None:
    if params.get("cloneFrom"):
        raise NotImplementedError("the fake clones no API")
    if not params["name"]:
        raise refusals.bad("Name cannot be an empty string")
    if params.get("description") == "":
        raise refusals.bad("Description cannot be an empty string")
    if "minimumCompressionSize" in params:
        compression(str(params["minimumCompressionSize"]))
    check_tags(params.get("tags", {}))


def one_type(configuration: Record) -> str:
    types = configuration.get("types", ["EDGE"])
    if not types:
        raise refusals.bad("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise refusals.bad("Cannot create an api with multiple Endpoint Types.")
    return str(types[0])


def seeded(world: World, name: str, description: str, rest: Record) -> Record:
    schema = {"$schema": DRAFT, "title": f"{name} Schema", "type": "object", **rest}
    return {
        "id": world.new_id(),
        "name": name,
        "description": description,
        "schema": json.dumps(schema, indent=2),
        "contentType": "application/json",
    }
