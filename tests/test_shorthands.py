"""What the few shorthands of a spec expand to."""

from __future__ import annotations

from typing import Any

import pytest

from controller.address import Address
from tests.engine import desired


API = Address("RestApi", "shop")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
PATH = "arn:aws:apigateway:eu-west-1:lambda:path"
ORIGIN = "method.response.header.Access-Control-Allow-Origin"
ERROR_ORIGIN = "gatewayresponse.header.Access-Control-Allow-Origin"
MOCK = {"integration": {"type": "MOCK"}}


def integration(**fields: Any) -> Any:
    world = {"RestApi shop": {"paths": {"/": {"methods": {"GET": {"integration": fields}}}}}}
    return desired(world).resources[API.child("Path", "/").child("Method", "GET").child("Integration")]


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("list", f"{ARN}list"),
        ("list:live", f"{ARN}list:live"),
        ("list:7", f"{ARN}list:7"),
        ("list:$LATEST", f"{ARN}list:$LATEST"),
        ("arn:aws-cn:lambda:cn-north-1:1:function:x", "arn:aws-cn:lambda:cn-north-1:1:function:x"),
        ("${stageVariables.fn}", f"{ARN}${{stageVariables.fn}}"),
        ("list:${stageVariables.alias}", f"{ARN}list:${{stageVariables.alias}}"),
    ],
)
def test_a_function_becomes_the_uri_that_invokes_it(name, arn):
    found = integration(**{"lambda": name})
    assert found.uri == f"{PATH}/2015-03-31/functions/{arn}/invocations"
    assert (found.type, found.integrationHttpMethod) == ("AWS_PROXY", "POST")


def test_a_function_may_be_called_without_proxy_and_may_stream():
    assert integration(type="AWS", **{"lambda": "f"}).type == "AWS"
    streamed = integration(responseTransferMode="STREAM", **{"lambda": "f"})
    assert streamed.uri == f"{PATH}/2021-11-15/functions/{ARN}f/response-streaming-invocations"


def test_an_authorizer_brings_the_type_of_authorization_along():
    pool = "arn:aws:cognito-idp:eu-west-1:1:userpool/a"
    authorizers = {
        "users": {"type": "COGNITO_USER_POOLS", "providerARNs": [pool]},
        "guard": {"type": "TOKEN", "lambda": "check"},
    }
    methods = {"GET": {"authorizer": "users", **MOCK}, "PUT": {"authorizer": "guard", **MOCK}, "POST": MOCK}
    found = desired({"RestApi shop": {"authorizers": authorizers, "paths": {"/": {"methods": methods}}}}).resources
    path = API.child("Path", "/")
    kinds = {verb: found[path.child("Method", verb)].authorizationType for verb in methods}
    assert kinds == {"GET": "COGNITO_USER_POOLS", "PUT": "CUSTOM", "POST": "NONE"}
    guard = found[API.child("Authorizer", "guard")]
    assert guard.authorizerUri == f"{PATH}/2015-03-31/functions/{ARN}check/invocations"
    assert guard.identitySource == "method.request.header.Authorization"


# ── cors ─────────────────────────────────────────────────────────────────────────────────────────


def spread(cors: Any, methods: dict[str, Any], **spec: Any) -> dict[Address, Any]:
    world = {"RestApi shop": {"cors": cors, "paths": {"/a": {"methods": methods}}, **spec}}
    return desired(world).resources


def preflight(found: dict[Address, Any], path: str = "/a") -> Any:
    options = API.child("Path", path).child("Method", "OPTIONS")
    return found[options.child("Integration").child("IntegrationResponse", "200")]


def answer(found: dict[Address, Any], verb: str) -> Any:
    return found[
        API.child("Path", "/a").child("Method", verb).child("Integration").child("IntegrationResponse", "200")
    ]


def error(found: dict[Address, Any], kind: str) -> Any:
    return found[API.child("GatewayResponse", kind)].responseParameters


MAPPED = {"integration": {"type": "MOCK", "responses": {"200": {}}}, "responses": {"200": {}}}


def test_one_origin_is_a_static_header_everywhere():
    found = spread({"allowOrigins": ["https://a.example"], "maxAge": 600}, {"GET": MAPPED})
    headers = preflight(found).responseParameters
    assert headers[ORIGIN] == answer(found, "GET").responseParameters[ORIGIN] == "'https://a.example'"
    assert headers["method.response.header.Access-Control-Allow-Methods"] == "'GET,OPTIONS'"
    assert headers["method.response.header.Access-Control-Max-Age"] == "'600'"
    assert (
        error(found, "DEFAULT_4XX")[ERROR_ORIGIN]
        == error(found, "DEFAULT_5XX")[ERROR_ORIGIN]
        == "'https://a.example'"
    )


def test_of_several_origins_the_callers_own_is_chosen_by_a_template():
    found = spread({"allowOrigins": ["https://a.example", "https://b.example"]}, {"GET": MAPPED})
    for response in (preflight(found), answer(found, "GET")):
        assert ORIGIN not in response.responseParameters
        assert response.responseParameters["method.response.header.Vary"] == "'Origin'"
        assert '$origin == "https://b.example"' in response.responseTemplates["application/json"]
    assert error(found, "DEFAULT_4XX")[ERROR_ORIGIN] == "method.request.header.Origin"


def test_credentials_are_allowed_by_a_header_of_their_own():
    found = spread({"allowOrigins": ["https://a.example"], "allowCredentials": True}, {"GET": MAPPED})
    name = "method.response.header.Access-Control-Allow-Credentials"
    assert preflight(found).responseParameters[name] == answer(found, "GET").responseParameters[name] == "'true'"


def test_a_paths_own_cors_wins_and_others_have_none():
    paths = {
        "/a": {"methods": {"GET": MOCK}},
        "/b": {"cors": {"allowOrigins": ["https://b.example"]}, "methods": {"GET": MOCK}},
    }
    only_b = desired({"RestApi shop": {"paths": paths}}).resources
    assert API.child("Path", "/a").child("Method", "OPTIONS") not in only_b
    assert preflight(only_b, "/b").responseParameters[ORIGIN] == "'https://b.example'"
    both = desired({"RestApi shop": {"cors": {"allowOrigins": ["*"]}, "paths": paths}}).resources
    assert preflight(both, "/a").responseParameters[ORIGIN] == "'*'"
    assert preflight(both, "/b").responseParameters[ORIGIN] == "'https://b.example'"


def test_what_the_author_wrote_is_kept():
    own = {"responseParameters": {ERROR_ORIGIN: "'https://mine.example'"}}
    parameters = {"200": {"responseParameters": {ORIGIN: "'https://mine.example'"}}}
    mapped = {"integration": {"type": "MOCK", "responses": parameters}, "responses": {"200": {}}}
    methods = {"OPTIONS": {"operationName": "mine", **MOCK}, "GET": mapped}
    found = spread({"allowOrigins": ["*"]}, methods, gatewayResponses={"DEFAULT_4XX": own})
    assert found[API.child("Path", "/a").child("Method", "OPTIONS")].operationName == "mine"
    assert answer(found, "GET").responseParameters[ORIGIN] == "'https://mine.example'"
    assert error(found, "DEFAULT_4XX")[ERROR_ORIGIN] == "'https://mine.example'"
    assert error(found, "DEFAULT_5XX")[ERROR_ORIGIN] == "'*'"


def test_a_gateway_response_of_the_authors_gets_the_headers_too_as_it_inherits_none():
    found = spread({"allowOrigins": ["*"]}, {"GET": MOCK}, gatewayResponses={"THROTTLED": {"statusCode": "420"}})
    assert error(found, "THROTTLED")[ERROR_ORIGIN] == "'*'"


def test_a_proxied_backend_sends_its_own_headers():
    found = spread({"allowOrigins": ["*"]}, {"GET": {"integration": {"lambda": "f"}}})
    assert not [at for at in found if at.kind == "MethodResponse" and at.parent and at.parent.key == "GET"]
    assert preflight(found).responseParameters[ORIGIN] == "'*'"
