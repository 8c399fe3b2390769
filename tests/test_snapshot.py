"""Snapshots: what gets into them, what a plan makes of what is not, and who is believed."""

import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from controller.errors import AccessError, SnapshotError
from controller.gateway import Environment
from controller.request import Request
from controller.settings import Settings
from controller.snapshot import FrozenPass, opened, private_key, public_key, put, written
from controller.snapshot.document import MOST
from controller.snapshot.keys import fingerprint
from tests.cases.steps import get, shop
from tests.engine import HERE, converge, open_pass
from tests.fake import FakeGateway
from tests.snapshots import NOW, content, planned, taken, through_a_file


CANARY = "canary-canary-canary-0123"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def served(function: str = "greet", **stage: Any) -> dict[str, Any]:
    """An API with a stage, and a function behind it."""
    methods = {"GET": {"integration": {"lambda": function}}}
    return {"RestApi shop": {"paths": {"/": {"methods": methods}}, "stages": {"prod": stage}}}


def changed(found: Any, world: Any, **more: Any) -> list[str]:
    report, _ = planned(found, world, **more)
    return [f"{change.action} {change.path or change.root}" for change in report.changes]


# ── what is in it ────────────────────────────────────────────────────────────────────────────────


def test_what_is_others_is_not_in_it():
    fake = FakeGateway()
    theirs = Environment(HERE.account, HERE.region, owner="theirs")
    for name in ("RestApi", "UsagePlan", "VpcLink"):
        fake(f"Create{name}", {"name": f"nobody-{name}"} | ({"targetArns": ["arn:x"]} if name == "VpcLink" else {}))
    fake("CreateRestApi", {"name": "their-api", "tags": {"reconcile:owner": theirs.owner, "reconcile:name": "x"}})
    converge(fake, served())
    for statements in fake.world.statements.values():
        statements["theirs"] = {"Sid": "reconcile-zzzzzzzzzz-0", "Effect": "Allow", "Principal": "their-role"}
    text = written(content(default=taken(fake, served())))
    assert "shop" in text
    for name in ("nobody", "their", "zzzzzzzzzz"):
        assert name not in text


def test_a_secret_is_not_in_it_wherever_it_stands():
    fake = FakeGateway()
    world = {"ApiKey acme": {"value": SecretStr(CANARY)}, "UsagePlan gold": {"apiKeys": ["acme"]}}
    world |= served(variables={"a": f"x-{CANARY}"}, description=f"call with {CANARY}")
    converge(fake, world)
    foreign = fake("CreateApiKey", {"name": "foreign", "value": f"foreign-{CANARY}"})["id"]
    (plan,) = fake.world.usage_plans
    fake("CreateUsagePlanKey", {"usagePlanId": plan, "keyId": foreign, "keyType": "API_KEY"})
    found = taken(fake, world)
    assert CANARY not in written(content(default=found))
    # What is not told is not different.
    assert [text for text in changed(found, world) if "ApiKey" in text] == []


def test_of_a_function_nothing_is_in_it_but_what_lets_this_api_call_it():
    fake = FakeGateway()

    def telling(operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        answer = fake(operation, params, service=service)
        return answer | ({"Environment": {"Variables": {"P": CANARY}}} if "FunctionConf" in operation else {})

    converge(fake, served())
    for statements in fake.world.statements.values():
        statements["own"] = {"Sid": "own", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::1:user/{CANARY}"}}
    found = taken(telling, served("other"))
    assert CANARY not in written(content(default=found))
    assert any(item.operation == "GetFunctionConfiguration" for item in found.target.answers)


def test_a_root_that_could_not_be_read_is_told_and_left_alone():
    fake = FakeGateway()
    converge(fake, served())
    fake.fail = lambda n, operation, params: AccessError("no") if operation == "GetModels" else None
    found = through_a_file(taken(fake, served()))
    assert found.unread == {"RestApi shop": "no"}
    report, _ = planned(found, served())
    assert list(report.unreadable) == ["RestApi shop"]
    assert "not in the snapshot" in report.unreadable["RestApi shop"]
    assert report.changes == ()


# ── what is not in it ────────────────────────────────────────────────────────────────────────────


def snapshot_of(world: dict[str, Any], **more: Any) -> Any:
    fake = FakeGateway(**more)
    converge(fake, world)
    return through_a_file(taken(fake, world))


def test_a_new_root_is_created():
    report, assumed = planned(snapshot_of({}), shop(paths={"/": get()}))
    assert {change.action for change in report.changes} == {"create"}
    assert assumed == set()


def test_a_function_that_nobody_asked_about_is_taken_to_be_there():
    report, assumed = planned(snapshot_of(served()), served("fresh"))
    assert "create LambdaPermission fresh GET /" in [f"{change.action} {change.path}" for change in report.changes]
    assert report.unreadable == {}
    assert [told.partition(":")[0] for told in assumed] == ["Lambda function fresh"]


def test_a_function_that_was_missed_is_still_missed():
    fake = FakeGateway(functions={"greet"})
    converge(fake, served())
    found = through_a_file(taken(fake, served("gone")))
    report, assumed = planned(found, served("gone"))
    assert report.unreadable == open_pass(fake, served("gone")).plan().unreadable
    assert "does not exist" in report.unreadable["RestApi shop"]
    assert assumed == set()


def test_a_log_group_that_nobody_asked_about_is_taken_for_new():
    logs = {"accessLogSettings": {"logGroup": "mine", "format": "$context.requestId"}}
    report, assumed = planned(snapshot_of(served()), served(**logs))
    assert "create LogGroup mine" in [f"{change.action} {change.path}" for change in report.changes]
    assert assumed == {"log group mine: taken for one that is still to be made"}


def test_a_stage_that_nobody_asked_about_is_taken_to_be_unguarded():
    found = snapshot_of(served())
    report, assumed = planned(found, served(webAclArn="arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1"))
    assert [field.field for change in report.changes for field in change.fields] == ["webAclArn"]
    assert len(assumed) == 1


def test_an_adoption_of_what_is_not_in_it_is_left_alone():
    fake = FakeGateway()
    foreign = fake("CreateRestApi", {"name": "legacy"})["id"]
    found = through_a_file(taken(fake, {}))
    world = shop(paths={"/": get()})
    (title,) = world
    report, _ = planned(found, world, adopt={title: foreign})
    assert list(report.unreadable) == [title]
    assert f"{foreign} is not in the snapshot" in report.unreadable[title]
    # With specs that adopt it already, it is.
    found = through_a_file(taken(fake, world, adopt={title: foreign}))
    assert f"adopt {title}" in changed(found, world, adopt={title: foreign})


def test_another_secret_is_no_difference():
    before = {"ApiKey acme": {"value": SecretStr("a" * 20)}}
    assert changed(snapshot_of(before), {"ApiKey acme": {"value": SecretStr("b" * 20)}}) == []
    assert changed(snapshot_of(before), {"ApiKey acme": {}}) == []


# ── who is believed ──────────────────────────────────────────────────────────────────────────────


def text_of(**targets: Any) -> str:
    return written(content(**(targets or {"default": snapshot_of(served())})), KEY)


@pytest.fixture(scope="module")
def signed() -> str:
    return text_of()


def at(folder: Path, text: str | bytes) -> Path:
    file = folder / "snapshot.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_what_is_signed_is_believed(tmp_path: Path, signed: str):
    found = opened(at(tmp_path, signed), [OTHER.public_key(), KEY.public_key()], NOW)
    assert found.signed_by == fingerprint(KEY.public_key())
    assert found.content.revision == "abc1234"


def resigned(text: str, change: Callable[[dict[str, Any]], None]) -> str:
    document = json.loads(text)
    change(document)
    return json.dumps(document)


UNBELIEVABLE: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "changed": (lambda text: text.replace("shop", "shap"), "was changed after it was signed"),
    "another key": (
        lambda text: resigned(text, lambda doc: doc["signature"].update(by=fingerprint(OTHER.public_key()))),
        "none of the keys",
    ),
    "no signature": (lambda text: resigned(text, lambda doc: doc.pop("signature")), "is not signed"),
    "odd signature": (
        lambda text: resigned(text, lambda doc: doc["signature"].update(value="ä=")),
        "changed after",
    ),
    "empty": (lambda text: "", "no JSON"),
    "truncated": (lambda text: text[: len(text) // 2], "not the whole of it"),
    "no JSON": (lambda text: "RestApi: shop", "no JSON"),
    "no object": (lambda text: "[]", "is no snapshot"),
    "another thing": (lambda text: '{"formatVersion": 1}', "is no snapshot"),
    "bytes": (lambda text: b"\xff\xfe\x00", "no JSON"),
    "deep": (lambda text: "[" * 100_000, "no JSON"),
    "infinite": (lambda text: text.replace('"format": 1', '"format": 1e999'), "no JSON"),
}


@pytest.mark.parametrize("name", UNBELIEVABLE)
def test_what_is_not_believed_is_told_in_one_sentence(tmp_path: Path, signed: str, name: str):
    spoil, told = UNBELIEVABLE[name]
    with pytest.raises(SnapshotError) as error:
        opened(at(tmp_path, spoil(signed)), [KEY.public_key()], NOW)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_another_format_is_told_by_its_number(tmp_path: Path, signed: str):
    file = at(tmp_path, signed.replace('"format": 1', '"format": 7'))
    with pytest.raises(SnapshotError, match="has format '7'"):
        opened(file, [], NOW)


def test_what_is_taken_tomorrow_is_not_believed(tmp_path: Path, signed: str):
    with pytest.raises(SnapshotError, match="still to come"):
        opened(at(tmp_path, signed), [KEY.public_key()], NOW - timedelta(hours=1))


@pytest.mark.parametrize("taken", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "yesterday", 1e99, -1])
def test_a_time_that_makes_no_sense_is_told(tmp_path: Path, signed: str, taken: Any):
    file = at(tmp_path, resigned(signed, lambda document: document["snapshot"].update(taken=taken)))
    try:
        FrozenPass(request(tmp_path), opened(file, [], NOW), max_age=60, now=NOW).plan()
    except SnapshotError as error:
        told = str(error)
    else:
        told = ""
    # A number is a time, too: seconds since 1970.
    assert ("taken" in told) == (taken != -1)


def test_a_file_too_large_is_not_read(tmp_path: Path):
    file = tmp_path / "large"
    with file.open("wb") as hole:
        hole.truncate(MOST + 1)
    with pytest.raises(SnapshotError, match="no snapshot has"):
        opened(file, [], NOW)


def test_openssl_makes_keys(tmp_path: Path):
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    key = private_key(str(private))
    assert fingerprint(key.public_key()) == fingerprint(public_key(str(public)))
    assert fingerprint(private_key(private.read_text()).public_key()) == fingerprint(key.public_key())


@pytest.mark.parametrize("given", ["/nowhere", "a\0b", f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n", ""])
def test_what_is_no_key_is_told_without_it(given: str):
    for read in (private_key, public_key):
        with pytest.raises(SnapshotError) as error:
            read(given)
        assert CANARY not in str(error.value)


def test_a_public_key_signs_nothing():
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(SnapshotError, match="no private Ed25519 key"):
        private_key(pem)


# ── the pass ─────────────────────────────────────────────────────────────────────────────────────

SPEC = """\
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: acme}
spec: {value: {$env: NOBODY_SET_THIS}}
---
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: other}
spec: {value: {$secret: nobody/asks#for}, description: new}
---
apiVersion: apigateway/v1
kind: ApiKey
metadata: {name: mounted}
spec: {value: {$file: /run/secrets/nowhere}}
"""


def request(folder: Path, **settings: Any) -> Request:
    (folder / "specs.yaml").write_text(SPEC)
    return Request((folder / "specs.yaml",), folder, Settings(**settings), "default", environ={})


def frozen(folder: Path, text: str, later: timedelta = timedelta(), **wanted: Any) -> FrozenPass:
    snapshot = opened(at(folder, text), [KEY.public_key()], NOW + later)
    return FrozenPass(request(folder, **wanted), snapshot, max_age=3600, now=NOW + later)


def test_secrets_are_not_looked_up_and_not_compared(tmp_path: Path):
    fake = FakeGateway()
    converge(fake, {f"ApiKey {name}": {"value": SecretStr(name * 5)} for name in ("acme", "other")})
    text = text_of(default=taken(fake, {}))
    report = frozen(tmp_path, text).plan()
    found = {change.root: [field.field for field in change.fields] for change in report.changes}
    assert found == {"ApiKey other": ["description"], "ApiKey mounted": ["name", "value"]}
    assert report.snapshot
    assert report.snapshot.assumed == ("ApiKey acme, ApiKey other: taken to have the secret value that is wanted",)
    assert report.readCalls == 0


def test_its_age_is_told_and_too_old_is_told_too(tmp_path: Path, signed: str):
    young, old = (frozen(tmp_path, signed, timedelta(minutes=age)).plan().snapshot for age in (30, 90))
    assert young
    assert old
    assert (young.ageSeconds, young.isOld, young.revision) == (1800, False, "abc1234")
    assert (old.ageSeconds, old.isOld, old.signedBy) == (5400, True, fingerprint(KEY.public_key()))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"owner": "others"}, "is of owner 'default', and target default is owner 'others'"),
        ({"targets": {"default": {"account": "999999999999"}}}, "is of account '123456789012'"),
        ({"targets": {"default": {"region": "us-east-1"}}}, "is of region 'eu-west-1'"),
    ],
)
def test_a_snapshot_of_another_place_is_refused(tmp_path: Path, signed: str, wanted: dict[str, Any], told: str):
    with pytest.raises(SnapshotError, match=told):
        frozen(tmp_path, signed, **wanted)


def test_a_snapshot_without_the_target_is_refused(tmp_path: Path):
    with pytest.raises(SnapshotError, match="has no target 'default'; it has prod"):
        frozen(tmp_path, text_of(prod=snapshot_of({})))


# ── what anybody could write ─────────────────────────────────────────────────────────────────────

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ANY = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inside for found in places(item, (*path, key)))]


@ANY
@given(st.data())
def test_nothing_in_a_file_leads_to_anything_but_a_plan_or_a_sentence(tmp_path_factory, signed, data):
    folder = tmp_path_factory.mktemp("hostile")
    document = json.loads(signed)
    path = data.draw(st.sampled_from(places(document["snapshot"])[1:]))
    above = document["snapshot"]
    for key in path[:-1]:
        above = above[key]
    above[path[-1]] = data.draw(JSON)
    file = at(folder, json.dumps(document))
    if document != json.loads(signed):
        with pytest.raises(SnapshotError):
            opened(file, [KEY.public_key()], NOW)
    told = ""
    try:
        FrozenPass(request(folder), opened(file, [], NOW), max_age=60, now=NOW).plan()
    except SnapshotError as error:
        told = str(error)
    assert "\n" not in told


@ANY
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_lead_to_anything_but_a_sentence(tmp_path_factory, noise):
    with pytest.raises(SnapshotError):
        opened(at(tmp_path_factory.mktemp("noise"), noise), [], NOW)


def test_a_file_that_is_there_is_replaced_whole(tmp_path: Path):
    file = at(tmp_path, "old")
    put("new", file)
    assert [item.name for item in tmp_path.iterdir()] == ["snapshot.json"]
    assert file.read_text() == "new"
    with pytest.raises(SnapshotError, match="cannot be written"):
        put("new", tmp_path / "nowhere" / "x")
