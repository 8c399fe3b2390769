"""What an author says of a root: protected, retained, suspended; and the tags that keep it."""

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.address import Address
from controller.diff import diff
from controller.families import Families
from controller.policy import Rules, guard, orphans
from controller.request import Request
from controller.settings import Settings
from controller.standing import Standing, from_metadata, from_tags, marks
from controller.state import State
from tests.accounts import Account, FakeEngine, checkout
from tests.cases.steps import get, live, shop
from tests.cases.verdicts import ALL, API, NOW, actions, judged, keys, new_value, spec
from tests.engine import converge, desired
from tests.fake import FakeGateway


def opened(account: Account, folder: Path, specs: str, **settings: Any) -> Any:
    checkout(folder, specs)
    request = Request((folder / "specs",), folder, Settings(**settings), "default")
    return FakeEngine({"default": account}).open_pass(request)


# ── protect, onDelete ────────────────────────────────────────────────────────────────────────────


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
    wanted = desired({"ApiKey acme": {"value": new_value(1)}})
    present = live(fake, wanted)
    at = Address("ApiKey", "acme")
    (present if side == "live" else wanted).standing[at] = Standing(protect=True)
    verdict = guard(diff(wanted, present), wanted, present, ALL, NOW)
    assert verdict.refusals == ("ApiKey acme is protected and would be replaced",)


def test_what_is_protected_may_change_inside() -> None:
    verdict = judged(API, shop(paths={"/new": get()}), shop=Standing(protect=True))
    assert verdict.refusals == ()
    assert verdict.changes


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
    assert [(change.key, change.status) for change in report.changes] == [("a", "held"), ("b", "planned")]
    assert report.summary.changes == 1
    assert report.held == {"ApiKey a": "suspended until 2999-01-01 00:00 UTC: incident"}
    assert report.suspended == ("ApiKey a",)


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
    shop = desired(API).resources[Address("RestApi", "shop")]
    present = State(Families(dict.fromkeys((known, gone, unreadable), shop)))
    wanted = State(Families({known: shop}), unknown={unreadable: "no"})
    assert orphans(wanted, present) == {gone}
