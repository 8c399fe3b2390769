"""`reconcile import` as a user sees it: what it prints, its exit codes, and that it runs over nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.cli import main
from controller.importing.adopt import Imported, Wish, import_roots
from controller.importing.update import Updated, update
from controller.request import Request
from controller.retry import Patient
from tests.engine import HERE
from tests.fake import FakeGateway
from tests.stub_engine import StubEngine


class FakeEngine(StubEngine):
    """The real import on an account in memory."""

    def __init__(self, fake: FakeGateway) -> None:
        super().__init__({})
        self.fake = fake

    def import_roots(self, request: Request, wish: Wish) -> Imported:
        return import_roots(request, wish, Patient(self.fake, sleep=lambda _: None), HERE)

    def update(self, request: Request, names: tuple[str, ...]) -> Updated:
        return update(request, names, Patient(self.fake, sleep=lambda _: None), HERE)


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("RECONCILE_", "AWS_")) or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fake() -> FakeGateway:
    """An account in which a small API, a plan and a key were made by hand."""
    made = FakeGateway()
    api = made("CreateRestApi", {"name": "Pet Store", "endpointConfiguration": {"types": ["REGIONAL"]}})["id"]
    root = made("GetResources", {"restApiId": api})["items"][0]["id"]
    place = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    made("PutMethod", {**place, "authorizationType": "NONE", "apiKeyRequired": True})
    function = "arn:aws:lambda:eu-west-1:123456789012:function:pets"
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"
    made("PutIntegration", {**place, "type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri})
    deployment = made("CreateDeployment", {"restApiId": api})["id"]
    made("CreateStage", {"restApiId": api, "stageName": "prod", "deploymentId": deployment})
    stages = [{"apiId": api, "stage": "prod"}]
    plan = made("CreateUsagePlan", {"name": "gold", "apiStages": stages})["id"]
    key = made("CreateApiKey", {"name": "acme", "value": "s3cret-s3cret-s3cret", "enabled": True})["id"]
    made("CreateUsagePlanKey", {"usagePlanId": plan, "keyId": key, "keyType": "API_KEY"})
    return made


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(fake: FakeGateway, capfd: pytest.CaptureFixture[str]) -> Run:
    def runner(*arguments: str) -> tuple[int, str, str]:
        code = main(["import", *arguments], FakeEngine(fake))
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return runner


def only(records: dict[str, Any]) -> str:
    (found,) = records
    return found


def test_everything_is_imported_and_the_plan_adopts_it(run: Run, fake: FakeGateway, checkout: Path):
    code, out, err = run("--all")
    assert (code, err) == (0, "")
    assert out.splitlines()[:4] == [
        "wrote specs/api-key-acme.yaml",
        "wrote specs/Pet-Store.yaml",
        "wrote specs/usage-plan-gold.yaml",
        "wrote specs/schema.json",
    ]
    assert "3 live roots to adopt" in out
    assert out.endswith("Imported 3 roots: the plan adopts them and changes nothing else.\n")
    assert "s3cret" not in out + "".join(file.read_text() for file in (checkout / "specs").glob("*.yaml"))
    assert (checkout / "specs" / "Pet-Store.yaml").read_text() == (
        "# yaml-language-server: $schema=schema.json\n"
        "# The functions' policies stay as they are; without permissions: unmanaged they are kept from here.\n"
        "apiVersion: apigateway/v1\n"
        "kind: RestApi\n"
        "metadata:\n"
        "  name: Pet-Store\n"
        f"  adopt: {only(fake.world.apis)}\n"
        "spec:\n"
        "  name: Pet Store\n"
        "  permissions: unmanaged\n"
        "  endpointConfiguration:\n"
        "    types: [REGIONAL]\n"
        "  paths:\n"
        "    /:\n"
        "      methods:\n"
        "        GET:\n"
        "          apiKeyRequired: true\n"
        "          integration:\n"
        "            lambda: pets\n"
        "  stages:\n"
        "    prod: {}\n"
    )


def test_a_second_import_has_nothing_to_do_and_runs_over_nothing(run: Run, checkout: Path):
    run("--all")
    file = checkout / "specs" / "Pet-Store.yaml"
    file.write_text(file.read_text() + "# mine\n")
    code, out, _ = run("--all")
    assert code == 1
    assert out.count("adopted by a spec already") == 3
    assert out.endswith("Nothing was written.\n")
    assert file.read_text().endswith("# mine\n")


def test_files_that_are_there_stay_unless_told(run: Run, fake: FakeGateway, checkout: Path):
    (checkout / "specs").mkdir()
    file = checkout / "specs" / "Pet-Store.yaml"
    other = "apiVersion: apigateway/v1\nkind: ApiKey\nmetadata: {name: other}\n"
    file.write_text(other)
    api = only(fake.world.apis)
    code, out, _ = run(api)
    assert (code, file.read_text()) == (1, other)
    assert "specs/Pet-Store.yaml is there already; --overwrite replaces it" in out
    code, _, _ = run(api, "--overwrite")
    assert code == 0
    assert "kind: RestApi" in file.read_text()


def test_what_refers_to_what_is_not_imported_is_not_written(run: Run, fake: FakeGateway, checkout: Path):
    code, out, _ = run(only(fake.world.usage_plans))
    assert code == 1
    api = only(fake.world.apis)
    assert "not written: UsagePlan gold: there is no" in out
    assert api in out or only(fake.world.api_keys) in out
    assert not (checkout / "specs").exists()


def test_what_is_managed_by_others_is_imported_by_its_id_alone(run: Run, fake: FakeGateway):
    api = only(fake.world.apis)
    fake.world.apis[api].record["tags"] = {"aws:cloudformation:stack-name": "pets"}
    key = only(fake.world.api_keys)
    fake.world.api_keys[key]["tags"] = {"reconcile:owner": "others", "reconcile:name": "acme"}
    code, out, _ = run("--all")
    assert code == 1
    assert "carries the mark of CloudFormation stack pets; name its id" in out
    assert "managed by owner others; name its id" in out
    code, out, _ = run(api)
    assert "refused: RestApi Pet-Store carries the mark of CloudFormation stack pets" in out
    assert code == 0


def test_one_kind(run: Run, checkout: Path):
    code, _, _ = run("--all", "--kind", "ApiKey")
    assert code == 0
    assert sorted(file.name for file in (checkout / "specs").iterdir()) == ["api-key-acme.yaml", "schema.json"]


def test_long_texts_get_files_and_nothing_is_taken_for_a_variable(run: Run, fake: FakeGateway, checkout: Path):
    api = only(fake.world.apis)
    texts = {"text/long": "#set($a = 1)\n" * 20, "text/braces": "hello {{ name }}", "text/two": "  one\ntwo  \n\n"}
    answer = {"restApiId": api, "responseType": "THROTTLED", "responseTemplates": texts}
    fake("PutGatewayResponse", answer)
    odd = {"type": "object", "properties": {"a": {"$file": "x"}, "b": {"default": "{{ b }}", "title": "0123"}}}
    long = {"type": "object", "properties": {f"field{n}": {"type": "string"} for n in range(9)}}
    for name, schema in (("Odd", odd), ("Long", long)):
        body = {"restApiId": api, "name": name, "contentType": "application/json", "schema": json.dumps(schema)}
        fake("CreateModel", body)
    code, out, _ = run(api)
    assert code == 0, out
    files = {str(file.relative_to(checkout / "specs")) for file in (checkout / "specs").rglob("*.*")}
    assert files == {
        "Pet-Store.yaml",
        "schema.json",
        "schemas/Pet-Store-Long.json",
        "schemas/Pet-Store-Odd.json.txt",
        "templates/Pet-Store-gatewayResponses-THROTTLED-response-text-braces.txt",
        "templates/Pet-Store-gatewayResponses-THROTTLED-response-text-long.vtl",
    }


def test_of_several_targets_one_is_named_in_the_spec(run: Run, checkout: Path):
    (checkout / "reconcile.yaml").write_text("targets:\n  dev: {region: eu-west-1}\n  prod: {region: eu-west-1}\n")
    assert run("--all")[0] == 64
    assert run("--all", "--target", "dev")[0] == 0
    assert "  targets: [dev]\n" in (checkout / "specs" / "Pet-Store.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say what to import: AWS ids, or --all"),
        (["abc", "--all"], "say what to import"),
        (["--update", "--all"], "--update goes with names alone"),
        (["--all", "--kind", "Method"], "there is no kind 'Method' to import"),
        (["--all", "--target", "nowhere"], "there is no target 'nowhere'"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], message: str):
    code, out, err = run(*arguments)
    assert (code, out) == (64, "")
    assert message in err


def test_an_id_that_does_not_exist(run: Run):
    code, out, err = run("nowhere")
    assert (code, out) == (1, "")
    assert "with the id nowhere in this account and region" in err


def test_drift_is_written_back(run: Run, fake: FakeGateway, checkout: Path):
    run("--all")
    assert run("--update")[1] == "Nothing differs.\n"
    stage = fake.world.apis[only(fake.world.apis)].stages["prod"]
    stage["variables"] = {"table": "pets"}
    code, out, err = run("--update", "Pet-Store")
    assert (code, err) == (0, "")
    assert "wrote specs/Pet-Store.yaml: stages.prod.variables\n" in out
    text = (checkout / "specs" / "Pet-Store.yaml").read_text()
    assert text.endswith("    prod:\n      variables:\n        table: pets\n")


def test_a_spec_of_several_targets_is_said_to_be_one(run: Run, fake: FakeGateway, checkout: Path):
    run("--all")
    (checkout / "reconcile.yaml").write_text("targets:\n  dev: {region: eu-west-1}\n  prod: {region: eu-west-1}\n")
    fake.world.apis[only(fake.world.apis)].stages["prod"]["description"] = "x"
    code, out, _ = run("--update", "Pet-Store", "--target", "dev")
    assert code == 0
    assert "note: RestApi Pet-Store: the spec is for other targets as well" in out


def test_what_makes_no_valid_spec_is_not_written(run: Run, fake: FakeGateway, checkout: Path):
    run("--all")
    before = (checkout / "specs" / "Pet-Store.yaml").read_text()
    api = only(fake.world.apis)
    root = fake("GetResources", {"restApiId": api})["items"][0]["id"]
    fake("DeleteIntegration", {"restApiId": api, "resourceId": root, "httpMethod": "GET"})
    code, out, err = run("--update")
    assert (code, out) == (1, "")
    assert "what is live makes no valid spec" in err
    assert "GET has no integration" in err
    assert (checkout / "specs" / "Pet-Store.yaml").read_text() == before


def test_wrong_specs_are_told_of_with_their_place(run: Run, checkout: Path):
    (checkout / "specs").mkdir()
    (checkout / "specs" / "a.yaml").write_text("apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {}\n")
    code, _, err = run("--all")
    assert code == 1
    assert "specs/a.yaml:3:1: error: metadata.name is missing" in err
