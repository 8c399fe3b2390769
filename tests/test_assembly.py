"""`reconcile run` as a whole, in one process: two replicas, one account, one cluster; what answers; how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from controller.cli.assembly import Assembly, Cluster, Listening, Wishes
from controller.errors import UsageError
from controller.kube import Shards, Timing
from controller.loop.following import Directory
from controller.loop.schedule import Trigger
from tests.engine import HERE
from tests.fake import FakeGateway
from tests.kube_api import KubeApi, kube_api


PATIENCE = 30
SPEC = """\
    apiVersion: apigateway/v1
    kind: RestApi
    metadata: {name: shop}
    spec:
      description: TEXT
      paths: {/: {methods: {GET: {integration: {type: MOCK}}}}}
      stages: {prod: {}}
    """
QUICK = Timing(duration=2, renew=1.2, retry=0.3)


def write(folder: Path, text: str) -> None:
    (folder / "specs").mkdir(exist_ok=True)
    new = folder / ".new"
    new.write_text(dedent(SPEC).replace("TEXT", text))
    new.replace(folder / "specs" / "shop.yaml")


def until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.02)


def description(fake: FakeGateway) -> str:
    return "".join(api.record.get("description", "") for api in fake.world.apis.values())


@pytest.fixture
def cluster() -> Iterator[KubeApi]:
    with kube_api() as api:
        yield api


def replica(folder: Path, fake: FakeGateway, cluster: KubeApi | None = None, **wishes: object) -> Assembly:
    lease = Cluster(lease="reconciler", timing=QUICK, events=False) if cluster else Cluster(events=False)
    return Assembly(
        Directory(folder),
        Wishes(interval=3600, cluster=lease, **wishes),  # type: ignore[arg-type]
        arriving=lambda _: (fake, HERE),
        connection=cluster.connection() if cluster else None,
        environ={},
    )


def test_one_of_two_replicas_writes_and_the_other_takes_over(tmp_path: Path, cluster: KubeApi):
    fake = FakeGateway(HERE)
    write(tmp_path, "first")
    with ExitStack() as ending:
        one, two = replica(tmp_path, fake, cluster), replica(tmp_path, fake, cluster)
        one.start()
        until(lambda: description(fake) == "first")
        two.start()
        ending.callback(two.end)
        until(lambda: len(two.host.workers) == 1)
        assert two.book.report("default") is None
        assert one.election is not None
        assert one.election.still_leader()
        assert one.end()
        write(tmp_path, "second")
        two.host.look(Trigger.DEMAND)
        until(lambda: description(fake) == "second")
    assert len(fake.world.apis) == 1


def test_who_cannot_renew_calls_nothing_more_and_ends(tmp_path: Path, cluster: KubeApi):
    fake = FakeGateway(HERE)
    write(tmp_path, "first")
    one = replica(tmp_path, fake, cluster)
    one.start()
    until(lambda: description(fake) == "first")
    cluster.down = True
    assert one.over.wait(PATIENCE)
    calls = len(fake.calls)
    write(tmp_path, "second")
    one.host.look(Trigger.DEMAND)
    cluster.down = False
    assert not one.end()
    assert len(fake.calls) == calls
    assert description(fake) == "first"


def test_it_answers_probes_and_shows_status_and_metrics(tmp_path: Path):
    write(tmp_path, "first")
    one = replica(tmp_path, FakeGateway(HERE), listening=Listening(http="127.0.0.1:0", metrics="127.0.0.1:0"))
    one.start()
    ports = {server.name: server.port for server in one.servers}

    def get(name: str, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{ports[name]}{path}")

    try:
        until(lambda: get("http", "/readyz").status_code == 200)
        until(lambda: [root["condition"] for root in get("http", "/api/v1/roots").json()["roots"]] == ["in-sync"])
        assert get("http", "/livez").status_code == 200
        text = get("metrics", "/metrics").text
        assert 'reconciler_reconcile_total{api="RestApi shop",result="success"' in text
        assert "reconciler_leader 1.0" in text
    finally:
        assert one.end()


def test_a_shard_runs_its_targets_and_no_others(tmp_path: Path):
    accounts = [f"{number:012}" for number in range(1, 9)]
    targets = ", ".join(f't{a}: {{account: "{a}", region: eu-west-1}}' for a in accounts)
    (tmp_path / "reconcile.yaml").write_text(f"targets: {{{targets}}}\n")
    write(tmp_path, "first")
    seen: list[set[str]] = []
    for index in range(2):
        shards = Cluster(shards=Shards(2, index), events=False)
        one = Assembly(
            Directory(tmp_path), Wishes(cluster=shards), arriving=lambda _: (FakeGateway(HERE), HERE), environ={}
        )
        one.host.take(Directory(tmp_path).version())
        seen.append(set(one.host.workers))
        one.end()
    assert seen[0] | seen[1] == {f"t{account}" for account in accounts}
    assert not seen[0] & seen[1]
    assert all(seen)


def test_events_need_the_name_of_the_pod(tmp_path: Path, cluster: KubeApi):
    with pytest.raises(UsageError, match="POD_NAME"):
        Assembly(
            Directory(tmp_path), Wishes(cluster=Cluster(events=True)), connection=cluster.connection(), environ={}
        )
