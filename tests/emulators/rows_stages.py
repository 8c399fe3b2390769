"""Values of the fields of stages, keys and usage plans."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import SecretStr

from controller.errors import GatewayError

from .driver import Account, World
from .fields import ABSENT, ITSELF, METHOD, STAGE, Row, api, row
from .rows_api import FLAG, TAGS, TEXT


LOGS = {"destinationArn": "arn:aws:logs:eu-west-1:123456789012:log-group:a", "format": "$context.requestId"}
GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:"
OFF, ON = False, True
LATER = "$context.extendedRequestId $context.status"
CANARY = {"percentTraffic": 10.0, "stageVariableOverrides": {"a": "x"}}

EVERY: dict[str, Any] = {"metricsEnabled": True, "throttlingRateLimit": 20, "throttlingBurstLimit": 5}
LIMITS: dict[str, Any] = {"*/*": {"throttlingRateLimit": 10000, "throttlingBurstLimit": 5000}}
SOME: dict[str, Any] = {"methodSettings": {METHOD: {"dataTraceEnabled": True}}}
STRATEGIES = ("FAIL_WITH_403", "SUCCEED_WITHOUT_RESPONSE_HEADER")

ENTRY = {"api": "shop", "stage": STAGE}
LIMIT = {"rateLimit": 5, "burstLimit": 10}
LIMITED = {"rateLimit": 2.5, "burstLimit": 10}
SHOP = {"RestApi shop": api(stages={STAGE: {}, "second": {}}), "RestApi zoo": api(stages={STAGE: {}})}
KEYS = {"ApiKey acme": {}, "ApiKey umbrella": {}}
QUOTA = {"limit": 100, "period": "MONTH"}
PLAN = {"apiStages": [ENTRY]}

SECRETS = (SecretStr("a-secret-of-twenty-characters"), SecretStr("b-secret-of-twenty-characters"))


def certified(account: Account, _: World) -> Mapping[str, str]:
    """Client certificates of somebody else, in the place of two ids."""
    found: dict[str, str] = {}
    for placeholder in ("aaaaaa", "bbbbbb"):
        with suppress(GatewayError):
            made = account.caller("GenerateClientCertificate", {})
            found[placeholder] = made["clientCertificateId"]
    return found


def _setting(name: str, *values: Any) -> Row:
    return row("Stage", f"methodSettings.{name}", *values, given=SOME)


ROWS: tuple[Row, ...] = (
    row("Stage", ITSELF, ABSENT, {"a": {}}, {"a": {}, "b_c-d": {}}, {"b_c-d": {}}, ABSENT),
    row("Stage", "description", *TEXT),
    row("Stage", "variables", ABSENT, {"a": "x"}, {"a": "y/z?"}, {"a": "y/z?", "b": "1"}, {"b": "1"}, ABSENT),
    row("Stage", "tracingEnabled", *FLAG),
    row("Stage", "cacheClusterEnabled", *FLAG),
    row(
        "Stage",
        "cacheClusterSize",
        *(ABSENT, "1.6", "0.5", ABSENT),
        given={"cacheClusterEnabled": True},
        unseen=frozenset({"clear"}),
    ),
    row("Stage", "clientCertificateId", ABSENT, "aaaaaa", "bbbbbb", ABSENT, prepare=certified),
    row("Stage", "accessLogSettings", ABSENT, LOGS, ABSENT),
    row(
        "Stage",
        "accessLogSettings.destinationArn",
        *(f"{GROUP}a", f"{GROUP}b"),
        given={"accessLogSettings": LOGS},
        needed=True,
    ),
    row(
        "Stage",
        "accessLogSettings.format",
        *(ABSENT, "$context.requestId", LATER, ABSENT),
        given={"accessLogSettings": {"destinationArn": f"{GROUP}a"}},
    ),
    row(
        "Stage",
        "methodSettings",
        *(ABSENT, {"*/*": EVERY}, {"*/*": EVERY, METHOD: {"cachingEnabled": True}}),
        *({"*/*": {"metricsEnabled": True}, METHOD: {"cachingEnabled": True}}, {METHOD: {"cachingEnabled": True}}),
        ABSENT,
    ),
    row("Stage", "methodSettings", {"GET /": EVERY}, {"GET /": {}}, ABSENT, variant="root-"),
    row("Stage", "methodSettings", {"*/*": EVERY}, {"*/*": {}}, ABSENT, variant="star-"),
    # What equals the account's limits, as AWS puts them in, is not distinguishable from what an author wrote.
    row(
        "Stage",
        "methodSettings",
        ABSENT,
        LIMITS,
        {"*/*": {}},
        ABSENT,
        variant="limits-",
        unseen=frozenset({"limits-change"}),
    ),
    _setting("metricsEnabled", *FLAG),
    _setting("loggingLevel", ABSENT, "INFO", "ERROR", "OFF", "INFO", ABSENT),
    row("Stage", "methodSettings.dataTraceEnabled", *FLAG, given={"methodSettings": {METHOD: EVERY}}),
    _setting("throttlingBurstLimit", ABSENT, 5, 10, ABSENT),
    _setting("throttlingRateLimit", ABSENT, 5, 2.5, ABSENT),
    _setting("cachingEnabled", *FLAG),
    _setting("cacheTtlInSeconds", ABSENT, 0, 60, ABSENT),
    _setting("cacheDataEncrypted", *FLAG),
    _setting("requireAuthorizationForCacheControl", ABSENT, OFF, ON, OFF, ABSENT),
    _setting("unauthorizedCacheControlHeaderStrategy", ABSENT, *STRATEGIES, ABSENT),
    row("Stage", "canarySettings", ABSENT, CANARY, {"percentTraffic": 10.0}, {"useStageCache": True}, ABSENT),
    row(
        "Stage",
        "canarySettings.percentTraffic",
        ABSENT,
        5,
        12.5,
        ABSENT,
        given={"canarySettings": {"useStageCache": True}},
    ),
    row(
        "Stage",
        "canarySettings.stageVariableOverrides",
        *(ABSENT, {"a": "x"}, {"a": "y"}, {"a": "y", "b": "z"}, {"b": "z"}, ABSENT),
        given={"canarySettings": {"percentTraffic": 5.0}, "variables": {"a": "1", "b": "2"}},
    ),
    row("Stage", "canarySettings.useStageCache", *FLAG, given={"canarySettings": {"percentTraffic": 5.0}}),
    row("Stage", "tags", *TAGS),
    row("ApiKey", "name", ABSENT, "one", "two", ABSENT),
    row("ApiKey", "description", *TEXT),
    row("ApiKey", "enabled", ABSENT, OFF, ON, OFF, ABSENT),
    row("ApiKey", "value", ABSENT, *SECRETS, ABSENT, unseen=frozenset({"clear"})),
    row("ApiKey", "customerId", ABSENT, "c1", "c2", ABSENT),
    row("ApiKey", "generateDistinctId", ABSENT, ON, OFF, ABSENT, unseen=frozenset({"set", "change", "clear"})),
    row("ApiKey", "tags", *TAGS),
    row("UsagePlan", "name", ABSENT, "one", "two", ABSENT),
    row("UsagePlan", "description", *TEXT),
    row(
        "UsagePlan",
        "apiStages",
        *(ABSENT, [ENTRY], [{**ENTRY, "stage": "second"}], [{**ENTRY, "stage": "second"}, ENTRY], [ENTRY], ABSENT),
        around=SHOP,
    ),
    row("UsagePlan", "apiStages.api", "shop", "zoo", given=PLAN, around=SHOP),
    row("UsagePlan", "apiStages.stage", STAGE, "second", given=PLAN, around=SHOP),
    row(
        "UsagePlan",
        "apiStages.throttle",
        *(ABSENT, {METHOD: LIMIT}, {METHOD: LIMITED}, {METHOD: LIMITED, "ANY /": LIMIT}, {"ANY /": LIMIT}, ABSENT),
        given=PLAN,
        around=SHOP,
    ),
    row(
        "UsagePlan",
        "apiStages.throttle.rateLimit",
        *(ABSENT, 5, 2.5, ABSENT),
        given={"apiStages": [{**ENTRY, "throttle": {METHOD: {"burstLimit": 10}}}]},
        around=SHOP,
    ),
    row(
        "UsagePlan",
        "apiStages.throttle.burstLimit",
        *(ABSENT, 5, 10, ABSENT),
        given={"apiStages": [{**ENTRY, "throttle": {METHOD: {"rateLimit": 10}}}]},
        around=SHOP,
    ),
    row("UsagePlan", "throttle", ABSENT, LIMIT, {"rateLimit": 5}, LIMIT, ABSENT),
    row("UsagePlan", "throttle.rateLimit", ABSENT, 5, 2.5, ABSENT, given={"throttle": {"burstLimit": 10}}),
    row("UsagePlan", "throttle.burstLimit", ABSENT, 5, 10, ABSENT, given={"throttle": {"rateLimit": 10}}),
    row("UsagePlan", "quota", ABSENT, QUOTA, {"limit": 5, "period": "DAY"}, ABSENT),
    row("UsagePlan", "quota.limit", 100, 200, given={"quota": QUOTA}),
    row("UsagePlan", "quota.period", "DAY", "WEEK", "MONTH", given={"quota": QUOTA}),
    row("UsagePlan", "quota.offset", ABSENT, 2, 3, ABSENT, given={"quota": QUOTA}),
    row("UsagePlan", "productCode", ABSENT, "p1", "p2", ABSENT),
    row("UsagePlan", "tags", *TAGS),
    row(
        "UsagePlanKey",
        ITSELF,
        *({}, {"apiKeys": ["acme"]}, {"apiKeys": ["umbrella"]}, {"apiKeys": ["umbrella", "acme"]}, {}),
        around=KEYS,
    ),
)
