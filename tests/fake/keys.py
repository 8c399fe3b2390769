"""ApiKey and UsagePlanKey, the membership of a key in a plan."""

from __future__ import annotations

from tests.fake import refusals
from tests.fake.effects import boolean, ignored, scalar
from tests.fake.kinds import Kind, answers, register, with_tags
from tests.fake.patch import ADD, FAMILY_B, REMOVE, REPLACE, Patch, Record
from tests.fake.plans import KIND as USAGE_PLAN
from tests.fake.plans import check_key
from tests.fake.world import World, check_tags, chosen, page


MOST_PLANS, GENERATED = 10, 40
NO_MEMBER = "Invalid Usage Plan Key identifier specified"


def without_value(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "value"}


def check_texts(record: Record) -> None:
    if len(record.get("name", "")) > 1024:
        raise refusals.bad("Invalid API Key name, can be at most 1024 characters.")
    if len(record.get("description", "")) > 125_000:
        raise refusals.bad("Invalid API Key description, can be at most 125000 characters.")


def release(world: World, params: Record, record: Record) -> None:
    del params
    for keys in world.plan_keys.values():
        if record["id"] in keys:
            keys.remove(record["id"])
    world.generated_keys.discard(record["id"])


KIND = register(
    Kind(
        name="ApiKey",
        plural="ApiKeys",
        key="apiKey",
        absent="Invalid API Key identifier specified",
        collection=lambda world: world.api_keys,
        patch=Patch(
            FAMILY_B,
            ("/name", (REPLACE,), scalar("name")),
            ("/description", (REPLACE,), scalar("description")),
            ("/enabled", (REPLACE,), scalar("enabled", boolean)),
            ("/customerId", (REPLACE,), scalar("customerId")),
            # Left over from before usage plans: accepted and without effect.
            ("/labels", (ADD, REMOVE), ignored),
            ("/stages", (ADD, REMOVE), ignored),
        ),
        view=lambda record: without_value(with_tags(record)),
        check=lambda update: check_texts(update.new),
        release=release,
    ),
    "GetApiKey",
    "GetApiKeys",
)


@answers("CreateApiKey")
def create(world: World, params: Record) -> Record:
    check_tags(params.get("tags", {}))
    check_texts(params)
    value = params.get("value", "")
    if value and len(value) < 20:
        raise refusals.bad("API Key value should be at least 20 characters")
    if len(value) > 128:
        raise refusals.bad("API Key value exceeds maximum size of 128 characters")
    if any(value and key["value"] == value for key in world.api_keys.values()):
        raise refusals.conflict("API Key already exists")
    record = {
        "id": world.new_id(),
        "value": value or world.new_id(GENERATED),
        "enabled": params.get("enabled", False),
        "createdDate": world.now(),
        "lastUpdatedDate": world.now(),
        "stageKeys": [],
        **chosen(params, "name", "description", "customerId", "tags"),
    }
    if not value:
        world.generated_keys.add(record["id"])
    world.api_keys[record["id"]] = record
    return record


@answers("GetApiKey")
def get(world: World, params: Record) -> Record:
    record = with_tags(KIND.find(world, params))
    return record if params.get("includeValue") else without_value(record)


@answers("GetApiKeys")
def get_all(world: World, params: Record) -> Record:
    customer, start = params.get("customerId"), params.get("nameQuery", "")
    keys = [
        record if params.get("includeValues") else without_value(record)
        for _, record in sorted(world.api_keys.items())
        if record.get("name", "").startswith(start) and customer in (None, record.get("customerId"))
    ]
    return page(keys, params)


# --- memberships ---------------------------------------------------------------------------------


def membership(world: World, key: str) -> Record:
    record = world.api_keys[key]
    return {"id": key, "type": "API_KEY", **chosen(record, "value", "name")}


def find(world: World, params: Record) -> list[str]:
    plan = USAGE_PLAN.find(world, params)
    keys = world.plan_keys.get(plan["id"], [])
    if params["keyId"] not in keys:
        raise refusals.missing(NO_MEMBER)
    return keys


@answers("CreateUsagePlanKey")
def join(world: World, params: Record) -> Record:
    plan = USAGE_PLAN.find(world, params)
    key = KIND.find(world, {"apiKey": params["keyId"]})["id"]
    if params["keyType"] != "API_KEY":
        raise refusals.bad("Usage Plan Key type must be API_KEY")
    if key in world.plan_keys.get(plan["id"], []):
        raise refusals.conflict(f"API Key {key} is already associated with usage plan {plan['id']}")
    if sum(key in keys for keys in world.plan_keys.values()) >= MOST_PLANS and world.quotas:
        raise refusals.quota("Usage Plans per API Key")
    check_key(world, key, plan)
    world.plan_keys.setdefault(plan["id"], []).append(key)
    return membership(world, key)


@answers("GetUsagePlanKey")
def get_member(world: World, params: Record) -> Record:
    find(world, params)
    return membership(world, params["keyId"])


@answers("GetUsagePlanKeys")
def get_members(world: World, params: Record) -> Record:
    """A missing plan has no keys; that is not an error."""
    members = [membership(world, key) for key in sorted(world.plan_keys.get(params["usagePlanId"], []))]
    start = params.get("nameQuery", "")
    return page([one for one in members if one.get("name", "").startswith(start)], params)


@answers("DeleteUsagePlanKey")
def leave(world: World, params: Record) -> Record:
    find(world, params).remove(params["keyId"])
    return {}
