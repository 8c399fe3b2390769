"""UsagePlan: stages, throttles and quota."""

from __future__ import annotations

import json
from typing import Any

from tests.fake import refusals
from tests.fake.effects import choice, filled, inside, number, scalar, whole, whole_object
from tests.fake.kinds import Kind, Update, answers, register, with_tags, without_tags
from tests.fake.patch import ADD, ALL, FAMILY_B, REMOVE, REPLACE, Effect, Operation, Patch, Record
from tests.fake.world import World, check_tags, chosen, page


WRONG_STAGE = "Invalid API Stage specified"
MOST = 2**31 - 1
# How far into its period a quota may start.
OFFSETS = {"DAY": 0, "WEEK": 6, "MONTH": 27}
LIMIT: dict[str, Any] = {"burstLimit": whole(0, MOST), "rateLimit": number(0, MOST)}


def parse_stage(value: str | None) -> tuple[str, str]:
    api_id, colon, stage = (value or "").partition(":")
    if not api_id or not colon or not stage or ":" in stage:
        raise refusals.bad(WRONG_STAGE)
    return api_id, stage


def attached(record: Record, value: str | None) -> Any:
    wanted = parse_stage(value)
    for stage in record["apiStages"]:
        if (stage["apiId"], stage["stage"]) == wanted:
            return stage
    return None


def unknown_stage(record: Record, api_id: str, stage: str) -> Exception:
    return refusals.missing(
        f"Invalid API Stage {{api: {api_id}, stage: {stage}}} specified for usageplan {record['id']}"
    )


def change_stages(record: Record, operation: Operation) -> None:
    api_id, stage = parse_stage(operation.value)
    known = attached(record, operation.value)
    if operation.op == REMOVE:
        if known is None:
            raise unknown_stage(record, api_id, stage)
        record["apiStages"].remove(known)
    elif known is not None:
        raise refusals.conflict(f"API Stage {operation.value} is already part of the usage plan")
    else:
        record["apiStages"].append({"apiId": api_id, "stage": stage})


def on_stage(effect: Effect) -> Effect:
    """Works on the throttles of one attached stage, keyed `/path/VERB`."""

    def nested(record: Record, operation: Operation) -> None:
        stage = attached(record, operation.keys[0])
        if stage is None:
            raise unknown_stage(record, *parse_stage(operation.keys[0]))
        effect(stage, operation)
        if not stage.get("throttle"):
            stage.pop("throttle", None)

    return nested


def method_throttle(field: str) -> Effect:
    def effect(stage: Record, operation: Operation) -> None:
        _, path, verb = operation.keys
        throttle = stage.setdefault("throttle", {}).setdefault(f"{path}/{verb}", {})
        throttle[field] = LIMIT[field](operation.value)

    return effect


def drop_method(stage: Record, operation: Operation) -> None:
    _, path, verb = operation.keys
    if stage.get("throttle", {}).pop(f"{path}/{verb}", None) is None:
        raise refusals.missing(f"Invalid method throttle specified: {path}/{verb}")


def all_throttles(stage: Record, operation: Operation) -> None:
    stage.pop("throttle", None)
    if operation.op != REMOVE:
        try:
            stage["throttle"] = json.loads(operation.value or "")
        except ValueError:
            raise refusals.bad("Invalid throttle settings specified") from None


def nested_limit(parent: str, field: str, convert: Any) -> tuple[str, tuple[str, ...], Effect]:
    return f"/{parent}/{field}", (ADD, REPLACE), inside(parent, scalar(field, convert))


STAGE_THROTTLE = "/apiStages/{}/throttle"
PATCH = Patch(
    FAMILY_B,
    ("/name", (REPLACE,), scalar("name", filled("Usage Plan name cannot be empty"))),
    ("/description", (REPLACE,), scalar("description")),
    ("/productCode", ALL, scalar("productCode")),
    ("/apiStages", (ADD, REMOVE), change_stages),
    ("/throttle", (REMOVE,), whole_object("throttle", "Usage plan has no throttle")),
    ("/quota", (REMOVE,), whole_object("quota", "Usage plan has no quota")),
    nested_limit("throttle", "burstLimit", LIMIT["burstLimit"]),
    nested_limit("throttle", "rateLimit", LIMIT["rateLimit"]),
    nested_limit("quota", "limit", whole(0, MOST)),
    nested_limit("quota", "offset", whole(0, 27)),
    nested_limit("quota", "period", choice(*OFFSETS)),
    (STAGE_THROTTLE, ALL, on_stage(all_throttles)),
    (f"{STAGE_THROTTLE}/{{}}/{{}}", (REMOVE,), on_stage(drop_method)),
    (
        f"{STAGE_THROTTLE}/{{}}/{{}}/burstLimit",
        (ADD, REPLACE),
        on_stage(method_throttle("burstLimit")),
    ),
    (
        f"{STAGE_THROTTLE}/{{}}/{{}}/rateLimit",
        (ADD, REPLACE),
        on_stage(method_throttle("rateLimit")),
    ),
)


def stages_of(plan: Record) -> set[tuple[str, str]]:
    return {(stage["apiId"], stage["stage"]) for stage in plan["apiStages"]}


def check(world: World, old: set[tuple[str, str]], plan: Record) -> None:
    for api_id, stage in sorted(stages_of(plan) - old):
        if api_id not in world.apis or stage not in world.apis[api_id].stages:
            raise unknown_stage(plan, api_id, stage)
    for key in world.plan_keys.get(plan["id"], []):
        check_key(world, key, plan)
    quota = plan.get("quota")
    if quota is None:
        return
    quota.setdefault("offset", 0)
    if "limit" not in quota or "period" not in quota:
        raise refusals.bad("Usage Plan quota needs a limit and a period")
    if quota["offset"] > OFFSETS[quota["period"]]:
        raise refusals.bad(f"Usage Plan quota offset is too high for period {quota['period']}")


def check_key(world: World, key: str, plan: Record) -> None:
    """A key may be in one plan only for any one stage."""
    for other, keys in world.plan_keys.items():
        if other != plan["id"] and key in keys:
            shared = stages_of(world.usage_plans[other]) & stages_of(plan)
            if shared:
                api_id, stage = min(shared)
                raise refusals.conflict(
                    f"API Key {key} is already associated with a usage plan of API Stage {api_id}:{stage}"
                )


def release(world: World, params: Record, plan: Record) -> None:
    del params
    if plan["apiStages"]:
        api_id, stage = min(stages_of(plan))
        raise refusals.bad(
            f"Cannot delete Usage Plan {plan['id']} because there are API Stages associated with "
            f"it, including {api_id}:{stage}"
        )
    world.plan_keys.pop(plan["id"], None)


def check_update(update: Update) -> None:
    check(update.world, stages_of(update.old), update.new)


KIND = register(
    Kind(
        name="UsagePlan",
        plural="UsagePlans",
        key="usagePlanId",
        absent="Invalid Usage Plan ID specified",
        collection=lambda world: world.usage_plans,
        patch=PATCH,
        view=with_tags,
        item=without_tags,
        check=check_update,
        release=release,
    ),
    "GetUsagePlans",
)


@answers("GetUsagePlans")
def get_all(world: World, params: Record) -> Record:
    wanted = params.get("keyId")
    plans = [
        without_tags(world.usage_plans[key])
        for key in sorted(world.usage_plans)
        if wanted is None or wanted in world.plan_keys.get(key, [])
    ]
    return page(plans, params)


@answers("CreateUsagePlan")
def create(world: World, params: Record) -> Record:
    if not params["name"]:
        raise refusals.bad("Usage Plan name cannot be empty")
    check_tags(params.get("tags", {}))
    record = {
        "id": world.new_id(),
        "apiStages": [],
        **chosen(params, "name", "description", "apiStages", "throttle", "quota", "tags"),
    }
    for stage in record["apiStages"]:
        if not stage.get("apiId") or not stage.get("stage"):
            raise refusals.bad(WRONG_STAGE)
    if "rateLimit" in record.get("throttle", {}):
        record["throttle"]["rateLimit"] = float(record["throttle"]["rateLimit"])
    check(world, set(), record)
    world.usage_plans[record["id"]] = record
    return record
