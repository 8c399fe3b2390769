"""`reconcile snapshot` and `--live`, as a user meets them."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from controller.errors import AccessError
from tests.accounts import Account, FakeEngine, checkout
from tests.conftest import Run


CANARY = "canary-canary-canary-0123"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
SPECS = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: shop}
spec:
  description: about {{ target }}
  paths: {/: {methods: {GET: {integration: {lambda: greet}}}}}
  stages: {prod: {}}
---
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: acme}
spec: {value: {$secret: keys#acme}}
"""
SETTINGS = "targets:\n  dev: {region: eu-west-1}\n  prod: {region: eu-west-1, account: '222222222222'}\n"


@pytest.fixture
def engine() -> FakeEngine:
    secrets = {"keys": json.dumps({"acme": CANARY})}
    accounts = {"dev": "111111111111", "prod": "222222222222"}
    return FakeEngine({name: Account(account, secrets) for name, account in accounts.items()})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: None) -> Path:
    (tmp_path / "key.pem").write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    monkeypatch.chdir(checkout(tmp_path / "checkout", SPECS, SETTINGS))
    return tmp_path


LIVE = ("--dry-run", "--live", "../live.json", "--live-key", "../public.pem")


def take(command: Run, engine: FakeEngine) -> str:
    code, _, _ = command("--yes", engine=engine)
    assert code == 0
    code, out, err = command("snapshot", "-o", "../live.json", "--key", "../key.pem", engine=engine)
    assert (code, out) == (0, "")
    return err


def test_several_targets_are_in_one_file_and_nothing_differs(command: Run, engine: FakeEngine):
    assert "dev, prod; signed by sha256:" in take(command, engine)
    before = {name: len(account.fake.calls) for name, account in engine.accounts.items()}
    code, out, _ = command(*LIVE, "--detailed-exitcode", engine=engine)
    assert code == 0
    assert out.count(" resources are as declared (reading took 0 calls).") == 2
    assert "From a snapshot that is 0 min old" in out
    assert "signed by sha256:" in out
    assert "warning: not in the snapshot: ApiKey acme: taken to have the secret value that is wanted" in out
    assert {name: len(account.fake.calls) for name, account in engine.accounts.items()} == before


def test_no_secret_comes_out_anywhere(command: Run, engine: FakeEngine, folder: Path):
    told = take(command, engine)
    for words in ((), ("-o", "json"), ("-v",)):
        told += "".join(command(*LIVE, *words, engine=engine)[1:])
    told += (folder / "live.json").read_text()
    assert "shop" in told
    assert CANARY not in told


def test_a_change_is_planned_without_a_secret_in_the_environment(command: Run, engine: FakeEngine, folder: Path):
    take(command, engine)
    specs = folder / "checkout" / "specs" / "all.yaml"
    specs.write_text(SPECS.replace("about {{", "all about {{").replace("$secret: keys#acme", "$env: NOT_SET"))
    code, out, _ = command(*LIVE, "--target", "prod", "--detailed-exitcode", "-o", "json", engine=engine)
    (report,) = json.loads(out)["targets"]
    assert code == 2
    assert [change["root"] for change in report["changes"]] == ["RestApi shop"]
    assert report["snapshot"]["signedBy"].startswith("sha256:")
    assert report["snapshot"]["ageSeconds"] >= 0


def test_an_old_snapshot_is_warned_of(command: Run, engine: FakeEngine, folder: Path):
    take(command, engine)
    text = (folder / "live.json").read_text()
    document = json.loads(text)
    document["snapshot"]["taken"] = "2020-01-01T00:00:00Z"
    (folder / "live.json").write_text(json.dumps(document))
    code, out, _ = command("--dry-run", "--live", "../live.json", "--live-unsigned", engine=engine)
    assert code == 0
    assert "warning: the snapshot is" in out
    assert "(2020-01-01 00:00 UTC, " in out
    assert "not known by whom" in out
    code, _, err = command(*LIVE, engine=engine)
    assert (code, err.count("\n")) == (1, 1)
    assert "was changed after it was signed" in err


def test_without_a_key_it_is_not_signed_and_goes_to_stdout(command: Run, engine: FakeEngine):
    code, out, err = command("snapshot", "--target", "dev", engine=engine)
    assert code == 0
    assert list(json.loads(out)["snapshot"]["targets"]) == ["dev"]
    assert "not signed: give --key" in err


def test_the_key_may_be_in_the_environment(
    command: Run, engine: FakeEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RECONCILE_SNAPSHOT_KEY", (folder / "key.pem").read_text())
    _, out, _ = command("snapshot", engine=engine)
    assert "signature" in json.loads(out)


def test_nothing_is_written_unless_all_could_be_read(command: Run, engine: FakeEngine, folder: Path):
    engine.accounts["prod"].fake.fail = lambda n, operation, params: AccessError("not you")
    code, out, err = command("snapshot", "-o", "../live.json", engine=engine)
    assert (code, out, err) == (1, "", "error: not you\n")
    assert not (folder / "live.json").exists()


def test_a_root_that_could_not_be_read_is_told(command: Run, engine: FakeEngine):
    take(command, engine)
    engine.accounts["dev"].fake.fail = lambda n, op, params: AccessError("no") if op == "GetModels" else None
    code, _, err = command("snapshot", engine=engine)
    assert code == 3
    assert "dev: RestApi shop could not be read, and is not in the snapshot: no" in err


USAGE = {
    "without --dry-run": ("--live", "x", "--live-unsigned"),
    "with --yes": ("--live", "x", "--live-unsigned", "--dry-run", "--yes"),
    "believing whom": ("--live", "x", "--dry-run"),
    "believing all and one": ("--live", "x", "--dry-run", "--live-unsigned", "--live-key", "../public.pem"),
    "on the emulator": ("--live", "x", "--dry-run", "--live-unsigned", "--local"),
    "elsewhere": ("--live", "x", "--dry-run", "--live-unsigned", "--endpoint-url", "http://127.0.0.1:1"),
    "a key for nothing": ("--dry-run", "--live-key", "../public.pem"),
    "no age": ("--live", "x", "--dry-run", "--live-unsigned", "--live-max-age", "old"),
}


@pytest.mark.parametrize("name", USAGE)
def test_what_makes_no_sense_is_refused(command: Run, engine: FakeEngine, name: str):
    code, out, err = command(*USAGE[name], engine=engine)
    assert (code, out) == (64, "")
    assert err.startswith("error: ")


def test_json_is_whole_even_without_a_snapshot(command: Run, engine: FakeEngine):
    code, out, err = command("--dry-run", "--live", "nowhere", "--live-unsigned", "-o", "json", engine=engine)
    assert (code, json.loads(out)["targets"]) == (1, [])
    assert err == "error: nowhere cannot be read: No such file or directory\n"
