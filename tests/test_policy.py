"""What a run may do: limits, other tools' marks, policies, and the digest of a plan."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.diff import diff
from controller.policy import Rules, Verdict, guard
from controller.retention import retained
from controller.settings import Limits
from controller.standing import Standing, from_tags
from tests.cases.steps import get, live, mock, shop
from tests.cases.verdicts import API, NOW, actions, judged, keys, new_value
from tests.engine import changes, converge, desired
from tests.fake import FakeGateway


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
    after = before | {f"ApiKey k{number:02}": {"value": new_value(number)} for number in range(2)}
    verdict = judged(before, after, Rules(deletes=1, updates=0))
    assert verdict.refusals == ("2 of 12 live resources would be deleted; the limit is 1",)


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
    after = {"ApiKey k00": {"description": "new"}, "ApiKey k01": {"value": new_value(1)}, "ApiKey k03": {}}
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


@pytest.mark.parametrize("policy", ["upsert-only", "create-only"])
def test_what_was_left_standing_is_no_longer_served_once_it_may_go(policy: str) -> None:
    fake = FakeGateway()
    stages = {"prod": {}}
    converge(fake, shop(paths={"/a": get(), "/b": get()}, stages=stages))
    after = shop(paths={"/a": get()}, stages=stages)
    converge(fake, after, policy=policy)
    assert changes(fake, after, policy=policy) == []
    converge(fake, after)
    (api,) = fake.world.apis.values()
    assert "/b" not in fake.snapshots[api.stages["prod"]["deploymentId"]]["paths"]
    assert changes(fake, after) == []


def paths(fake: FakeGateway) -> set[str]:
    (api,) = fake.world.apis.values()
    return {item["path"] for item in fake("GetResources", {"restApiId": api.id})["items"]}


def test_create_only_makes_a_new_path_where_another_policy_would_rename_one() -> None:
    fake = FakeGateway()
    converge(fake, shop(paths={"/a": get()}))
    report = converge(fake, shop(paths={"/b": get()}), policy="create-only")
    assert paths(fake) == {"/", "/a", "/b"}
    assert report.held == {"RestApi shop": "policy create-only leaves out: 3 to delete"}


def test_create_only_leaves_out_what_has_no_room_beside_what_stays() -> None:
    fake = FakeGateway()
    converge(fake, shop(paths={"/{a}": get()}, stages={"prod": {}}))
    after = shop(paths={"/{b}/c": get(), "/d": get()}, stages={"prod": {}, "next": {}})
    report = converge(fake, after, policy="create-only")
    assert report.summary.failed == 0
    assert paths(fake) == {"/", "/{a}", "/d"}
    # What is not whole is not deployed, else it would pass for the whole later.
    (api,) = fake.world.apis.values()
    assert (len(api.deployments), set(api.stages)) == (1, {"prod"})
    assert "to create" in report.held["RestApi shop"]
    assert changes(fake, after, policy="create-only") == []
    converge(fake, after)
    (served,) = {stage["deploymentId"] for stage in api.stages.values()}
    assert len(api.deployments) == 2
    assert changes(fake, after) == []
    assert served in api.deployments


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
