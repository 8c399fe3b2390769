"""An API as an OpenAPI document: valid by OpenAPI's own schema, and with everything in it."""

import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV30SpecValidator

from controller.address import Address
from controller.cli import main
from controller.diff import diff
from controller.families import Families
from controller.kinds.rest.openapi.export import exported
from controller.lower import is_carried
from controller.state import State
from tests.engine import HERE, desired
from tests.openapi import compiled
from tests.strategies import worlds


ROOT = Address("RestApi", "shop")
# AWS writes a greedy variable {name+}, and its parameter without the plus; OpenAPI knows no such variables.
GREEDY = "+}'"


MANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def document(spec, stage="", **others):
    state = desired({"RestApi shop": {"permissions": "unmanaged", **spec}, **others})
    return exported(ROOT, state.resources, HERE, stage)


def method(**fields):
    return {"integration": {"type": "MOCK"}, **fields}


def operation(found, path="/a", verb="get"):
    return found["paths"][path][verb]


def broken(found):
    errors = [str(error.message) for error in OpenAPIV30SpecValidator(found).iter_errors()]
    return [error for error in errors if not (error.startswith("Path parameter") and GREEDY in error)]


@MANY
@given(worlds())
def test_whatever_is_desired_is_a_valid_document(world):
    state = desired(world)
    for root in (at for at in state.roots() if at.kind == "RestApi"):
        stages = [at.key for at in state.resources if at.parent == root and at.kind == "Stage"]
        for stage in ["", *stages]:
            found = exported(root, state.resources, HERE, stage)
            assert broken(json.loads(json.dumps(found))) == []


def test_integrations_and_their_responses_are_in_aws_words():
    template = {"application/json": "{}"}
    backend = {
        "type": "HTTP",
        "uri": "https://a.example",
        "integrationHttpMethod": "POST",
        "timeoutInMillis": 5000,
        "cacheKeyParameters": ["method.request.querystring.q"],
        "requestParameters": {"integration.request.querystring.q": "method.request.querystring.q"},
        "tlsConfig": {"insecureSkipVerification": True},
        "responses": {"200": {}, "404": {"selectionPattern": "4..", "responseTemplates": template}},
    }
    answers = {"200": {"responseParameters": {"method.response.header.X": True}}, "404": {}}
    found = document(
        {
            "paths": {
                "/a": {
                    "methods": {
                        "ANY": {
                            "integration": backend,
                            "requestParameters": {"method.request.querystring.q": True},
                            "responses": answers,
                        }
                    }
                }
            }
        }
    )
    assert operation(found, verb="x-amazon-apigateway-any-method") == {
        "parameters": [{"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}],
        "responses": {
            "200": {
                "description": "200 response",
                "headers": {"X": {"schema": {"type": "string"}, "required": True}},
            },
            "404": {"description": "404 response"},
        },
        "x-amazon-apigateway-integration": {
            "type": "http",
            "httpMethod": "POST",
            "uri": "https://a.example",
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": 5000,
            "cacheKeyParameters": ["method.request.querystring.q"],
            "requestParameters": {"integration.request.querystring.q": "method.request.querystring.q"},
            "tlsConfig": {"insecureSkipVerification": True},
            "responses": {
                "default": {"statusCode": "200"},
                "4..": {"statusCode": "404", "responseTemplates": template},
            },
        },
    }


def test_models_refer_to_each_other_inside_the_document():
    pets = {"type": "array", "items": {"$ref": "#/models/Pet"}}
    body = {"requestModels": {"application/json": "Pets"}, "responses": {"500": {}}}
    body["responses"]["500"] = {"responseModels": {"application/json": "Error"}}
    found = document(
        {
            "models": {"Pet": {"schema": {"type": "object"}}, "Pets": {"schema": pets}},
            "paths": {"/a": {"methods": {"GET": method(**body)}}},
        }
    )
    schemas = found["components"]["schemas"]
    assert schemas["Pets"] == {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    assert schemas["Error"]["title"] == "Error Schema"
    assert operation(found)["requestBody"]["content"]["application/json"] == {
        "schema": {"$ref": "#/components/schemas/Pets"}
    }


def test_every_way_to_ask_who_calls_is_a_security_scheme():
    pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/a"
    found = document(
        {
            "authorizers": {
                "users": {"type": "COGNITO_USER_POOLS", "providerARNs": [pool]},
                "token": {
                    "type": "TOKEN",
                    "lambda": "f",
                    "identitySource": "method.request.header.X",
                    "authorizerResultTtlInSeconds": 0,
                },
                "api_key": {
                    "type": "REQUEST",
                    "lambda": "f",
                    "identitySource": "method.request.header.A,context.path",
                },
            },
            "paths": {
                "/a": {
                    "methods": {
                        "GET": method(authorizer="users", authorizationScopes=["b", "a"], apiKeyRequired=True),
                        "PUT": method(authorizationType="AWS_IAM"),
                        "POST": method(authorizer="token"),
                        "HEAD": method(),
                    }
                }
            },
        }
    )
    schemes = found["components"]["securitySchemes"]
    assert operation(found)["security"] == [{"users": ["a", "b"]}, {"api_key_": []}]
    assert operation(found, verb="put")["security"] == [{"sigv4": []}]
    assert "security" not in operation(found, verb="head")
    assert schemes["api_key_"] == {"type": "apiKey", "name": "x-api-key", "in": "header"}
    assert schemes["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert schemes["users"]["x-amazon-apigateway-authorizer"] == {
        "type": "cognito_user_pools",
        "providerARNs": [pool],
    }
    assert (schemes["token"]["name"], schemes["api_key"]["name"]) == ("X", "Unused")
    assert schemes["token"]["x-amazon-apigateway-authorizer"]["authorizerResultTtlInSeconds"] == 0
    wanted = "method.request.header.A,context.path"
    assert schemes["api_key"]["x-amazon-apigateway-authorizer"]["identitySource"] == wanted


def test_the_settings_of_the_api_are_in_it():
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "execute-api:/*"}]}
    found = document(
        {
            "name": "The shop",
            "description": "sells",
            "version": "7",
            "apiKeySource": "AUTHORIZER",
            "binaryMediaTypes": ["image/png", "a/b"],
            "minimumCompressionSize": 0,
            "policy": policy,
            "disableExecuteApiEndpoint": True,
            "gatewayResponses": {"THROTTLED": {"statusCode": "418"}},
            "requestValidators": {"body": {"validateRequestBody": True}},
            "documentationParts": {"METHOD /a GET": {"properties": {"summary": "s"}}},
            "paths": {"/a": {"methods": {"GET": method(requestValidator="body", operationName="getA")}}},
        }
    )
    prefix = "x-amazon-apigateway-"
    assert found["info"] == {"title": "The shop", "version": "7", "description": "sells"}
    assert found[f"{prefix}api-key-source"] == "AUTHORIZER"
    assert found[f"{prefix}binary-media-types"] == ["a/b", "image/png"]
    assert found[f"{prefix}minimum-compression-size"] == 0
    assert found[f"{prefix}policy"]["Statement"][0]["Resource"] == ["execute-api:/*"]
    endpoint = {"disableExecuteApiEndpoint": True}
    assert found["servers"] == [{"url": "/", f"{prefix}endpoint-configuration": endpoint}]
    assert found[f"{prefix}gateway-responses"]["THROTTLED"]["statusCode"] == "418"
    assert found[f"{prefix}request-validators"]["body"] == {
        "validateRequestBody": True,
        "validateRequestParameters": False,
    }
    assert found[f"{prefix}documentation"]["documentationParts"] == [
        {"location": {"type": "METHOD", "path": "/a", "method": "GET"}, "properties": {"summary": "s"}}
    ]
    assert operation(found)[f"{prefix}request-validator"] == "body"
    assert operation(found)["operationId"] == "getA"


def test_one_name_for_two_operations_is_said_once():
    named = {"/a": {"methods": {"GET": method(operationName="x"), "PUT": method(operationName="x")}}}
    found = document({"paths": named})
    assert [operation(found, verb=verb).get("operationId") for verb in ("get", "put")] == ["x", None]
    assert broken(found) == []


def test_a_stage_says_where_it_answers():
    spec = {
        "paths": {"/a": {"methods": {"GET": method()}}},
        "stages": {"prod": {"variables": {"backend": "b"}}},
    }
    domain = {
        "endpointConfiguration": {"types": ["EDGE"]},
        "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a",
        "basePathMappings": {"": {"api": "shop"}, "v1": {"api": "shop", "stage": "prod"}},
    }
    found = document(spec, "prod", **{"DomainName shop.example": domain})
    assert [server["url"] for server in found["servers"]] == [
        "https://shop.example/prod",
        "https://shop.example/v1",
        "https://{restApiId}.execute-api.eu-west-1.amazonaws.com/prod",
    ]
    assert all(server["x-stage-variables"] == {"backend": "b"} for server in found["servers"])
    assert broken(found) == []


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "reconcile.yaml").write_text(
        'specs: [shop.yaml]\ntargets: {default: {region: eu-west-1, account: "123456789012"}}\n'
    )
    (tmp_path / "shop.yaml").write_text(
        "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: shop}\nspec:\n"
        '  paths: {/a: {methods: {GET: {integration: {type: MOCK, requestTemplates: {a/b: "x\\ny"}}}}}}\n'
        "  stages: {prod: {}}\n"
    )
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("checkout")
def test_the_command_prints_yaml_or_json(capsys):
    assert main(["export", "shop"]) == 0
    text = capsys.readouterr().out
    assert "x\n" in text
    found = yaml.safe_load(text)
    assert broken(found) == []
    assert main(["export", "shop", "--stage", "prod", "-o", "json"]) == 0
    staged = json.loads(capsys.readouterr().out)
    assert staged.pop("servers")
    assert staged == found


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shpo"], "there is no API 'shpo' in the specs; there are: shop"),
        (["shop", "--stage", "x"], "there is no stage 'x' in the specs; there are: prod"),
    ],
)
def test_a_wrong_name_is_said_with_the_right_ones(words, said, capsys):
    assert main(["export", *words]) == 64
    assert said in capsys.readouterr().err


# ── there and back ───────────────────────────────────────────────────────────────────────────────

# What OpenAPI has no words for; the export says the rest.
UNSAID = {
    "RestApi": {"tags"},
    "Model": {"contentType", "description"},
    "Integration": {"vpcLink", "connectionId"},
    "MethodResponse": {"responseParameters"},
    "Method": {"operationName"},
}


def read_again(found, root, types):
    """The resources that a document and the type of the endpoint stand for, at the addresses of that API."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = compiled(Path(folder), found, {"endpointConfiguration": {"types": list(types)}})
    assert outcome.problems == []
    return {
        str(root) if name == "RestApi shop" else f"{root} > {name}": item
        for name, item in outcome.resources.items()
        if type(item).importable or name == "RestApi shop"
    }


@MANY
@given(worlds())
def test_a_document_stands_for_the_api_that_it_was_made_of(world):
    state = desired(world)
    for root in (at for at in state.roots() if at.kind == "RestApi"):
        here = {at: item for at, item in state.resources.items() if at == root or is_carried(at, root)}
        types = here[root].endpointConfiguration.types
        again = read_again(exported(root, state.resources, HERE), root, types)
        assert again.keys() == {str(at) for at in here}
        other = {at: again[str(at)] for at in here}
        for change in diff(State(Families(here)), State(Families(other))):
            said = {item.field for item in change.differences}
            assert said <= UNSAID.get(change.at.kind, set()), change
