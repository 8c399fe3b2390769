"""The schedule of the loop: what is due when, judged by a clock of the test's own."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.address import Address
from controller.loop.schedule import LONGEST_WAIT, Result, Schedule, Trigger


A, B, C = (Address("RestApi", name) for name in "abc")


def schedule(*roots: Address, **more: float) -> Schedule:
    found = Schedule(random=Random(1), **more)  # type: ignore[arg-type]
    found.know(roots, 0.0)
    return found


def finish(one: Schedule, now: float, result: Result = Result.SUCCESS) -> frozenset[Address]:
    batch = one.take(now)
    assert batch is not None
    one.ended(dict.fromkeys(batch.roots, result), now)
    return batch.roots


def test_a_new_root_is_due_at_once_and_then_after_the_interval():
    one = schedule(A, interval=300)
    assert one.wait(0.0) == 0.0
    assert finish(one, 0.0) == {A}
    assert one.take(280.0) is None
    assert 285 <= one.wait(0.0) <= 315
    assert one.take(316.0).trigger is Trigger.INTERVAL


def test_asking_twice_is_asking_once_and_the_more_urgent_gives_the_name():
    one = schedule(A)
    finish(one, 0.0)
    one.ask(Trigger.EVENT, 5.0, [A])
    one.ask(Trigger.DEMAND, 6.0)
    one.ask(Trigger.EVENT, 7.0)
    assert one.take(7.0).trigger is Trigger.DEMAND
    assert one.take(7.0) is None


def test_what_is_asked_for_while_it_runs_is_done_once_more():
    one = schedule(A)
    assert one.take(0.0).roots == {A}
    one.ask(Trigger.EVENT, 1.0)
    one.ask(Trigger.EVENT, 2.0)
    assert one.take(3.0) is None
    one.ended({A: Result.SUCCESS}, 4.0)
    assert finish(one, 4.0) == {A}
    assert one.take(5.0) is None


def test_waits_grow_with_each_failure_up_to_a_quarter_of_an_hour():
    one, waits = schedule(A), []
    now = 0.0
    for _ in range(14):
        finish(one, now, Result.FAILURE)
        waits.append(one.wait(now))
        now += waits[-1]
    assert all(wait <= min(2.0**number, LONGEST_WAIT) for number, wait in enumerate(waits))
    assert max(waits) > 100
    assert one.failures(A) == 14
    finish(one, now)
    assert one.failures(A) == 0


def test_throttling_is_no_failure():
    one = schedule(A)
    finish(one, 0.0, Result.THROTTLED)
    assert one.failures(A) == 0
    assert one.wait(0.0) <= 10


def test_an_invalid_spec_waits_for_a_new_revision():
    one = schedule(A)
    finish(one, 0.0, Result.INVALID)
    assert one.take(1e9) is None
    one.ask(Trigger.REVISION, 10.0, [A])
    assert one.take(10.0).roots == {A}


def test_the_urgent_do_not_wait_for_the_many():
    last = Address("RestApi", "z")
    one = schedule(*(Address("RestApi", f"r{number:03}") for number in range(120)), last, most=50)
    first = one.take(0.0)
    assert len(first.roots) == 50
    one.ask(Trigger.DEMAND, 1.0, [last])
    second = one.take(1.0)
    assert last in second.roots
    assert second.trigger is Trigger.DEMAND
    assert not first.roots & second.roots
    assert one.backlog(2.0)[0] == 21


def test_what_has_no_spec_is_forgotten_and_what_is_new_is_due():
    one = schedule(A, B)
    finish(one, 0.0)
    one.know([B, C], 1.0)
    assert one.roots == {B, C}
    assert one.take(1.0).roots == {C}
    one.ended({A: Result.SUCCESS}, 2.0)


@pytest.mark.parametrize("result", Result)
def test_after_any_result_a_demand_is_met_at_once(result: Result):
    one = schedule(A)
    finish(one, 0.0, result)
    one.ask(Trigger.DEMAND, 0.5)
    assert one.take(0.5).roots == {A}


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(Trigger), st.sets(st.sampled_from([A, B, C]))),
        st.tuples(st.just("take"), st.just(0), st.just(0)),
        st.tuples(st.just("end"), st.sampled_from(Result), st.just(0)),
        st.tuples(st.just("pass"), st.floats(0, 1000), st.just(0)),
    ),
    max_size=60,
)


@given(ACTIONS, st.integers())
def test_no_root_runs_twice_and_none_is_lost(actions, seed):
    one, now, running = Schedule(most=2, random=Random(seed)), 0.0, []
    one.know([A, B, C], now)
    for verb, what, roots in actions:
        if verb == "ask":
            one.ask(what, now, roots)
        elif verb == "take" and (batch := one.take(now)):
            assert not any(batch.roots & other for other in running)
            running.append(batch.roots)
        elif verb == "end" and running:
            one.ended(dict.fromkeys(running.pop(0), what), now)
        elif verb == "pass":
            now += what
    for roots in running:
        one.ended(dict.fromkeys(roots, Result.SUCCESS), now)
    one.ask(Trigger.DEMAND, now)
    seen: set[Address] = set()
    while batch := one.take(now):
        seen |= batch.roots
    assert seen == {A, B, C}
