"""Values of the fields of an API and of what it holds besides paths and stages."""

from __future__ import annotations

from typing import Any

from .fields import ABSENT, ITSELF, Row, row


JSON, XML = "application/json", "application/xml"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
LAMBDA = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}"
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_"
ROLE = "arn:aws:iam::123456789012:role/"
ENHANCED = "SecurityPolicy_TLS13_1_2_2021_06"

TAGS = (ABSENT, {"a": "1"}, {"a": "2"}, {"a": "2", "b c": "3"}, {"b c": "3"}, ABSENT)
FLAG = (ABSENT, True, False, True, ABSENT)
TEXT = (ABSENT, "one", "two: ~/“2”", ABSENT)


def policy(effect: str, *resources: str) -> dict[str, Any]:
    statement = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": list(resources)}
    return {"Version": "2012-10-17", "Statement": [statement]}


def mapping(prefix: str, first: Any, second: Any, *keys: str) -> tuple[Any, ...]:
    """A mapping that comes, changes, grows, shrinks and goes."""
    one, two = (f"{prefix}{key}" for key in keys)
    return (ABSENT, {one: first}, {one: second}, {one: second, two: first}, {two: first}, ABSENT)


def authorizer(kind: str) -> dict[str, Any]:
    if kind == "COGNITO_USER_POOLS":
        return {"providerARNs": [f"{POOL}a"]}
    source = {"identitySource": "method.request.header.Who"} if kind == "REQUEST" else {}
    return {"authorizerUri": f"{LAMBDA}a/invocations", **source}


def _endpoint_mode(value: Any) -> dict[str, Any]:
    return {} if value is ABSENT else {"endpointAccessMode": "BASIC"}


def _security_policy(value: Any) -> dict[str, Any]:
    return {} if value is ABSENT else {"securityPolicy": ENHANCED}


TOKEN = {"type": "TOKEN", **authorizer("TOKEN")}
REQUEST = {"type": "REQUEST", "authorizerUri": f"{LAMBDA}a/invocations", "authorizerResultTtlInSeconds": 0}
COGNITO = {"type": "COGNITO_USER_POOLS", **authorizer("COGNITO_USER_POOLS")}
SCHEMAS = ({"type": "object"}, {"type": "array", "items": {"type": "string", "title": "“ü” </>"}})
PETS = {"models": {"Pet": {"schema": {"type": "object"}}}}
HEADER = "gatewayresponse.header."

ROWS: tuple[Row, ...] = (
    row("RestApi", "name", ABSENT, "one", "two", ABSENT),
    row("RestApi", "description", *TEXT),
    # AWS has no way to take a version back.
    row("RestApi", "version", ABSENT, "1", "2", ABSENT, unseen=frozenset({"clear"})),
    row("RestApi", "apiKeySource", ABSENT, "AUTHORIZER", "HEADER", "AUTHORIZER", ABSENT),
    row(
        "RestApi",
        "binaryMediaTypes",
        *(ABSENT, ["image/png"], ["*/*"], ["*/*", "a~b/c"], ["a~b/c"], ABSENT),
    ),
    row(
        "RestApi", "binaryMediaTypes", ["a/1", "a/2", "a/3", "a/4"], ["a/2", "a/4"], ["a/1", "a/3"], variant="many-"
    ),
    row("RestApi", "minimumCompressionSize", ABSENT, 0, 1024, ABSENT),
    row("RestApi", "policy", ABSENT, policy("Allow", "execute-api:/*"), policy("Deny", "execute-api:/a/*"), ABSENT),
    row(
        "RestApi",
        "policy",
        policy("Allow", "execute-api:/a/*", "execute-api:/b/*"),
        policy("Allow", "execute-api:/b/*"),
        variant="lists-",
    ),
    row("RestApi", "disableExecuteApiEndpoint", *FLAG),
    row(
        "RestApi",
        "endpointConfiguration.types",
        *(ABSENT, ["REGIONAL"], ["EDGE"], ["PRIVATE"], ["REGIONAL"], ABSENT),
    ),
    row("RestApi", "endpointConfiguration.types", ["PRIVATE"], ["EDGE"], variant="private-"),
    row(
        "RestApi",
        "endpointConfiguration.vpcEndpointIds",
        *(ABSENT, ["vpce-0a"], ["vpce-0b"], ["vpce-0b", "vpce-0c"], ["vpce-0c"], ABSENT),
        given={"endpointConfiguration": {"types": ["PRIVATE"]}},
    ),
    row(
        "RestApi",
        "endpointConfiguration.ipAddressType",
        *(ABSENT, "dualstack", "ipv4", ABSENT),
        given={"endpointConfiguration": {"types": ["REGIONAL"]}},
        unseen=frozenset({"clear"}),
    ),
    row(
        "RestApi",
        "securityPolicy",
        *(ABSENT, "SecurityPolicy_TLS13_1_3_2025_09", ENHANCED, ABSENT),
        given=_endpoint_mode,
    ),
    row("RestApi", "endpointAccessMode", ABSENT, "BASIC", "STRICT", ABSENT, given=_security_policy),
    row("RestApi", "tags", *TAGS),
    row("Authorizer", ITSELF, ABSENT, {"one": TOKEN}, {"one": TOKEN, "two": COGNITO}, {"two": COGNITO}, ABSENT),
    row(
        "Authorizer",
        "type",
        *("TOKEN", "REQUEST", "TOKEN", "COGNITO_USER_POOLS", "REQUEST"),
        given=authorizer,
        needed=True,
    ),
    row(
        "Authorizer",
        "providerARNs",
        *([f"{POOL}a"], [f"{POOL}b"], [f"{POOL}b", f"{POOL}c"], [f"{POOL}c"]),
        given={"type": "COGNITO_USER_POOLS"},
        needed=True,
    ),
    row(
        "Authorizer",
        "authorizerUri",
        *(f"{LAMBDA}a/invocations", f"{LAMBDA}b/invocations"),
        given={"type": "TOKEN"},
        needed=True,
    ),
    row("Authorizer", "authorizerCredentials", ABSENT, f"{ROLE}a", f"{ROLE}b", ABSENT, given=TOKEN),
    row(
        "Authorizer",
        "authorizerCredentials",
        ABSENT,
        f"{ROLE}a",
        f"{ROLE}b",
        ABSENT,
        given=COGNITO,
        variant="cognito-",
    ),
    row(
        "Authorizer",
        "identitySource",
        *(ABSENT, "method.request.header.A", "method.request.header.B", ABSENT),
        given=TOKEN,
    ),
    row(
        "Authorizer",
        "identitySource",
        *(ABSENT, "method.request.header.A, context.path", "method.request.querystring.b", ABSENT),
        given=REQUEST,
        variant="request-",
    ),
    row("Authorizer", "identityValidationExpression", ABSENT, "Bearer .+", "[a-z]{3}", ABSENT, given=TOKEN),
    row("Authorizer", "authorizerResultTtlInSeconds", ABSENT, 0, 3600, ABSENT, given=TOKEN),
    row("Authorizer", "authType", ABSENT, "oauth2", "custom", ABSENT, given=TOKEN, unseen=frozenset({"clear"})),
    row(
        "Model",
        ITSELF,
        ABSENT,
        {"A": {"schema": SCHEMAS[0]}},
        {"A": {"schema": SCHEMAS[0]}, "B": {"schema": {"$ref": "#/models/A"}}},
        {"A": {"schema": SCHEMAS[0]}},
        ABSENT,
    ),
    row("Model", "contentType", ABSENT, XML, "text/plain", ABSENT, given={"schema": SCHEMAS[0]}),
    row("Model", "description", *TEXT, given={"schema": SCHEMAS[0]}),
    row("Model", "schema", *SCHEMAS, {"$ref": "#/models/Pet"}, SCHEMAS[0], beside=PETS),
    row(
        "RequestValidator",
        ITSELF,
        *(ABSENT, {"a": {}}, {"a": {}, "b c": {}}, {"b c": {}}, ABSENT),
    ),
    row("RequestValidator", "validateRequestBody", *FLAG),
    row("RequestValidator", "validateRequestParameters", *FLAG),
    row(
        "GatewayResponse",
        ITSELF,
        ABSENT,
        {"THROTTLED": {"statusCode": "430"}},
        {"THROTTLED": {"statusCode": "430"}, "DEFAULT_5XX": {"responseTemplates": {JSON: "{}"}}},
        {"DEFAULT_5XX": {"responseTemplates": {JSON: "{}"}}},
        ABSENT,
    ),
    row("GatewayResponse", "statusCode", ABSENT, "430", "400", ABSENT, given={"responseTemplates": {JSON: "{}"}}),
    row(
        "GatewayResponse",
        "responseParameters",
        *mapping(HEADER, "'x'", "'y'", "X", "Y"),
        given={"statusCode": "430"},
    ),
    row(
        "GatewayResponse",
        "responseTemplates",
        *mapping("", '{"a": "x"}', "$context.error.message", JSON, XML),
        given={"statusCode": "430"},
    ),
)
