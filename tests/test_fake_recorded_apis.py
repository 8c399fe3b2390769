"""The fake against answers AWS gave: APIs, resources and methods."""

from __future__ import annotations

import json

import pytest

from tests.fake import FakeGateway
from tests.fake.replay import Replay, patch


def test_create_rest_api() -> None:
    replay = Replay("test_create_rest_api_with_optional_params")
    replay("create-only-name", "CreateRestApi", name="n")
    replay("create-empty-desc", "CreateRestApi", name="n", description="")
    replay("create-with-version", "CreateRestApi", name="n", version="v1")
    replay("create-with-empty-binary-media", "CreateRestApi", name="n", binaryMediaTypes=[])
    replay("string-compression-size", "CreateRestApi", name="n", minimumCompressionSize=-1)


@pytest.mark.parametrize("kind", ["edge", "regional", "private"])
def test_create_rest_api_defaults(kind: str) -> None:
    replay = Replay("test_create_rest_api_verify_defaults")
    configuration = {"types": [kind.upper()]}
    replay(
        f"create-with-{kind}-default",
        "CreateRestApi",
        name="n",
        endpointConfiguration=configuration,
    )


def test_create_rest_api_refuses_type() -> None:
    replay = Replay("test_create_rest_api_verify_defaults")
    name = "create-with-empty-ip-address-type-and-wrong-type"
    replay(name, "CreateRestApi", name="n", endpointConfiguration={"types": ["wrong"]})


def test_tags() -> None:
    replay = Replay("test_create_rest_api_with_tags")
    fields = {"name": "n", "description": "this is my api", "tags": {"MY_TAG1": "MY_VALUE1"}}
    made = replay("create-rest-api-w-tags", "CreateRestApi", **fields)
    replay("get-rest-api-w-tags", "GetRestApi", restApiId=made["id"])
    replay("get-rest-apis-w-tags", "GetRestApis")


def test_binary_media_types() -> None:
    replay = Replay("test_update_rest_api_operation_add_remove")
    api, _ = replay.api()
    png, jpeg = "/binaryMediaTypes/image~1png", "/binaryMediaTypes/image~1jpeg"
    for name, operations in {
        "add": [patch("add", png), patch("add", jpeg)],
        "replace": [patch("replace", png, "image/gif")],
        "remove": [
            patch("remove", "/binaryMediaTypes/image~1gif"),
            patch("remove", "/description"),
        ],
    }.items():
        replay(f"update-rest-api-{name}", "UpdateRestApi", restApiId=api, patchOperations=operations)


def test_binary_media_types_as_a_list() -> None:
    replay = Replay("test_update_rest_api_behaviour")
    api, _ = replay.api()
    for name, operation in {
        "array": patch("add", "/binaryMediaTypes/-", "image/png"),
        "add-base-path": patch("add", "/binaryMediaTypes", "image/png"),
        "replace-base-path": patch("replace", "/binaryMediaTypes", "image/png"),
        "remove-base-path": patch("remove", "/binaryMediaTypes"),
    }.items():
        replay(f"update-rest-api-{name}", "UpdateRestApi", restApiId=api, patchOperations=[operation])


def test_compression() -> None:
    replay = Replay("test_update_rest_api_compression")
    api, _ = replay.api()
    at = "/minimumCompressionSize"
    for name, operation in {
        "enable-compression": patch("replace", at, "10"),
        "disable-compression": patch("replace", at),
        "set-compression-zero": patch("replace", at, "0"),
        "set-negative-compression": patch("replace", at, "-1"),
        "set-string-compression": patch("replace", at, "AAA"),
        "unsupported-operation": patch("add", at, "10"),
    }.items():
        replay(name, "UpdateRestApi", restApiId=api, patchOperations=[operation])


def test_resource_lifecycle() -> None:
    replay = Replay("test_resource_lifecycle")
    api, root = replay.api()
    replay("rest-api-root-resource", "GetResources", restApiId=api)
    pets = replay("create-resource", "CreateResource", restApiId=api, parentId=root, pathPart="pets")["id"]
    replay("rest-api-resources-after-create", "GetResources", restApiId=api)
    replay("create-subresource", "CreateResource", restApiId=api, parentId=pets, pathPart="subpets")
    replay("rest-api-resources-after-create-sub", "GetResources", restApiId=api)
    at = {"restApiId": api, "resourceId": pets}
    rename = [patch("replace", "/pathPart", "dogs")]
    replay("update-path-part", "UpdateResource", **at, patchOperations=rename)
    replay("get-resp-after-update-path-part", "GetResource", **at)
    replay.fake("DeleteResource", at)
    replay("rest-api-resources-after-delete", "GetResources", restApiId=api)


def test_resource_updates() -> None:
    replay = Replay("test_update_resource_behaviour")
    api, root = replay.api()

    def create(name: str, parent: str, part: str) -> str:
        made = replay(name, "CreateResource", restApiId=api, parentId=parent, pathPart=part)
        return str(made["id"])

    def update(name: str, resource: str, op: str, path: str, value: str | None = None) -> None:
        operations = [patch(op, path, value)]
        at = {"restApiId": api, "resourceId": resource}
        replay(name, "UpdateResource", **at, patchOperations=operations)

    made = {"restApiId": api, "parentId": root, "pathPart": "pets"}
    pets = replay.fake("CreateResource", made)["id"]
    update("nonexistent-resource", "missing", "replace", "/pathPart", "dogs")
    update("invalid-path-part", pets, "replace", "/invalid", "dogs")
    update("invalid-parent-id", pets, "replace", "/parentId", "missing")
    sub = create("create-subresource", pets, "subpets")
    child = create("create-subresource-child", sub, "pets")
    update("existing-future-sibling-path", child, "replace", "/parentId", root)
    update("update-parent-id-to-subresource-id", pets, "replace", "/parentId", sub)
    update("update-parent-id-to-root-id", sub, "replace", "/parentId", root)
    update("update-path-already-exists", sub, "replace", "/pathPart", "pets")
    update("remove-unsupported", sub, "remove", "/pathPart")
    update("add-unsupported", sub, "add", "/pathPart", "dogs")


def test_proxy_resources() -> None:
    replay = Replay("test_create_proxy_resource")
    api, root = replay.api()

    def create(name: str, parent: str, part: str) -> str:
        made = replay(name, "CreateResource", restApiId=api, parentId=parent, pathPart=part)
        return str(made["id"])

    create("create-base-proxy-resource", root, "{proxy+}")
    made = {"restApiId": api, "parentId": root, "pathPart": "parent"}
    parent = replay.fake("CreateResource", made)["id"]
    proxy = create("create-proxy-sibling-proxy-child-resource", parent, "{proxy+}")
    child = create("create-proxy-sibling-static-child-resource", parent, "child")
    create("create-static-child-proxy-resource", child, "{proxy+}")
    replay("all-resources", "GetResources", restApiId=api)
    replay.fake("DeleteResource", {"restApiId": api, "resourceId": proxy})
    variable = create("create-proxy-sibling-dynamic-child-resource", parent, "{child}")
    create("create-dynamic-child-proxy-resource", variable, "{proxy+}")


def test_models_in_use() -> None:
    replay = Replay("test_put_method_model")
    api, root = replay.api()
    for name in ("One", "OneTwo"):
        schema = json.dumps({"title": name, "type": "object"})
        fields = {"name": name, "contentType": "application/json", "schema": schema}
        replay.fake("CreateModel", {"restApiId": api, **fields})
    at = {"restApiId": api, "resourceId": root, "httpMethod": "ANY"}
    put = {"authorizationType": "NONE", "requestModels": {"application/json": "One"}}
    replay("put-method-request-models", "PutMethod", **at, **put)
    replay("delete-model-used", "DeleteModel", restApiId=api, modelName="One")
    change = [patch("replace", "/requestModels/application~1json", "OneTwo")]
    replay("update-method-model", "UpdateMethod", **at, patchOperations=change)
    replay.fake("DeleteModel", {"restApiId": api, "modelName": "One"})
    replay("delete-model-used-2", "DeleteModel", restApiId=api, modelName="OneTwo")
    made = {"restApiId": api, "parentId": root, "pathPart": "test"}
    other = at | {"resourceId": replay.fake("CreateResource", made)["id"]}
    put["requestModels"] = {"application/json": "OneTwo"}
    replay("put-method-2-request-models", "PutMethod", **other, **put)
    replay("delete-model-used-by-2-method", "DeleteModel", restApiId=api, modelName="OneTwo")
    drop = [patch("remove", "/requestModels/application~1json")]
    replay("update-method-model-2", "UpdateMethod", **other, patchOperations=drop)
    replay("delete-model-used-by-method-1", "DeleteModel", restApiId=api, modelName="OneTwo")
    replay.fake("DeleteMethod", at)
    replay.fake("DeleteModel", {"restApiId": api, "modelName": "OneTwo"})


def authorizer(fake: FakeGateway, api: str) -> str:
    fields = {
        "name": "a",
        "type": "TOKEN",
        "authorizerUri": "arn:aws:apigateway:eu-west-1:lambda:path/x/invocations",
        "identitySource": "method.request.header.Authorization",
    }
    return str(fake("CreateAuthorizer", {"restApiId": api, **fields})["id"])


def test_update_method() -> None:
    replay = Replay("test_update_method")
    api, root = replay.api()
    at = {"restApiId": api, "resourceId": root, "httpMethod": "ANY"}
    replay("put-method-response", "PutMethod", **at, authorizationType="none")
    parameter = "/requestParameters/method.request.querystring.optional"
    for name, operations in {
        "add": [
            patch("add", parameter, "true"),
            patch("add", "/requestModels/application~1json", "Empty"),
        ],
        "replace": [
            patch("replace", "/authorizationType", "AWS_IAM"),
            patch("replace", "/apiKeyRequired", "true"),
            patch("replace", "/operationName", "ReplacedOperationName"),
            patch("replace", parameter, "false"),
        ],
        "replace-authorizer": [
            patch("replace", "/authorizationType", "CUSTOM"),
            patch("replace", "/authorizerId", authorizer(replay.fake, api)),
        ],
        "remove": [patch("remove", parameter), patch("remove", "/requestModels/application~1json")],
    }.items():
        replay(f"update-method-{name}", "UpdateMethod", **at, patchOperations=operations)


def test_update_method_validation() -> None:
    replay = Replay("test_update_method_validation")
    api, root = replay.api()
    at = {"restApiId": api, "resourceId": root, "httpMethod": "ANY"}

    def update(name: str, op: str, path: str, value: str | None = None, **other: str) -> None:
        operations = [patch(op, path, value)]
        replay(name, "UpdateMethod", **{**at, **other}, patchOperations=operations)

    update("wrong-rest-api", "replace", "/apiKeyRequired", "true", restApiId="missing")
    update("wrong-resource-id", "replace", "/apiKeyRequired", "true", resourceId="missing")
    update("method-does-not-exist", "replace", "/apiKeyRequired", "true")
    fields = {"authorizationType": "NONE", "apiKeyRequired": True}
    replay("put-method-response", "PutMethod", **at, **fields)
    update("unsupported-operation", "add", "/authorizationType", "AWS_IAM")
    update("unsupported-operation-2", "remove", "/apiKeyRequired")
    update("unsupported-path", "replace", "/httpMethod", "GET")
    update("wrong-path-request-parameters", "replace", "/requestParameters", "x")
    update("wrong-path-request-models", "add", "/requestModels/application/json", "Empty")
    update("wrong-value-type", "replace", "/apiKeyRequired", "whatever")
    update("wrong-auth-type", "replace", "/authorizationType", "CUSTOM")
    update("skip-auth-id-with-wrong-type", "replace", "/authorizerId", "missing")
    update("wrong-req-validator-id", "replace", "/requestValidatorId", "missing")
