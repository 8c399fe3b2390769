"""`reconcile import --update`: drift is written back at its place, in its author's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.errors import UsageError
from controller.importing.update import Updated, update
from controller.reconcile import Pass
from controller.request import Request, desired
from controller.retry import Patient
from controller.settings import Settings, Target
from tests.engine import HERE
from tests.fake import FakeGateway


SPEC = """\
# yaml-language-server: $schema=schema.json
# The shop.
apiVersion: apigateway/v1
kind: RestApi
metadata:
  name: shop
spec:
  description: The shop   # shown in the console
  permissions: unmanaged
  cors: {allowOrigins: ["https://a.example"], maxAge: 60}
  binaryMediaTypes: [image/png]
  authorizers:
    users: {type: TOKEN, lambda: check}   # ours
  models:
    Pet: {schema: {$file: pet.json}}
  gatewayResponses:
    THROTTLED:
      responseTemplates: {application/json: {$file: slow.vtl}}
  paths:
    # what is for sale
    /pets:
      methods:
        GET:
          authorizer: users
          integration: {lambda: list-pets}   # quick
        POST:
          integration: {type: HTTP_PROXY, integrationHttpMethod: POST, uri: "https://{{ backend }}/pets"}
    /toys:
      methods:
        GET:
          integration:
            type: AWS_PROXY
            integrationHttpMethod: POST
            uri: TOYS_URI
            timeoutInMillis: 29000
  stages:
    prod:
      # one for all
      methodSettings:
        "*/*": {throttlingRateLimit: 100, throttlingBurstLimit: 10}
        "GET /pets": {throttlingRateLimit: 100, loggingLevel: INFO}
      variables: {table: pets}
overrides:
  default:
    stages: {prod: {description: the default one}}
---
apiVersion: apigateway/v1
kind: UsagePlan
metadata: {name: gold}
spec:
  apiStages:
    - {api: shop, stage: prod}   # all of it
  throttle: {rateLimit: 5, burstLimit: 10}
"""
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
INVOKE = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}"
SPEC = SPEC.replace("TOYS_URI", f"{INVOKE}toys/invocations")


class Checkout:
    """A checkout whose specs were brought about, and the account to drift in."""

    def __init__(self, folder: Path, fake: FakeGateway) -> None:
        self.folder, self.fake = folder, fake
        target = Target(variables={"backend": "b.example"})
        self.request = Request((folder / "specs",), folder, Settings(targets={"default": target}), "default")
        self.file = folder / "specs" / "shop.yaml"

    def plan(self) -> list[str]:
        report = self._pass().plan()
        return [f"{c.action} {c.root} > {c.path}" for c in report.changes]

    def converge(self) -> None:
        import threading  # noqa: PLC0415

        one = self._pass()
        one.plan()
        report = one.apply(lambda _: None, threading.Event())
        assert report.summary.failed == 0

    def update(self, *names: str) -> Updated:
        return update(self.request, names, Patient(self.fake, sleep=lambda _: None), HERE)

    def _pass(self) -> Pass:
        state = desired(self.request, HERE, lambda _: "")
        return Pass(self.request, state, Patient(self.fake, sleep=lambda _: None), HERE)

    @property
    def api(self) -> str:
        (found,) = self.fake.world.apis
        return found

    def patch(self, operation: str, *patches: tuple[str, str, str], **params: str) -> None:
        operations = [{"op": op, "path": path, "value": value} for op, path, value in patches]
        self.fake(operation, {**params, "patchOperations": operations})

    def path(self, path: str) -> str:
        items = self.fake("GetResources", {"restApiId": self.api, "limit": 500})["items"]
        return next(item["id"] for item in items if item["path"] == path)

    def diff(self, old: str = SPEC) -> list[str]:
        """The lines that were taken out and put in."""
        import difflib  # noqa: PLC0415

        lines = difflib.ndiff(old.splitlines(), self.file.read_text().splitlines())
        return [line for line in lines if line[0] in "+-"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "shop.yaml").write_text(SPEC)
    (specs / "pet.json").write_text('{"type": "object"}\n')
    (specs / "slow.vtl").write_text('{"slow": "{{ down }}"}')
    found = Checkout(tmp_path, FakeGateway())
    found.converge()
    assert found.plan() == []
    return found


def test_nothing_differs_and_nothing_is_written(checkout: Checkout):
    result = checkout.update()
    assert (result.written, result.left) == ([], [])
    assert checkout.file.read_text() == SPEC


def test_a_field_is_set_at_its_place_and_comments_stay(checkout: Checkout):
    checkout.patch("UpdateRestApi", ("replace", "/description", "Pets and toys"), restApiId=checkout.api)
    result = checkout.update()
    assert result.written == ["specs/shop.yaml:8: description"]
    assert checkout.diff() == [
        "-   description: The shop   # shown in the console",
        "+   description: Pets and toys # shown in the console",
    ]
    assert checkout.plan() == []
    assert result.report.changes == ()


def test_lists_mappings_and_further_documents(checkout: Checkout):
    checkout.patch("UpdateRestApi", ("add", "/binaryMediaTypes/image~1gif", ""), restApiId=checkout.api)
    stage = {"restApiId": checkout.api, "stageName": "prod"}
    checkout.patch(
        "UpdateStage", ("replace", "/variables/table", "cats"), ("replace", "/variables/cold", "yes"), **stage
    )
    (plan,) = checkout.fake.world.usage_plans
    checkout.patch("UpdateUsagePlan", ("replace", "/throttle/rateLimit", "7"), usagePlanId=plan)
    checkout.update()
    assert checkout.diff() == [
        "-   binaryMediaTypes: [image/png]",
        "+   binaryMediaTypes: [image/png, image/gif]",
        "-       variables: {table: pets}",
        "+       variables: {table: cats, cold: yes}",
        "-   throttle: {rateLimit: 5, burstLimit: 10}",
        "+   throttle: {rateLimit: 7, burstLimit: 10}",
    ]
    assert [line for line in checkout.plan() if "Deployment" not in line and "Stage prod" not in line] == []


def test_a_plan_alone_is_chosen_by_its_name(checkout: Checkout):
    (plan,) = checkout.fake.world.usage_plans
    checkout.patch("UpdateUsagePlan", ("replace", "/throttle/rateLimit", "7"), usagePlanId=plan)
    checkout.patch("UpdateRestApi", ("replace", "/description", "x"), restApiId=checkout.api)
    result = checkout.update("gold")
    assert [line.split(": ")[1] for line in result.written] == ["throttle.rateLimit"]
    with pytest.raises(UsageError, match="no spec named 'silver'"):
        checkout.update("silver")


def test_shorthands_are_used_where_the_author_used_them(checkout: Checkout):
    uri = f"{INVOKE}other/invocations"
    for path in ("/pets", "/toys"):
        place = {"restApiId": checkout.api, "resourceId": checkout.path(path), "httpMethod": "GET"}
        checkout.patch("UpdateIntegration", ("replace", "/uri", uri), **place)
    checkout.update()
    old = SPEC.splitlines()
    assert checkout.diff() == [
        "-           integration: {lambda: list-pets}   # quick",
        "+           integration: {lambda: other}       # quick",
        f"- {next(line for line in old if 'function:toys' in line)}",
        f"+             uri: {uri}",
    ]
    assert {line.split(" > ")[1].split()[0] for line in checkout.plan()} == {"Deployment", "Stage"}


def test_what_was_added_and_removed_is(checkout: Checkout):
    api = checkout.api
    root = checkout.path("/")
    made = checkout.fake("CreateResource", {"restApiId": api, "parentId": root, "pathPart": "health"})["id"]
    place = {"restApiId": api, "resourceId": made, "httpMethod": "GET"}
    checkout.fake("PutMethod", {**place, "authorizationType": "NONE"})
    template = {"application/json": '{"statusCode": 200}'}
    checkout.fake("PutIntegration", {**place, "type": "MOCK", "requestTemplates": template})
    checkout.fake("DeleteResource", {"restApiId": api, "resourceId": checkout.path("/toys")})
    result = checkout.update()
    text = checkout.file.read_text()
    assert "/toys" not in text
    assert "    # what is for sale\n    /pets:" in text
    assert "    /health:\n      methods:\n        GET:\n          integration:\n            type: MOCK\n" in text
    assert result.left == [] or all("OPTIONS" not in line for line in result.left)
    assert {line.split(" > ")[1].split()[0] for line in checkout.plan()} <= {"Deployment", "Stage"}


def test_a_file_that_is_included_once_is_written_itself(checkout: Checkout):
    api = checkout.api
    checkout.patch("UpdateModel", ("replace", "/schema", '{"type":"array"}'), restApiId=api, modelName="Pet")
    checkout.fake(
        "PutGatewayResponse",
        {
            "restApiId": api,
            "responseType": "THROTTLED",
            "responseTemplates": {"application/json": "wait {{ long }}"},
            "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'https://a.example'"},
        },
    )
    result = checkout.update()
    assert result.left == []
    assert checkout.diff() == []
    assert (checkout.folder / "specs" / "slow.vtl").read_text() == "wait {{ long }}"
    assert (checkout.folder / "specs" / "pet.json").read_text() == '{\n  "type": "array"\n}\n'


def test_a_file_that_is_included_twice_is_not_written(checkout: Checkout):
    other = checkout.folder / "specs" / "zoo.yaml"
    other.write_text(
        "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: zoo}\n"
        "spec: {models: {Pet: {schema: {$file: pet.json}}}}\n"
    )
    checkout.converge()
    api = next(key for key, item in checkout.fake.world.apis.items() if item.record["name"] == "shop")
    checkout.patch("UpdateModel", ("replace", "/schema", '{"type":"array"}'), restApiId=api, modelName="Pet")
    result = checkout.update()
    assert result.left == [
        "specs/shop.yaml:15: models.Pet.schema.type comes from specs/pet.json, which is included elsewhere too"
    ]
    assert (checkout.folder / "specs" / "pet.json").read_text() == '{"type": "object"}\n'


def test_variables_and_overrides_are_told_of_with_their_place(checkout: Checkout):
    place = {"restApiId": checkout.api, "resourceId": checkout.path("/pets"), "httpMethod": "POST"}
    checkout.patch("UpdateIntegration", ("replace", "/uri", "https://other.example/pets"), **place)
    stage = {"restApiId": checkout.api, "stageName": "prod"}
    checkout.patch("UpdateStage", ("replace", "/description", "by hand"), **stage)
    result = checkout.update()
    assert result.left == [
        "specs/shop.yaml:27: paths./pets.methods.POST.integration.uri comes from {{ backend }}",
        "specs/shop.yaml:45: stages.prod.description comes from the overrides of default",
    ]
    assert checkout.file.read_text() == SPEC


def test_a_setting_for_all_methods_and_one_that_said_the_same(checkout: Checkout):
    stage = {"restApiId": checkout.api, "stageName": "prod"}
    checkout.patch(
        "UpdateStage",
        ("replace", "/*/*/throttling/rateLimit", "200"),
        ("replace", "/~1pets/GET/throttling/rateLimit", "200"),
        **stage,
    )
    result = checkout.update()
    assert (result.left, checkout.plan()) == ([], [])
    assert "# one for all" in checkout.file.read_text()
    assert '"GET /pets": {loggingLevel: INFO}' in checkout.file.read_text()


def test_lines_that_nothing_is_done_to_stay_as_they_are_laid_out(checkout: Checkout):
    text = SPEC.replace("  description: The shop   #", "  description:   'The shop'   #")
    text = text.replace("[image/png]", "[ image/png ]").replace(": {table: pets}", ":  { table: pets }")
    text = text.replace("    - {api: shop, stage: prod}   # all", "  - { api: shop, stage: prod }   # all")
    checkout.file.write_text(text)
    assert checkout.plan() == []
    (plan,) = checkout.fake.world.usage_plans
    checkout.patch("UpdateUsagePlan", ("replace", "/throttle/rateLimit", "7"), usagePlanId=plan)
    checkout.update()
    assert checkout.diff(text) == [
        "-   throttle: {rateLimit: 5, burstLimit: 10}",
        "+   throttle: {rateLimit: 7, burstLimit: 10}",
    ]


def test_cors_stays_a_shorthand(checkout: Checkout):
    for path in ("/pets", "/toys"):
        place = {"restApiId": checkout.api, "resourceId": checkout.path(path), "httpMethod": "OPTIONS"}
        header = "/responseParameters/method.response.header.Access-Control-Max-Age"
        found = checkout.fake("GetIntegrationResponse", {**place, "statusCode": "200"})["responseParameters"]
        del header
        found["method.response.header.Access-Control-Max-Age"] = "'90'"
        checkout.fake("PutIntegrationResponse", {**place, "statusCode": "200", "responseParameters": found})
    checkout.update()
    assert checkout.diff() == [
        '-   cors: {allowOrigins: ["https://a.example"], maxAge: 60}',
        '+   cors: {allowOrigins: ["https://a.example"], maxAge: 90}',
    ]


def test_what_an_openapi_document_says_is_told_of_and_what_it_does_not_say_is_written(tmp_path: Path):
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "api.json").write_text(
        '{"openapi": "3.0.1", "info": {"title": "shop", "version":"1"}, "paths": {"/pets": {"get": {"responses":{},'
        '"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "https://a.example"}'
        "}}}}"
    )
    (specs / "shop.yaml").write_text(
        "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: shop}\n"
        "spec:\n  openapi: {$file: api.json}\n  stages: {prod: {}}\n"
    )
    checkout = Checkout(tmp_path, FakeGateway())
    checkout.converge()
    assert checkout.plan() == []
    place = {"restApiId": checkout.api, "resourceId": checkout.path("/pets"), "httpMethod": "GET"}
    checkout.patch("UpdateIntegration", ("replace", "/uri", "https://b.example"), **place)
    checkout.patch("UpdateStage", ("replace", "/description", "x"), restApiId=checkout.api, stageName="prod")
    result = checkout.update()
    assert result.left == [
        "specs/shop.yaml:5:3: paths./pets.methods.GET.integration.uri comes from the OpenAPI document"
    ]
    assert result.written == ["specs/shop.yaml: stages.prod.description"]
