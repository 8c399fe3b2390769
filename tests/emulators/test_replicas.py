"""Two replicas as processes, one killed without warning: one writer at any time, and nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from tests.kube_api import kube_api

from .harness import Emulator


PATIENCE = 60
OWNER = "replicas"


def write(folder: Path, number: int) -> None:
    paths = {f"/p{index}": {"methods": {"GET": {"integration": {"type": "MOCK"}}}} for index in range(12)}
    spec = {"description": f"text {number}", "paths": paths, "stages": {"prod": {}}}
    document = {"apiVersion": "apigateway/v1", "kind": "RestApi", "metadata": {"name": OWNER}, "spec": spec}
    (folder / "specs").mkdir(exist_ok=True)
    new = folder / ".new"
    new.write_text(json.dumps(document))
    new.replace(folder / "specs" / "api.yaml")


def until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def replica(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "tests.emulators.replica", *words], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_leader_is_followed_by_one_writer_and_nothing_is_made_twice(ministack: Emulator, tmp_path: Path):
    folder, diary = tmp_path / "checkout", tmp_path / "diary"
    folder.mkdir()
    (folder / "reconcile.yaml").write_text(f"owner: {OWNER}\n")
    write(folder, 1)
    diary.touch()
    plain: Any = boto3.Session("test", "test", region_name="eu-west-1").client(
        "apigateway", endpoint_url=ministack.endpoint_url
    )

    def entries() -> list[tuple[int, float, float, str]]:
        lines = [line.split() for line in diary.read_text().splitlines()]
        return [(int(pid), float(began), float(ended), what) for pid, began, ended, what in lines]

    def apis() -> list[dict[str, Any]]:
        return [item for item in plain.get_rest_apis(limit=500)["items"] if item["name"] == OWNER]

    with kube_api() as cluster:
        cluster.token = "token"
        words = (ministack.endpoint_url, f"http://127.0.0.1:{cluster.server_port}", str(folder), str(diary))
        with replica(*words) as one, replica(*words) as two:
            until(lambda: len(entries()) > 3)
            leader = entries()[0][0]
            standby = ({one.pid, two.pid} - {leader}).pop()
            # In the middle of making the API, with no chance to say anything.
            os.kill(leader, signal.SIGKILL)
            killed = time.time()
            until(lambda: any(pid == standby for pid, *_ in entries()))
            until(lambda: [item.get("description") for item in apis()] == ["text 1"])
            write(folder, 2)
            until(lambda: [item.get("description") for item in apis()] == ["text 2"])
    by_pid = {pid: [entry for entry in entries() if entry[0] == pid] for pid in (leader, standby)}
    assert max(ended for _, _, ended, _ in by_pid[leader]) < min(began for _, began, _, _ in by_pid[standby])
    # The lease has to run out first, and then somebody has to ask.
    assert min(began for _, began, _, _ in by_pid[standby]) - killed < PATIENCE
    (api,) = apis()
    resources = plain.get_resources(restApiId=api["id"], limit=500)["items"]
    assert sorted(item["path"] for item in resources) == sorted(["/", *(f"/p{index}" for index in range(12))])
    plain.delete_rest_api(restApiId=api["id"])
