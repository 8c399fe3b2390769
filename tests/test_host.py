"""The whole loop on the fake: real threads, real files, and what is live in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from controller.aws.pacing import Pacers
from controller.loop.following import Directory
from controller.loop.happenings import Fetched, Happening, Live, Looked
from controller.loop.host import Host
from controller.loop.schedule import Trigger
from controller.loop.site import AwsSite
from controller.request import Request
from controller.settings import Settings
from tests.engine import HERE
from tests.fake import FakeGateway


PATIENCE = 30
SPEC = """\
    apiVersion: apigateway/v1
    kind: RestApi
    metadata: {{name: {name}}}
    spec:
      description: {text}
      paths: {{/: {{methods: {{GET: {{integration: {{type: MOCK}}}}}}}}}}
      stages: {{prod: {{}}}}
    """


class Run:
    """A host on a folder and one account, and what it has told of."""

    def __init__(self, folder: Path, **more: bool) -> None:
        self.folder, self.fake = folder, FakeGateway(HERE)
        self.told: list[Happening] = []
        self._heard = threading.Condition()
        (folder / "specs").mkdir()
        self.host = Host(Directory(folder), self._site, [self._hear], interval=3600, **more)

    def _site(self, target: str, settings: Settings) -> AwsSite:
        base = Request((), self.folder, settings, target)
        return AwsSite(base, Pacers(), arriving=lambda _: (self.fake, HERE))

    def _hear(self, happening: Happening) -> None:
        with self._heard:
            self.told.append(happening)
            self._heard.notify_all()

    def write(self, name: str, text: str = "first") -> None:
        """In one go, as a program that keeps a folder up to date does."""
        new = self.folder / f".{name}"
        new.write_text(dedent(SPEC.format(name=name, text=text)))
        new.replace(self.folder / "specs" / f"{name}.yaml")

    def until(self, seen: Callable[[], bool]) -> None:
        with self._heard:
            assert self._heard.wait_for(seen, PATIENCE), self.told

    def descriptions(self) -> dict[str, str]:
        return {api.record["name"]: api.record.get("description", "") for api in self.fake.world.apis.values()}

    def count(self, kind: type) -> int:
        return sum(isinstance(happening, kind) for happening in self.told)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs = []

    def start(**more: bool) -> Run:
        runs.append(Run(tmp_path, **more))
        return runs[-1]

    yield start
    for run in runs:
        assert run.host.end(PATIENCE)


def test_what_is_committed_becomes_live_and_drift_is_undone(running):
    run = running()
    run.write("a")
    run.host.start()
    run.until(lambda: run.count(Live) == 1)
    assert run.descriptions() == {"a": "first"}
    run.write("a", "second")
    run.write("b")
    run.until(lambda: run.descriptions() == {"a": "second", "b": "first"} and run.count(Live) >= 2)
    (identity, _), *_ = run.fake.world.apis.items()
    run.fake(
        "UpdateRestApi",
        {
            "restApiId": identity,
            "patchOperations": [
                {"op": "replace", "path": "/description", "value": "by hand"},
            ],
        },
    )
    looks = run.count(Looked)
    run.host.look(Trigger.EVENT)
    run.until(lambda: run.count(Looked) > looks and "by hand" not in run.descriptions().values())


def test_an_observer_tells_of_drift_and_lets_it_be(running):
    run = running(write=False)
    run.write("a")
    run.host.start()
    run.until(lambda: run.count(Looked) == 1)
    (looked,) = [happening for happening in run.told if isinstance(happening, Looked)]
    assert looked.report is not None
    assert {change.status for change in looked.report.changes} == {"planned"}
    assert run.descriptions() == {}


def test_targets_come_and_go_with_the_settings(running):
    run = running()
    (run.folder / "reconcile.yaml").write_text("owner: me\ntargets: {one: {}, two: {owner: you}}\n")
    run.write("a")
    run.host.start()
    run.until(lambda: run.count(Live) == 2)
    assert run.host.workers.keys() == {"one", "two"}
    assert sorted(api.record["tags"]["reconcile:owner"] for api in run.fake.world.apis.values()) == ["me", "you"]
    (run.folder / "reconcile.yaml").write_text("targets: [")
    run.host.look()
    run.until(lambda: any(isinstance(told, Fetched) and told.error for told in run.told))
    assert run.host.workers.keys() == {"one", "two"}


def test_it_ends_though_nothing_ever_came(tmp_path: Path):
    run = Run(tmp_path)
    run.host.start()
    assert run.host.end(PATIENCE)
