"""OpenAPI documents become what AWS's import makes of them: the facts of the recordings, in our own values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.openapi import Outcome, compiled, of_spec


JSON = "application/json"
MOCK = {
    "type": "mock",
    "requestTemplates": {JSON: '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": 200}},
}
FUNCTION = "arn:aws:lambda:eu-west-1:1:function:f"
URI = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
GET = "Path /pets > Method GET"
PET = {"type": "object", "properties": {"name": {"type": "string"}}}


def operation(**more: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "fine"}}, "x-amazon-apigateway-integration": MOCK} | more


def document(get: Any = None, **more: Any) -> dict[str, Any]:
    """An OpenAPI 3 document with one operation."""
    base = {"openapi": "3.0.1", "info": {"title": "Shop", "version": "1.0"}}
    return base | {"paths": {"/pets": {"get": get or operation()}}} | more


def swagger(get: Any = None, **more: Any) -> dict[str, Any]:
    """The same in Swagger 2.0."""
    base = {"swagger": "2.0", "info": {"title": "Shop", "version": "1.0"}}
    return base | {"paths": {"/pets": {"get": get or operation()}}} | more


def named(**schemas: Any) -> dict[str, Any]:
    return {"components": {"schemas": schemas}}


@pytest.fixture
def compile_(tmp_path: Path) -> Callable[..., Outcome]:
    """Compiles a document that must be without a problem."""

    def found(content: Any, by_hand: Any = None) -> Outcome:
        outcome = compiled(tmp_path, content, by_hand)
        assert outcome.problems == []
        return outcome

    return found


# ── the API ──────────────────────────────────────────────────────────────────────────────────────


def test_info_names_the_api_and_hand_written_names_come_first(compile_):
    about = {"title": "Shop", "version": 2, "description": "Sells pets"}
    api = compile_(document(info=about))["RestApi shop"]
    assert (api.name, api.version, api.description) == ("Shop", "2", "Sells pets")
    api = compile_(document(info=about), {"name": "mine"})["RestApi shop"]
    assert (api.name, api.version, api.description) == ("mine", "2", "Sells pets")


def test_the_extensions_of_the_api_itself(compile_):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    content = document() | {
        "x-amazon-apigateway-api-key-source": "authorizer",
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-minimum-compression-size": 1024,
        "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [statement]},
        "x-amazon-apigateway-endpoint-configuration": {
            "vpcEndpointIds": ["vpce-1"],
            "disableExecuteApiEndpoint": True,
        },
        "x-amazon-apigateway-security-policy": "TLS_1_2",
    }
    api = compile_(content, {"endpointConfiguration": {"types": ["PRIVATE"]}})["RestApi shop"]
    assert api.apiKeySource == "AUTHORIZER"
    assert api.binaryMediaTypes == {"image/png"}
    assert api.minimumCompressionSize == 1024
    assert api.policy["Statement"][0]["Resource"] == ["execute-api:/*"]
    assert api.endpointConfiguration.vpcEndpointIds == {"vpce-1"}
    assert api.disableExecuteApiEndpoint
    assert api.securityPolicy == "TLS_1_2"


def test_gateway_responses(compile_):
    answer = {"statusCode": 429, "responseParameters": {"gatewayresponse.header.Retry-After": "'1'"}}
    found = compile_(document(**{"x-amazon-apigateway-gateway-responses": {"THROTTLED": answer}}))
    assert found["GatewayResponse THROTTLED"].statusCode == "429"
    assert found["GatewayResponse THROTTLED"].responseParameters == answer["responseParameters"]


def test_documentation_parts_are_known_by_their_location(compile_):
    parts = [
        {"location": {"type": "API"}, "properties": {"description": "Sells pets"}},
        {"location": {"type": "METHOD", "path": "/pets", "method": "GET"}, "properties": {"summary": "List"}},
    ]
    about = {"version": "1", "documentationParts": parts}
    found = compile_(document(**{"x-amazon-apigateway-documentation": about}))
    assert found["DocumentationPart API"].properties == {"description": "Sells pets"}
    assert found["DocumentationPart METHOD /pets GET"].properties == {"summary": "List"}


def test_variables_of_aws_are_put_in(compile_):
    uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/x:${AWS::AccountId}:${stageVariables.f}"
    found = compile_(document(operation(**integration(type="aws_proxy", httpMethod="POST", uri=uri))))
    expected = "arn:aws:apigateway:eu-west-1:lambda:path/x:123456789012:${stageVariables.f}"
    assert found[f"{GET} > Integration"].uri == expected


# ── base path ────────────────────────────────────────────────────────────────────────────────────

VARIABLE = [{"url": "https://x.org/y", "variables": {"basePath": {"default": "/a/b/c"}}}]


@pytest.mark.parametrize(
    ("content", "mode", "wanted"),
    [
        (document(servers=VARIABLE), None, {"/pets"}),
        (document(servers=VARIABLE), "ignore", {"/pets"}),
        (document(servers=VARIABLE), "prepend", {"/a", "/a/b", "/a/b/c", "/a/b/c/pets"}),
        (document(servers=VARIABLE), "split", {"/b", "/b/c", "/b/c/pets"}),
        (document(servers=[{"url": "https://x.org"}, *VARIABLE]), "split", {"/b", "/b/c", "/b/c/pets"}),
        (document(servers=[{"url": "https://x.org/v1/"}]), "prepend", {"/v1", "/v1/pets"}),
        (document(servers=[{"url": "https://x.org/v1"}]), "split", {"/pets"}),
        (document(servers=[{"url": "https://x.org/"}]), "prepend", {"/pets"}),
        (document(), "prepend", {"/pets"}),
        (swagger(basePath="/a/b"), "prepend", {"/a", "/a/b", "/a/b/pets"}),
        (swagger(basePath="/a/b"), "split", {"/b", "/b/pets"}),
        (swagger(basePath="/a"), "split", {"/pets"}),
        (swagger(basePath="/a/b"), None, {"/pets"}),
    ],
)
def test_the_base_path(compile_, content, mode, wanted):
    found = compile_(content, {"openapiBasePath": mode} if mode else None)
    assert {
        item.removeprefix("Path ") for item in found.resources if item.startswith("Path ") and ">" not in item
    } == wanted


# ── methods ──────────────────────────────────────────────────────────────────────────────────────


def test_every_verb_and_any_method(compile_):
    verbs = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
    item = {verb: operation() for verb in verbs} | {"summary": "x", "description": "x"}
    found = compile_(document(paths={"/pets": item}))
    methods = {name.partition("Method ")[2] for name in found.resources if name.count(" > ") == 1}
    assert methods == {"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "ANY"}


def test_parameters_of_path_and_operation(compile_):
    item = {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "page", "in": "query", "required": True, "schema": {"type": "string"}},
            {"$ref": "#/components/parameters/trace"},
        ],
        "get": operation(
            operationId="getPet", parameters=[{"name": "page", "in": "query", "schema": {"type": "string"}}]
        ),
    }
    trace = {"name": "X-Trace", "in": "header", "required": True, "schema": {"type": "string"}}
    found = compile_(document(paths={"/pets/{id}": item}, components={"parameters": {"trace": trace}}))
    method = found["Path /pets/{id} > Method GET"]
    assert method.operationName == "getPet"
    assert method.requestParameters == {
        "method.request.path.id": True,
        "method.request.querystring.page": False,
        "method.request.header.X-Trace": True,
    }


def test_variables_of_a_path_are_required_parameters_declared_or_not(compile_):
    found = compile_(document(paths={"/pets/{id}": {"get": operation()}, "/all/{proxy+}": {"get": operation()}}))
    assert found["Path /pets/{id} > Method GET"].requestParameters == {"method.request.path.id": True}
    assert found["Path /all/{proxy+} > Method GET"].requestParameters == {}


def test_bodies_and_answers_name_their_models(compile_):
    schema = {"schema": {"$ref": "#/components/schemas/Pet"}}
    get = operation(
        requestBody={"$ref": "#/components/requestBodies/pet"},
        responses={
            200: {
                "description": "x",
                "content": {JSON: schema},
                "headers": {"X-A": {"schema": {"type": "string"}}},
            },
            "404": {"$ref": "#/components/responses/none"},
        },
    )
    components = {
        "schemas": {"Pet": PET | {"description": "A pet"}},
        "requestBodies": {"pet": {"content": {JSON: schema, "application/xml": schema}, "required": True}},
        "responses": {"none": {"description": "x", "headers": {"X-B": {"$ref": "#/components/headers/b"}}}},
        "headers": {"b": {"schema": {"type": "string"}}},
    }
    found = compile_(json.loads(json.dumps(document(get, components=components))))
    assert found["Model Pet"].schema_ == PET | {"description": "A pet"}
    assert found["Model Pet"].description == "A pet"
    assert found[GET].requestModels == {JSON: "Pet", "application/xml": "Pet"}
    assert found[f"{GET} > MethodResponse 200"].responseModels == {JSON: "Pet"}
    assert found[f"{GET} > MethodResponse 200"].responseParameters == {"method.response.header.X-A": False}
    assert found[f"{GET} > MethodResponse 404"].responseParameters == {"method.response.header.X-B": False}


def test_swagger_has_one_body_and_media_types_beside_it(compile_):
    pet = {"$ref": "#/definitions/Pet"}
    get = operation(
        parameters=[{"name": "whatever", "in": "body", "schema": pet}],
        consumes=["application/json", "text/json"],
        responses={"200": {"description": "x", "schema": pet}},
    )
    found = compile_(swagger(get, definitions={"Pet": PET}, produces=["application/hal+json"]))
    assert found[GET].requestModels == {"application/json": "Pet", "text/json": "Pet"}
    assert found[f"{GET} > MethodResponse 200"].responseModels == {"application/hal+json": "Pet"}


def test_validators_by_operation_and_for_all(compile_):
    validators = {"all": {"validateRequestBody": True, "validateRequestParameters": True}, "none": {}}
    paths = {"/pets": {"get": operation(), "put": operation(**{"x-amazon-apigateway-request-validator": "none"})}}
    extensions = {
        "x-amazon-apigateway-request-validators": validators,
        "x-amazon-apigateway-request-validator": "all",
    }
    found = compile_(document(paths=paths, **extensions))
    assert found["RequestValidator all"].validateRequestBody
    assert found[GET].requestValidator == "all"
    assert found["Path /pets > Method PUT"].requestValidator == "none"


# ── integrations ─────────────────────────────────────────────────────────────────────────────────


def integration(**members: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": members}


def test_an_integration_with_everything(compile_):
    given = {
        "type": "http",
        "httpMethod": "post",
        "uri": "https://x.org",
        "credentials": "arn:aws:iam::1:role/r",
        "connectionType": "vpc_link",
        "connectionId": "abc",
        "passthroughBehavior": "when_no_templates",
        "contentHandling": "convert_to_text",
        "timeoutInMillis": 5000,
        "cacheNamespace": "n",
        "cacheKeyParameters": ["method.request.querystring.q"],
        "tlsConfig": {"insecureSkipVerification": True},
        "requestParameters": {"integration.request.querystring.q": "method.request.querystring.q"},
        "requestTemplates": {JSON: "{}"},
        "responses": {
            "default": {"statusCode": 200, "responseTemplates": {JSON: "{}"}},
            "4\\d{2}": {"statusCode": "404", "contentHandling": "convert_to_binary"},
        },
    }
    query = {"name": "q", "in": "query", "schema": {"type": "string"}}
    answers = {"200": {"description": "x"}, "404": {"description": "x"}}
    found = compile_(document(operation(parameters=[query], responses=answers, **integration(**given))))
    at = f"{GET} > Integration"
    assert found[at].type == "HTTP"
    assert found[at].integrationHttpMethod == "POST"
    assert found[at].connectionType == "VPC_LINK"
    assert found[at].passthroughBehavior == "WHEN_NO_TEMPLATES"
    assert found[at].contentHandling == "CONVERT_TO_TEXT"
    assert found[at].timeoutInMillis == 5000
    assert found[at].cacheKeyParameters == {"method.request.querystring.q"}
    assert found[at].tlsConfig.insecureSkipVerification
    assert found[at].credentials == given["credentials"]
    assert found[at].requestTemplates == given["requestTemplates"]
    assert found[f"{at} > IntegrationResponse 200"].selectionPattern == ""
    assert found[f"{at} > IntegrationResponse 404"].selectionPattern == "4\\d{2}"
    assert found[f"{at} > IntegrationResponse 404"].contentHandling == "CONVERT_TO_BINARY"


def test_integrations_may_be_written_once_and_referred_to(compile_):
    components = {"x-amazon-apigateway-integrations": {"mock": MOCK}}
    reference = {"x-amazon-apigateway-integration": {"$ref": "#/components/x-amazon-apigateway-integrations/mock"}}
    found = compile_(document(operation(**reference), components=components))
    assert found[f"{GET} > Integration"].type == "MOCK"


# ── models ───────────────────────────────────────────────────────────────────────────────────────


def test_references_between_schemas_are_references_between_models(compile_):
    pets = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}, "minItems": 1}
    found = compile_(document(**named(Pet=PET, Pets=pets)))
    assert found["Model Pets"].schema_ == {"type": "array", "items": {"$ref": "#/models/Pet"}, "minItems": 1}


def test_schemas_may_refer_to_each_other_in_a_circle(compile_):
    person = {"type": "object", "properties": {"home": {"$ref": "#/components/schemas/Home"}}}
    home = {
        "type": "object",
        "properties": {"people": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}}},
    }
    found = compile_(document(**named(Person=person, Home=home)))
    assert found["Model Person"].schema_["properties"] == {"home": {"$ref": "#/models/Home"}}
    assert found["Model Home"].schema_["properties"]["people"]["items"] == {"$ref": "#/models/Person"}


def test_what_a_model_cannot_hold_is_left_out_and_properties_may_be_called_so(compile_):
    pet = {
        "type": "object",
        "discriminator": {"propertyName": "example"},
        "x-own": 1,
        "properties": {
            "example": {"type": "string", "example": "x", "nullable": True},
            "deprecated": {"allOf": [{"type": "string", "readOnly": True}]},
        },
        "additionalProperties": False,
    }
    found = compile_(document(**named(Pet=pet)))
    assert found["Model Pet"].schema_ == {
        "type": "object",
        "properties": {"example": {"type": "string"}, "deprecated": {"allOf": [{"type": "string"}]}},
        "additionalProperties": False,
    }


def test_a_schema_without_a_name_is_a_model_named_by_its_content(compile_):
    answer = {"description": "x", "content": {JSON: {"schema": PET}}}
    found = compile_(document(operation(responses={"200": answer, "201": answer})))
    (name,) = (name for name in found.resources if name.startswith("Model "))
    assert name.removeprefix("Model MODEL").isalnum()
    assert found[name].schema_ == PET
    assert found[f"{GET} > MethodResponse 200"].responseModels == {JSON: name.removeprefix("Model ")}


# ── security ─────────────────────────────────────────────────────────────────────────────────────

KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}
HEADER = {"type": "apiKey", "name": "X-Token", "in": "header"}
TOKEN = HEADER | {
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": URI, "authorizerResultTtlInSeconds": 60},
}
REQUEST = HEADER | {
    "x-amazon-apigateway-authorizer": {
        "type": "request",
        "authorizerUri": URI,
        "identitySource": "method.request.querystring.t",
    }
}
POOL = "arn:aws:cognito-idp:eu-west-1:1:userpool/p"
USERS = HEADER | {
    "x-amazon-apigateway-authtype": "cognito_user_pools",
    "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [POOL]},
}
IAM = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
SCHEMES = {"key": KEY, "token": TOKEN, "request": REQUEST, "users": USERS, "iam": IAM}


def secured(get: Any, **more: Any) -> dict[str, Any]:
    return document(get, components={"securitySchemes": SCHEMES}, **more)


def test_authorizers_of_all_types(compile_):
    found = compile_(secured(operation()))
    assert found["Authorizer token"].type == "TOKEN"
    assert found["Authorizer token"].identitySource == "method.request.header.X-Token"
    assert found["Authorizer token"].authType == "custom"
    assert found["Authorizer token"].authorizerResultTtlInSeconds == 60
    assert found["Authorizer request"].identitySource == "method.request.querystring.t"
    assert found["Authorizer users"].providerARNs == {POOL}
    assert found["Authorizer users"].identitySource == "method.request.header.X-Token"
    assert {name for name in found.resources if name.startswith("Auth")} == {
        "Authorizer token",
        "Authorizer request",
        "Authorizer users",
    }


@pytest.mark.parametrize(
    ("security", "everywhere", "wanted"),
    [
        (None, None, ("NONE", None, set(), False)),
        ([{"token": []}], None, ("CUSTOM", "token", set(), False)),
        ([{"users": ["a", "b"]}], None, ("COGNITO_USER_POOLS", "users", {"a", "b"}, False)),
        ([{"iam": []}], None, ("AWS_IAM", None, set(), False)),
        ([{"key": []}], None, ("NONE", None, set(), True)),
        ([{"token": []}, {"key": []}], None, ("CUSTOM", "token", set(), True)),
        ([{"token": [], "key": []}], None, ("CUSTOM", "token", set(), True)),
        (None, [{"users": ["a"]}], ("COGNITO_USER_POOLS", "users", {"a"}, False)),
        ([{"request": []}], [{"users": ["a"]}], ("CUSTOM", "request", set(), False)),
        ([], [{"users": ["a"]}], ("NONE", None, set(), False)),
        (None, [{"key": []}], ("NONE", None, set(), True)),
    ],
)
def test_security_of_the_operation_or_else_of_the_document(compile_, security, everywhere, wanted):
    get = operation() if security is None else operation(security=security)
    method = compile_(secured(get, **({} if everywhere is None else {"security": everywhere})))[GET]
    found = (method.authorizationType, method.authorizer, set(method.authorizationScopes), method.apiKeyRequired)
    assert found == wanted


def test_an_operation_may_say_its_authentication_itself(compile_):
    get = operation(**{"x-amazon-apigateway-auth": {"type": "aws_iam"}})
    assert compile_(document(get))[GET].authorizationType == "AWS_IAM"
    get["x-amazon-apigateway-auth"]["type"] = "NONE"
    assert compile_(secured(get, security=[{"token": []}]))[GET].authorizationType == "NONE"


# ── together with what is written by hand ────────────────────────────────────────────────────────


def test_hand_written_parts_come_beside(compile_):
    by_hand = {
        "cors": {"allowOrigins": ["*"]},
        "models": {"Dog": {"schema": PET}},
        "paths": {"/pets": {"methods": {"POST": {"integration": {"lambda": "add"}}}}, "/cats": {}},
        "stages": {"prod": {}},
    }
    found = compile_(document(**named(Pet=PET)), by_hand)
    assert {
        "Model Pet",
        "Model Dog",
        "Path /cats",
        "Stage prod",
        GET,
        "Path /pets > Method POST",
    } <= found.resources.keys()
    assert "Path /pets > Method OPTIONS" in found.resources
    assert (
        "method.response.header.Access-Control-Allow-Origin"
        in found[f"{GET} > MethodResponse 200"].responseParameters
    )


TWIN = {
    "name": "Shop",
    "version": "1.0",
    "models": {"Pet": {"schema": PET}},
    "authorizers": {
        "token": {
            "type": "TOKEN",
            "authorizerUri": URI,
            "identitySource": "method.request.header.X-Token",
            "authorizerResultTtlInSeconds": 60,
            "authType": "custom",
        }
    },
    "paths": {
        "/pets": {
            "methods": {
                "POST": {
                    "operationName": "addPet",
                    "authorizer": "token",
                    "requestModels": {JSON: "Pet"},
                    "integration": {
                        "type": "MOCK",
                        "requestTemplates": MOCK["requestTemplates"],
                        "responses": {"200": {}},
                    },
                    "responses": {"200": {}},
                }
            }
        }
    },
}


def test_a_document_and_its_hand_written_twin_are_the_same_resources(compile_, tmp_path):
    post = operation(
        operationId="addPet",
        security=[{"token": []}],
        requestBody={"content": {JSON: {"schema": {"$ref": "#/components/schemas/Pet"}}}},
    )
    components = {"schemas": {"Pet": PET}, "securitySchemes": {"token": TOKEN}}
    found = compile_(document(paths={"/pets": {"post": post}}, components=components))
    twin = of_spec(tmp_path, TWIN)
    assert twin.problems == []
    assert found.resources == twin.resources
