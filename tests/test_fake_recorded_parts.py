"""The fake against answers AWS gave: models, validators, responses and integrations."""

from __future__ import annotations

import json
from typing import Any

from tests.fake.replay import Replay, patch


def test_models() -> None:
    replay = Replay("test_update_model")
    api, _ = replay.api()
    at = {"restApiId": api, "modelName": "mySchema"}
    schema = json.dumps({"title": "<name:1>", "type": "object"})
    fields = {"name": "mySchema", "contentType": "application/json", "schema": schema}
    changed = json.dumps({"title": "Updated schema", "type": "object"})
    change = [patch("replace", "/schema", changed)]
    replay("update-model-wrong-id", "UpdateModel", **at, patchOperations=change)
    replay("create-model", "CreateModel", restApiId=api, description="", **fields)
    for name, operation in {
        "update-model": change[0],
        "update-model-invalid-op": patch("add", "/wrong-path", "x"),
        "update-model-invalid-path": patch("replace", "/name", "x"),
        "update-model-empty-schema": patch("replace", "/schema", ""),
    }.items():
        replay(name, "UpdateModel", **at, patchOperations=[operation])


def test_request_validators() -> None:
    replay = Replay("test_request_validator_lifecycle")
    api, _ = replay.api()
    made = replay("create-request-validator", "CreateRequestValidator", restApiId=api, name="v")
    at = {"restApiId": api, "requestValidatorId": made["id"]}
    replay("get-request-validator", "GetRequestValidator", **at)
    replay("get-request-validators", "GetRequestValidators", restApiId=api)
    for end, value in {"with-value": "true", "without-value": None}.items():
        name = f"update-request-validator-{end}"
        operations = [patch("replace", "/validateRequestBody", value)]
        replay(name, "UpdateRequestValidator", **at, patchOperations=operations)
    replay.fake("DeleteRequestValidator", at)
    replay("get-deleted-request-validator", "GetRequestValidator", **at)
    replay("get-request-validators-after-delete", "GetRequestValidators", restApiId=api)


def put_again(answer: dict[str, Any]) -> dict[str, Any]:
    """The request that must have led to an answer of PutGatewayResponse."""
    wanted = ("responseType", "statusCode", "responseParameters", "responseTemplates")
    fields = {name: answer[name] for name in wanted}
    fields["responseTemplates"] = {
        key: template if isinstance(template, str) else json.dumps(template)
        for key, template in fields["responseTemplates"].items()
    }
    return fields


def test_gateway_responses() -> None:
    replay = Replay("test_gateway_response_crud")
    api, _ = replay.api()
    at = {"restApiId": api, "responseType": "MISSING_AUTHENTICATION_TOKEN"}
    replay("get-gateway-response-default", "GetGatewayResponse", **at)
    fields = put_again(replay.answers["put-gateway-response"])
    replay("put-gateway-response", "PutGatewayResponse", **(at | fields))
    replay("get-gateway-responses", "GetGatewayResponses", restApiId=api)
    replay("get-gateway-response", "GetGatewayResponse", **at)
    replay.fake("DeleteGatewayResponse", at)
    replay("get-deleted-gw-response", "GetGatewayResponse", **at)


def test_update_gateway_response() -> None:
    replay = Replay("test_update_gateway_response")
    api, _ = replay.api()
    at = {"restApiId": api, "responseType": "DEFAULT_4XX"}

    def update(name: str, *operations: dict[str, str]) -> None:
        replay(name, "UpdateGatewayResponse", **at, patchOperations=list(operations))

    status = patch("replace", "/statusCode", "444")
    update("update-gateway-response-not-set", status)
    replay("default-get-gateway-response", "GetGatewayResponse", **at)
    replay.fake("PutGatewayResponse", at | put_again(replay.answers["put-gateway-response"]))
    update("update-gateway-add-status-code", patch("add", "/statusCode", "444"))
    update("update-gateway-remove-status-code", patch("remove", "/statusCode"))
    missing = "/responseParameters/gatewayresponse.header.missing"
    update("update-gateway-replace-invalid-parameter", patch("replace", missing, "'x'"))
    update("update-gateway-no-path", patch("add", "", "x"))
    update("update-gateway-wrong-op", patch("wrong-op", "/statusCode", "444"))
    update("update-gateway-wrong-path", patch("replace", "/wrongPath", "x"))
    templates = patch("add", "/responseTemplates/application~1wrong")
    update("update-gateway-replace-invalid-parameter-0-none", templates)
    parameters = patch("add", "/responseParameters/gatewayresponse.header.x")
    update("update-gateway-replace-invalid-parameter-1-none", parameters)


def test_integration_responses() -> None:
    replay = Replay("test_lifecycle_integration_response")
    api, root = replay.api()
    replay.mock(api, root)
    verb = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    at = {**verb, "statusCode": "200"}
    first = {"selectionPattern": "", "responseTemplates": {"application/json": '"created"'}}
    replay("put-integration-response", "PutIntegrationResponse", **at, **first)
    replay("get-integration-response", "GetIntegrationResponse", **at)
    change = [patch("replace", "/selectionPattern", "updated-pattern")]
    replay("update-integration-response", "UpdateIntegrationResponse", **at, patchOperations=change)
    second = {
        "selectionPattern": "overwrite-pattern",
        "responseTemplates": {"application/json": "overwrite"},
    }
    replay("overwrite-integration-response", "PutIntegrationResponse", **at, **second)
    read = replay.fake("GetMethod", verb)["methodIntegration"]["integrationResponses"]
    recorded_method = replay.answers["get-method"]["methodIntegration"]
    assert read == recorded_method["integrationResponses"]


def test_method_responses() -> None:
    replay = Replay("test_lifecycle_method_response")
    api, root = replay.api()
    replay.mock(api, root)
    at = {"restApiId": api, "resourceId": root, "httpMethod": "GET", "statusCode": "200"}
    empty: dict[str, Any] = {"responseModels": {}, "responseParameters": {}}
    replay("put-method-response", "PutMethodResponse", **at, **empty)
    header = "/responseParameters/method.response.header.my-header"
    for name, op, value in (("add", "add", "true"), ("update", "replace", "true")):
        operations = [
            patch(op, header, value),
            patch(op, "/responseModels/application~1json", "Empty"),
        ]
        replay(f"{name}-method-responses", "UpdateMethodResponse", **at, patchOperations=operations)


def test_integrations() -> None:
    replay = Replay("test_put_integration_validation")
    api, root = replay.api()
    at = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    replay.fake("PutMethod", {**at, "authorizationType": "NONE"})
    here = "arn:aws:apigateway:eu-west-1"
    function = "arn:aws:lambda:eu-west-1:111111111111:function:MyLambda"
    web, s3 = "http://example.com", f"{here}:s3:path/b/k"
    invoke = f"{here}:lambda:path/2015-03-31/functions/{function}/invocations"

    def put(name: str, kind: str, uri: str, verb: str = "POST") -> None:
        fields = {"type": kind, "uri": uri, "integrationHttpMethod": verb}
        replay(name, "PutIntegration", **at, **{k: v for k, v in fields.items() if v})

    for kind in ("HTTP", "HTTP_PROXY", "AWS"):
        put(f"required-integration-method-{kind}", kind, web if "HTTP" in kind else s3, "")
    put("not-required-integration-method-MOCK", "MOCK", web, "")
    for kind in ("HTTP", "HTTP_PROXY"):
        put(f"http-method-{kind}", kind, web)
        put(f"invalid-uri-{kind}", kind, "non-sense")
    for kind in ("AWS", "AWS_PROXY"):
        put(f"aws-integration-type-{kind}", kind, invoke)
    put("no-s3-support-AWS_PROXY", "AWS_PROXY", s3)
    put("invalid-uri-not-an-arn", "AWS", "non-sense")
    put("invalid-uri-invalid-arn", "AWS", "arn:aws:iam::111111111111:role/service-role/x")
