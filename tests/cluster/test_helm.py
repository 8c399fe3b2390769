"""`helm install` of the chart on a real API server: everything is taken, and the Role is enough and no more."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.errors import KubeError
from controller.kube import Api, Connection, Election, Events, Timing
from controller.kube.events import Reason
from controller.kube.overrides import Store
from controller.suspension import Suspension
from tests.chart.chart import CASES, HELM_BIN, MINIMAL, NAME, options, render, workload
from tests.chart.test_rendered import CRDS
from tests.cluster.apiserver import Cluster
from tests.cluster.helm import ENGINES, Helm, chart_for, path, values_for
from tests.cluster.pod import token


LEASES, EVENTS = "/apis/coordination.k8s.io/v1", "/apis/events.k8s.io/v1"
NO_BINARY = pytest.mark.skipif(not HELM_BIN, reason="HELM_BIN names no helm")
HELD = "test-reconciler-overrides"
SUSPENSION = Suspension(name="orders", until=datetime(2100, 1, 1, tzinfo=UTC), reason="incident 42", by="ada")
QUICK = Timing(duration=10, renew=8.0, retry=0.5)


@pytest.fixture(scope="module", autouse=True)
def _custom_resources(cluster: Cluster) -> None:
    """The kinds of the Prometheus operator and of Gateway API, open to anything, unless they are there."""
    api = Api(Connection(cluster.url, "default", cluster.token, cluster.authority))
    for kind, known in CRDS.items():
        group, _, number = known["apiVersion"].partition("/")
        plural = f"{kind.lower()}s"
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        served = {"name": number, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
        names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": f"{plural}.{group}",
                "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
            },
            "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [served]},
        }
        try:
            api.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        except KubeError as error:
            if error.status != 409:
                raise
        until(lambda where=f"/apis/{known['apiVersion']}/{plural}": found(api, where))  # type: ignore[misc]
    api.close()


@pytest.fixture(params=["library", pytest.param("binary", marks=NO_BINARY)])
def helm(request: pytest.FixtureRequest, cluster: Cluster, admin: Api, tmp_path: Path) -> Helm:
    return ENGINES[request.param](cluster, admin.namespace, chart_for(admin, tmp_path))


def until(seen: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.02)


def found(api: Api, where: str) -> dict[str, Any] | None:
    try:
        return api.request("GET", where)
    except KubeError as error:
        if error.status != 404:
            raise
        return None


def places(api: Api, values: dict[str, Any]) -> list[str]:
    """Where the objects are that these values ask for; what only `helm test` makes is none of them."""
    documents = render(values)
    return [path(api.namespace, item) for item in documents if "helm.sh/hook" not in str(item["metadata"])]


@pytest.mark.parametrize("case", CASES)
def test_every_object_is_taken_and_goes_again(helm: Helm, admin: Api, case: str) -> None:
    values = values_for(admin, CASES[case] | {"namespaceOverride": ""})
    helm.install(NAME, values)
    assert [where for where in places(admin, values) if not found(admin, where)] == []
    helm.uninstall(NAME)
    until(lambda: not any(found(admin, where) for where in places(admin, values)))


def test_an_upgrade_changes_what_its_values_say(helm: Helm, admin: Api) -> None:
    first = values_for(admin, MINIMAL)
    second = first | {"replicaCount": 3, "interval": "7m", "webhook": CASES["all"]["webhook"]}
    helm.install(NAME, first)
    helm.upgrade(NAME, second)
    (where,) = [path(admin.namespace, item) for item in [workload(render(second))]]
    live = admin.request("GET", where)
    assert live["spec"]["replicas"] == 3
    (container,) = live["spec"]["template"]["spec"]["containers"]
    assert "--interval=7m" in container["args"]
    assert [where for where in places(admin, second) if not found(admin, where)] == []
    helm.upgrade(NAME, first)
    more = set(places(admin, second)) - set(places(admin, first))
    assert more
    until(lambda: not any(found(admin, where) for where in more))
    helm.uninstall(NAME)


@pytest.fixture
def pod(cluster: Cluster, admin: Api, tmp_path: Path) -> Connection:
    """What a pod of the chart's service account may do: a token of it, as the kubelet would ask for."""
    helm = ENGINES["library"](cluster, admin.namespace, chart_for(admin, tmp_path))
    helm.install(NAME, values_for(admin, MINIMAL))
    return Connection(cluster.url, admin.namespace, token(admin, "test-reconciler"), cluster.authority)




def test_the_role_is_enough(pod: Connection, admin: Api) -> None:
    name = options(render(MINIMAL))["--lease"][0]
    one = Election(pod, name, identity="one", timing=QUICK)
    one.start()
    until(one.still_leader)

    def spec() -> dict[str, Any]:
        where = f"{LEASES}/namespaces/{pod.namespace}/leases/{name}"
        return dict(admin.request("GET", where)["spec"])

    assert spec()["holderIdentity"] == "one"
    until(lambda: (now := spec())["renewTime"] > now["acquireTime"])
    one.stop()
    assert not spec().get("holderIdentity")
    api = Api(pod)
    events = Events(api, {"apiVersion": "v1", "kind": "Pod", "name": "p", "namespace": pod.namespace}, "p")
    for _ in range(2):
        events.emit(Reason.DRIFT_CORRECTED, "put right")
    events.close()
    api.close()
    (event,) = admin.request("GET", f"{EVENTS}/namespaces/{pod.namespace}/events")["items"]
    assert (event["note"], event["series"]["count"]) == ("put right", 2)
    with closing(Api(pod)) as api:
        store = Store(api, HELD)
        assert store.read() == {}
        store.put(SUSPENSION)
        assert list(store.read().values()) == [SUSPENSION]
        store.take(store.read())


def test_an_upgrade_leaves_what_operators_have_suspended(helm: Helm, admin: Api) -> None:
    helm.install(NAME, values_for(admin, MINIMAL))
    store = Store(admin, HELD)
    store.put(SUSPENSION)
    helm.upgrade(NAME, values_for(admin, MINIMAL | {"interval": "7m", "commonLabels": {"team": "platform"}}))
    assert list(store.read().values()) == [SUSPENSION]
    helm.uninstall(NAME)
    assert store.read() == {}


NAMED = {"metadata": {"name": "test-reconciler"}}


@pytest.mark.parametrize(
    ("method", "where"),
    [
        ("GET", f"{LEASES}/leases"),
        ("GET", LEASES + "/namespaces/{}/leases"),
        ("GET", LEASES + "/namespaces/{}/leases/other"),
        ("PUT", LEASES + "/namespaces/{}/leases/other"),
        ("PATCH", LEASES + "/namespaces/{}/leases/test-reconciler"),
        ("DELETE", LEASES + "/namespaces/{}/leases/test-reconciler"),
        ("POST", LEASES + "/namespaces/default/leases"),
        ("GET", EVENTS + "/namespaces/{}/events"),
        ("DELETE", EVENTS + "/namespaces/{}/events/e"),
        ("POST", EVENTS + "/namespaces/default/events"),
        ("GET", "/api/v1/namespaces/{}/secrets"),
        ("GET", "/api/v1/namespaces/{}/secrets/webhook"),
        ("GET", "/api/v1/namespaces/{}/configmaps"),
        ("POST", "/api/v1/namespaces/{}/configmaps"),
        ("GET", "/api/v1/namespaces/{}/configmaps/other"),
        ("PATCH", "/api/v1/namespaces/{}/configmaps/other"),
        ("PUT", "/api/v1/namespaces/{}/configmaps/test-reconciler-overrides"),
        ("DELETE", "/api/v1/namespaces/{}/configmaps/test-reconciler-overrides"),
        ("GET", "/api/v1/namespaces/default/configmaps/test-reconciler-overrides"),
        ("GET", "/api/v1/namespaces/{}/pods"),
        ("GET", "/apis/apps/v1/namespaces/{}/deployments/test-reconciler"),
        ("PATCH", "/apis/apps/v1/namespaces/{}/deployments/test-reconciler"),
        ("GET", "/api/v1/nodes"),
    ],
)
def test_the_role_is_no_more_than_that(pod: Connection, method: str, where: str) -> None:
    body = NAMED if method in ("POST", "PUT", "PATCH") else None
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    with closing(Api(pod)) as api, pytest.raises(KubeError) as error:
        api.request(method, where.format(pod.namespace), body, kind=kind)
    assert error.value.status == 403
