"""Several accounts and regions in one run: in parallel, apart from each other, and each where it belongs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.credentials import RefreshableCredentials

from controller.aws.client import Role, connect, session_name
from controller.aws.pacing import Pacers
from controller.errors import AccessError, SpecErrors
from controller.reconcile import open_pass
from controller.request import Request
from controller.settings import checkout_of, read_settings
from tests.accounts import checkout
from tests.conftest import Run
from tests.emulators import harness


pytestmark = pytest.mark.usefixtures("alone")


API = """
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: photos}
spec:
  description: "of {{ target }} in {{ account }}"
  endpointConfiguration: {types: [REGIONAL]}
  paths: {/: {methods: {GET: {integration: {type: MOCK}}}}}
  stages: {main: {}}
"""
KEYS = """---
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: acme}
spec: {value: {$secret: "keys#acme"}}
---
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: bob, targets: [prod]}
spec: {value: {$secret: "ssm:/keys/bob"}}
"""
TARGETS = """
owner: team
targets:
  dev:  {region: eu-west-1, account: "111111111111", role: "arn:aws:iam::111111111111:role/gw", externalId: x-1}
  prod: {region: eu-central-1, account: "222222222222", role: "arn:aws:iam::222222222222:role/gw"}
"""


# ── over HTTP ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def ministack() -> Iterator[harness.Emulator]:
    with harness.ministack() as emulator:
        yield emulator


@pytest.fixture
def aws(alone: None, ministack: harness.Emulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """boto3 in an account and region; the run itself starts in a third account."""
    del alone
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999999999999")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("RECONCILE_ENDPOINT_URL", ministack.endpoint_url)

    def client(service: str, account: str, region: str) -> Any:
        session = boto3.Session(account, "x", region_name=region)
        return session.client(service, endpoint_url=ministack.endpoint_url)

    return client


def names(gateway: Any, owner: str) -> list[str]:
    items = gateway.get_rest_apis(limit=500)["items"]
    return [item["description"] for item in items if item.get("tags", {}).get("reconcile:owner") == owner]


def test_two_accounts_and_two_regions_in_one_run(
    aws: Callable[..., Any], command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {}
    for account, region in (("111111111111", "eu-west-1"), ("222222222222", "eu-central-1")):
        values[account] = [f"hunter2-hunter2-{account}", f"swordfish-swordfish-{account}"]
        acme, bob = values[account]
        aws("secretsmanager", account, region).create_secret(Name="keys", SecretString=json.dumps({"acme": acme}))
        aws("ssm", account, region).put_parameter(Name="/keys/bob", Value=bob, Type="SecureString")
    monkeypatch.chdir(checkout(tmp_path / "co", API + KEYS, TARGETS))

    code, out, err = command("--yes")

    assert code == 0, out + err
    assert names(aws("apigateway", "111111111111", "eu-west-1"), "team") == ["of dev in 111111111111"]
    assert names(aws("apigateway", "222222222222", "eu-central-1"), "team") == ["of prod in 222222222222"]
    for account, region in (("999999999999", "us-east-1"), ("999999999999", "eu-west-1")):
        assert names(aws("apigateway", account, region), "team") == []
    keys = aws("apigateway", "111111111111", "eu-west-1").get_api_keys(includeValues=True)["items"]
    assert [key["value"] for key in keys] == values["111111111111"][:1]
    keys = aws("apigateway", "222222222222", "eu-central-1").get_api_keys(includeValues=True)["items"]
    assert sorted(key["value"] for key in keys) == sorted(values["222222222222"])
    # One after the other, in the order of the file, whichever was first.
    titles = [line.split()[1] for line in out.splitlines() if line.startswith("Target ")]
    assert titles == ["dev", "prod", "dev", "prod"]
    assert "dev: RestApi photos: done" in err
    assert "prod: RestApi photos: done" in err

    assert command("--dry-run", "--detailed-exitcode")[0] == 0
    code, out, _ = command("--dry-run", "--target", "prod", "-o", "json")
    assert [target["account"] for target in json.loads(out)["targets"]] == ["222222222222"]


@pytest.mark.usefixtures("aws")
def test_the_wrong_account_is_refused_before_a_spec_is_read_and_the_other_target_goes_on(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TARGETS.replace("iam::111111111111", "iam::333333333333").replace("owner: team", "owner: wrong")
    folder = checkout(tmp_path / "co", API, settings)
    monkeypatch.chdir(folder)
    code, out, err = command("--yes")
    assert code == 1
    assert "111111111111" in err
    assert "333333333333" in err
    assert "Target dev" not in out
    assert out.count("Target prod (account 222222222222") == 2
    # Not even its mistakes are told.
    (folder / "specs" / "all.yaml").write_text("kind: [")
    code, _, err = command("--yes", "--target", "dev")
    assert (code, err.count("error: ")) == (1, 1)
    assert "but these credentials are of account 333333333333" in err


@pytest.mark.usefixtures("aws")
def test_a_pass_of_the_wrong_account_makes_one_call(ministack: harness.Emulator, tmp_path: Path) -> None:
    folder = checkout(tmp_path / "co", "kind: [", 'targets: {a: {region: eu-west-1, account: "123412341234"}}')
    request = Request((folder / "specs",), folder, read_settings(folder), "a", ministack.endpoint_url)
    with pytest.raises(AccessError, match=r"target a is account 123412341234 .* of account 999999999999"):
        open_pass(request)


@pytest.mark.usefixtures("aws")
def test_a_role_is_assumed_with_credentials_that_renew_themselves(ministack: harness.Emulator) -> None:
    role = Role("arn:aws:iam::444444444444:role/deep/gw", session_name("prod", "abc1234"), "secret-handshake")
    client = connect(region="eu-west-1", endpoint_url=ministack.endpoint_url, role=role)
    assert isinstance(client._session.get_credentials(), RefreshableCredentials)
    seen = client("GetCallerIdentity", {}, service="sts")
    assert seen["Account"] == "444444444444"
    assert seen["Arn"].endswith("assumed-role/gw/reconcile-prod-abc1234")


def test_a_role_without_credentials_to_assume_it_is_a_sentence(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.chdir(checkout(tmp_path / "co", API, TARGETS))
    code, _, err = command("--dry-run")
    assert code == 1
    assert err.count("error: no AWS credentials were found") == 2


# ── names, settings, quotas ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "what", "name"),
    [
        ("prod", "abc1234", "reconcile-prod-abc1234"),
        ("prod eu/1", "abc1234-dirty", "reconcile-prod-eu-1-abc1234-dirty"),
        ("größe", "20260101T120000Z", "reconcile-gr--e-20260101T120000Z"),
        ("t" * 90, "abc1234-dirty", f"reconcile-{'t' * 36}-abc1234-dirty"),
    ],
)
def test_the_name_of_a_session(target: str, what: str, name: str) -> None:
    assert session_name(target, what) == name
    assert len(name) <= 64


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("{account: 111111111111}", "account"),
        ('{account: "1111"}', "account"),
        ("{role: admin}", "role"),
        ("{externalId: x}", "externalId"),
        ("{owner: '-'}", "owner"),
        ("{externalID: x1}", "did you mean 'externalId'?"),
    ],
)
def test_wrong_settings_of_a_target(target: str, told: str, tmp_path: Path) -> None:
    folder = checkout(tmp_path / "co", API, f"targets:\n  prod: {target}\n")
    with pytest.raises(SpecErrors, match=f"reconcile.yaml:2:.*{told.replace('?', '.')}"):
        read_settings(checkout_of(folder))


def test_targets_in_one_account_and_region_share_its_quotas() -> None:
    pacers = Pacers()
    assert pacers.of("1", "eu-west-1", 0.85) is pacers.of("1", "eu-west-1", 0.85)
    assert pacers.of("1", "eu-west-1", 0.85) is not pacers.of("1", "eu-west-2", 0.85)
    assert pacers.of("1", "eu-west-1", 0.85) is not pacers.of("2", "eu-west-1", 0.85)


@pytest.mark.usefixtures("aws")
def test_the_passes_of_one_run_have_their_pacers_in_common(ministack: harness.Emulator, tmp_path: Path) -> None:
    settings = "targets: {a: {region: eu-west-1}, b: {region: eu-west-1, owner: b}, c: {region: eu-west-2}}"
    folder = checkout(tmp_path / "co", API, settings)
    pacers = Pacers()
    found = {}
    for name in "abc":
        request = Request((folder / "specs",), folder, read_settings(folder), name, ministack.endpoint_url)
        one = open_pass(request, pacers)
        found[name] = one._patient._caller.pacer  # type: ignore[attr-defined]
        assert one._environment.owner == ("b" if name == "b" else "default")
    assert found["a"] is found["b"]
    assert found["a"] is not found["c"]
