"""What was made by plain calls is imported, adopted and brought up to date, over HTTP against each emulator."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.importing.adopt import Wish, import_roots
from controller.importing.update import update
from controller.reconcile import Pass
from controller.report import Report
from controller.request import Request, desired
from controller.retry import Patient
from controller.settings import Settings

from . import driver
from .driver import REGION, Account
from .harness import Emulator


OWNER = "adopting"


@pytest.fixture
def account(emulator: Emulator) -> Iterator[Account]:
    with driver.on(emulator) as shared:
        own = shared.owned_by(OWNER)
        yield own
        driver.sweep(own)


@pytest.fixture
def plain(emulator: Emulator, account: Account) -> Iterator[Any]:
    """boto3, as somebody's hands."""
    del account
    client = boto3.client("apigateway", region_name=REGION, endpoint_url=emulator.endpoint_url)
    yield client
    client.close()


@pytest.fixture
def api(plain: Any, account: Account) -> Iterator[str]:
    """A small API that nobody manages."""
    made = plain.create_rest_api(name="Pet Store", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    (root,) = (item["id"] for item in plain.get_resources(restApiId=made)["items"])
    pets = plain.create_resource(restApiId=made, parentId=root, pathPart="pets")["id"]
    function = f"arn:aws:lambda:{REGION}:{account.environment.account}:function:list-pets"
    where = {"restApiId": made, "resourceId": pets, "httpMethod": "GET"}
    plain.put_method(**where, authorizationType="NONE", apiKeyRequired=True)
    plain.put_integration(
        **where,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    deployment = plain.create_deployment(restApiId=made)["id"]
    plain.create_stage(restApiId=made, stageName="prod", deploymentId=deployment, variables={"table": "pets"})
    yield made
    plain.delete_rest_api(restApiId=made)


class Checkout:
    """Specs in a folder, and passes with them."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder, self.account = folder, account
        self.request = Request((folder / "specs",), folder, Settings(owner=OWNER), "default", environ={})
        self.patient = Patient(account.caller, sleep=lambda _: None)

    def one(self) -> Pass:
        state = desired(self.request, self.account.environment, lambda _: "")
        return Pass(self.request, state, self.patient, self.account.environment)

    def plan(self) -> Report:
        return self.one().plan()

    def apply(self) -> Report:
        one = self.one()
        one.plan()
        report = one.apply(lambda _: None, threading.Event())
        assert [change.error for change in report.changes if change.error] == []
        return report


def test_an_api_made_by_hand_is_imported_adopted_and_brought_up_to_date(
    account: Account, plain: Any, api: str, tmp_path: Path
):
    checkout = Checkout(tmp_path, account)
    result = import_roots(checkout.request, Wish(ids=(api,)), checkout.patient, account.environment)
    assert (result.left, result.differences) == ([], [])
    file = tmp_path / "specs" / "Pet-Store.yaml"
    assert "integration:\n            lambda: list-pets\n" in file.read_text()
    before = plain.get_stage(restApiId=api, stageName="prod")["deploymentId"]

    adopted = checkout.apply()
    assert [(change.action, change.root) for change in adopted.changes] == [("adopt", "RestApi Pet-Store")]
    # Both emulators show these tags here alone; on AWS every read has them (facts, section 23).
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{api}"
    tags = plain.get_tags(resourceArn=arn)["tags"]
    assert (tags["reconcile:owner"], tags["reconcile:name"]) == (OWNER, "Pet-Store")
    assert checkout.plan().changes == ()
    assert plain.get_stage(restApiId=api, stageName="prod")["deploymentId"] == before

    file.write_text(file.read_text().replace("        table: pets", "        table: pets   # which one"))
    patch = {"op": "replace", "path": "/variables/table", "value": "cats"}
    plain.update_stage(restApiId=api, stageName="prod", patchOperations=[patch])
    updated = update(checkout.request, ("Pet-Store",), checkout.patient, account.environment)
    assert (updated.left, updated.differences) == ([], [])
    assert "        table: cats   # which one\n" in file.read_text()
    assert checkout.plan().changes == ()
