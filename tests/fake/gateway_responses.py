"""GatewayResponse: 21 types, always all listed; only the customised ones are stored."""

from __future__ import annotations

from tests.fake import refusals
from tests.fake.effects import entry, filled, scalar
from tests.fake.kinds import answers
from tests.fake.patch import ALL, FAMILY_A_PATHS, REPLACE, Effect, Patch, Record
from tests.fake.world import Api, World, page


STATUSES: dict[str, str | None] = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}


def filled_entry(field: str) -> tuple[str, tuple[str, ...], Effect]:
    convert = filled(f"Invalid null or empty value in {field}")
    return (f"/{field}/{{}}", ALL, entry(field, convert, refusals.NO_PARAMETER, keep=True))


PATCH = Patch(
    FAMILY_A_PATHS,
    ("/statusCode", (REPLACE,), scalar("statusCode", filled("Invalid status code"))),
    *(filled_entry(field) for field in ("responseParameters", "responseTemplates")),
)


def own_default(kind: str) -> Record:
    status = STATUSES[kind]
    return {
        "responseType": kind,
        "responseParameters": {},
        "responseTemplates": dict(TEMPLATES),
        **({"statusCode": status} if status else {}),
    }


def view(api: Api, kind: str) -> Record:
    """An uncustomised type reads as the customised default of its class, if there is one."""
    if kind in api.gateway_responses:
        return {**api.gateway_responses[kind], "defaultResponse": False}
    inherited: Record = {}
    if STATUSES[kind]:
        inherited = api.gateway_responses.get(f"DEFAULT_{str(STATUSES[kind])[0]}XX", {})
    return {**own_default(kind), **inherited, "responseType": kind, "defaultResponse": True}


@answers("PutGatewayResponse")
def put(world: World, params: Record) -> Record:
    api, kind = world.api(params), params["responseType"]
    fields = ("statusCode", "responseParameters", "responseTemplates")
    sent = {name: params[name] for name in fields if params.get(name)}
    api.gateway_responses[kind] = {**own_default(kind), **sent}
    return view(api, kind)


@answers("GetGatewayResponse")
def get(world: World, params: Record) -> Record:
    return view(world.api(params), params["responseType"])


@answers("GetGatewayResponses")
def get_all(world: World, params: Record) -> Record:
    api = world.api(params)
    return page([view(api, kind) for kind in STATUSES], params)


@answers("UpdateGatewayResponse")
def update(world: World, params: Record) -> Record:
    api, kind = world.api(params), params["responseType"]
    base = api.gateway_responses.get(kind, own_default(kind))
    api.gateway_responses[kind] = PATCH.apply(base, params.get("patchOperations", []))
    return view(api, kind)


@answers("DeleteGatewayResponse")
def delete(world: World, params: Record) -> Record:
    if world.api(params).gateway_responses.pop(params["responseType"], None) is None:
        raise refusals.missing("Gateway response type not defined on api")
    return {}
