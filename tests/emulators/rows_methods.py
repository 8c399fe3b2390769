"""Values of the fields of paths, methods, integrations and their responses."""

from __future__ import annotations

from typing import Any

from .fields import ABSENT, ITSELF, PATH, VERB, Row, api, row
from .rows_api import COGNITO, FLAG, JSON, LAMBDA, ROLE, TEXT, TOKEN, XML, mapping


ASK, ANSWER, SEND = "method.request.", "method.response.header.", "integration.request.header."
OPTIONAL, REQUIRED = False, True
MOCK: dict[str, Any] = {"integration": {"type": "MOCK"}}
HTTP = {"type": "HTTP", "integrationHttpMethod": "GET", "uri": "https://example.com/a"}
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/"

SECURED = api(authorizers={"users": COGNITO, "partner": TOKEN, "guest": TOKEN})
CHECKED = api(requestValidators={"a": {"validateRequestBody": True}, "b": {}})
MODELLED = api(models={name: {"schema": {"type": "object"}} for name in ("Pet", "Toy")})


def answering(*headers: str) -> dict[str, Any]:
    """An API whose method declares these headers on its response."""
    answer = {"responseParameters": {f"{ANSWER}{name}": False for name in headers}}
    return api(paths={PATH: {"methods": {VERB: {**MOCK, "responses": {"200": answer}}}}})


def asking(*headers: str) -> dict[str, Any]:
    """An API whose method declares these headers on its request."""
    asked = {f"{ASK}header.{name}": False for name in headers}
    return api(paths={PATH: {"methods": {VERB: {**MOCK, "requestParameters": asked, "responses": {"200": {}}}}}})


def backend(kind: str) -> dict[str, Any]:
    uri = "https://example.com/a" if kind.startswith("HTTP") else f"{LAMBDA}a/invocations"
    found = {} if kind == "MOCK" else {"integrationHttpMethod": "POST", "uri": uri}
    return {**found, "responses": {"200": {"responseTemplates": {JSON: "{}"}}}}


def linked(connection: str) -> dict[str, Any]:
    """The fields of an integration that goes through a VPC link."""
    return HTTP | ({"connectionId": "aaaaaa"} if connection == "VPC_LINK" else {})


SCOPES = (ABSENT, ["a/read"], ["a/write"], ["a/write", "a/x"], ["a/x"], ABSENT)
TEMPLATES = mapping("", '{"statusCode": 200}', "#set($a = $input.body)\n$a", JSON, XML)
MAPPED = {"requestParameters": {f"{SEND}{name}": f"{ASK}header.{name}" for name in "ABC"}}
KEYS = [f"{ASK}header.{name}" for name in "ABC"]
CONVERT = (ABSENT, "CONVERT_TO_TEXT", "CONVERT_TO_BINARY", ABSENT)

ROWS: tuple[Row, ...] = (
    row(
        "Path",
        ITSELF,
        ABSENT,
        {"/a/{id}/b": {"methods": {"GET": MOCK}}},
        {"/a/{key}/b": {"methods": {"GET": MOCK}}},
        {"/a/{key}/b": {"methods": {"GET": MOCK}}, "/a/c.d": {}},
        {"/a/{key}/b": {"methods": {"GET": MOCK}}},
        {"/e/{rest+}": {"methods": {"ANY": MOCK}}},
        ABSENT,
    ),
    row("Method", ITSELF, {}, {"PUT": MOCK}, {"PUT": MOCK, "ANY": MOCK}, {"ANY": MOCK}, {}),
    row("Method", "authorizationType", ABSENT, "AWS_IAM", "NONE", "AWS_IAM", ABSENT, given=MOCK),
    row("Method", "authorizer", ABSENT, "partner", "guest", "users", "partner", ABSENT, given=MOCK, beside=SECURED),
    row("Method", "apiKeyRequired", *FLAG, given=MOCK),
    row("Method", "operationName", *TEXT, given=MOCK),
    row("Method", "requestValidator", ABSENT, "a", "b", ABSENT, given=MOCK, beside=CHECKED),
    row("Method", "requestParameters", *mapping(ASK, OPTIONAL, REQUIRED, "header.A", "querystring.b"), given=MOCK),
    row("Method", "requestModels", *mapping("", "Pet", "Toy", JSON, XML), given=MOCK, beside=MODELLED),
    row("Method", "authorizationScopes", *SCOPES, given={**MOCK, "authorizer": "users"}, beside=SECURED),
    row("MethodResponse", ITSELF, {}, {"201": {}}, {"201": {}, "404": {}}, {"404": {}}, {}),
    row("MethodResponse", "responseParameters", *mapping(ANSWER, OPTIONAL, REQUIRED, "A", "B-C")),
    row("MethodResponse", "responseModels", *mapping("", "Pet", "Toy", JSON, XML), beside=MODELLED),
    row(
        "Integration",
        "type",
        *("MOCK", "HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY", "MOCK"),
        given=backend,
        needed=True,
    ),
    row("Integration", "integrationHttpMethod", "GET", "POST", given=HTTP, needed=True),
    row("Integration", "uri", "https://example.com/a", "https://example.com/b", given=HTTP, needed=True),
    row("Integration", "connectionType", ABSENT, "VPC_LINK", "INTERNET", given=linked),
    row("Integration", "connectionType", "VPC_LINK", ABSENT, given=linked, variant="link-"),
    row(
        "Integration",
        "connectionId",
        *("aaaaaa", "${stageVariables.link}"),
        given={**HTTP, "connectionType": "VPC_LINK"},
        needed=True,
    ),
    row(
        "Integration",
        "integrationTarget",
        *(ABSENT, f"{BALANCER}a/1", f"{BALANCER}b/2", ABSENT),
        given={**HTTP, "connectionType": "VPC_LINK", "connectionId": "aaaaaa"},
    ),
    row(
        "Integration", "credentials", ABSENT, f"{ROLE}a", f"{ROLE}b", ABSENT, given=backend("AWS") | {"type": "AWS"}
    ),
    row("Integration", "requestParameters", *mapping(SEND, "'a'", "'b'", "A", "B"), given=HTTP),
    row("Integration", "requestTemplates", *TEMPLATES, given={"type": "MOCK"}),
    row(
        "Integration",
        "passthroughBehavior",
        *(ABSENT, "WHEN_NO_TEMPLATES", "NEVER", ABSENT),
        given=HTTP,
    ),
    row("Integration", "contentHandling", *CONVERT, given=HTTP),
    row("Integration", "timeoutInMillis", ABSENT, 50, 1000, ABSENT, given=HTTP),
    row("Integration", "cacheNamespace", ABSENT, "one", "two", ABSENT, given=HTTP, unseen=frozenset({"clear"})),
    row(
        "Integration",
        "cacheKeyParameters",
        *(ABSENT, KEYS[:1], KEYS[1:2], KEYS[1:], KEYS[2:], ABSENT),
        given=HTTP | MAPPED,
        beside=asking("A", "B", "C"),
    ),
    row("Integration", "tlsConfig.insecureSkipVerification", *FLAG, given=HTTP),
    row(
        "Integration",
        "responseTransferMode",
        *(ABSENT, "STREAM", "BUFFERED", "STREAM", ABSENT),
        given={**HTTP, "type": "HTTP_PROXY"},
    ),
    row("IntegrationResponse", ITSELF, {}, {"200": {}}, {"200": {"selectionPattern": "2.."}}, {}),
    row("IntegrationResponse", "selectionPattern", ABSENT, r"4\d{2}", "-", ABSENT),
    row(
        "IntegrationResponse",
        "responseParameters",
        *mapping(ANSWER, "'x'", "'y'", "A", "B-C"),
        beside=answering("A", "B-C"),
    ),
    row("IntegrationResponse", "responseTemplates", *TEMPLATES),
    row("IntegrationResponse", "contentHandling", *CONVERT),
)
