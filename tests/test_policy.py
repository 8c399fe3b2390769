"""What a run may do: limits, protection, retention, suspension, other tools' marks, and leave for one plan."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from controller.address import Address
from controller.cli import main
from controller.diff import diff
from controller.policy import Rules, Verdict, guard, orphans, retained
from controller.reconcile import Request
from controller.settings import Limits, Settings
from controller.standing import Standing, from_metadata, from_tags, marks
from controller.state import State
from tests.accounts import Account, FakeEngine, checkout
from tests.cases.steps import get, live, mock, shop
from tests.engine import changes, converge, desired
from tests.fake import FakeGateway


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALL = Rules(prune=True, deletes=None, updates=None)
World = Mapping[str, Mapping[str, Any]]


def judged(before: World, after: World, rules: Rules = ALL, **standing: Standing) -> Verdict:
    """What the rules say of the way from one world to another; `standing` by the key of a live root."""
    fake = FakeGateway()
    converge(fake, before)
    wanted = desired(after)
    present = retained(wanted, live(fake, wanted), rules.history)
    for at in present.roots():
        present.standing[at] = standing.get(at.key, present.standing.get(at, Standing()))
    return guard(diff(wanted, present), wanted, present, rules, NOW)


def keys(count: int, **spec: Any) -> dict[str, Any]:
    return {f"ApiKey k{number:02}": spec for number in range(count)}


def actions(verdict: Verdict) -> list[str]:
    return [f"{change.action} {change.at.key}" for change in verdict.changes]


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after", "deletes", "told"),
    [
        (20, 14, "30%", ""),
        (20, 13, "30%", "7 of 20 live resources would be deleted; the limit is 30%"),
        (10, 6, "30%", "4 of 10 live resources would be deleted; the limit is 30%"),
        (9, 1, "30%", ""),
        (9, 1, 0, ""),
        (20, 18, 2, ""),
        (20, 17, 2, "3 of 20 live resources would be deleted; the limit is 2"),
        (20, 19, 0, "1 of 20 live resources would be deleted; the limit is 0"),
        (20, 20, 0, ""),
        (20, 1, "100%", ""),
        (20, 1, None, ""),
        (20, 19, "0%", "1 of 20 live resources would be deleted; the limit is 0%"),
    ],
)
def test_how_much_may_be_deleted(before: int, after: int, deletes: int | str | None, told: str) -> None:
    verdict = judged(keys(before), keys(after), Rules(prune=True, deletes=deletes, updates=0))
    assert verdict.refusals == ((told,) if told else ())
    assert len(verdict.changes) == before - after


@pytest.mark.parametrize(
    ("count", "updates", "told"),
    [
        (10, "50%", ""),
        (11, "50%", "11 of 20 live resources would be updated; the limit is 50%"),
        (3, 3, ""),
        (4, 3, "4 of 20 live resources would be updated; the limit is 3"),
        (20, None, ""),
    ],
)
def test_how_much_may_be_updated(count: int, updates: int | str | None, told: str) -> None:
    after = keys(20) | keys(count, description="new")
    verdict = judged(keys(20), after, Rules(deletes=0, updates=updates))
    assert verdict.refusals == ((told,) if told else ())


def test_creating_has_no_limit() -> None:
    assert judged(keys(10), keys(60), Rules(deletes=0, updates=0)).refusals == ()


def test_a_replacement_counts_as_a_deletion() -> None:
    before = keys(11) | {"UsagePlan gold": {}}
    after = before | {f"ApiKey k{number:02}": {"value": _value(number)} for number in range(2)}
    verdict = judged(before, after, Rules(deletes=1, updates=0))
    assert verdict.refusals == ("2 of 12 live resources would be deleted; the limit is 1",)


def _value(number: int) -> Any:
    return SecretStr(f"a-new-value-for-number-{number}")


def test_old_deployments_go_without_being_counted() -> None:
    fake = FakeGateway()
    paths = {f"/{name}": get() for name in "abcdefgh"}
    for round_ in range(4):
        converge(fake, shop(description=f"{round_}", paths=paths | {f"/round{round_}": get()}, stages={"prod": {}}))
    wanted = desired(shop(description="3", paths=paths | {"/round3": get()}, stages={"prod": {}}))
    present = retained(wanted, live(fake, wanted), 0)
    verdict = guard(diff(wanted, present), wanted, present, Rules(deletes=0, updates=0, history=0), NOW)
    assert [change.at.kind for change in verdict.changes] == ["Deployment"] * 3
    assert verdict.refusals == ()


@pytest.mark.parametrize("wrong", ["30", "x%", "-1%", -1, 1.5, "1000%"])
def test_a_limit_is_a_count_or_a_share(wrong: Any) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Limits.model_validate({"deletes": wrong}, strict=True)


# ── protect, onDelete ────────────────────────────────────────────────────────────────────────────


API = shop(paths={"/": get()})


def test_what_is_protected_in_aws_is_kept_when_its_spec_goes() -> None:
    verdict = judged({**API, **keys(1)}, keys(1), shop=Standing(protect=True))
    assert actions(verdict) == []
    assert dict(verdict.held) == {Address("RestApi", "shop"): "live, but no spec: kept, because it is protected"}


def test_what_is_retained_is_kept_when_its_spec_goes() -> None:
    verdict = judged({**API, **keys(1)}, keys(1), shop=Standing(retain=True))
    assert actions(verdict) == []
    assert list(verdict.held.values()) == ["live, but no spec: kept, because of onDelete: retain"]


def test_what_has_no_spec_is_left_alone_unless_pruning() -> None:
    before, after = {**API, **keys(1)}, keys(1)
    verdict = judged(before, after, Rules())
    assert actions(verdict) == []
    assert list(verdict.held.values()) == ["live, but no spec: left alone; --prune deletes it"]
    assert "delete shop" in actions(judged(before, after, ALL))


@pytest.mark.parametrize("side", ["live", "desired"])
def test_what_is_protected_is_not_replaced(side: str) -> None:
    fake = FakeGateway()
    converge(fake, {"ApiKey acme": {}})
    wanted = desired({"ApiKey acme": {"value": _value(1)}})
    present = live(fake, wanted)
    at = Address("ApiKey", "acme")
    (present if side == "live" else wanted).standing[at] = Standing(protect=True)
    verdict = guard(diff(wanted, present), wanted, present, ALL, NOW)
    assert verdict.refusals == ("ApiKey acme is protected and would be replaced",)


def test_what_is_protected_may_change_inside() -> None:
    verdict = judged(API, shop(paths={"/new": get()}), shop=Standing(protect=True))
    assert verdict.refusals == ()
    assert verdict.changes


def spec(metadata: str = "", kind: str = "ApiKey", name: str = "acme", body: str = "{}") -> str:
    extra = f", {metadata}" if metadata else ""
    return f"---\napiVersion: apigateway/v1\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\nspec: {body}\n"


def test_protection_and_retention_outlive_the_spec(tmp_path: Path) -> None:
    """What the author said is in the tags, so it holds when the spec is gone."""
    account = Account()
    specs = spec("protect: true", name="a") + spec("onDelete: retain", name="b") + spec(name="c")
    one = opened(account, tmp_path / "one", specs)
    one.plan()
    assert one.apply(lambda _: None, threading.Event()).summary.failed == 0
    report = opened(account, tmp_path / "two", spec(name="d"), prune=True).plan()
    assert {change.key: change.action for change in report.changes} == {"c": "delete", "d": "create"}
    assert set(report.held) == {"ApiKey a", "ApiKey b"}
    # Without the words in the spec the tags go, and with them the protection.
    plain = spec(name="a") + spec(name="b") + spec(name="c")
    report = opened(account, tmp_path / "three", plain).plan()
    assert {change.key: change.action for change in report.changes} == {"a": "update", "b": "update"}


def opened(account: Account, folder: Path, specs: str, **settings: Any) -> Any:
    checkout(folder, specs)
    request = Request((folder / "specs",), folder, Settings(**settings), "default")
    return FakeEngine({"default": account}).open_pass(request)


# ── suspend ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("until", "held"),
    [
        (None, "suspended: incident 42"),
        (NOW + timedelta(seconds=1), "suspended until 2026-06-01 12:00 UTC: incident 42"),
        (NOW, ""),
        (NOW - timedelta(days=1), ""),
    ],
)
def test_a_suspended_root_is_left_as_it_is_until_then(until: datetime | None, held: str) -> None:
    fake = FakeGateway()
    converge(fake, keys(2))
    wanted = desired(keys(2, description="new"))
    wanted.standing[Address("ApiKey", "k00")] = Standing(suspended="incident 42", until=until)
    present = live(fake, wanted)
    verdict = guard(diff(wanted, present), wanted, present, ALL, NOW)
    assert list(verdict.held.values()) == ([held] if held else [])
    assert actions(verdict) == (["update k01"] if held else ["update k00", "update k01"])


def test_the_author_says_it_in_metadata(tmp_path: Path) -> None:
    account = Account()
    far = 'suspend: {reason: incident, until: "2999-01-01T00:00:00Z"}'
    past = 'suspend: {reason: incident, until: "2001-01-01T00:00:00+02:00"}'
    report = opened(account, tmp_path / "a", spec(far, name="a") + spec(past, name="b")).plan()
    assert [change.key for change in report.changes] == ["b"]
    assert report.held == {"ApiKey a": "suspended until 2999-01-01 00:00 UTC: incident"}
    assert report.suspended == ("ApiKey a",)


# ── sudden emptiness ─────────────────────────────────────────────────────────────────────────────


def test_specs_that_are_suddenly_empty_delete_nothing() -> None:
    verdict = judged(keys(3), {})
    assert verdict.refusals == ("the specs are suddenly empty: everything that is live would be deleted",)
    assert judged(keys(3), {}, Rules()).refusals == ()
    assert judged({}, {}).refusals == ()
    assert judged(keys(3), keys(1)).refusals == ()


# ── other tools ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tags", "manager"),
    [
        ({"aws:cloudformation:stack-name": "shop-prod"}, "CloudFormation stack shop-prod"),
        ({"aws:cloudformation:stack-id": "arn:x"}, "CloudFormation stack arn:x"),
        ({"lambda:createdBy": "SAM"}, "AWS SAM"),
        ({"serverless:service": "shop"}, "Serverless Framework service shop"),
        ({"STAGE": "dev"}, "Serverless Framework stage dev"),
        ({"terraform": "true"}, "Terraform (true)"),
        ({"Terraform": "yes"}, "Terraform (yes)"),
        ({"managed-by": "terraform"}, "terraform"),
        ({"ManagedBy": "Pulumi"}, "Pulumi"),
        ({"services.k8s.aws/controller-version": "v1"}, "AWS Controllers for Kubernetes (v1)"),
        ({"services.k8s.aws/namespace": "shop"}, "AWS Controllers for Kubernetes (namespace shop)"),
        ({"stage": "dev"}, ""),
        ({"managed-by": "apigateway-reconciler"}, ""),
        ({"terraform": ""}, ""),
        ({"team": "media"}, ""),
        ({}, ""),
    ],
)
def test_the_marks_of_other_tools(tags: dict[str, str], manager: str) -> None:
    assert from_tags(tags).manager == manager


def test_what_another_tool_manages_too_is_not_changed() -> None:
    marked = Standing(manager="CloudFormation stack shop")
    told = "carries the mark of CloudFormation stack shop: two managers would undo each other's changes"
    assert judged(API, shop(paths={"/new": get()}), shop=marked).refusals == (f"RestApi shop {told}",)
    # It is no matter as long as nothing is to be done.
    assert judged(API, API, shop=marked).refusals == ()


# ── policies ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "done"),
    [
        ("sync", ["create k03", "delete k02", "replace k01", "update k00"]),
        ("upsert-only", ["create k03", "update k00"]),
        ("create-only", ["create k03"]),
    ],
)
def test_what_a_policy_allows(policy: Any, done: list[str]) -> None:
    after = {"ApiKey k00": {"description": "new"}, "ApiKey k01": {"value": _value(1)}, "ApiKey k03": {}}
    assert sorted(actions(judged(keys(3), after, Rules(policy, prune=True)))) == done


@pytest.mark.parametrize("policy", ["upsert-only", "create-only"])
def test_a_path_is_not_deleted_without_leave(policy: str) -> None:
    fake = FakeGateway()
    converge(fake, shop(paths={"/a": get(), "/b": get()}))
    after = shop(paths={"/a": get(), "/c": {"methods": {"POST": mock()}}})
    report = converge(fake, after, policy=policy)
    assert {change.action for change in report.changes} == {"create"}
    (api,) = fake.world.apis.values()
    paths = {item["path"] for item in fake("GetResources", {"restApiId": api.id})["items"]}
    assert {"/a", "/b", "/c"} <= paths
    assert changes(fake, after, policy=policy) == []


# ── standing and tags ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("metadata", "tags"),
    [
        ({}, {}),
        ({"protect": False, "onDelete": "delete"}, {}),
        ({"protect": True}, {"reconcile:protect": "true"}),
        ({"onDelete": "retain"}, {"reconcile:on-delete": "retain"}),
        ({"protect": True, "onDelete": "retain"}, {"reconcile:protect": "true", "reconcile:on-delete": "retain"}),
    ],
)
def test_what_an_author_says_is_kept_in_tags(metadata: dict[str, Any], tags: dict[str, str]) -> None:
    said = from_metadata(metadata)
    assert marks(said) == tags
    assert from_tags(tags) == said


def test_orphans_are_live_roots_without_a_spec() -> None:
    known, gone, unreadable = (Address("RestApi", name) for name in ("known", "gone", "unreadable"))
    present = State({at: desired(API).resources[Address("RestApi", "shop")] for at in (known, gone, unreadable)})
    wanted = State({known: present.resources[known]}, unknown={unreadable: "no"})
    assert orphans(wanted, present) == {gone}


# ── the digest ───────────────────────────────────────────────────────────────────────────────────


CASES: dict[str, Callable[[], Verdict]] = {
    "nothing": lambda: judged(keys(1), keys(1)),
    "create": lambda: judged({}, keys(1)),
    "create another": lambda: judged({}, {"ApiKey x": {}}),
    "create with a description": lambda: judged({}, keys(1, description="a")),
    "create with another": lambda: judged({}, keys(1, description="b")),
    "delete": lambda: judged(keys(2), keys(1)),
    "update": lambda: judged(keys(1), keys(1, description="a")),
    "update from elsewhere": lambda: judged(keys(1, description="b"), keys(1, description="a")),
    "update otherwise": lambda: judged(keys(1), keys(1, description="b")),
    "rename": lambda: judged(shop(paths={"/a": get()}), shop(paths={"/b": get()})),
    "sets": lambda: judged(API, shop(paths={"/": get()}, binaryMediaTypes=["a/b", "c/d", "e/f"])),
}


def test_plans_differ_in_their_digests() -> None:
    digests = {name: make().digest for name, make in CASES.items()}
    assert len(set(digests.values())) == len(CASES), digests
    assert all(len(digest) == 12 and int(digest, 16) >= 0 for digest in digests.values())


@pytest.mark.parametrize("name", CASES)
def test_equal_plans_have_one_digest(name: str) -> None:
    assert CASES[name]().digest == CASES[name]().digest


def test_a_digest_is_the_same_in_every_process() -> None:
    """Whoever reviews a plan and whoever carries it out need not be one process."""
    program = "from tests.test_policy import CASES; print([make().digest for make in CASES.values()])"
    root = Path(__file__).parents[1]
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


# ── through the command ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on one account with these specs: exit code, stdout, stderr."""
    for name in os.environ:
        if name.startswith("RECONCILE_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    account, folder = Account(), checkout(tmp_path / "co", spec())
    monkeypatch.chdir(folder)

    def runner(specs: str, *words: str) -> tuple[int, str, str]:
        (folder / "specs" / "all.yaml").write_text(specs)
        code = main(words, FakeEngine({"default": account}))
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    runner.account = account  # type: ignore[attr-defined]
    return runner


def many(count: int) -> str:
    return "".join(spec(name=f"k{number:02}") for number in range(count))


def live_keys(command: Any) -> int:
    return len(command.account.fake.world.api_keys)


def test_a_refused_plan_is_carried_out_only_under_its_digest(command: Any) -> None:
    assert command(many(12), "--yes")[0] == 0
    code, out, err = command(many(6), "--yes", "--prune")
    assert (code, live_keys(command)) == (4, 12)
    assert "refused: 6 of 12 live resources would be deleted; the limit is 30%" in out
    (line,) = [line for line in out.splitlines() if line.startswith("To allow exactly this plan: --allow ")]
    digest = line.split()[-1]
    assert err == ""

    code, out, err = command(many(6), "--yes", "--prune", "--allow", "0123456789ab")
    assert (code, live_keys(command)) == (4, 12)
    assert err == "--allow 0123456789ab is for another plan: review this one\n"
    # The same digest does not do for another plan.
    code, _, err = command(many(5), "--yes", "--prune", "--allow", digest)
    assert (code, live_keys(command)) == (4, 12)
    assert f"--allow {digest} is for another plan" in err

    code, out, _ = command(many(6), "--yes", "--prune", "--allow", digest)
    assert (code, live_keys(command)) == (0, 6)
    assert "Applied: 0 created, 0 updated, 0 replaced, 0 renamed, 6 deleted" in out


def test_a_dry_run_of_a_refused_plan_ends_with_4_too(command: Any) -> None:
    command(many(12), "--yes")
    code, out, _ = command(many(6), "--dry-run", "--prune", "-o", "json")
    assert code == 4
    (target,) = json.loads(out)["targets"]
    assert target["refusals"] == ["6 of 12 live resources would be deleted; the limit is 30%"]
    assert len(target["digest"]) == 12
    assert command(many(6), "--dry-run", "--prune", "--allow", target["digest"])[0] == 0


def test_allow_does_not_matter_where_nothing_is_refused(command: Any) -> None:
    assert command(many(2), "--yes", "--allow", "0123456789ab")[0] == 0
    assert live_keys(command) == 2


def test_what_is_protected_is_refused_with_its_name(command: Any) -> None:
    command(spec("protect: true"), "--yes")
    assert command(spec("protect: true"), "--dry-run", "--detailed-exitcode")[0] == 0
    tags = {"aws:cloudformation:stack-name": "x"}
    (key,) = command.account.fake.world.api_keys.values()
    key["tags"] |= tags
    code, out, _ = command(spec("protect: true", body="{description: new}"), "--yes")
    assert code == 4
    assert "refused: ApiKey acme carries the mark of CloudFormation stack x" in out
