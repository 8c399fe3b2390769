"""What operators suspend: which roots it is about, and that those are compared and not changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.address import Address
from controller.aws.pacing import Pacers
from controller.loop.book import Condition
from controller.loop.happenings import Overridden
from controller.loop.site import AwsSite
from controller.request import Request
from controller.settings import Settings
from controller.standing import Standing
from controller.suspension import Suspension, covering
from tests.engine import HERE
from tests.test_book import START, change, kept, loaded, looked, only, report
from tests.test_site import Checkout


SHOP, OTHER, ACCOUNT = Address("RestApi", "shop"), Address("RestApi", "other"), Address("Account")
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def suspension(name: str = "shop", **more: Any) -> Suspension:
    return Suspension(**{"name": name, "until": LATER, "reason": "incident 42", "by": "ada", **more})


@pytest.mark.parametrize(
    ("one", "root", "covers"),
    [
        (suspension(), SHOP, True),
        (suspension(), Address("UsagePlan", "shop"), True),
        (suspension("RestApi shop"), SHOP, True),
        (suspension("RestApi shop"), Address("UsagePlan", "shop"), False),
        (suspension(), OTHER, False),
        (suspension("sho"), SHOP, False),
        (suspension("Account"), ACCOUNT, True),
        (suspension(targets=("prod", "dev")), SHOP, True),
        (suspension(targets=("dev",)), SHOP, False),
    ],
)
def test_which_roots_it_is_about(one: Suspension, root: Address, covers: bool):
    assert one.covers("prod", root) is covers


def test_of_several_the_longest_counts():
    longer = suspension("RestApi shop", until=LATER + timedelta(days=1))
    assert covering([suspension(), longer, suspension("other")], "prod", SHOP) == longer
    assert covering([], "prod", SHOP) is None


def test_what_the_author_suspended_keeps_his_words_while_it_lasts():
    one = suspension()
    assert one.standing(Standing(protect=True), NOW) == Standing(
        protect=True, suspended="incident 42 (by ada)", until=LATER
    )
    own = Standing(suspended="migration")
    assert one.standing(own, NOW) is own
    over = Standing(suspended="migration", until=NOW)
    assert one.standing(over, NOW).suspended == "incident 42 (by ada)"


@pytest.mark.parametrize("wrong", [{"name": ""}, {"reason": ""}, {"until": "2026-01-01T00:00:00"}])
def test_what_says_too_little_is_none(wrong: dict[str, str]):
    with pytest.raises(ValidationError):
        suspension(**wrong)


class Held(Checkout):
    """A site of which something may be suspended."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.said: list[Suspension] = []
        base = Request((), path, Settings(prune=True), "default")
        self.site = AwsSite(
            base, Pacers(), arriving=lambda _: (self.fake, HERE), suspensions=lambda: tuple(self.said)
        )

    def descriptions(self) -> dict[str, str]:
        return {api.record["name"]: api.record["description"] for api in self.fake.world.apis.values()}


@pytest.fixture
def held(tmp_path: Path) -> Held:
    found = Held(tmp_path)
    (tmp_path / "reconcile.yaml").write_text("prune: true\nlimits: {deletes: null, updates: null}\n")
    found.api("shop")
    found.api("other")
    found.load()
    assert found.look(SHOP, OTHER).summary.failed == 0
    return found


FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


def test_it_is_compared_and_not_changed_while_others_are(held: Held):
    held.said = [suspension(until=FUTURE)]
    held.api("shop", "second")
    held.api("other", "second")
    held.load("r2")
    found = held.look(SHOP, OTHER)
    assert held.descriptions() == {"shop": "first", "other": "second"}
    assert found.suspended == (str(SHOP),)
    assert found.held == {str(SHOP): "suspended until 2100-01-01 00:00 UTC: incident 42 (by ada)"}
    assert {(change.root, change.status) for change in found.changes} == {
        (str(SHOP), "held"),
        (str(OTHER), "applied"),
    }
    (changed,) = [change for change in found.changes if (change.root, change.path) == (str(SHOP), "")]
    assert [(item.old, item.new) for item in changed.fields] == [("first", "second")]
    held.said = []
    held.look(SHOP)
    assert held.descriptions()["shop"] == "second"


def test_it_is_not_deleted_when_its_spec_goes(held: Held):
    held.said = [suspension(until=FUTURE)]
    (held.path / "specs" / "shop.yaml").unlink()
    held.load("r2")
    assert held.look(OTHER).suspended == (str(SHOP),)
    assert held.descriptions().keys() == {"shop", "other"}
    held.said = []
    held.look(OTHER)
    assert held.descriptions().keys() == {"other"}


def test_a_word_that_comes_during_a_pass_still_counts_for_what_was_not_begun(held: Held):
    held.api("shop", "second")
    held.api("other", "second")
    held.load("r2")


    def speak(number: int, operation: str, params: dict[str, Any]) -> None:
        # While it reads: the plan is made without it.
        held.said = [suspension(until=FUTURE)]

    held.fake.fail = speak
    found = held.look(SHOP, OTHER)
    assert found.suspended == ()
    assert held.descriptions() == {"shop": "first", "other": "second"}
    assert {(change.root, change.status) for change in found.changes} >= {
        (str(SHOP), "skipped"),
        (str(OTHER), "applied"),
    }


# ── how it stands ────────────────────────────────────────────────────────────────────────────────


A = "RestApi a"


def test_it_stands_as_suspended_at_once_and_whatever_passes_find():
    one = suspension("a")
    book, changes = kept(loaded(A), looked(report()), Overridden((one,)))
    assert (only(book).condition, only(book).message) == (Condition.SUSPENDED, one.words)
    since = only(book).since
    for found in (report(), "AWS is down", report(held={A: one.words}, suspended=(A,))):
        book.observe(looked(found, minute=5))
        assert (only(book).condition, only(book).message, only(book).since) == (
            Condition.SUSPENDED,
            one.words,
            since,
        )
    assert [(change.before, change.after) for change in changes] == [
        (Condition.UNKNOWN, Condition.IN_SYNC),
        (Condition.IN_SYNC, Condition.SUSPENDED),
    ]


def test_it_stays_so_until_a_pass_after_its_end():
    book, changes = kept(loaded(A), looked(report()), Overridden((suspension("a"),)), Overridden(()))
    assert only(book).condition is Condition.SUSPENDED
    book.observe(looked(report(), minute=2))
    assert only(book).condition is Condition.IN_SYNC
    assert changes[-1].before is Condition.SUSPENDED


def test_one_that_is_loaded_later_is_suspended_too_and_an_invalid_spec_outweighs_it():
    book, _ = kept(Overridden((suspension("a"),)), loaded(A))
    assert only(book).condition is Condition.SUSPENDED
    book.observe(loaded(a="no such field"))
    assert only(book).condition is Condition.INVALID


def test_what_differs_is_counted_while_it_is_suspended():
    held = report(change(A, "held", fields=3), held={A: "suspended: x"}, suspended=(A,))
    book, _ = kept(loaded(A), looked(held))
    assert (only(book).fields, dict(only(book).pending)) == (3, {"update": 1})
    assert only(book).differs_since == START + timedelta(minutes=1)
