"""Signs of life: a pass that waits for quotas or for AWS shows them all along, and ends when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import boto3
import pytest

from controller.address import Address
from controller.aws.client import Client
from controller.aws.pacing import Pacer, Pacers
from controller.errors import StoppedError, ThrottledError
from controller.loop.happenings import Looked, Version
from controller.loop.schedule import Schedule
from controller.loop.site import NAP, AwsSite
from controller.loop.worker import PATIENCE, Stop, Worker
from controller.request import Request
from controller.settings import Settings
from controller.web.probes import liveness
from tests.engine import HERE
from tests.fake import FakeGateway


SHOP = Address("RestApi", "shop")
API = """\
    apiVersion: apigateway/v1
    kind: RestApi
    metadata: {name: shop}
    spec:
      paths: {/: {methods: {GET: {integration: {type: MOCK}}}}}
      stages: {prod: {}}
    """
LINK = """\
    apiVersion: apigateway/v1
    kind: VpcLink
    metadata: {name: internal}
    spec: {targetArns: ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/a/1"]}
    """


class Time:
    """A worker whose time passes only by sleeping, and whether a probe would have killed it at any moment."""

    def __init__(self, folder: Path, fake: FakeGateway, spec: str) -> None:
        (folder / "specs").mkdir()
        (folder / "specs" / "a.yaml").write_text(dedent(spec))
        self.now, self.longest, self.stop = 0.0, 0.0, Stop()
        self.told: list[Any] = []
        self.site = AwsSite(
            Request((), folder, Settings(), "t"),
            Pacers(),
            arriving=lambda request: (fake, HERE),
            clock=lambda: self.now,
            sleep=self.sleep,
        )
        (folder / "reconcile.yaml").write_text("targets: {t: {}}\n")
        schedule = Schedule(interval=300)
        self.worker = Worker("t", self.site, schedule, self.told.append, self.stop, clock=lambda: self.now)
        self.probe = liveness(lambda: {"worker": self.worker}, lambda: self.now)
        self.worker.offer(Version(folder, "r1"))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.longest = max(self.longest, self.now - self.worker.beat)
        assert self.probe()["worker"]() == ""

    def steps(self, most: int = 2) -> None:
        for _ in range(most):
            self.worker.step()

    @property
    def passes(self) -> list[Looked]:
        return [one for one in self.told if isinstance(one, Looked)]


Start = Callable[..., Time]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return lambda fake, spec=API: Time(tmp_path, fake, spec)


def throttled_once(seconds: float, operation: str = "CreateRestApi") -> Callable[..., Any]:
    left = [operation]

    def fail(_number: int, name: str, _params: Any) -> ThrottledError | None:
        if name not in left:
            return None
        left.remove(name)
        error = ThrottledError("slow down", operation=name)
        error.retry_after = seconds
        return error

    return fail


def test_a_pass_that_aws_holds_up_for_long_lives(start: Start):
    fake = FakeGateway(HERE)
    fake.fail = throttled_once(2 * PATIENCE)
    run = start(fake)
    run.steps()
    assert run.now >= 2 * PATIENCE
    assert run.longest <= NAP
    assert len(fake.world.apis) == 1


def test_a_pass_that_waits_for_a_vpc_link_lives(start: Start):
    fake = FakeGateway(HERE, link_reads=70)
    run = start(fake, LINK)
    run.steps()
    assert run.now > PATIENCE
    assert run.longest <= NAP
    (report,) = [one.report for one in run.passes]
    assert report is not None
    assert [change.status for change in report.changes] == ["applied"]


def test_a_client_waits_for_quotas_as_it_is_told(start: Start):
    run = start(FakeGateway(HERE))
    pacer = Pacer(1, clock=lambda: run.now)
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-1"}
    client = Client(boto3.Session(**keys), endpoint_url="http://127.0.0.1:9", pacer=pacer, sleep=run.site._sleep)
    # Others in the account have taken their places before.
    for _ in range(40):
        pacer.wait("DeleteRestApi", lambda _seconds: None)
    with pytest.raises(Exception, match="DeleteRestApi"):
        client("DeleteRestApi", {"restApiId": "a"})
    assert run.now > PATIENCE
    assert run.longest <= NAP


def test_a_call_that_ends_is_a_sign_of_life(start: Start):
    fake = FakeGateway(HERE)
    run = start(fake)
    run.steps(1)
    seen = []

    def slow(*_: Any) -> None:
        # No sleep of ours: AWS is slow to answer.
        seen.append(run.now - run.worker.beat)
        run.now += 60

    fake.fail = slow
    run.steps(1)
    assert run.now > PATIENCE
    assert max(seen) == 0


def test_a_worker_that_does_nothing_any_more_is_stuck(start: Start):
    run = start(FakeGateway(HERE))
    run.steps()
    run.now += PATIENCE + 1
    assert "no sign of life for 301 s" in run.probe()["worker"]()


def test_what_only_reads_ends_at_the_first_sign_and_is_no_failure(start: Start):
    fake = FakeGateway(HERE)
    run = start(fake)
    run.steps()
    before = len(run.passes)

    def end(*_: Any) -> None:
        run.stop.drain.set()

    fake.fail = throttled_once(900, "GetResources")
    run.now += 400
    naps, run.site._nap = [], lambda seconds: (naps.append(seconds), end())
    run.steps(1)
    assert naps == [NAP]
    assert len(run.passes) == before


def test_what_has_begun_waits_on_unless_it_is_to_stop_at_once(start: Start):
    fake = FakeGateway(HERE)
    fake.fail = throttled_once(900, "PutMethod")
    run = start(fake)
    run.steps(1)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        run.stop.drain.set()
        if len(naps) == 10:
            run.stop.now.set()

    run.site._nap = nap
    run.steps(1)
    assert len(naps) == 10
    (report,) = [one.report for one in run.passes]
    assert report is not None
    errors = {change.error for change in report.changes if change.status == "failed"}
    assert errors == {"stopped while it waited for AWS"}


def test_what_was_not_begun_at_the_end_is_no_failure(start: Start, tmp_path: Path):
    fake = FakeGateway(HERE)
    run = start(fake)
    (tmp_path / "specs" / "b.yaml").write_text(dedent(API).replace("shop", "other"))
    run.steps(1)
    fake.fail = lambda _number, name, _params: run.stop.drain.set() if name == "GetRestApis" else None
    run.steps(1)
    assert run.passes == []
    assert fake.world.apis == {}


def test_a_wait_that_is_over_is_not_stopped(start: Start):
    run = start(FakeGateway(HERE))
    run.site._ends = lambda: True
    run.site._sleep(NAP)
    with pytest.raises(StoppedError):
        run.site._sleep(NAP + 0.1)
