"""Method and MethodResponse."""

from __future__ import annotations

import re
from collections import Counter

from tests.fake import refusals
from tests.fake.effects import boolean, entry, filled, member, scalar
from tests.fake.kinds import answers
from tests.fake.patch import ADD, ALL, FAMILY_A, REMOVE, REPLACE, Effect, Operation, Patch, Record
from tests.fake.world import Api, World, chosen


VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")
AUTHORIZATIONS = ("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS")
# The authorizer types that satisfy an authorization type.
FITTING = {"CUSTOM": ("TOKEN", "REQUEST"), "COGNITO_USER_POOLS": ("COGNITO_USER_POOLS",)}
REQUEST_PARAMETER = re.compile(
    r"method\.request\.(querystring|header|path|multivaluequerystring|multivalueheader)\.(.+)"
)
RESPONSE_PARAMETER = re.compile(r"method\.response\.header\..+")
NO_AUTHORIZER = (
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
    "COGNITO_USER_POOLS requires a valid authorizer."
)


def unless_open(effect: Effect) -> Effect:
    """An authorizer is silently ignored while the method asks for no authorization."""

    def guarded(record: Record, operation: Operation) -> None:
        if record["authorizationType"] != "NONE":
            effect(record, operation)

    return guarded


def authorization(value: str | None) -> str:
    wanted = (value or "").upper()
    if wanted not in AUTHORIZATIONS:
        raise refusals.bad(f"Invalid Authorization type specified. Must be one of: [{', '.join(AUTHORIZATIONS)}]")
    return wanted


PARAMETERS = entry("requestParameters", boolean, refusals.NO_PARAMETER, upsert=True)
MODEL_NAME = filled("Invalid null or empty value in models")
PATCH = Patch(
    FAMILY_A,
    ("/authorizationType", (REPLACE,), scalar("authorizationType", authorization)),
    ("/authorizerId", (REPLACE,), unless_open(scalar("authorizerId"))),
    ("/apiKeyRequired", (REPLACE,), scalar("apiKeyRequired", boolean)),
    ("/operationName", (REPLACE,), scalar("operationName")),
    ("/requestValidatorId", (REPLACE,), scalar("requestValidatorId")),
    ("/requestParameters/{}", ALL, PARAMETERS),
    ("/requestModels/{}", ALL, entry("requestModels", MODEL_NAME, refusals.NO_CONTENT_TYPE)),
    ("/authorizationScopes", (ADD, REMOVE), member("authorizationScopes")),
)
RESPONSE_PATCH = Patch(
    FAMILY_A,
    ("/responseParameters/{}", ALL, entry("responseParameters", boolean, refusals.NO_PARAMETER)),
    ("/responseModels/{}", ALL, entry("responseModels", MODEL_NAME, refusals.NO_CONTENT_TYPE)),
)


def find(world: World, params: Record) -> tuple[Api, Record]:
    """The method a call names: AWS looks for the resource first, then for the method."""
    api = world.api(params, refusals.NO_RESOURCE)
    if params["resourceId"] not in api.resources:
        raise refusals.missing(refusals.NO_RESOURCE)
    if (params["resourceId"], params["httpMethod"]) not in api.methods:
        raise refusals.missing(refusals.NO_METHOD)
    return api, api.methods[params["resourceId"], params["httpMethod"]]


def hard_link(method: Record) -> str | None:
    """The VPC link a method's integration names outright, not by a stage variable."""
    integration = method.get("methodIntegration", {})
    link: str = integration.get("connectionId", "")
    named = integration.get("connectionType") == "VPC_LINK" and not link.startswith("$")
    return link if named else None


def forget(world: World, api: Api, resource_id: str, verb: str) -> None:
    """Drops a method. A VPC link its integration still names stays in use for ever."""
    method = api.methods[resource_id, verb]
    link = hard_link(method)
    if link:
        world.dangling_links[link] = f"{api.id}:{verb}:{resource_id}:"
    del api.methods[resource_id, verb]


def check(api: Api, method: Record) -> None:
    kind = method["authorizationType"]
    if kind not in FITTING:
        method.pop("authorizerId", None)
    else:
        authorizer = api.authorizers.get(method.get("authorizerId", ""), {})
        if authorizer.get("type") not in FITTING[kind]:
            raise refusals.bad(NO_AUTHORIZER)
    if method.get("requestValidatorId", "") not in {"", *api.validators}:
        raise refusals.bad("Invalid Request Validator identifier specified")
    check_models(api, method.get("requestModels", {}))
    check_parameters(method.get("requestParameters", {}))


def check_models(api: Api, models: dict[str, str]) -> None:
    for name in models.values():
        if name not in api.models:
            raise refusals.bad(f"Invalid model identifier specified: {name}")


def check_parameters(parameters: dict[str, bool]) -> None:
    names: Counter[str] = Counter()
    for parameter in parameters:
        match = REQUEST_PARAMETER.fullmatch(parameter)
        if not match:
            raise refusals.bad(f"Invalid mapping expression parameter specified: {parameter}")
        names[match[2]] += 1
    if any(count > 1 for count in names.values()):
        raise refusals.bad("Parameter names must be unique across querystring, header and path")


@answers("PutMethod")
def put(world: World, params: Record) -> Record:
    api = world.api(params, refusals.NO_RESOURCE)
    if params["resourceId"] not in api.resources:
        raise refusals.missing(refusals.NO_RESOURCE)
    key = params["resourceId"], params["httpMethod"]
    if key[1] not in VERBS:
        raise refusals.bad(f"Invalid HttpMethod specified. Valid options are {','.join(VERBS)}")
    if key in api.methods:
        raise refusals.conflict("Method already exists for this resource")
    method = {
        "httpMethod": params["httpMethod"],
        "authorizationType": authorization(params["authorizationType"]),
        "apiKeyRequired": params.get("apiKeyRequired", False),
        **chosen(params, "authorizerId", "operationName", "requestValidatorId"),
        **chosen(params, "requestParameters", "requestModels", "authorizationScopes"),
    }
    check(api, method)
    api.methods[key] = method
    return method


@answers("GetMethod")
def get(world: World, params: Record) -> Record:
    return find(world, params)[1]


@answers("UpdateMethod")
def update(world: World, params: Record) -> Record:
    api, method = find(world, params)
    new = PATCH.apply(method, params.get("patchOperations", []))
    check(api, new)
    api.methods[params["resourceId"], params["httpMethod"]] = new
    return new


@answers("DeleteMethod")
def delete(world: World, params: Record) -> Record:
    api, _ = find(world, params)
    forget(world, api, params["resourceId"], params["httpMethod"])
    return {}


def find_response(world: World, params: Record) -> tuple[Api, Record, Record]:
    api, method = find(world, params)
    response = method.get("methodResponses", {}).get(params["statusCode"])
    if response is None:
        raise refusals.missing(refusals.NO_STATUS)
    return api, method, response


def check_response(api: Api, response: Record) -> None:
    for parameter in response.get("responseParameters", {}):
        if not RESPONSE_PARAMETER.fullmatch(parameter):
            raise refusals.bad(f"Invalid mapping expression parameter specified: {parameter}")
    check_models(api, response.get("responseModels", {}))


@answers("PutMethodResponse")
def put_response(world: World, params: Record) -> Record:
    api, method = find(world, params)
    if params["statusCode"] in method.get("methodResponses", {}):
        raise refusals.conflict("Response already exists for this resource")
    fields = ("statusCode", "responseParameters", "responseModels")
    response = {name: params[name] for name in fields if name in params}
    check_response(api, response)
    method.setdefault("methodResponses", {})[params["statusCode"]] = response
    return response


@answers("GetMethodResponse")
def get_response(world: World, params: Record) -> Record:
    return find_response(world, params)[2]


@answers("UpdateMethodResponse")
def update_response(world: World, params: Record) -> Record:
    api, method, response = find_response(world, params)
    new = RESPONSE_PATCH.apply(response, params.get("patchOperations", []))
    check_response(api, new)
    method["methodResponses"][params["statusCode"]] = new
    return new


@answers("DeleteMethodResponse")
def delete_response(world: World, params: Record) -> Record:
    _, method, _ = find_response(world, params)
    del method["methodResponses"][params["statusCode"]]
    if not method["methodResponses"]:
        del method["methodResponses"]
    return {}
