"""The ConfigMap that operators write into: followed, obeyed when Kubernetes is away, and written by the command."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from controller.cli.assembly import Assembly, Cluster, Listening, Wishes
from controller.errors import KubeError
from controller.kube import Api, Overrides
from controller.kube.overrides import Store
from controller.loop.following import Directory
from controller.suspension import Suspension
from tests.conftest import Run
from tests.engine import HERE
from tests.fake import FakeGateway
from tests.kube_api import KubeApi, kube_api
from tests.test_assembly import description, until, write


NOW = datetime(2025, 1, 1, 12, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
HELD = "overrides"
Word = tuple[str, ...]


def suspension(name: str = "shop", hours: float = 2, **more: Any) -> Suspension:
    return Suspension(**{"name": name, "until": NOW + timedelta(hours=hours), "reason": "incident 42", **more})


@pytest.fixture
def cluster() -> Iterator[KubeApi]:
    with kube_api() as api:
        yield api


class Follower:
    """Overrides with a clock of the test's own, and what they told of."""

    def __init__(self, cluster: KubeApi) -> None:
        self.now, self.told = NOW, list[tuple[Word, Word]]()
        api = Api(cluster.connection(), 1)
        cluster.at_end.append(api.close)
        self.store = Store(api, HELD)
        self.overrides = Overrides(api, HELD, self._tell, now=lambda: self.now)

    def _tell(self, now: tuple[Suspension, ...], ended: tuple[Suspension, ...]) -> None:
        self.told.append((tuple(one.name for one in now), tuple(one.name for one in ended)))

    def step(self) -> list[tuple[Word, Word]]:
        self.told.clear()
        self.overrides.step()
        return list(self.told)

    @property
    def active(self) -> list[str]:
        return [one.name for one in self.overrides.active()]


@pytest.fixture
def follower(cluster: KubeApi) -> Follower:
    return Follower(cluster)


def test_what_comes_and_goes_is_told_of_once(follower: Follower):
    assert follower.step() == [((), ())]
    assert follower.step() == []
    follower.store.put(suspension("a"))
    follower.store.put(suspension("b"))
    assert follower.step() == [(("a", "b"), ())]
    assert follower.step() == []
    follower.store.take([key for key, one in follower.store.read().items() if one.name == "a"])
    assert follower.step() == [(("b",), ("a",))]


def test_it_ends_by_itself_and_that_is_told(follower: Follower):
    follower.store.put(suspension("a", hours=1))
    follower.step()
    follower.now = NOW + timedelta(hours=1)
    assert follower.active == []
    assert follower.step() == [((), ("a",))]


def test_what_was_read_last_stays_in_force_while_the_api_does_not_answer(follower: Follower, cluster: KubeApi):
    follower.store.put(suspension("a", hours=1))
    follower.step()
    for trouble in ({"down": True}, {"errors": 1}, {"forbidden": {("get", "configmaps")}}, {"token": "another"}):
        before = {name: getattr(cluster, name) for name in trouble}
        for name, value in trouble.items():
            setattr(cluster, name, value)
        assert follower.step() == []
        assert (follower.active, follower.overrides.unready()) == (["a"], "")
        for name, value in before.items():
            setattr(cluster, name, value)
    cluster.down = True
    follower.now = NOW + timedelta(hours=1)
    assert follower.step() == [((), ("a",))]


def test_until_it_was_read_once_nobody_knows(follower: Follower, cluster: KubeApi):
    cluster.forbidden = {("get", "configmaps")}
    assert follower.step() == []
    assert "cannot get" in follower.overrides.unready()
    cluster.forbidden = set()
    assert follower.step() == [((), ())]
    assert follower.overrides.unready() == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "a"}', '{"name": "a", "until": "soon", "reason": "x"}'])
def test_an_entry_that_cannot_be_read_changes_nothing(follower: Follower, cluster: KubeApi, text: str):
    follower.store.put(suspension("a"))
    follower.step()
    (thing,) = cluster.all("configmaps")
    (key,) = thing["data"]
    thing["data"] |= {key: text, "new": text}
    assert follower.step() == []
    assert follower.active == ["a"]
    follower.store.put(suspension("a", hours=3))
    assert follower.step() == [(("a",), ("a",))]


def test_a_config_map_that_is_deleted_suspends_nothing(follower: Follower, cluster: KubeApi):
    follower.store.put(suspension("a"))
    follower.step()
    cluster.objects.clear()
    assert follower.step() == [((), ("a",))]


# ── the controller ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def running(tmp_path: Path, cluster: KubeApi) -> Iterator[Callable[..., tuple[Assembly, FakeGateway]]]:
    parts: list[Assembly] = []

    def start() -> tuple[Assembly, FakeGateway]:
        fake = FakeGateway(HERE)
        write(tmp_path, "first")
        whole = Assembly(
            Directory(tmp_path),
            Wishes(
                interval=3600,
                listening=Listening(http="127.0.0.1:0", metrics="127.0.0.1:0"),
                cluster=Cluster(events=False, overrides=HELD),
            ),
            arriving=lambda _: (fake, HERE),
            connection=cluster.connection(),
            environ={},
        )
        parts.append(whole)
        whole.start()
        return whole, fake

    yield start
    for whole in parts:
        assert whole.end()


def get(whole: Assembly, name: str, path: str) -> httpx.Response:
    (port,) = [server.port for server in whole.servers if server.name == name]
    return httpx.get(f"http://127.0.0.1:{port}{path}")


def conditions(whole: Assembly) -> list[str]:
    return [root["condition"] for root in get(whole, "http", "/api/v1/roots").json()["roots"]]


def step(whole: Assembly) -> None:
    """What its thread does every few seconds."""
    assert whole.overrides
    whole.overrides.step()


def test_a_suspended_root_is_shown_so_and_left_until_it_is_resumed(running, tmp_path: Path, cluster: KubeApi):
    whole, fake = running()
    until(lambda: conditions(whole) == ["in-sync"])
    store = Store(Api(cluster.connection()), HELD)
    store.put(suspension(until=FUTURE))
    calls = len(fake.calls)
    step(whole)
    assert conditions(whole) == ["suspended"]
    assert len(fake.calls) == calls
    cluster.down = True
    write(tmp_path, "second")
    until(lambda: get(whole, "http", "/api/v1/roots").json()["roots"][0]["driftedFields"] > 0)
    step(whole)
    assert conditions(whole) == ["suspended"]
    assert description(fake) == "first"
    assert 'reconciler_suspended{api="RestApi shop",target="default"} 1.0' in get(whole, "metrics", "/metrics").text
    cluster.down = False
    store.take(store.read())
    store._api.close()
    step(whole)
    until(lambda: description(fake) == "second")
    until(lambda: conditions(whole) == ["in-sync"])


def test_nothing_is_written_before_it_is_known_what_is_suspended(running, cluster: KubeApi):
    cluster.down = True
    whole, fake = running()
    until(lambda: "[-]overrides failed" in get(whole, "http", "/readyz").text)
    assert fake.calls == []
    cluster.down = False
    until(lambda: get(whole, "http", "/readyz").status_code == 200)
    until(lambda: description(fake) == "first")


# ── the command ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def kubectl(cluster: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: None) -> KubeApi:
    """kubectl knows the cluster by two contexts; the second is of another namespace."""
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl")
    url = f"http://127.0.0.1:{cluster.server_port}"
    # kubectl sends credentials by TLS alone.
    cluster.token = ""
    file = tmp_path / "kubeconfig"
    file.write_text(
        f"""\
apiVersion: v1
kind: Config
current-context: one
clusters: [{{name: here, cluster: {{server: "{url}"}}}}]
users: [{{name: me, user: {{}}}}]
contexts:
  - {{name: one, context: {{cluster: here, user: me, namespace: gateway}}}}
  - {{name: two, context: {{cluster: here, user: me, namespace: other}}}}
"""
    )
    for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.setenv("HOME", str(tmp_path))
    return cluster


WORDS = ("--for", "2h", "--reason", "incident 42")


def entries(cluster: KubeApi, namespace: str = "gateway", name: str = "reconciler-overrides") -> list[Suspension]:
    data = cluster.objects[namespace, "configmaps", name].get("data") or {}
    return [Suspension.model_validate_json(text) for _, text in sorted(data.items())]


def test_a_suspension_is_written_and_taken_back(kubectl: KubeApi, command: Run):
    code, out, err = command("suspend", "orders", *WORDS, "--by", "ada")
    assert (code, "ConfigMap reconciler-overrides in namespace gateway" in err) == (0, True)
    assert out.startswith("orders: suspended until 2")
    assert out.endswith(": incident 42 (by ada)\n")
    (one,) = entries(kubectl)
    assert one.since is not None
    assert (one.name, one.by, one.reason, one.until - one.since) == (
        "orders", "ada", "incident 42", timedelta(hours=2),
    )  # fmt: skip
    assert command("suspend", "UsagePlan gold", *WORDS, "--target", "prod")[0] == 0
    assert command("suspend", "orders", "--for", "1d", "--reason", "longer")[0] == 0
    assert {(item.name, item.reason, item.targets) for item in entries(kubectl)} == {
        ("orders", "longer", ()),
        ("UsagePlan gold", "incident 42", ("prod",)),
    }
    assert command("resume", "orders")[:2] == (0, "orders: resumed\n")
    assert command("resume", "gold")[:2] == (0, "UsagePlan gold in prod: resumed\n")
    assert entries(kubectl) == []


def test_who_says_so_is_who_the_cluster_knows(kubectl: KubeApi, command: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOGNAME", "grace")
    command("suspend", "orders", *WORDS)
    assert entries(kubectl)[0].by.startswith("grace@")


def test_context_and_namespace_are_those_that_are_named(kubectl: KubeApi, command: Run):
    command("suspend", "orders", *WORDS, "--context", "two")
    command("suspend", "photos", *WORDS, "-n", "third", "--overrides", "held")
    assert [one.name for one in entries(kubectl, "other")] == ["orders"]
    assert [one.name for one in entries(kubectl, "third", "held")] == ["photos"]


def test_what_has_ended_is_cleared_away(kubectl: KubeApi, command: Run):
    command("suspend", "orders", *WORDS)
    thing = kubectl.objects["gateway", "configmaps", "reconciler-overrides"]
    thing["data"]["old"] = suspension("old").model_dump_json()
    command("suspend", "photos", *WORDS)
    assert {one.name for one in entries(kubectl)} == {"orders", "photos"}


def test_what_goes_wrong_is_a_sentence(kubectl: KubeApi, command: Run, monkeypatch: pytest.MonkeyPatch):
    code, _, err = command("resume", "orders")
    place = "ConfigMap reconciler-overrides in namespace gateway"
    assert (code, err) == (1, f"error: orders is not suspended in {place}; suspended there: nothing\n")
    command("suspend", "photos", *WORDS, "--target", "prod")
    assert "suspended there: photos in prod" in command("resume", "orders")[2]
    kubectl.forbidden = {("patch", "configmaps")}
    code, _, err = command("suspend", "orders", *WORDS)
    assert (code, "answered 403" in err) == (1, True)
    code, _, err = command("suspend", "orders", *WORDS, "--context", "three")
    assert (code, "kubectl" in err, "three" in err, len(err.splitlines())) == (1, True, True, 1)
    assert command("suspend", "orders", "--for", "0s", "--reason", "x")[0] == 64
    assert command("suspend", "orders", "--for", "2h", "--reason", " ")[0] == 64
    assert command("suspend", "orders", "--for", "99999999999d", "--reason", "x")[0] == 64
    monkeypatch.setenv("PATH", "/nonexistent")
    code, _, err = command("suspend", "orders", *WORDS)
    assert (code, "no kubectl on the PATH" in err) == (64, True)


def test_outside_of_kubernetes_there_is_nothing_to_follow(tmp_path: Path):
    with pytest.raises(KubeError, match="this is no pod"):
        Assembly(Directory(tmp_path), Wishes(cluster=Cluster(overrides=HELD)), environ={})
