"""Two ways to carry out the same changes: call by call, and by an import of the whole definition."""

import io
import json
from collections import Counter

import pytest
from deepdiff import DeepDiff
from hypothesis import given
from rich.console import Console

from controller.errors import InvalidError, NotFoundError, UnavailableError
from controller.kinds.rest.openapi.imports import LARGEST
from controller.render.text import render
from tests.engine import changes, converge, open_pass
from tests.fake import FakeGateway
from tests.strategies import worlds
from tests.test_convergence import THOROUGH, reached


LISTED = ("Resources", "Authorizers", "Models", "RequestValidators", "GatewayResponses", "DocumentationParts")
PROOF = Counter(["GetRestApi", *(f"Get{name}" for name in LISTED)])
EXTENSION = "x-amazon-apigateway-"


@THOROUGH
@given(worlds(), worlds())
def test_both_strategies_reach_the_same_state(before, after):
    imported, called = FakeGateway(), FakeGateway()
    for world in (before, after):
        done = converge(imported, world, strategy="import", deploymentHistory=0)
        assert (done.summary.failed, done.errors) == (0, ()), [c.error for c in done.changes if c.error]
        assert changes(imported, world, strategy="import", deploymentHistory=0) == []
        converge(called, world, strategy="calls", deploymentHistory=0)
        assert DeepDiff(reached(imported), reached(called)) == {}


# ── what a world of endpoints costs ──────────────────────────────────────────────────────────────


def endpoints(count, timeout=29000, **more):
    """An API of so many paths with a method, an answer and a stage."""
    backend = {
        "type": "MOCK",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "timeoutInMillis": timeout,
        "responses": {"200": {}},
    }
    methods = [{"GET": {"integration": dict(backend), "responses": {"200": {}}}} for _ in range(count)]
    paths = {f"/r{n}": {"methods": own} for n, own in enumerate(methods)}
    return {"RestApi shop": {"paths": paths, "stages": {"prod": {}}, **more}}


def operations(fake, start=0):
    return Counter(name for _, name, _ in fake.calls[start:])


def imports(fake):
    return [params for _, name, params in fake.calls if name == "PutRestApi"]


def test_an_api_of_300_endpoints_is_live_after_20_calls():
    fake = FakeGateway(quotas=False)
    converge(fake, endpoints(300))
    assert len(fake.calls) <= 20
    assert operations(fake) >= PROOF + Counter(["CreateRestApi", "PutRestApi", "CreateDeployment", "CreateStage"])
    called = FakeGateway(quotas=False)
    converge(called, endpoints(300), strategy="calls")
    assert DeepDiff(reached(fake), reached(called)) == {}


def test_one_changed_method_of_300_is_live_after_16_calls():
    fake, world = FakeGateway(quotas=False), endpoints(300)
    converge(fake, world)
    start = len(fake.calls)
    world["RestApi shop"]["paths"]["/r7"]["methods"]["GET"]["integration"]["timeoutInMillis"] = 50
    converge(fake, world)
    assert len(fake.calls) - start <= 16
    assert operations(fake, start)["PutRestApi"] == 0
    assert changes(fake, world) == []


@pytest.mark.parametrize(
    ("strategy", "count", "expected"),
    [("auto", 2, 0), ("auto", 40, 1), ("import", 2, 1), ("calls", 40, 0)],
)
def test_the_cheaper_way_is_taken_unless_one_is_asked_for(strategy, count, expected):
    fake = FakeGateway()
    converge(fake, endpoints(count), strategy="calls")
    converge(fake, endpoints(count, timeout=100), strategy=strategy)
    assert len(imports(fake)) == expected
    assert changes(fake, endpoints(count, timeout=100)) == []


def test_the_plan_says_which_way_and_what_it_saves():
    planned = open_pass(FakeGateway(), endpoints(40)).plan()
    assert planned.imports == {"RestApi shop": 200}
    # The API, the import and its proof, the deployment and the stage.
    assert planned.calls == 1 + 1 + PROOF.total() + 2
    console = Console(width=200, file=io.StringIO())
    render(planned, console=console)
    assert "RestApi shop by import: 1 call instead of 200." in console.file.getvalue()


# ── nothing is served that was not proved ────────────────────────────────────────────────────────


class Altering:
    """A gateway whose imports do not carry everything."""

    def __init__(self, fake, alter):
        self.fake, self.alter = fake, alter

    def __call__(self, operation, params, *, service="apigateway"):
        if operation == "PutRestApi":
            document = json.loads(params["body"])
            self.alter(document)
            params = {**params, "body": json.dumps(document)}
        return self.fake(operation, params, service=service)


def without_integrations(document):
    for item in document["paths"].values():
        for operation in item.values():
            operation.pop(f"{EXTENSION}integration", None)


def without_a_path_and_with_another(document):
    document["paths"]["/strange"] = document["paths"].pop("/r3")


def without_settings(document):
    for word in [word for word in document if word.startswith(EXTENSION)]:
        del document[word]


@pytest.mark.parametrize(
    "alter", [without_integrations, without_a_path_and_with_another, without_settings], ids=lambda f: f.__name__
)
def test_what_an_import_did_not_carry_is_done_by_calls_before_it_is_deployed(alter):
    more = {
        "binaryMediaTypes": ["image/png"],
        "apiKeySource": "AUTHORIZER",
        "gatewayResponses": {"THROTTLED": {"statusCode": "418"}},
    }
    fake, called = FakeGateway(), FakeGateway()
    done = converge(Altering(fake, alter), endpoints(5, **more), strategy="import")
    assert (done.summary.failed, done.summary.blocked) == (0, 0)
    converge(called, endpoints(5, **more), strategy="calls")
    # The snapshot is part of what is compared: nothing was deployed before.
    assert DeepDiff(reached(fake), reached(called)) == {}


def test_where_there_is_no_import_everything_is_done_by_calls():
    fake, called = FakeGateway(), FakeGateway()
    fake.fail = lambda n, name, params: NotFoundError("Unknown path") if name == "PutRestApi" else None
    done = converge(fake, endpoints(5), strategy="import")
    assert (done.summary.failed, done.errors) == (0, ())
    converge(called, endpoints(5), strategy="calls")
    assert DeepDiff(reached(fake), reached(called)) == {}


def with_warning(document):
    backend = document["paths"]["/r1"]["get"][f"{EXTENSION}integration"]
    backend["requestParameters"] = {"integration.request.header.X": 1}


def test_a_warning_fails_the_import_and_nothing_has_changed():
    fake = FakeGateway()
    converge(fake, endpoints(5), strategy="calls")
    before = reached(fake)
    done = converge(Altering(fake, with_warning), endpoints(5, timeout=50), strategy="import")
    assert DeepDiff(reached(fake), before) == {}
    (error,) = done.errors
    assert error.startswith("import RestApi shop: Warnings found during import")
    blocked = [change for change in done.changes if change.status == "blocked"]
    assert {change.kind for change in blocked} == {"Integration", "Deployment", "Stage"}
    assert done.summary.failed == 0


def test_what_cannot_be_read_back_is_not_deployed():
    fake = FakeGateway()
    converge(fake, endpoints(5), strategy="calls")
    served = reached(fake)["apis"]["<api:shop>"]["stages"]
    start = len(fake.calls)

    def failing(number, name, params):
        imported = any(operation == "PutRestApi" for _, operation, _ in fake.calls[start:number])
        return UnavailableError("no answer") if imported and name == "GetModels" else None

    fake.fail = failing
    done = converge(fake, endpoints(5, timeout=50), strategy="import")
    assert done.errors
    assert reached(fake)["apis"]["<api:shop>"]["stages"] == served
    fake.fail = None
    converge(fake, endpoints(5, timeout=50))
    assert changes(fake, endpoints(5, timeout=50)) == []


def test_a_repair_that_fails_holds_the_deployment_back():
    fake = FakeGateway()
    fake.fail = lambda n, name, params: InvalidError("refused") if name == "PutIntegration" else None
    done = converge(Altering(fake, without_integrations), endpoints(3), strategy="import")
    assert operations(fake)["CreateDeployment"] == 0
    statuses = {change.kind: change.status for change in done.changes}
    assert (statuses["Integration"], statuses["Deployment"]) == ("failed", "blocked")


# ── where an import would do more than was allowed ───────────────────────────────────────────────


def test_what_a_rule_keeps_is_not_overwritten():
    fake = FakeGateway()
    converge(fake, endpoints(40), strategy="calls")
    converge(fake, endpoints(30, timeout=50), strategy="import", policy="upsert-only")
    assert imports(fake) == []
    assert "/r39" in reached(fake)["apis"]["<api:shop>"]["paths"]


def test_what_is_too_large_to_import_is_called():
    world = endpoints(1)
    backend = world["RestApi shop"]["paths"]["/r0"]["methods"]["GET"]["integration"]
    backend["requestTemplates"] = {"application/json": "x" * LARGEST}
    assert open_pass(FakeGateway(), world, strategy="import").plan().imports == {}


def test_an_authorizer_that_a_function_knows_by_its_id_is_not_made_anew():
    world = endpoints(3, authorizers={"users": {"type": "TOKEN", "lambda": "check"}})
    for path in world["RestApi shop"]["paths"].values():
        path["methods"]["GET"]["authorizer"] = "users"
    fake = FakeGateway()
    converge(fake, world, strategy="import")
    assert len(imports(fake)) == 1
    world["RestApi shop"]["paths"]["/r1"]["methods"]["GET"]["integration"]["timeoutInMillis"] = 50
    converge(fake, world, strategy="import")
    assert len(imports(fake)) == 1
    assert changes(fake, world) == []


def test_what_nobody_declared_survives_an_import():
    fake = FakeGateway()
    converge(fake, endpoints(3, version="2", name="The shop"), strategy="calls")
    (api,) = fake.world.apis.values()
    api.record["version"] = "by hand"
    world = endpoints(3, timeout=50, name="The shop")
    converge(fake, world, strategy="import")
    assert len(imports(fake)) == 1
    assert {"Empty", "Error"} <= fake.world.apis[api.id].models.keys()
    assert fake.world.apis[api.id].record["version"] == "by hand"
    assert fake.world.apis[api.id].record["name"] == "The shop"


def test_documentation_is_left_alone_unless_it_differs():
    fake = FakeGateway()
    parts = {"API": {"properties": {"description": "one"}}}
    converge(fake, endpoints(3, documentationParts=parts), strategy="calls")
    before = {*next(iter(fake.world.apis.values())).documentation_parts}
    converge(fake, endpoints(3, timeout=50, documentationParts=parts), strategy="import")
    assert {*next(iter(fake.world.apis.values())).documentation_parts} == before
    parts = {"API": {"properties": {"description": "two"}}, "MODEL Pet": {"properties": {"description": "three"}}}
    converge(fake, endpoints(3, timeout=60, documentationParts=parts), strategy="import")
    assert operations(fake)["CreateDocumentationPart"] == 1
    assert changes(fake, endpoints(3, timeout=60, documentationParts=parts)) == []


def test_the_settings_of_the_api_go_before_the_import():
    fake = FakeGateway()
    converge(fake, endpoints(3, binaryMediaTypes=["a/b"]), strategy="calls")
    regional = {"endpointConfiguration": {"types": ["REGIONAL"]}, "binaryMediaTypes": ["c/d"], "description": "new"}
    done = converge(fake, endpoints(3, timeout=50, **regional), strategy="import")
    assert (done.summary.failed, done.errors) == (0, ())
    names = [name for _, name, _ in fake.calls]
    assert names.index("UpdateRestApi") < names.index("PutRestApi")
    assert changes(fake, endpoints(3, timeout=50, **regional)) == []


def test_models_in_a_circle_are_imported_as_they_are():
    def model(other, **more):
        return {"schema": {"type": "object", "properties": {"other": {"$ref": f"#/models/{other}"}}, **more}}

    fake, called = FakeGateway(), FakeGateway()
    for models in ({"A": model("B"), "B": model("A")}, {"A": model("B"), "B": model("A", title="b")}, {}):
        world = endpoints(2, timeout=50 + len(models), models=models)
        converge(fake, world, strategy="import")
        converge(called, world, strategy="calls")
        assert changes(fake, world) == []
        assert DeepDiff(reached(fake), reached(called)) == {}
    assert len(imports(fake)) == 3
    assert operations(fake)["CreateModel"] == 0
