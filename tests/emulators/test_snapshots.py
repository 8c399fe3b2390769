"""Snapshots over HTTP: taken with credentials, planned on without credentials and without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from controller.cli import main
from controller.snapshot import place

from . import driver
from .driver import CREDENTIALS, REGION
from .functions import client, make_functions
from .harness import ROOT, Emulator


CANARY = "canary-canary-canary-0123"
OWNERS = count(1)
SPECS = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: shop}
spec:
  endpointConfiguration: {types: [REGIONAL]}
  models: {Pet: {schema: {type: object}}}
  authorizers: {guard: {type: TOKEN, lambda: snapped-guard}}
  paths:
    /pets/{id}:
      methods:
        GET: {authorizer: guard, integration: {lambda: snapped}}
  stages:
    prod: {variables: {a: b}, methodSettings: {"*/*": {throttlingBurstLimit: 5}}}
---
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: acme}
spec: {value: {$env: SHOP_KEY}}
---
apiVersion: apigateway/v1
kind: UsagePlan
metadata: {name: gold}
spec: {apiKeys: [acme], apiStages: [{api: shop, stage: prod}]}
"""
CUT_OFF = """\
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit("somebody was called")
sys.addaudithook(refuse)
from controller.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The command in a process that ends where it calls anybody."""


@pytest.fixture
def owner(emulator: Emulator) -> Any:
    with driver.on(emulator) as shared:
        own = shared.owned_by(f"snapshot-{next(OWNERS)}")
        yield own.environment.owner
        driver.sweep(own)


def reconcile(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    capfd.readouterr()
    code = main(words)
    out, err = capfd.readouterr()
    assert code == 0, err
    return out


def cut_off(*words: str) -> str:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", CUT_OFF, *words], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stdout + done.stderr
    return done.stdout


def changes(text: str) -> list[dict[str, Any]]:
    (report,) = json.loads(text)["targets"]
    assert report["unreadable"] == {}
    found: list[dict[str, Any]] = report["changes"]
    return found


def test_a_plan_without_credentials_is_the_plan_with_them(
    emulator: Emulator,
    owner: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    make_functions(emulator, "snapped", "snapped-guard", "snapped-fresh")
    for name, value in {**CREDENTIALS, "AWS_REGION": REGION, "SHOP_KEY": CANARY}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "reconcile.yaml").write_text(f"owner: {owner}\n")
    specs = tmp_path / "specs" / "all.yaml"
    specs.write_text(SPECS)
    here = ("--endpoint-url", emulator.endpoint_url, "--quota-share", "none")
    reconcile(capfd, "--yes", "--strategy", "calls", *here)
    reconcile(capfd, "snapshot", "-o", "live.json", *here)
    assert CANARY not in Path("live.json").read_text()

    without = ("--dry-run", "--live", "live.json", "--live-unsigned", "--strategy", "calls", "-o", "json")
    aws = ("--dry-run", "--strategy", "calls", "-o", "json", *here)
    assert changes(cut_off(*without)) == changes(reconcile(capfd, *aws))

    new = SPECS.replace("lambda: snapped}", "lambda: snapped-fresh}").replace("type: object", "type: array")
    specs.write_text(new + "---\n" + SPECS.partition("---\n")[0].replace("shop", "other"))
    found = changes(cut_off(*without))
    assert {change["root"] for change in found} == {"RestApi shop", "RestApi other"}
    assert found == changes(reconcile(capfd, *aws))


def test_a_snapshot_is_put_into_a_bucket(ministack: Emulator):
    with driver.on(ministack) as account:
        buckets = client(ministack, "s3")
        buckets.create_bucket(Bucket="snapshots", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        place("s3://snapshots/a/live.json", lambda: account.caller)("{}")
        assert buckets.get_object(Bucket="snapshots", Key="a/live.json")["Body"].read() == b"{}"
