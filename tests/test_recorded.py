"""Answers recorded from AWS, read as live state, do not differ from the spec an author would write for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.address import Address
from controller.kinds.rest.gateway_response import STATUS_CODES
from controller.model import KINDS, Resource
from controller.terms import Context, Scope
from controller.tree import from_payload
from tests.cases.recorded import CASES, HEADERS, HTTP, Spec
from tests.engine import HERE, desired
from tests.fake.replay import recorded


SCOPE = Scope(HERE.account, HERE.region, HERE.partition)
API = Context(
    ids={
        ("RestApi", "<api-id:1>"): "shop",
        ("Authorizer", "<authorizer-id:1>"): "guard",
        **{("Deployment", f"<deployment-id:{number}>"): f"d{number}" for number in (1, 2)},
    }
)


def of_spec(kind: str, key: str, spec: Spec) -> Resource:
    declared = KINDS[kind]
    return declared.from_spec(key, declared.desugar(spec, SCOPE))


def difference(kind: str, key: str, spec: Spec, answer: Spec, **derived: Any) -> Any:
    wanted = of_spec(kind, key, spec).model_copy(update=derived)
    return wanted.differences(KINDS[kind].from_aws(as_text(answer), API).aligned(wanted))


def as_text(answer: Spec) -> Spec:
    """The recording took JSON texts apart and hid dates; AWS answers texts."""
    found = {name: value for name, value in answer.items() if value != "datetime"}
    for name in ("requestTemplates", "responseTemplates"):
        if name in found:
            found[name] = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in found[name].items()}
    if isinstance(found.get("schema"), dict):
        found["schema"] = json.dumps(found["schema"], indent=2)
    for name in ("methodIntegration", "integrationResponses", "methodResponses"):
        if name in found:
            inner = found[name]
            many = name.endswith("Responses")
            found[name] = {k: as_text(v) for k, v in inner.items()} if many else as_text(inner)
    return found


@pytest.mark.parametrize(
    ("scenario", "name", "kind", "spec", "derived"), CASES, ids=[f"{c[1]}-{c[2]}" for c in CASES]
)
def test_a_recorded_answer_is_not_a_difference(scenario, name, kind, spec, derived):
    if kind == "UsagePlan":
        spec = {"name": "<name:1>", "description": "<description:1>", **spec}
    assert difference(kind, "key", spec, recorded(scenario)[name], **derived) == ()


def test_recorded_paths_and_methods_are_what_an_author_would_write():
    answers = recorded("test_create_proxy_resource")
    payload = {"id": "<id:9>", "Path": answers["all-resources"]["items"]}
    live, ids = from_payload(Address("RestApi", "shop"), payload, Context())
    spec = {"paths": {"/parent/child/{proxy+}": {}, "/parent/{proxy+}": {}, "/{proxy+}": {}, "/": {}}}
    wanted = desired({"RestApi shop": spec}).resources
    assert live.keys() == wanted.keys()
    assert ids[Address("RestApi", "shop").child("Path", "/parent/child")] == "<id:3>"


def test_a_recorded_method_brings_its_integration_and_responses_along():
    answer = as_text(recorded("integrations.py::test_put_integration_responses")["get-method-get"])
    payload = {"id": "<id:9>", "Path": [{"id": "<id:1>", "path": "/", "resourceMethods": {"GET": answer}}]}
    live, _ = from_payload(Address("RestApi", "shop"), payload, Context())
    integration = {**HTTP, "uri": "<uri:1>", "responses": {"200": {"selectionPattern": r"2\d{2}"}}}
    method = {"integration": integration, "responses": {"200": {}}}
    wanted = desired({"RestApi shop": {"name": "n", "paths": {"/": {"methods": {"GET": method}}}}}).resources
    assert live.keys() == wanted.keys()
    below = [at for at in wanted if at.kind not in ("RestApi", "Path")]
    assert len(below) == 4
    assert not any(wanted[at].differences(live[at].aligned(wanted[at])) for at in below)


def test_of_the_recorded_gateway_responses_only_the_customised_one_is_state():
    items = recorded("test_gateway_response_crud")["get-gateway-responses"]["items"]
    assert {item["responseType"] for item in items} == set(STATUS_CODES)
    live, _ = from_payload(Address("RestApi", "shop"), {"id": "x", "GatewayResponse": items}, Context())
    (one,) = (at for at in live if at.kind == "GatewayResponse")
    answer = recorded("test_gateway_response_crud")["put-gateway-response"]
    spec = {"statusCode": "404", "responseParameters": HEADERS, "responseTemplates": answer["responseTemplates"]}
    assert one.key == "MISSING_AUTHENTICATION_TOKEN"
    assert difference("GatewayResponse", one.key, spec, answer) == ()
    unset = recorded("test_update_gateway_response")["update-gateway-response-not-set"]
    assert difference("GatewayResponse", "DEFAULT_4XX", {"statusCode": "444"}, unset) == ()


# ── what they teach, in our own words ────────────────────────────────────────────────────────────

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:check"
CHECK = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
STORED = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "execute-api:Invoke",
    "Resource": "arn:aws:execute-api:eu-west-1:123456789012:abc123/*/GET/pets",
}
SETTING = {
    "cacheDataEncrypted": False,
    "cacheTtlInSeconds": 300,
    "cachingEnabled": False,
    "dataTraceEnabled": False,
    "metricsEnabled": True,
    "requireAuthorizationForCacheControl": True,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
INTEGRATION = {
    "cacheKeyParameters": [],
    "cacheNamespace": "r00t",
    "passthroughBehavior": "WHEN_NO_MATCH",
    "timeoutInMillis": 29000,
    "responseTransferMode": "BUFFERED",
}
STAGE = {"stageName": "prod", "cacheClusterEnabled": False, "tracingEnabled": False}


@pytest.mark.parametrize(
    ("kind", "spec", "answer"),
    [
        (
            "RestApi",
            {"name": "shop"},
            {
                "id": "abc123",
                "name": "shop",
                "apiKeySource": "HEADER",
                "disableExecuteApiEndpoint": False,
                "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
                "securityPolicy": "TLS_1_0",
                "apiStatus": "AVAILABLE",
                "tags": {"reconcile:owner": "me", "aws:cloudformation:stack-name": "x"},
            },
        ),
        (
            "RestApi",
            {
                "name": "shop",
                "policy": {
                    "Version": "2012-10-17",
                    "Statement": [{**STORED, "Resource": ["execute-api:/*/GET/pets"]}],
                },
            },
            {
                "id": "abc123",
                "name": "shop",
                "policy": json.dumps(json.dumps({"Version": "2012-10-17", "Statement": [STORED]}))[1:-1].replace(
                    "/", "\\/"
                ),
            },
        ),
        (
            "Stage",
            {"methodSettings": {"*/*": {"metricsEnabled": True}}},
            {**STAGE, "methodSettings": {"*/*": SETTING}},
        ),
        (
            "Stage",
            {"methodSettings": {"*/*": {"metricsEnabled": True}, "GET /pets": {}}},
            {**STAGE, "methodSettings": {"*/*": SETTING, "~1pets/GET": SETTING}},
        ),
        ("Stage", {"cacheClusterEnabled": True}, {**STAGE, "cacheClusterEnabled": True, "cacheClusterSize": "0.5"}),
        ("Stage", {}, {**STAGE, "cacheClusterEnabled": True, "cacheClusterStatus": "DELETE_IN_PROGRESS"}),
        (
            "Integration",
            {"type": "MOCK", "uri": "http://x.org", "integrationHttpMethod": "GET"},
            {**INTEGRATION, "type": "MOCK"},
        ),
        (
            "Integration",
            HTTP,
            {**INTEGRATION, "type": "HTTP", "uri": HTTP["uri"], "httpMethod": "POST", "connectionType": "INTERNET"},
        ),
        (
            "Authorizer",
            {"type": "TOKEN", "lambda": "check"},
            {
                "id": "a",
                "name": "guard",
                "type": "TOKEN",
                "authType": "custom",
                "identitySource": "method.request.header.Authorization",
                "authorizerUri": CHECK,
            },
        ),
        ("IntegrationResponse", {}, {"statusCode": "200", "selectionPattern": "", "responseTemplates": {}}),
        (
            "IntegrationResponse",
            {"responseTemplates": {"a/b": ""}},
            {"statusCode": "200", "responseTemplates": {"a/b": None}},
        ),
        (
            "Method",
            {"authorizationType": "none"},
            {"httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": False},
        ),
    ],
)
def test_what_aws_fills_in_or_rewrites_is_not_a_difference(kind, spec, answer):
    assert difference(kind, "key", spec, answer) == ()


def test_a_default_gateway_response_that_inherits_is_no_state():
    inherited = {"responseType": "THROTTLED", "statusCode": "444", "defaultResponse": True}
    own = {"responseType": "DEFAULT_4XX", "statusCode": "444", "defaultResponse": False}
    live, _ = from_payload(Address("RestApi", "shop"), {"id": "x", "GatewayResponse": [inherited, own]}, Context())
    assert [at.key for at in live if at.kind == "GatewayResponse"] == ["DEFAULT_4XX"]


def test_a_limit_of_a_stage_is_compared_with_the_accounts_own():
    account = Context(throttle=(5000, 2500.0))
    live = KINDS["Stage"].from_aws(
        {**STAGE, "methodSettings": {"*/*": {**SETTING, "throttlingRateLimit": 2500.0}}}, account
    )
    stage = of_spec("Stage", "prod", {"methodSettings": {"*/*": {"metricsEnabled": True}}})
    assert stage.differences(live.aligned(stage)) == ()
    limited = {"*/*": {"metricsEnabled": True, "throttlingRateLimit": 2500, "throttlingBurstLimit": 5000}}
    explicit = of_spec("Stage", "prod", {"methodSettings": limited})
    assert explicit.differences(live.aligned(explicit)) == ()


def test_zero_compression_is_not_no_compression():
    live = {"id": "x", "name": "shop", "minimumCompressionSize": 0}
    assert [d.field for d in difference("RestApi", "key", {"name": "shop"}, live)] == ["minimumCompressionSize"]
