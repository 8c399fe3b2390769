"""What is relied on of the Kubernetes API: held by the stand-in always, and by a real one where there is one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from controller.errors import KubeError
from controller.kube import Api, Connection, Election, Events, Timing
from controller.kube.events import Reason
from controller.kube.overrides import Store
from controller.suspension import Suspension
from tests.cluster.apiserver import Cluster
from tests.kube_api import kube_api


LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"
EVENTS = "/apis/events.k8s.io/v1/namespaces/{}/events"
CONFIG_MAPS = "/api/v1/namespaces/{}/configmaps"


@pytest.fixture(params=["stand-in", "real"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "real":
        cluster: Cluster = request.getfixturevalue("cluster")
        admin: Api = request.getfixturevalue("admin")
        yield Connection(cluster.url, admin.namespace, cluster.token, cluster.authority)
        return
    with kube_api() as server:
        yield server.connection()


@pytest.fixture
def api(connection: Connection) -> Iterator[Api]:
    found = Api(connection)
    yield found
    found.close()


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def lease(api: Api, name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": api.namespace},
        "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15, **spec},
    }


def refused(api: Api, *request: Any, **more: Any) -> int:
    with pytest.raises(KubeError) as error:
        api.request(*request, **more)
    return error.value.status


def test_a_lease_is_replaced_only_as_it_was_read(api: Api, name: str) -> None:
    path = LEASES.format(api.namespace)
    assert refused(api, "GET", f"{path}/{name}") == 404
    made = api.request("POST", path, lease(api, name))
    assert refused(api, "POST", path, lease(api, name)) == 409
    changed = {**made, "spec": {**made["spec"], "holderIdentity": "b", "renewTime": "2026-01-01T00:00:00.000001Z"}}
    newer = api.request("PUT", f"{path}/{name}", changed)
    assert newer["metadata"]["resourceVersion"] != made["metadata"]["resourceVersion"]
    assert newer["spec"]["renewTime"] == "2026-01-01T00:00:00.000001Z"
    assert refused(api, "PUT", f"{path}/{name}", changed) == 409


def test_a_lease_without_a_holder(api: Api, name: str) -> None:
    path = LEASES.format(api.namespace)
    made = api.request("POST", path, lease(api, name))
    freed = {**made, "spec": {**made["spec"], "holderIdentity": None, "leaseDurationSeconds": 1}}
    assert "holderIdentity" not in api.request("PUT", f"{path}/{name}", freed)["spec"]
    assert refused(api, "POST", path, lease(api, f"{name}-2", leaseDurationSeconds=0)) == 422


def test_an_election(connection: Connection, name: str) -> None:
    timing = Timing(duration=2, renew=1.5, retry=0.2)
    told: list[str] = []
    replicas = [
        Election(connection, name, identity=who, timing=timing, on_gain=lambda who=who: told.append(who))
        for who in "abc"
    ]
    for one in replicas:
        one.start()
    left, gaps = list(replicas), []
    began = time.monotonic()
    while left:
        leaders = [one for one in left if one.still_leader()]
        assert len(leaders) <= 1
        assert time.monotonic() - began < 30
        if leaders:
            gaps.append(time.monotonic() - began)
            leaders[0].stop()
            left.remove(leaders[0])
            began = time.monotonic()
        time.sleep(0.005)
    assert sorted(told) == ["a", "b", "c"]
    # Released, so nobody waited for the lease to run out.
    assert max(gaps[1:]) < 2


def event(api: Api, name: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": api.namespace},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "apigateway-reconciler",
        "reportingInstance": "pod",
        "action": "Reconcile",
        "reason": "PlanComputed",
        "type": "Normal",
        "regarding": {"kind": "Deployment", "name": "x", "namespace": api.namespace, "apiVersion": "apps/v1"},
        **more,
    }


@pytest.mark.parametrize(
    "wrong", [{"note": "x" * 1025}, {"note": "é" * 513}, {"reportingInstance": ""}, {"reason": ""}, {"action": ""}]
)
def test_events_that_are_refused(api: Api, name: str, wrong: dict[str, str]) -> None:
    assert refused(api, "POST", EVENTS.format(api.namespace), event(api, name, **wrong)) == 422


def test_an_event_becomes_a_series(api: Api, name: str) -> None:
    path, kind = EVENTS.format(api.namespace), "application/merge-patch+json"
    api.request("POST", path, event(api, name, note="x" * 1024))
    series = {"series": {"count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}}
    assert api.request("PATCH", f"{path}/{name}", series, kind=kind)["series"]["count"] == 2
    assert refused(api, "PATCH", f"{path}/{name}-2", series, kind=kind) == 404


def test_entries_of_a_config_map_come_and_go_one_by_one(api: Api, name: str) -> None:
    path, kind = CONFIG_MAPS.format(api.namespace), "application/merge-patch+json"
    whole = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": api.namespace}}
    assert refused(api, "PATCH", f"{path}/{name}", {"data": {"a": "1"}}, kind=kind) == 404
    # As the chart makes it: without any data.
    api.request("POST", path, whole)
    api.request("PATCH", f"{path}/{name}", {"data": {"a": "1"}}, kind=kind)
    assert api.request("PATCH", f"{path}/{name}", {"data": {"b": "2"}}, kind=kind)["data"] == {"a": "1", "b": "2"}
    assert api.request("PATCH", f"{path}/{name}", {"data": {"a": None, "c": None}}, kind=kind)["data"] == {"b": "2"}
    assert refused(api, "PATCH", f"{path}/{name}", {"data": {"not a key": "1"}}, kind=kind) == 422
    assert refused(api, "POST", path, whole) == 409


def test_suspensions_are_kept(api: Api, name: str) -> None:
    store, end = Store(api, name), datetime(2100, 1, 1, tzinfo=UTC)
    one = Suspension(name="orders", until=end, reason="incident", by="ada", since=end, targets=("prod",))
    two = Suspension(name="UsagePlan gold/1 é", until=end, reason="x" * 2000)
    assert store.read() == {}
    for item in (one, two, two):
        store.put(item)
    assert sorted(item.name for item in store.read().values()) == [two.name, one.name]
    assert set(store.read().values()) == {one, two}
    store.take([key for key, item in store.read().items() if item == two])
    assert list(store.read().values()) == [one]


def test_events_of_ours_are_taken(api: Api, name: str) -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "namespace": api.namespace}
    clock = iter(range(1_700_000_000_000_000_000 + uuid.uuid4().int % 10**17, 10**20, 1000))
    names: list[int] = []

    def nanoseconds() -> int:
        names.append(next(clock))
        return names[-1]

    events = Events(api, deployment, "pod-1", nanoseconds=nanoseconds)
    for _ in range(3):
        events.emit(Reason.DRIFT_DETECTED, "drift: " + "ü" * 2000)
    events.close()
    made = api.request("GET", f"{EVENTS.format(api.namespace)}/reconciler.{names[0]:x}")
    assert made["series"]["count"] == 3
    assert made["note"].endswith("ü…")
    assert made["type"] == "Warning"
