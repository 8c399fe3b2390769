"""Running a plan: one call at a time in each root, roots at once; a failure blocks only what waits for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from controller.address import Address
from controller.apply import LANES, Outcome, apply
from controller.call import Call
from controller.diff import Action, Change
from controller.errors import InvalidError
from controller.gateway import Caller
from controller.retry import Patient
from controller.steps import Plan, Step
from tests.cases.steps import get, prepared, shop
from tests.engine import HERE
from tests.fake import FakeGateway


def step(name: str, root: str = "a", **params: Any) -> Step:
    """A step that calls an operation of that name."""
    at = Address("RestApi", root).child("Model", name)
    call = Call(name, {"root": root, **params})
    return Step(at, call, Change(at, Action.DELETE), "leave")


def run(caller: Caller, steps: Mapping[Step, set[Step]], stop: threading.Event | None = None) -> list[Outcome]:
    todo = Plan((), {one: frozenset(waits) for one, waits in steps.items()})
    return list(apply(todo, Patient(caller, sleep=lambda _: None), {}, HERE, stop))


class Recorder:
    """Remembers the calls, and how many were under way in a root at once. Refuses those it is told to."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.calls: list[str] = []
        self.most: dict[str, int] = {}
        self._busy: dict[str, int] = {}
        self._lock = threading.Lock()

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        root = params["root"]
        with self._lock:
            self.calls.append(operation)
            self._busy[root] = self._busy.get(root, 0) + 1
            self.most[root] = max(self.most.get(root, 0), self._busy[root])
        if operation in self.refused:
            self._leave(root)
            raise InvalidError(f"{operation}: no")
        self._leave(root)
        return {}

    def _leave(self, root: str) -> None:
        with self._lock:
            self._busy[root] -= 1


def test_in_one_root_there_is_one_call_at_a_time():
    caller = Recorder()
    outcomes = run(caller, {step(f"n{number}", root): set() for number in range(50) for root in "ab"})
    assert len(outcomes) == len(caller.calls) == 100
    assert caller.most == {"a": 1, "b": 1}


def test_roots_go_at_once():
    meeting = threading.Barrier(LANES, timeout=20)

    def caller(operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        meeting.wait()
        return {}

    outcomes = run(caller, {step("meet", f"r{number}"): set() for number in range(LANES)})
    assert [outcome.status for outcome in outcomes] == ["done"] * LANES


def test_steps_come_after_those_they_wait_for_across_roots_too():
    one, two, three = step("one", "a"), step("two", "b"), step("three", "a")
    caller = Recorder()
    run(caller, {three: {two}, two: {one}, one: set()})
    assert caller.calls == ["one", "two", "three"]


def test_a_failed_step_blocks_its_successors_and_nothing_else():
    bad, after, last, free = step("bad"), step("after"), step("last"), step("free")
    caller = Recorder("bad")
    outcomes = {
        outcome.step.at.key: outcome
        for outcome in run(caller, {bad: set(), after: {bad}, last: {after}, free: set()})
    }
    assert sorted(caller.calls) == ["bad", "free"]
    assert (outcomes["bad"].status, outcomes["bad"].error) == ("failed", "bad: no")
    assert outcomes["free"].status == "done"
    for name in ("after", "last"):
        assert (outcomes[name].status, outcomes[name].error) == ("blocked", f"waits for: {bad.title}")


def test_each_step_has_one_outcome_also_when_it_waits_for_two_that_fail():
    bad, worse, after = step("bad"), step("worse", "b"), step("after")
    outcomes = run(Recorder("bad", "worse"), {bad: set(), worse: set(), after: {bad, worse}})
    assert sorted(outcome.status for outcome in outcomes) == ["blocked", "failed", "failed"]


def test_once_told_to_stop_nothing_new_is_started_and_the_rest_is_told():
    stop = threading.Event()

    class Stopper(Recorder):
        def __call__(
            self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway"
        ) -> dict[str, Any]:
            stop.set()
            return super().__call__(operation, params, service=service)

    first, second = step("first"), step("second")
    outcomes = run(Stopper(), {first: set(), second: {first}}, stop)
    assert [(outcome.status, outcome.error) for outcome in outcomes] == [
        ("done", ""),
        ("blocked", "stopped before it was started"),
    ]


def test_a_plan_that_is_stopped_before_it_starts_calls_nothing():
    stop = threading.Event()
    stop.set()
    caller = Recorder()
    assert [outcome.status for outcome in run(caller, {step("one"): set()}, stop)] == ["blocked"]
    assert caller.calls == []


def test_ids_of_what_is_created_are_learnt_and_used():
    fake = FakeGateway()
    todo, ids = prepared(fake, shop(paths={"/a": get()}, requestValidators={"body": {}}))
    assert ids == {}
    outcomes = list(apply(todo, Patient(fake), ids, HERE))
    assert {outcome.status for outcome in outcomes} == {"done"}
    api = Address("RestApi", "shop")
    (held,) = fake.world.apis.values()
    assert ids[api] == held.id
    assert ids[api.child("Path", "/")] == held.record["rootResourceId"]
    assert ids[api.child("RequestValidator", "body")] in held.validators


def test_an_id_that_nobody_knows_is_a_sentence_and_no_call():
    missing = Address("RestApi", "a").child("Authorizer", "guard")
    caller = Recorder()
    (outcome,) = run(caller, {step("needy", authorizerId=missing): set()})
    assert outcome.status == "failed"
    assert str(missing) in outcome.error
    assert "is not known" in outcome.error
    assert caller.calls == []
