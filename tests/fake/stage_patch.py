"""UpdateStage: plain fields, canary, access logs and the method settings, in AWS's wording.

A method setting is stored under the key as it was written (`~1pets/GET` stays `~1pets/GET`). The
first touch of a key materialises a whole setting: a copy of `*/*` if that exists by then.
"""

from __future__ import annotations

import re
from copy import deepcopy

from tests.fake import refusals
from tests.fake.effects import Convert, boolean, choice, filled, number, scalar, text, whole
from tests.fake.patch import (
    ADD,
    REMOVE,
    REPLACE,
    Effect,
    Operation,
    Patch,
    Record,
    Refusals,
    Rule,
    unescape,
)
from tests.fake.world import ACCOUNT_BURST, ACCOUNT_RATE


STRATEGIES = ("FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER")
CACHE_SIZES = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")
DEFAULT_SETTING: Record = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": ACCOUNT_BURST,
    "throttlingRateLimit": ACCOUNT_RATE,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}


def burst(value: str | None) -> int:
    """-1 stands for no limit of one's own: AWS then reports the account's."""
    limit = whole(-1, ACCOUNT_BURST, "Throttling burst limit exceeds the account limit")(value)
    return ACCOUNT_BURST if limit < 0 else int(limit)


def rate(value: str | None) -> float:
    limit = number(-1, ACCOUNT_RATE, "Throttling rate limit exceeds the account limit")(value)
    return ACCOUNT_RATE if limit < 0 else float(limit)


LEAVES: dict[str, tuple[str, Convert]] = {
    "metrics/enabled": ("metricsEnabled", boolean),
    "logging/loglevel": ("loggingLevel", choice("OFF", "ERROR", "INFO")),
    "logging/dataTrace": ("dataTraceEnabled", boolean),
    "throttling/burstLimit": ("throttlingBurstLimit", burst),
    "throttling/rateLimit": ("throttlingRateLimit", rate),
    "caching/enabled": ("cachingEnabled", boolean),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", whole(0, 3600, "Invalid cache TTL")),
    "caching/dataEncrypted": ("cacheDataEncrypted", boolean),
    "caching/requireAuthorizationForCacheControl": ("requireAuthorizationForCacheControl", boolean),
    "caching/unauthorizedCacheControlHeaderStrategy": (
        "unauthorizedCacheControlHeaderStrategy",
        choice(*STRATEGIES),
    ),
}
SETTING = re.compile(rf"/(?P<key>.+/(?:[A-Z]+|\*))/(?P<leaf>{'|'.join(LEAVES)})")
KNOWN_PATHS = ", ".join(
    [
        *("/deploymentId", "/description", "/cacheClusterEnabled", "/cacheClusterSize"),
        *("/clientCertificateId", "/accessLogSettings", "/accessLogSettings/destinationArn"),
        "/accessLogSettings/format",
        *(f"/{{resourcePath}}/{{httpMethod}}/{leaf}" for leaf in LEAVES),
        *(f"/*/*/{leaf}" for leaf in LEAVES),
        *("/variables/{variable_name}", "/tracingEnabled"),
    ]
)
COPIES = {
    "/deploymentId": "/canarySettings/deploymentId",
    "/variables": "/canarySettings/stageVariableOverrides",
}


class StageRefusals(Refusals):
    """Family C: whatever a stage does not know is taken for a method setting."""

    def path(self, operation: Operation, rules: tuple[Rule, ...]) -> Exception:
        del rules
        if operation.op == REMOVE:
            return refusals.bad(
                f"Cannot remove method setting {operation.path[1:]} because there is no method "
                "setting for this method "
            )
        if operation.path.startswith("/accessLogSettings/"):
            return refusals.bad(
                "Invalid accessLogSettings path. Must be one of : "
                "[/accessLogSettings/destinationArn, /accessLogSettings/format]"
            )
        return refusals.bad(f"Invalid method setting path: {operation.path}. Must be one of: [{KNOWN_PATHS}]")

    def op(self, operation: Operation, rule: Rule, rules: tuple[Rule, ...]) -> Exception:
        if operation.op == ADD and REPLACE in rule.operations:
            return refusals.bad(f"Invalid add operation with path: {operation.path}")
        return self.path(operation, rules)


def canary(effect: Effect) -> Effect:
    """The first touch of any leaf makes a canary of the stage's own deployment."""

    def nested(record: Record, operation: Operation) -> None:
        fresh = {
            "deploymentId": record["deploymentId"],
            "percentTraffic": 0.0,
            "useStageCache": False,
        }
        effect(record.setdefault("canarySettings", fresh), operation)

    return nested


def variable(field: str) -> Effect:
    def effect(record: Record, operation: Operation) -> None:
        (name,) = operation.keys
        if operation.op == REPLACE:
            record.setdefault(field, {})[name] = operation.value or ""
            return
        if name not in record.get(field, {}):
            raise refusals.missing(f"Invalid stage variable name specified: {name}")
        del record[field][name]
        if not record[field]:
            del record[field]

    return effect


def drop(field: str) -> Effect:
    def effect(record: Record, operation: Operation) -> None:
        if record.pop(field, None) is None:
            raise FAMILY_C.path(operation, ())

    return effect


def log_destination(value: str | None) -> str:
    arn = filled("Access Log value must not be empty")(value)
    service, _, name = arn.partition(":deliverystream/")
    if arn.endswith(":*") or not arn.startswith("arn:"):
        raise refusals.bad("Invalid ARN specified in the request")
    if ":firehose:" in service and not name.startswith("amazon-apigateway-"):
        raise refusals.bad("Firehose stream name must begin with amazon-apigateway-")
    return str(arn)


def log_format(value: str | None) -> str:
    layout = filled("Access Log value must not be empty")(value)
    if not re.search(r"\$context\.(requestId|extendedRequestId)", layout):
        raise refusals.bad("Access Log format must contain either $context.requestId or $context.extendedRequestId")
    return str(layout)


def access_log(field: str, convert: Convert) -> Effect:
    def effect(record: Record, operation: Operation) -> None:
        record.setdefault("accessLogSettings", {})[field] = convert(operation.value)

    return effect


PERCENT = number(0, 100, "Canary percentTraffic must be between 0.0 and 100.0")
PLAIN_RULES: tuple[tuple[str, tuple[str, ...], Effect], ...] = (
    ("/deploymentId", (REPLACE,), scalar("deploymentId", filled("Deployment id does not exist"))),
    ("/description", (REPLACE,), scalar("description")),
    ("/variables/{}", (REPLACE, REMOVE), variable("variables")),
    ("/tracingEnabled", (REPLACE,), scalar("tracingEnabled", boolean)),
    ("/cacheClusterEnabled", (REPLACE,), scalar("cacheClusterEnabled", boolean)),
    ("/cacheClusterSize", (REPLACE,), scalar("cacheClusterSize", choice(*CACHE_SIZES))),
    ("/clientCertificateId", (REPLACE,), scalar("clientCertificateId")),
    ("/documentationVersion", (REPLACE,), scalar("documentationVersion")),
    ("/accessLogSettings", (REMOVE,), drop("accessLogSettings")),
    (
        "/accessLogSettings/destinationArn",
        (ADD, REPLACE),
        access_log("destinationArn", log_destination),
    ),
    ("/accessLogSettings/format", (ADD, REPLACE), access_log("format", log_format)),
    ("/canarySettings", (REMOVE,), drop("canarySettings")),
    ("/canarySettings/deploymentId", (REPLACE,), canary(scalar("deploymentId", text))),
    ("/canarySettings/percentTraffic", (REPLACE,), canary(scalar("percentTraffic", PERCENT))),
    ("/canarySettings/useStageCache", (REPLACE,), canary(scalar("useStageCache", boolean))),
    (
        "/canarySettings/stageVariableOverrides/{}",
        (REPLACE,),
        canary(variable("stageVariableOverrides")),
    ),
)


class StagePatch(Patch):
    """The table, and what no table can say: copies and method settings."""

    def one(self, draft: Record, operation: Operation) -> None:
        setting = SETTING.fullmatch(operation.path)
        if operation.op == "copy":
            promote(draft, operation)
        elif setting and setting["key"].rpartition("/")[0] and operation.op == REPLACE:
            change_setting(draft, setting["key"], *LEAVES[setting["leaf"]], operation)
        elif setting and operation.op == ADD:
            raise refusals.bad(f"Invalid add operation with path: {operation.path}")
        elif operation.op == REMOVE and operation.path[1:] in draft["methodSettings"]:
            del draft["methodSettings"][operation.path[1:]]
        else:
            super().one(draft, operation)


def change_setting(draft: Record, key: str, field: str, convert: Convert, operation: Operation) -> None:
    settings = draft["methodSettings"]
    if key not in settings:
        settings[key] = deepcopy(settings.get("*/*", DEFAULT_SETTING))
    settings[key][field] = convert(operation.value)


def promote(draft: Record, operation: Operation) -> None:
    """A promotion copies from the canary, which stays; variables are merged."""
    if (operation.path, operation.source) not in COPIES.items():
        raise refusals.bad(
            f"Invalid copy operation with path: {operation.path} and from {operation.source}. "
            f"Valid copy:path are [{', '.join(COPIES)}] and valid copy:from are "
            f"[{', '.join(COPIES.values())}]"
        )
    if "canarySettings" not in draft:
        raise refusals.bad("Promotion not available. Canary does not exist.")
    if operation.path == "/deploymentId":
        draft["deploymentId"] = draft["canarySettings"]["deploymentId"]
        return
    overrides = draft["canarySettings"].get("stageVariableOverrides", {})
    if overrides:
        draft["variables"] = draft.get("variables", {}) | overrides


def spelled(key: str) -> str:
    """The method a setting's key means, whichever way it is written."""
    return unescape(key).lstrip("/") if key != "*/*" else key


def duplicates(stage: Record) -> set[str]:
    meant = [spelled(key) for key in stage["methodSettings"]]
    return {key for key in meant if meant.count(key) > 1}


def check_spellings(old: Record, new: Record) -> None:
    """Two spellings of one key are accepted once, and then block the stage until one goes."""
    blocked = duplicates(old) & duplicates(new)
    if blocked:
        raise refusals.bad(f"Duplicate method settings for {', '.join(sorted(blocked))}")


FAMILY_C = StageRefusals()
PATCH = StagePatch(FAMILY_C, *PLAIN_RULES)
