"""Secrets: where they are read, and that no reader of anything ever sees one."""

import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from controller.aws.secrets import Secrets
from controller.call import Call
from controller.cli import main
from controller.errors import GatewayError, InvalidError, NotFoundError
from controller.masking import Mask
from controller.request import Request
from controller.retry import Patient
from controller.settings import Settings
from tests.accounts import Account, FakeEngine, checkout


VALUE = 'hunter2-"swordfish"/äö-hunter2'
SHORT = "tr0ub4dor"
LIVE = "correct-horse-battery-staple"


def key(reference: str, name: str = "acme") -> str:
    return f"apiVersion: apigateway/v1\nkind: ApiKey\nmetadata: {{name: {name}}}\nspec: {{value: {reference}}}\n"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("RECONCILE_YES", "RECONCILE_OUTPUT", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    yield
    structlog.reset_defaults()


# ── where they are read ──────────────────────────────────────────────────────────────────────────


KNOWN = {
    "plain": "p4ss",
    "arn:aws:secretsmanager:eu-west-1:1:secret:x": "by arn",
    "many": '{"a": "first", "b": 7, "c": true, "d": {"e": 1}}',
    "/team/key": "parameter",
    "arn:aws:ssm:eu-west-1:1:parameter/team/key": "parameter by arn",
}


@pytest.mark.parametrize(
    ("reference", "value", "operation"),
    [
        ("plain", "p4ss", "GetSecretValue"),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:x", "by arn", "GetSecretValue"),
        ("many#a", "first", "GetSecretValue"),
        ("many#b", "7", "GetSecretValue"),
        ("ssm:/team/key", "parameter", "GetParameter"),
        ("arn:aws:ssm:eu-west-1:1:parameter/team/key", "parameter by arn", "GetParameter"),
    ],
)
def test_a_reference_is_looked_up(reference: str, value: str, operation: str) -> None:
    account = Account(secrets=KNOWN)
    assert Secrets(Patient(account))(reference) == value
    assert [asked for asked, _ in account.asked] == [operation]


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("plain#a", "it is no JSON object, so it has no keys"),
        ("many#z", "it has no key 'z'"),
        ("many#c", "its key 'c' holds no text"),
        ("many#d", "its key 'd' holds no text"),
    ],
)
def test_a_key_that_is_not_there(reference: str, told: str) -> None:
    with pytest.raises(InvalidError, match=told) as caught:
        Secrets(Patient(Account(secrets=KNOWN)))(reference)
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(value in shown for value in ("p4ss", "first"))


def test_a_secret_is_read_once(tmp_path: Path) -> None:
    account = Account(secrets={"many": '{"a": "aaaaaaaaaaaaaaaaaaaaa", "b": "bbbbbbbbbbbbbbbbbbbbb"}'})
    specs = "---\n".join([key("{$secret: 'many#a'}", "a"), key("{$secret: 'many#b'}", "b")])
    folder = checkout(tmp_path / "co", specs)
    request = Request((folder / "specs",), folder, Settings(), "default")
    FakeEngine({"default": account}).open_pass(request).plan()
    assert account.asked == [("GetSecretValue", "many")]


def test_one_that_is_missing_is_told_at_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout(tmp_path / "co", key("{$secret: nope}")))
    assert main(["--dry-run"], FakeEngine({"default": Account()})) == 1
    err = capfd.readouterr().err
    assert "specs/all.yaml:4:8: error: secret nope cannot be read: GetSecretValue: ResourceNotFound" in err


def test_validate_asks_nobody_and_a_secret_may_stand_only_where_one_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    account = Account()
    specs = "---\n".join([key("{$secret: a}", "a"), key("{$secret: 'ssm:/b'}", "b")])
    folder = checkout(tmp_path / "co", specs)
    monkeypatch.chdir(folder)
    assert main(["validate"], FakeEngine({"default": account})) == 0
    assert account.asked == []
    assert account.fake.calls == []
    (folder / "specs" / "all.yaml").write_text(key("{$secret: a}").replace("value", "description"))
    assert main(["validate"], FakeEngine({"default": account})) == 1
    assert "a secret does not belong here" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nope", "cannot be read: No such file or directory"),
        ("../out", "leads out of"),
        ("link", "leads out of"),
        ("bytes", "is no text"),
    ],
)
def test_a_file_is_read_from_the_folder_of_secrets_alone(
    name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (tmp_path / "out").write_text("0123456789abcdef0123")
    (mounted / "link").symlink_to(tmp_path / "out")
    (mounted / "bytes").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(checkout(tmp_path / "co", key(f"{{$file: {mounted}/{name}}}")))
    environ = {"RECONCILE_SECRETS_DIR": str(mounted)}
    assert main(["--dry-run"], FakeEngine({"default": Account()}, environ)) == 1
    err = capfd.readouterr().err
    assert "specs/all.yaml:4:8: error: " in err
    assert told in err
    assert "0123456789abcdef" not in err


# ── nobody sees them ─────────────────────────────────────────────────────────────────────────────


SOURCES = {
    "env": "{$env: ACME}",
    "secret": "{$secret: acme}",
    "key": "{$secret: 'many#acme'}",
    "ssm": "{$secret: 'ssm:/acme'}",
    "file": "{$file: /mounted/acme}",
}


OPTIONS = [[], ["-v"], ["-o", "json"], ["--dry-run", "-v"], ["--color", "always"]]


class Quoting(Exception):
    """What a library raises: it quotes what it was given."""


def quoting(params: Any, made: type[Exception]) -> Exception:
    """An error that repeats the value, as does the one behind it."""
    error = made(f"CreateApiKey: BadRequestException: bad value {params['value']!r} in {params!r}")
    error.__cause__ = Quoting(f"behind it: {params}")
    return error


def refuse(account: Account, how: str) -> None:
    """Makes the account fail at the creation of a key."""
    if how in ("refused", "crash"):
        made: type[Exception] = InvalidError if how == "refused" else Quoting
        account.fake.fail = lambda _, operation, params: (
            quoting(params, made) if operation == "CreateApiKey" else None
        )


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("how", ["good", "short", "duplicate", "refused", "crash", "changed", "misplaced"])
@pytest.mark.parametrize("source", SOURCES)
def test_no_output_shows_a_secret(  # noqa: PLR0917
    source: str,
    how: str,
    options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    value = SHORT if how == "short" else VALUE
    quoted = value.replace('"', '\\"')
    account = Account(secrets={"acme": value, "many": f'{{"acme": "{quoted}"}}', "/acme": value})
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "acme").write_text(f"{value}\n")
    monkeypatch.setitem(SOURCES, "file", f"{{$file: {mounted}/acme}}")
    specs = [key(SOURCES[source])]
    if how == "misplaced":
        specs.append(key(SOURCES[source], "b").replace("value", "description"))
    if how == "duplicate":
        specs.append(key(SOURCES[source], "b"))
    if how == "changed":
        tags = {"reconcile:owner": "default", "reconcile:name": "acme"}
        account.fake("CreateApiKey", {"name": "acme", "value": LIVE, "enabled": True, "tags": tags})
    refuse(account, how)
    monkeypatch.setenv("RECONCILE_LOG", "debug")
    monkeypatch.setenv("RECONCILE_DEBUG", "1")
    monkeypatch.chdir(checkout(tmp_path / "co", "---\n".join(specs)))

    environ = {"ACME": value, "RECONCILE_SECRETS_DIR": str(mounted)}
    code = main(["--yes", *options], FakeEngine({"default": account}, environ))

    captured = capfd.readouterr()
    wrong = how == "misplaced" or (how in ("short", "refused", "crash", "duplicate") and "--dry-run" not in options)
    assert (code != 0) is wrong, captured.err
    for secret in (VALUE, SHORT, LIVE):
        for seen in (secret, quoted, repr(secret)[1:-1], secret[:15] if secret != SHORT else secret):
            assert seen not in captured.out + captured.err
    if how in ("refused", "crash") and wrong:
        assert "bad value '(sensitive)'" in captured.out + captured.err


@pytest.mark.parametrize("made", [InvalidError, NotFoundError, Quoting, ValueError])
def test_no_error_carries_one(made: type[Exception], tmp_path: Path) -> None:
    account = Account(secrets={"acme": VALUE})
    folder = checkout(tmp_path / "co", key("{$secret: acme}"))
    one = FakeEngine({"default": account}).open_pass(Request((folder / "specs",), folder, Settings(), "default"))
    account.fake.fail = lambda _, operation, params: quoting({"value": VALUE}, made)
    with pytest.raises(GatewayError) as caught:
        one.plan()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert "(sensitive)" in str(caught.value)
    account.fake.fail = None
    one.plan()
    account.fake.fail = lambda _, operation, params: quoting({"value": VALUE}, made)
    steps: list[str] = []
    report = one.apply(lambda step: steps.append(step.model_dump_json()), threading.Event())
    assert report.summary.failed == 1
    assert "hunter2" not in report.model_dump_json() + "".join(steps) + repr(report)


def test_an_error_without_a_secret_stays_what_it_is() -> None:
    account = Account()
    account.fake.fail = lambda *_: ZeroDivisionError("oops")
    with pytest.raises(ZeroDivisionError):
        Patient(account).perform(Call("GetAccount"))


def test_a_mask_knows_how_values_are_spelt() -> None:
    mask = Mask()
    assert mask("nothing is known") == "nothing is known"
    mask.learn(["", 'a"b/ä c', "a", "line\nend"])
    in_json = ('a"b/ä c', 'a\\"b/ä c', 'a\\"b/\\u00e4 c')
    for shown in (*in_json, "a%22b%2F%C3%A4%20c", "a%22b%2F%C3%A4+c", "line\\nend"):
        assert mask(f"-{shown}-") == "-(sensitive)-"
