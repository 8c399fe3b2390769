"""Events of API Gateway: what CloudTrail's records say, and a queue of them on a caller of the test's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from controller.aws.events import BATCH, EventQueue, open_queue
from controller.aws.trail import Hint, read
from controller.errors import GatewayError, UnavailableError, UsageError
from tests.trail import MINE, PERSON, event, stage


URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/events"


def role(session: str) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROAIDPPEZS35WEXAMPLE:{session}",
        "arn": f"arn:aws:sts::123456789012:assumed-role/deployer/{session}",
        "accountId": "123456789012",
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::123456789012:role/deployer",
                "userName": "deployer",
            },
            "attributes": {"creationDate": "2026-01-01T11:58:00Z", "mfaAuthenticated": "false"},
        },
    }


PATCH = {"patchOperations": [{"op": "replace", "path": "/description", "value": "by hand"}]}


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        (event("UpdateStage", {"restApiId": "a1b2c3", "stageName": "prod", "updateStageInput": PATCH}), {"a1b2c3"}),
        (event("PutIntegration", {"restApiId": "a1b2c3", "resourceId": "x", "httpMethod": "GET"}), {"a1b2c3"}),
        (event("DeleteRestApi", {"restApiId": "a1b2c3", "template": False}), {"a1b2c3"}),
        (
            event("CreateResource", {"restApiId": "a1b2c3", "parentId": "p"}, {"id": "r1", "pathPart": "x"}),
            {"a1b2c3"},
        ),
        (event("CreateRestApi", {"createRestApiInput": {"name": "shop"}}, {"id": "n3w", "name": "shop"}), {"n3w"}),
        (event("ImportRestApi", {"body": "…"}, {"id": "n3w"}), {"n3w"}),
        (
            event("CreateDomainName", {"createDomainNameInput": {}}, {"domainName": "api.example.com"}),
            {"api.example.com"},
        ),
        (event("CreateBasePathMapping", {"domainName": "api.example.com"}), {"api.example.com"}),
        (event("UpdateApiKey", {"apiKey": "k1", "updateApiKeyInput": PATCH}), {"k1"}),
        (event("UpdateApiKey", {"api_Key": "k1"}), {"k1"}),
        (event("CreateUsagePlanKey", {"usagePlanId": "u1", "createUsagePlanKeyInput": {"keyId": "k1"}}), {"u1"}),
        (event("UpdateVpcLink", {"vpcLinkId": "v1"}), {"v1"}),
        (event("DeleteClientCertificate", {"clientCertificateId": "c1"}), {"c1"}),
        (event("TagResource", {"resourceArn": "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3"}), {"a1b2c3"}),
        (event("UntagResource", {"resourceArn": "arn:aws-cn:apigateway:cn-north-1::/restapis/a/stages/s"}), {"a"}),
        (event("TagResource", {"resourceArn": "arn:aws:apigateway:eu-west-1::/other/x"}), None),
        (event("UpdateAccount", {"updateAccountInput": PATCH}), None),
        (event("CreateApiKey", {"createApiKeyInput": {"name": "k"}}, None), None),
        (event("UpdateStage", None), None),
        (event("UpdateStage", {"restApiId": 7}), None),
    ],
)
def test_an_event_says_which_roots_to_look_at_and_a_doubt_means_all(message: str, ids: set[str] | None):
    hint = read(message)
    assert isinstance(hint, Hint)
    assert hint.ids == ids


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (event("UpdateStage", {"restApiId": "a"}, userAgent=MINE), "own"),
        (event("UpdateStage", {"restApiId": "a"}, userIdentity=role("reconcile-prod-3f2a1b")), "own"),
        (event("GetRestApi", {"restApiId": "a"}, readOnly=True), "read"),
        (event("GetRestApis", readOnly=None), "read"),
        (event("UpdateStage", {"restApiId": "a"}, errorCode="AccessDenied", errorMessage="no"), "refused"),
        (event("UpdateRoute", {"apiId": "h1", "routeId": "r"}), "foreign"),
        (event("PutObject", eventSource="s3.amazonaws.com"), "foreign"),
        (json.dumps({"Type": "Notification", "Message": "{}"}), "foreign"),
        ("", "foreign"),
        ("{", "foreign"),
        ("[" * 100_000, "foreign"),
        ("[]", "foreign"),
        ('{"detail": []}', "foreign"),
        ('{"detail": {"eventSource": "apigateway.amazonaws.com"}}', "foreign"),
    ],
)
def test_what_is_no_reason_to_look(message: str, why: str):
    assert read(message) == why


def test_a_session_of_somebody_else_is_not_ours():
    for name in ("ada@example.com", "my-reconcile-job"):
        assert isinstance(read(event("UpdateStage", {"restApiId": "a"}, userIdentity=role(name))), Hint)
    user = PERSON | {"arn": "arn:aws:iam::123456789012:user/reconcile-ada"}
    assert isinstance(read(event("UpdateStage", {"restApiId": "a"}, userIdentity=user)), Hint)


class Sqs:
    """A queue in memory; an exception in the place of a batch is raised."""

    def __init__(self, *batches: list[str] | GatewayError) -> None:
        self.batches = list(batches)
        self.deleted: list[str] = []
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        assert (service, params["QueueUrl"]) == ("sqs", URL)
        self.calls.append((operation, params))
        if operation == "DeleteMessageBatch":
            self.deleted += [entry["ReceiptHandle"] for entry in params["Entries"]]
            return {"Successful": [{"Id": entry["Id"]} for entry in params["Entries"]]}
        batch = self.batches.pop(0) if self.batches else []
        if isinstance(batch, GatewayError):
            raise batch
        return (
            {"Messages": [{"Body": body, "ReceiptHandle": f"h{n}"} for n, body in enumerate(batch)]}
            if batch
            else {}
        )


def heard(*batches: list[str] | GatewayError) -> tuple[list[frozenset[str] | None], Sqs]:
    sqs, told = Sqs(*batches), list[frozenset[str] | None]()
    queue = EventQueue(sqs, URL, told.append, threading.Event())
    for _ in batches:
        queue.step()
    return told, sqs


def test_a_batch_is_told_of_once_and_then_deleted():
    told, sqs = heard([stage("a"), stage("b"), stage("a"), event("GetStage", readOnly=True)])
    assert told == [{"a", "b"}]
    assert sqs.deleted == ["h0", "h1", "h2", "h3"]
    assert sqs.calls[0] == (
        "ReceiveMessage",
        {"QueueUrl": URL, "MaxNumberOfMessages": BATCH, "WaitTimeSeconds": 20, "VisibilityTimeout": 60},
    )


def test_one_doubt_means_all():
    told, _ = heard([stage("a"), event("UpdateAccount")])
    assert told == [None]


def test_what_is_no_reason_to_look_is_deleted_all_the_same():
    told, sqs = heard(["not json", event("UpdateStage", {"restApiId": "a"}, userAgent=MINE)])
    assert (told, sqs.deleted) == ([], ["h0", "h1"])


def test_an_empty_queue_costs_one_call():
    told, sqs = heard([])
    assert (told, [operation for operation, _ in sqs.calls]) == ([], ["ReceiveMessage"])


def test_what_could_not_be_told_of_is_not_deleted():
    sqs = Sqs([stage("a")])

    def busy(_ids: frozenset[str] | None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        EventQueue(sqs, URL, busy, threading.Event()).step()
    assert sqs.deleted == []


class Stop(threading.Event):
    """Ends after so many waits, and keeps how long they were to be."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        self.most = most

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        if len(self.waits) == self.most:
            self.set()
        return self.is_set()


def test_a_queue_that_does_not_answer_is_asked_again_less_and_less_often():
    down = UnavailableError("down")
    sqs, stop, told = Sqs(*[down] * 8, [stage("a")], *[down] * 2), Stop(10), list[frozenset[str] | None]()
    EventQueue(sqs, URL, told.append, stop).run()
    assert stop.waits == [1, 2, 4, 8, 16, 32, 60, 60, 1, 2]
    assert told == [{"a"}]


def test_its_thread_ends_when_told_to():
    stop = threading.Event()
    thread = EventQueue(Sqs(), URL, lambda _ids: stop.set(), stop).start()
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    "url", ["", "events", "arn:aws:sqs:eu-west-1:123456789012:events", "https://example.com/x"]
)
def test_what_is_no_queue_is_refused_in_a_sentence(url: str):
    with pytest.raises(UsageError, match=r"is no URL of an SQS queue, such as https://sqs"):
        open_queue(url, lambda _ids: None, threading.Event())
