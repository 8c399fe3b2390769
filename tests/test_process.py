"""`reconcile run` as a process: what signals do, what its log looks like, and that nothing keeps it from ending."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.answers import answering
from tests.engine import HERE
from tests.fake import FakeGateway
from tests.processes import running


SPEC = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: shop}
spec:
  description: as the spec says
  paths: {/: {methods: {GET: {integration: {type: MOCK}}}}}
  stages: {prod: {}}
"""
IN_SYNC = {"RestApi shop": "in-sync"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    found = tmp_path / "checkout"
    (found / "specs").mkdir(parents=True)
    (found / "specs" / "shop.yaml").write_text(SPEC)
    return found


@contextmanager
def silent() -> Iterator[tuple[str, socket.socket]]:
    """Something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}", server


def test_a_hangup_makes_it_look_at_once(checkout: Path):
    fake = FakeGateway(HERE)
    with (
        answering(fake) as url,
        running(checkout, "--interval", "10m", "--endpoint-url", url) as controller,
    ):
        controller.until(lambda: controller.conditions() == IN_SYNC)
        (api,) = fake.world.apis.values()
        api.record["description"] = "by hand"
        controller.signal(signal.SIGHUP)
        controller.until(lambda: api.record["description"] == "as the spec says")
        controller.until(lambda: any(line.get("trigger") == "demand" for line in controller.lines()))
    assert controller.code == 0


def test_the_log_has_a_line_for_each_pass_and_each_step(checkout: Path):
    fake = FakeGateway(HERE)
    with answering(fake) as url, running(checkout, "--endpoint-url", url) as controller:
        controller.until(lambda: controller.conditions() == IN_SYNC)
    lines = controller.lines()
    # Nothing else is written, such as a stack trace.
    assert len(lines) == len(controller.log.read_text().splitlines())
    (ended,) = [line for line in lines if line["event"] == "pass"]
    steps = [line for line in lines if line["event"] == "step"]
    assert (ended["changes"], ended["failed"], ended["error"]) == (len(steps), 0, "")
    assert {step["root"] for step in steps} == {"RestApi shop"}
    assert [step["done"] for step in steps] == list(range(1, len(steps) + 1))
    assert len({frozenset(step) for step in steps}) == 1


def test_a_second_signal_ends_it_though_nothing_answers(checkout: Path):
    with silent() as (url, server), running(checkout, "--endpoint-url", url) as controller:
        # It has asked, and would wait for a minute.
        server.settimeout(30)
        taken, _ = server.accept()
        controller.signal(signal.SIGTERM)
        controller.until(lambda: controller.get("/readyz").status_code == 500)
        assert "shutting down" in controller.get("/readyz").text
        began = time.monotonic()
        controller.signal(signal.SIGTERM)
        code = controller.process.wait(30)
        assert time.monotonic() - began < 20
        taken.close()
    assert code == 1
    assert "Traceback" not in controller.log.read_text()
