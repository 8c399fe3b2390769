"""The book: how each root stands, from happenings alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.loop.book import Book, Condition, RootStatus, StateChange
from controller.loop.happenings import Fetched, Live, Loaded, Looked, Version
from controller.report import ChangeView, FieldChange, Report


START = datetime(2026, 1, 1, tzinfo=UTC)
A, B = "RestApi a", "RestApi b"


def change(root: str, status: str = "planned", error: str = "", fields: int = 2) -> ChangeView:
    names = tuple(FieldChange(field=f"f{number}") for number in range(fields))
    view = {"root": root, "path": "Path /x", "kind": "Path", "key": "/x", "action": "update"}
    return ChangeView(**view, status=status, error=error, fields=names)  # type: ignore[arg-type]


def report(*changes: ChangeView, **more: Any) -> Report:
    place = {"version": "1", "target": "t", "account": "1", "region": "r", "owner": "o", "dryRun": False}
    return Report(**place, changes=changes, **more)


def loaded(*roots: str, revision: str = "r1", target: str = "t", **invalid: str) -> Loaded:
    bad = {f"RestApi {name}": reason for name, reason in invalid.items()}
    return Loaded(target, Version(Path(), revision), frozenset(roots), bad, ())


def looked(what: Report | str, *roots: str, minute: int = 1, revision: str = "r1", **more: Any) -> Looked:
    kind = {"error": what} if isinstance(what, str) else {"report": what}
    ended = START + timedelta(minutes=minute)
    return Looked("t", "interval", frozenset(roots or (A,)), revision, 0.5, ended, **kind, **more)  # type: ignore[arg-type]


def kept(*happenings: Any) -> tuple[Book, list[StateChange]]:
    changes: list[StateChange] = []
    book = Book(changes.append, today=lambda: START)
    for happening in happenings:
        book.observe(happening)
    return book, changes


def only(book: Book) -> RootStatus:
    (status,) = book.roots()
    return status


@pytest.mark.parametrize(
    ("pass_", "condition", "message"),
    [
        (report(), Condition.IN_SYNC, ""),
        (report(change(A, "applied")), Condition.IN_SYNC, ""),
        (report(change(A)), Condition.DRIFTED, "update Path /x"),
        (report(change(A), change(A)), Condition.DRIFTED, "update Path /x, and 1 more"),
        (report(change(B)), Condition.IN_SYNC, ""),
        (report(change(A, "failed", "no")), Condition.FAILING, "no"),
        (report(change(A, "blocked", "waits"), change(A, "failed", "no")), Condition.FAILING, "no"),
        (report(change(A, "applied"), change(A, "blocked", "waits")), Condition.FAILING, "waits"),
        (report(unreadable={A: "denied"}), Condition.FAILING, "denied"),
        (report(change(A), refusals=("too many", "protected")), Condition.REFUSED, "too many; protected"),
        (report(change(B), refusals=("too many",)), Condition.IN_SYNC, ""),
        (report(held={A: "another's"}), Condition.HELD, "another's"),
        (report(held={A: "suspended: x"}, suspended=(A,)), Condition.SUSPENDED, "suspended: x"),
        ("AWS is down", Condition.FAILING, "AWS is down"),
    ],
)
def test_a_root_stands_as_its_last_pass_left_it(pass_: Report | str, condition: Condition, message: str):
    book, changes = kept(loaded(A), looked(pass_))
    status = only(book)
    assert (status.condition, status.message) == (condition, message)
    assert changes == [StateChange("t", A, Condition.UNKNOWN, condition, "r1", message)]


def test_before_anything_was_looked_at_nothing_is_known():
    book, changes = kept(loaded(A))
    assert only(book) == RootStatus("t", A, Condition.UNKNOWN, START)
    assert changes == []


def test_since_is_when_the_condition_began_and_changes_are_told_once():
    book, changes = kept(
        loaded(A),
        looked("one", minute=1),
        looked("two", minute=2),
        looked(report(), minute=3),
        looked("x", minute=4),
    )
    status = only(book)
    assert (status.since, status.failures) == (START + timedelta(minutes=4), 1)
    assert status.succeeded == START + timedelta(minutes=3)
    assert status.attempted == START + timedelta(minutes=4)
    assert [(c.before, c.after) for c in changes] == [
        (Condition.UNKNOWN, Condition.FAILING),
        (Condition.FAILING, Condition.IN_SYNC),
        (Condition.IN_SYNC, Condition.FAILING),
    ]


def test_failures_in_a_row_are_counted_and_the_newest_words_stand():
    book, _ = kept(loaded(A), looked("one", minute=1), looked("two", minute=2))
    status = only(book)
    assert (status.failures, status.message, status.since) == (2, "two", START + timedelta(minutes=1))


def test_drift_is_counted_in_fields_and_dated_from_when_it_was_first_seen():
    book, _ = kept(loaded(A), looked(report(change(A)), minute=1), looked(report(change(A, fields=0)), minute=5))
    status = only(book)
    assert (status.fields, status.differs_since) == (1, START + timedelta(minutes=1))
    assert status.pending == {"update": 1}
    book.observe(looked(report(change(A, "applied")), minute=6))
    status = only(book)
    assert (status.fields, status.differs_since, status.pending) == (0, None, {})


def test_what_cannot_be_read_goes_on_to_differ_for_all_that_is_known():
    book, _ = kept(loaded(A), looked(report(change(A)), minute=1), looked("down", minute=2))
    assert (only(book).fields, only(book).differs_since) == (2, START + timedelta(minutes=1))
    book.observe(looked(report(unreadable={A: "no"}), minute=3))
    assert only(book).fields == 2


def test_throttling_is_nobodys_failure():
    book, changes = kept(loaded(A), looked(report(), minute=1), looked("slow", minute=2, throttled=True))
    status = only(book)
    assert (status.condition, status.failures) == (Condition.IN_SYNC, 0)
    assert status.attempted == START + timedelta(minutes=2)
    assert len(changes) == 1


def test_an_invalid_spec_is_told_of_and_mended_by_a_revision():
    book, changes = kept(loaded(A), looked(report()), loaded(revision="r2", a="bad"))
    status = only(book)
    assert (status.condition, status.message, status.revision) == (Condition.INVALID, "bad", "r2")
    assert status.succeeded == START + timedelta(minutes=1)
    book.observe(loaded(A, revision="r3"))
    assert only(book).condition is Condition.UNKNOWN
    assert [c.after for c in changes] == [Condition.IN_SYNC, Condition.INVALID, Condition.UNKNOWN]


def test_a_new_revision_of_a_sound_root_says_nothing_until_it_was_looked_at():
    book, changes = kept(loaded(A), looked(report()), loaded(A, revision="r2"))
    assert (only(book).condition, only(book).revision) == (Condition.IN_SYNC, "r1")
    assert len(changes) == 1


def test_roots_that_are_gone_are_forgotten_even_if_a_pass_still_knew_them():
    book, _ = kept(loaded(A, B), looked(report(), A, B), loaded(B))
    assert [status.root for status in book.roots()] == [B]
    book.observe(looked(report(), A, B))
    assert [status.root for status in book.roots()] == [B]


def test_targets_do_not_touch_each_other():
    book, _ = kept(loaded(A), loaded(A, target="u"), looked(report()), loaded(target="u"))
    assert [(status.target, status.condition) for status in book.roots()] == [("t", Condition.IN_SYNC)]
    assert [status.target for status in book.targets()] == ["t", "u"]


def test_a_target_keeps_its_last_report_and_says_why_there_is_no_newer_one():
    first = report(change(A))
    book, _ = kept(loaded(A), looked(first), looked("down", minute=2))
    (target,) = book.targets()
    assert (target.error, target.ended) == ("down", START + timedelta(minutes=2))
    assert book.report("t") is first
    assert book.report("other") is None


def test_specs_that_could_not_be_read_touch_no_root():
    book, changes = kept(
        loaded(A), looked(report()), Looked("t", "revision", frozenset(), "r1", 0, START, error="no")
    )
    assert only(book).condition is Condition.IN_SYNC
    assert book.targets()[0].error == "no"
    assert len(changes) == 1


def test_the_source_keeps_its_last_version():
    version = Version(Path(), "r1")
    book, _ = kept(Fetched(0.1, version), Fetched(0.1, error="no route"), Live("t", "r1", 3.0))
    assert (book.source.version, book.source.error) == (version, "no route")
