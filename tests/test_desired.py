"""Bad input: every problem of a run at once, each with its exact place and, where one is near, the word meant."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from controller.desired import sound
from controller.errors import SpecErrors
from controller.offline import validate
from controller.request import Request
from controller.settings import Settings
from controller.terms import Scope
from tests.engine import documents


ROOTS = "Account, ApiKey, ClientCertificate, DomainName, RestApi, UsagePlan, VpcLink"


METHOD = "integration: {type: MOCK}"
GOOD = """
paths:
  /pets:
    methods:
      GET:
        integration: {type: MOCK}
stages:
  prod: {}
"""


def document(kind: str, name: str, spec: str) -> str:
    head = f"apiVersion: apigateway/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    return f"{head}spec:\n{indent(dedent(spec).strip() or '{}', '  ')}\n"


@pytest.fixture
def problems(tmp_path: Path):
    """What is wrong with a file of these documents: `line:column: message (hint)`."""

    def found(*documents: str, environ: dict[str, str] | None = None) -> list[str]:
        (tmp_path / "api.yaml").write_text("---\n".join(documents))
        request = Request((tmp_path,), tmp_path, Settings(), "default", environ=environ or {})
        try:
            validate(request)
        except SpecErrors as error:
            lines = [str(problem) for problem in error.problems]
        else:
            lines = []
        assert all(line.startswith("api.yaml:") for line in lines)
        return [line.removeprefix("api.yaml:") for line in lines]

    return found


def api(spec: str) -> str:
    return document("RestApi", "shop", spec)


def method(fields: str, above: str = "") -> str:
    """An API with one method; its fields begin in line 9, column 9, without `above`."""
    content = indent(dedent(fields).strip(), "        ")
    return api(f"{dedent(above)}\npaths:\n  /pets:\n    methods:\n      GET:\n{content}")


def test_a_good_spec_has_no_problems(problems):
    assert problems(api(GOOD)) == []


# ── fields ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("desciption: x", "5:3: unknown field 'desciption' in RestApi (did you mean 'description'?)"),
        ("colour: red", "5:3: unknown field 'colour' in RestApi"),
        (
            "models:\n  Pet: {shema: {type: object}}",
            "6:11: unknown field 'shema' in Model (did you mean 'schema'?)",
        ),
        (
            "stages:\n  prod: {tracingEnable: true}",
            "6:12: unknown field 'tracingEnable' in Stage (did you mean 'tracingEnabled'?)",
        ),
        ("paths:\n  /a: {method: {}}", "6:10: unknown field 'method' in Path (did you mean 'methods'?)"),
        ("deployment: x", "5:3: unknown field 'deployment' in RestApi"),
        ("name: [a]", "5:3: expected text"),
        ("minimumCompressionSize: '10'", "5:3: expected a whole number"),
        ("minimumCompressionSize: 1.5", "5:3: expected a whole number"),
        ("disableExecuteApiEndpoint: 'yes'", "5:3: expected true or false"),
        ("binaryMediaTypes: image/png", "5:3: expected a list"),
        ("tags: [a]", "5:3: expected a mapping"),
        ("tags: {n: 1}", "5:10: expected text"),
        ("apiKeySource: COOKIE", "5:3: input should be 'HEADER' or 'AUTHORIZER'"),
        ("minimumCompressionSize: 99999999", "5:3: input should be less than or equal to 10485760"),
        ("models: [a]", "5:3: expected a mapping of names to contents"),
        ("models:\n  Pet: text", "6:5: expected a mapping, the content of a Model"),
        ("models:\n  Pet: {}", "6:5: Model needs the field 'schema'"),
        ("endpointConfiguration: {types: [EDGE, REGIONAL]}", "5:27: expected at most 1 item"),
        ("endpointConfiguration: {typos: [EDGE]}", "5:27: unknown field 'typos'"),
        ("stages:\n  prod:\n    methodSettings:\n      '*/*': {loggingLevel: DEBUG}", "8:17: input should be"),
        ("tags: {'reconcile:owner': me}", "tags that begin with aws: or reconcile: are reserved: reconcile:owner"),
        ("tags: {'aws:x': me}", "are reserved: aws:x"),
    ],
)
def test_a_field_is_wrong(problems, spec, wanted):
    rest = "" if "paths" in spec else f"\npaths: {{/: {{methods: {{GET: {{{METHOD}}}}}}}}}"
    found = problems(api(spec + rest))
    assert any(wanted in problem for problem in found), found


@pytest.mark.parametrize(
    ("kind", "spec", "wanted"),
    [
        (
            "RestAPI",
            "{}",
            f"2:1: unknown kind 'RestAPI'; there are {ROOTS} (did you mean 'RestApi'?)",
        ),
        ("Method", "{}", f"2:1: unknown kind 'Method'; there are {ROOTS}"),
        ("UsagePlan", "quota: {limit: 5, period: YEAR}", "5:21: input should be 'DAY', 'WEEK' or 'MONTH'"),
        ("UsagePlan", "quota: {limit: 5}", "5:3: UsagePlan needs the field 'period'"),
        ("UsagePlan", "apiKeys: [1]", "5:3: expected a list of names"),
        ("UsagePlan", "apiKeys: acme", "5:3: expected a list of names"),
        ("ApiKey", "enabled: 1", "5:3: expected true or false"),
        ("ApiKey", "generateDistinctid: true", "did you mean 'generateDistinctId'?"),
    ],
)
def test_a_document_is_wrong(problems, kind, spec, wanted):
    (problem,) = problems(document(kind, "x", spec))
    assert wanted in problem


# ── references ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "above", "wanted"),
    [
        (
            f"authorizer: user\nauthorizationType: CUSTOM\n{METHOD}",
            "authorizers: {users: {type: TOKEN, lambda: f}}",
            "10:11: there is no Authorizer 'user' in RestApi shop (did you mean 'users'?)",
        ),
        (
            f"requestValidator: bodi\n{METHOD}",
            "requestValidators: {body: {}}",
            "10:11: there is no RequestValidator 'bodi' in RestApi shop (did you mean 'body'?)",
        ),
        (
            f"requestModels: {{application/json: Pett}}\n{METHOD}",
            "models: {Pet: {schema: {type: object}}}",
            "there is no Model 'Pett' in RestApi shop (did you mean 'Pet'?)",
        ),
    ],
)
def test_a_method_refers_to_nothing(problems, fields, above, wanted):
    (problem,) = problems(method(fields, above))
    assert wanted in problem


def test_models_that_aws_makes_can_be_referred_to(problems):
    assert problems(method(f"requestModels: {{application/json: Empty}}\n{METHOD}")) == []


def test_a_model_refers_to_nothing(problems):
    spec = "models: {Pets: {schema: {type: array, items: {$ref: '#/models/Pet'}}}}"
    assert "there is no Model 'Pet' in RestApi shop" in problems(api(spec))[0]


def test_a_usage_plan_refers_to_nothing(problems):
    plan = document("UsagePlan", "gold", "apiStages: [{api: shap, stage: prod}]\napiKeys: [acm]")
    shop, key = api(GOOD), document("ApiKey", "acme", "")
    found = problems(plan, shop, key)
    assert any("5:3: there is no RestApi 'shap' (did you mean 'shop'?)" in problem for problem in found)
    assert any("there is no ApiKey 'acm' (did you mean 'acme'?)" in problem for problem in found)
    plan = document("UsagePlan", "gold", "apiStages: [{api: shop, stage: prd}]")
    (problem,) = problems(plan, shop)
    assert "5:3: there is no Stage 'prd' in RestApi shop (did you mean 'prod'?)" in problem


# ── what AWS would refuse ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        ("{pets: {}}", "a path begins with a slash"),
        ("{/pets/: {}}", "no empty segment and no slash at its end"),
        ("{'/pe ts': {}}", "segment 'pe ts' is not possible"),
        ("{'/pets{id}': {}}", "segment 'pets{id}' is not possible"),
        ("{'/{a}': {}, '/{b}': {}}", "only one variable can follow the same path: /{a} and /{b}"),
        ("{'/{a+}/x': {}}", "nothing can be below /{a+}"),
        ("{/: {methods: {get: {integration: {type: MOCK}}}}}", "expected a verb in capitals"),
        ("{/: {methods: {GET: {}}}}", "GET has no integration"),
        ("{/: {methods: {GET: null}}}", "GET has no integration"),
        ("{/: {methods: {GET: {integration: {type: HTTP}}}}}", "HTTP needs a uri"),
    ],
)
def test_a_path_or_method_is_impossible(problems, paths, wanted):
    found = problems(api(f"paths: {paths}"))
    assert any(wanted in problem for problem in found)
    assert all(problem[0].isdigit() for problem in found)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (f"authorizationType: CUSTOM\n{METHOD}", "9:11: CUSTOM needs an authorizer"),
        (
            f"requestParameters: {{method.request.header.a: true, method.request.path.a: true}}\n{METHOD}",
            "names must be unique across querystring, header and path",
        ),
        ("integration: {type: MOCK, responses: {'200': {}}}", "the method has no response 200"),
        (
            "integration: {type: MOCK, responses: {'200': {}, '400': {}}}\nresponses: {'200': {}, '400': {}}",
            "responses 200 and 400 have the same selectionPattern",
        ),
        ("integration: {type: MOCK, responses: {'99': {}}}", "expected a status code such as 200"),
        ("integration: {type: HTTP, uri: x, lambda: f}", "give either lambda or uri, not both"),
        ("integration: {lambda: 'a b'}", "9:25: expected the name or ARN of a Lambda function"),
        ("integration: {type: MOCK, connectionType: VPC_LINK}", "VPC_LINK needs a vpcLink, or a connectionId"),
        ("integration: {type: MOCK, timeoutInMillis: 10}", "9:37: input should be greater than or equal to 50"),
    ],
)
def test_a_method_would_be_refused(problems, fields, wanted):
    found = problems(method(fields))
    assert any(wanted in problem for problem in found), found


def test_a_stage_needs_methods(problems):
    (problem,) = problems(api("stages: {prod: {}}"))
    assert "5:12: a stage needs something to serve" in problem


# ── secrets and the environment ──────────────────────────────────────────────────────────────────


def test_the_value_of_a_key_does_not_belong_in_a_spec_and_is_never_shown(problems):
    (problem,) = problems(document("ApiKey", "acme", "value: hunter2hunter2hunter2"))
    assert "5:3: a key's value is a secret and does not belong in git" in problem
    assert "hunter2" not in problem


def test_a_secret_must_be_set_and_may_stand_only_where_one_belongs(problems):
    reference = document("ApiKey", "acme", "value: {$env: ACME}")
    assert problems(reference, environ={"ACME": "hunter2hunter2hunter2"}) == []
    (problem,) = problems(reference)
    assert "ACME" in problem
    (problem,) = problems(api("description: {$env: ACME}"), environ={"ACME": "hunter2"})
    assert "a secret does not belong here" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "fields",
    [
        "models: {Pet: {schema: {type: object, enum: [{$env: ACME}]}}}",
        "policy: {Statement: [{Effect: Allow, Principal: {$env: ACME}}]}",
    ],
)
def test_a_document_in_aws_is_no_place_for_a_secret(problems, fields):
    (problem,) = problems(api(fields), environ={"ACME": "hunter2"})
    assert "a secret does not belong into a document" in problem
    assert "hunter2" not in problem


def test_all_problems_of_a_run_come_at_once_in_the_order_of_the_file(problems):
    one = method("requestValidator: x\nintegration: {type: NONE}", "desciption: x")
    two = document("ApiKey", "k", "enabled: 1\nvalue: abc")
    plan = document("UsagePlan", "gold", "apiKeys: [nobody]")
    found = problems(one, two, plan)
    words = ["desciption", "RequestValidator 'x'", "'AWS'", "true or false", "a secret", "no ApiKey 'nobody'"]
    assert [word in problem for word, problem in zip(words, found, strict=True)] == [True] * 6


def test_one_mistake_is_one_problem(problems):
    broken_model = method(
        f"requestModels: {{application/json: Pet}}\n{METHOD}", "models: {Pet: {schema: {}, x: 1}}"
    )
    assert ["unknown field 'x'" in problem for problem in problems(broken_model)] == [True]
    answer = "integration: {type: MOCK, responses: {'200': {}}}\nresponses: {'200': {responseModel: {}}}"
    assert ["unknown field 'responseModel'" in problem for problem in problems(method(answer))] == [True]
    assert len(problems(method("integration: {type: MOCK, timeoutInMillis: 10}"))) == 1
    assert len(problems(method("integration: {type: HTTP, integrationHttpMethod: GET, uri: x, lambda: f}"))) == 1
    assert len(problems(api("models: {Pet: {shema: {type: object}}}"))) == 1


def test_what_is_sound_is_built_and_the_rest_is_unknown():
    good, bad = {"paths": {"/": {"methods": {"GET": {"integration": {"type": "MOCK"}}}}}}, {"nonsense": 1}
    world = {
        "RestApi good": good,
        "RestApi bad": bad,
        "UsagePlan of-bad": {"apiStages": [{"api": "bad", "stage": "prod"}]},
        "Stage prod": {},
        "ApiKey unread": {},
    }
    state, problems = sound(documents(world), {("ApiKey", "unread")}, lambda: Scope("1", "eu-west-1", "aws"), "r1")
    assert {str(at) for at in state.roots()} == {"RestApi good"}
    assert {str(at) for at in state.unknown} == {
        *("RestApi bad", "UsagePlan of-bad", "Stage prod", "ApiKey unread"),
    }
    assert [problem.message.partition(";")[0] for problem in problems] == [
        "unknown field 'nonsense' in RestApi",
        "unknown kind 'Stage'",
        "there is no Stage 'prod' in RestApi bad",
    ]
