"""Events, the fence before changing calls, and who looks after which account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from controller.call import Call
from controller.errors import NotLeaderError, RetryableError, UsageError
from controller.kube import Api, Events, Fence, Shards
from controller.kube.events import Reason
from controller.retry import Patient
from tests.kube_api import KubeApi, kube_api


REGARDING = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "reconciler", "namespace": "here"}


@pytest.fixture
def server() -> Iterator[KubeApi]:
    with kube_api() as found:
        yield found


class Sender:
    """Events, sent and waited for one by one, at a time of the test's own."""

    def __init__(self, server: KubeApi) -> None:
        self.now = 0.0
        self.server = server
        numbers = count(1_700_000_000_000_000_000, 1000)
        self.api = Api(server.connection(), 2.0)
        server.at_end.append(self.api.close)
        self.events = Events(
            self.api, REGARDING, "pod-1", clock=lambda: self.now, nanoseconds=lambda: next(numbers)
        )

    def all(self, *said: tuple[Reason, str] | float) -> list[tuple[str, str, int]]:
        """What the cluster has after these were said, with seconds in between where there is a number."""
        for one in said:
            if isinstance(one, tuple):
                self.events.emit(*one)
                self.events._outbox.close()
                self.events._outbox = type(self.events._outbox)("events", self.events._send_all)
            else:
                self.now += one
        self.events.close()
        found = self.server.all("events")
        return [(one["reason"], one["note"], one.get("series", {}).get("count", 1)) for one in found]


def test_equal_events_within_five_minutes_are_one(server: KubeApi) -> None:
    drift, other = (Reason.DRIFT_DETECTED, "orders"), (Reason.DRIFT_DETECTED, "photos")
    found = Sender(server).all(drift, 299.0, drift, 299.0, drift, other, 300.0, drift)
    assert sorted(found) == [
        ("DriftDetected", "orders", 1),
        ("DriftDetected", "orders", 3),
        ("DriftDetected", "photos", 1),
    ]


def test_an_event_that_is_gone_is_told_anew(server: KubeApi) -> None:
    sender = Sender(server)
    sender.events.emit(Reason.RESUMED, "orders")
    sender.events._outbox.close()
    sender.events._outbox = type(sender.events._outbox)("events", sender.events._send_all)
    server.objects.clear()
    assert sender.all((Reason.RESUMED, "orders")) == [("Resumed", "orders", 1)]


@pytest.mark.parametrize("trouble", ["forbidden", "down", "errors"])
def test_a_cluster_that_refuses_does_no_harm(server: KubeApi, trouble: str) -> None:
    setattr(server, trouble, {"forbidden": {("create", "events")}, "down": True, "errors": 1}[trouble])
    sender = Sender(server)
    assert sender.all((Reason.THROTTLED, "first")) == []
    server.forbidden, server.down, server.errors = set(), False, 0
    sender.events = Events(sender.api, REGARDING, "pod-1")
    assert sender.all((Reason.THROTTLED, "second")) == [("Throttled", "second", 1)]


def test_two_replicas_in_one_nanosecond(server: KubeApi) -> None:
    for pod in ("Pod-1", "Pod-2"):
        api = Api(server.connection())
        events = Events(api, REGARDING, pod, nanoseconds=lambda: 42)
        events.emit(Reason.SUSPENDED, pod)
        events.close()
        api.close()
    assert sorted(one["note"] for one in server.all("events")) == ["Pod-1", "Pod-2"]


def test_what_is_a_warning(server: KubeApi) -> None:
    Sender(server).all((Reason.APPLY_FAILED, "x"), (Reason.APPLY_SUCCEEDED, "x"))
    assert {one["reason"]: one["type"] for one in server.all("events")} == {
        "ApplyFailed": "Warning",
        "ApplySucceeded": "Normal",
    }


# --- the fence


class Called:
    def __init__(self) -> None:
        self.operations: list[str] = []

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        self.operations.append(f"{service}:{operation}")
        return {"done": params}


READS = ["GetRestApis", "ListTagsForResource", "DescribeLogGroups", "HeadObject"]
WRITES = [
    "CreateRestApi",
    "UpdateStage",
    "DeleteMethod",
    "PutMethod",
    "TagResource",
    "AddPermission",
    "ImportRestApi",
]


def test_a_leader_may_do_all() -> None:
    called = Called()
    for operation in READS + WRITES:
        assert Fence(called, lambda: True)(operation, {"a": 1}, service="logs") == {"done": {"a": 1}}
    assert called.operations == [f"logs:{operation}" for operation in READS + WRITES]


def test_who_leads_no_longer_only_reads() -> None:
    called = Called()
    fence = Fence(called, lambda: False)
    for operation in READS:
        fence(operation, {})
    for operation in WRITES:
        with pytest.raises(NotLeaderError, match=f"{operation} was not called: this replica leads no longer"):
            fence(operation, {})
    assert called.operations == [f"apigateway:{operation}" for operation in READS]


def test_a_fenced_call_is_not_repeated() -> None:
    assert not issubclass(NotLeaderError, RetryableError)
    asked: list[bool] = []

    def still_leader() -> bool:
        asked.append(True)
        return False

    with pytest.raises(NotLeaderError):
        Patient(Fence(Called(), still_leader)).perform(Call("CreateRestApi", {}))
    assert len(asked) == 1


# --- shards


PLACES = [(f"{number:012}", region) for number in range(200) for region in ("eu-west-1", "us-east-1")]


def test_each_place_has_one_shard_and_shards_are_about_equal() -> None:
    shards = [Shards(4, index) for index in range(4)]
    load = Counter(one.index for one in shards for place in PLACES if one.is_ours(*place))
    assert sum(load.values()) == len(PLACES)
    assert all(70 <= load[index] <= 130 for index in range(4))


def test_one_shard_more_moves_only_what_goes_to_it() -> None:
    before, after = Shards(4), Shards(5)
    moved = [after.of(*place) for place in PLACES if before.of(*place) != after.of(*place)]
    assert set(moved) == {4}
    assert len(moved) < len(PLACES) / 3


def test_the_answer_is_the_same_in_every_process() -> None:
    found = [Shards(7).of("123456789012", region) for region in ("eu-west-1", "eu-central-1", "us-east-1")]
    assert found == [3, 2, 6]


def test_shards_may_be_named() -> None:
    shards = Shards(8, 3, {"1/eu-west-1": 3, "1": 5})
    assert (shards.of("1", "eu-west-1"), shards.of("1", "us-east-1")) == (3, 5)
    assert shards.is_ours("1", "eu-west-1")


@pytest.mark.parametrize("bad", [(0, 0), (2, 2), (2, -1), (2, 0, {"1": 2}), (2, 0, {"1": -1})])
def test_numbers_that_do_not_fit_are_refused(bad: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError):
        Shards(*bad)
