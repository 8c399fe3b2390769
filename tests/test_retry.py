"""Patience: which failed calls are repeated, and that a call whose answer was lost is not carried out twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from controller.call import Call, Probe
from controller.errors import (
    AccessError,
    BusyError,
    ConflictError,
    GatewayError,
    InvalidError,
    NotFoundError,
    QuotaError,
    ThrottledError,
    UnavailableError,
)
from controller.retry import ATTEMPTS, Patient
from tests.cases.steps import get, shop
from tests.engine import changes, converge
from tests.fake import FakeGateway


class Script:
    """Answers in turn with what it is given: an answer, or an exception to raise."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers: Iterator[dict[str, Any] | Exception] = iter(answers)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        self.calls.append((operation, params))
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def perform(call: Call, *answers: dict[str, Any] | Exception) -> tuple[dict[str, Any], list[str], list[float]]:
    """The answer, the operations called and the pauses between."""
    script, pauses = Script(*answers), []
    answer = Patient(script, sleep=pauses.append).perform(call)
    return answer, [operation for operation, _ in script.calls], pauses


LOST = UnavailableError("no answer")
CREATE = Call(
    "CreateRequestValidator", {"name": "body"}, probe=Probe("GetRequestValidators", {}, "items", {"name": "body"})
)


@pytest.mark.parametrize("error", [ThrottledError("x"), BusyError("x"), UnavailableError("x")])
def test_what_passes_by_itself_is_repeated(error):
    answer, calls, pauses = perform(Call("GetAccount"), error, error, {"ok": True})
    assert (answer, len(calls), len(pauses)) == ({"ok": True}, 3, 2)


@pytest.mark.parametrize(
    "error",
    [
        QuotaError("x"),
        InvalidError("x"),
        AccessError("x"),
        NotFoundError("x"),
        ConflictError("x"),
        GatewayError("x"),
    ],
)
def test_what_waiting_does_not_help_is_not_repeated(error):
    script = Script(error)
    with pytest.raises(type(error)):
        Patient(script, sleep=lambda _: None).perform(Call("UpdateStage"))
    assert len(script.calls) == 1


def test_attempts_are_bounded_and_the_pauses_too():
    script, pauses = Script(*[BusyError("still busy")] * 50), []
    patient = Patient(script, sleep=pauses.append)
    with pytest.raises(BusyError, match="still busy"):
        patient.perform(Call("CreateAuthorizer"))
    assert len(script.calls) == patient.calls == ATTEMPTS
    assert len(pauses) == ATTEMPTS - 1
    assert all(0 <= pause <= 20 for pause in pauses)


def test_awss_own_advice_is_followed():
    throttled = ThrottledError("x")
    throttled.retry_after = 42.0
    _, _, pauses = perform(Call("GetAccount"), throttled, {})
    assert pauses == [42.0]


def test_a_lost_creation_that_worked_is_found_and_not_repeated():
    answer, calls, _ = perform(CREATE, LOST, {"items": [{"name": "other"}, {"name": "body", "id": "x"}]})
    assert answer == {"name": "body", "id": "x"}
    assert calls == ["CreateRequestValidator", "GetRequestValidators"]


def test_a_lost_creation_that_did_not_work_is_repeated():
    answer, calls, _ = perform(CREATE, LOST, {"items": []}, {"id": "x"})
    assert answer == {"id": "x"}
    assert calls == ["CreateRequestValidator", "GetRequestValidators", "CreateRequestValidator"]


def test_the_search_for_a_lost_creation_goes_through_all_pages():
    pages = {"items": [], "position": "2"}, {"items": [{"name": "body", "id": "x"}]}
    assert perform(CREATE, LOST, *pages)[0]["id"] == "x"


def test_a_refusal_before_the_loss_is_no_reason_to_search():
    assert perform(CREATE, ThrottledError("x"), {"id": "x"})[1] == ["CreateRequestValidator"] * 2


def test_a_lost_keyed_creation_that_exists_already_has_worked():
    assert perform(Call("PutMethod"), LOST, ConflictError("exists"))[0] == {}
    assert perform(Call("CreateModel"), LOST, ConflictError("exists"))[0] == {}


def test_a_conflict_without_a_loss_is_an_error():
    with pytest.raises(ConflictError):
        perform(Call("PutMethod"), ThrottledError("x"), ConflictError("exists"))


def test_what_is_deleted_already_is_deleted():
    assert perform(Call("DeleteModel"), NotFoundError("gone"))[0] == {}
    assert perform(Call("DeleteModel"), LOST, NotFoundError("gone"))[0] == {}


@pytest.mark.parametrize(
    "operation",
    [
        *("CreateRestApi", "CreateResource", "CreateRequestValidator", "CreateAuthorizer", "CreateDeployment"),
        *("CreateApiKey", "CreateUsagePlan", "CreateUsagePlanKey", "CreateStage", "CreateModel"),
        *("PutMethod", "PutIntegration"),
    ],
)
def test_no_creation_is_carried_out_twice_when_its_answer_is_lost(operation):
    world = {
        **shop(
            paths={"/a": get(authorizer="guard", requestValidator="body")},
            authorizers={"guard": {"type": "TOKEN", "lambda": "check"}},
            requestValidators={"body": {}},
            models={"Pet": {"schema": {"type": "object"}}},
            stages={"prod": {}},
        ),
        "ApiKey acme": {},
        "UsagePlan gold": {"apiStages": [{"api": "shop", "stage": "prod"}], "apiKeys": ["acme"]},
    }
    fake, plain, lost = FakeGateway(), FakeGateway(), []

    def lose(number: int, called: str, params: Mapping[str, Any]) -> Exception | None:
        if called == operation and not lost:
            lost.append(number)
            return UnavailableError("lost")
        return None

    fake.fail_after = lose
    report = converge(fake, world)
    assert lost
    assert [change.error for change in report.changes if change.error] == []
    converge(plain, world)
    assert fake.snapshot_state() == plain.snapshot_state()
    assert changes(fake, world) == []
