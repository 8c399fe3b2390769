"""The JSON Schema accepts what the loader accepts, and refuses what authors get wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from controller.model import KINDS
from controller.schema import json_schema
from controller.source.document import KEYS, METADATA


SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)

SPECS = r"""
apiVersion: apigateway/v1
kind: RestApi
metadata:
  name: photos
  targets: [dev, prod]
  onDelete: retain
  protect: false
  suspend: {reason: incident 42, until: "2026-12-01T12:00:00Z"}
spec:
  description: Photo upload and listing
  endpointConfiguration: {types: [REGIONAL]}
  binaryMediaTypes: [image/*]
  policy: {$file: policies/photos.json}
  minimumCompressionSize: "{{ smallest }}"
  disableExecuteApiEndpoint: "{{ hidden }}"
  tags: {team: media}
  cors: {allowOrigins: ["https://photos.example.com"], allowHeaders: [Authorization], maxAge: 600}
  authorizers:
    users: {type: COGNITO_USER_POOLS, providerARNs: ["{{ userPoolArn }}"]}
    partner: {type: TOKEN, lambda: partner-authorizer, authorizerResultTtlInSeconds: 60}
  models:
    Photo: {contentType: application/json, schema: {type: object, properties: {id: {type: string}}}}
    Other: {schema: {$file: other.json}}
  requestValidators:
    body: {validateRequestBody: true}
  gatewayResponses:
    DEFAULT_4XX: {responseTemplates: {application/json: '{"error": $context.error.messageString}'}}
  paths:
    /empty:
    /photos:
      methods:
        GET:
          authorizationType: COGNITO_USER_POOLS
          authorizer: users
          requestParameters: {method.request.querystring.limit: false}
          integration: {lambda: list-photos}
        POST:
          authorizationType: AWS_IAM
          requestValidator: body
          integration: {type: HTTP_PROXY, integrationHttpMethod: POST, uri: "https://{{ backend }}/photos"}
        PUT: {$file: put.yaml}
    /health:
      methods:
        GET:
          integration:
            type: MOCK
            requestTemplates: {application/json: {$file: health.vtl}}
            responses: {"200": {responseTemplates: {application/json: '{"ok": true}'}}}
          responses: {"200": {}}
  stages:
    prod:
      tracingEnabled: true
      accessLogSettings: {destinationArn: "{{ logGroupArn }}", format: $context.requestId}
      methodSettings:
        "*/*": {metricsEnabled: true, loggingLevel: "{{ level }}", throttlingRateLimit: 100}
overrides:
  prod: {description: null}
---
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: acme}
spec: {value: {$env: ACME_API_KEY}}
---
apiVersion: apigateway/v1
kind: UsagePlan
metadata: {name: partners}
spec:
  apiStages:
    - {api: photos, stage: prod, throttle: {"GET /photos": {rateLimit: 5, burstLimit: 10}}}
  quota: {limit: 100000, period: MONTH}
  apiKeys: [acme]
---
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: empty}
spec:
"""


def api(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apigateway/v1", "kind": "RestApi", "metadata": {"name": "a"}, "spec": spec}


def method(integration: Any) -> dict[str, Any]:
    return api(paths={"/a": {"methods": {"GET": {"integration": integration}}}})


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_reference_leads_somewhere() -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            node = list(node.values())
        if isinstance(node, list):
            for item in node:
                yield from references(item)

    assert {name.removeprefix("#/$defs/") for name in references(SCHEMA)} <= SCHEMA["$defs"].keys()


def test_every_kind_is_in_it_that_authors_can_write() -> None:
    written = {name for name, kind in KINDS.items() if kind.slot or not kind.container}
    names = {name for name in written if not (KINDS[name].slot and KINDS[name].slot.shape == "names")}
    assert names <= SCHEMA["$defs"].keys()


def test_the_frame_is_the_loaders() -> None:
    assert tuple(SCHEMA["properties"]) == KEYS
    assert SCHEMA["$defs"]["Metadata"]["properties"].keys() == METADATA.keys()


@pytest.mark.parametrize(
    "document", list(yaml.safe_load_all(SPECS)), ids=lambda document: document["metadata"]["name"]
)
def test_specs_are_accepted(document: Any) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


REFUSED = {
    "unknown field": api(descripton="x"),
    "unknown field, deep": api(stages={"prod": {"methodSettings": {"*/*": {"throttling": 1}}}}),
    "unknown field of a method": api(paths={"/a": {"methods": {"GET": {"auth": "NONE"}}}}),
    "unknown field of the document": api() | {"status": {}},
    "unknown field of metadata": api() | {"metadata": {"name": "a", "namespace": "b"}},
    "bad name": api() | {"metadata": {"name": "-a"}},
    "unknown kind": api() | {"kind": "RestAPI"},
    "field of another kind": api(apiStages=[]),
    "wrong version": api() | {"apiVersion": "v1"},
    "no metadata": {"apiVersion": "apigateway/v1", "kind": "RestApi"},
    "text for a number": api(minimumCompressionSize="10"),
    "number out of range": api(minimumCompressionSize=-1),
    "unknown enum value": api(apiKeySource="COOKIE"),
    "neither type nor lambda": method({"uri": "x"}),
    "derived field": api(stages={"prod": {"deployment": "x"}}),
    "internal field": api(stages={"prod": {"methodSettings": {"*/*": {"spelling": "x"}}}}),
    "secret in git": {**api(value="hunter2"), "kind": "ApiKey"},
    "misspelt reference": api(policy=1, description={"$fil": "x"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_mistakes_are_refused(name: str) -> None:
    assert not VALIDATOR.is_valid(REFUSED[name])


def test_lambda_stands_for_the_type() -> None:
    assert VALIDATOR.is_valid(method({"lambda": "f"}))
    assert VALIDATOR.is_valid(method({"type": "MOCK"}))


def test_editors_get_help() -> None:
    stage = SCHEMA["$defs"]["Stage"]["properties"]
    assert stage["tracingEnabled"]["default"] is False
    assert "GET /pets" in stage["methodSettings"]["description"]
    assert SCHEMA["$defs"]["RestApi"]["properties"]["paths"]["description"].startswith("By path: ")


def test_the_checked_in_schema_is_this_one() -> None:
    file = Path(__file__).parents[1] / "specs" / "schema.json"
    if not file.exists():
        pytest.skip("run `make generate`")
    assert json.loads(file.read_text()) == SCHEMA
