"""A target as the loop sees it, on the fake: versions in, passes on some roots out."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from controller.address import Address
from controller.aws.pacing import Pacers
from controller.errors import SpecErrors
from controller.loop.happenings import Version
from controller.loop.site import AwsSite
from controller.loop.worker import Stop
from controller.request import Request
from controller.settings import Settings
from tests.engine import HERE
from tests.fake import FakeGateway


A, B, PLAN = Address("RestApi", "a"), Address("RestApi", "b"), Address("UsagePlan", "gold")
SPEC = """\
    apiVersion: apigateway/v1
    kind: RestApi
    metadata: {{name: {name}}}
    spec:
      description: {text}
      paths: {{/: {{methods: {{GET: {{integration: {{type: MOCK}}}}}}}}}}
      stages: {{prod: {{}}}}
    """
KEY = """\
    apiVersion: apigateway/v1
    kind: ApiKey
    metadata: {{name: acme}}
    spec: {{value: {{$env: {variable}}}}}
    """


class Checkout:
    """Specs in a folder, and a site that follows it."""

    def __init__(self, path: Path) -> None:
        self.path, self.fake = path, FakeGateway(HERE)
        (path / "specs").mkdir()
        environ = {"ONE": "1" * 20, "TWO": "2" * 20}
        base = Request((), path, Settings(), "default", environ=environ)
        self.site = AwsSite(base, Pacers(), arriving=lambda _: (self.fake, HERE))

    def write(self, name: str, text: str) -> None:
        (self.path / "specs" / f"{name}.yaml").write_text(dedent(text))

    def api(self, name: str, text: str = "first") -> None:
        self.write(name, SPEC.format(name=name, text=text))

    def load(self, revision: str = "r1"):
        return self.site.load(Version(self.path, revision))

    def look(self, *roots: Address, write: bool = True):
        return self.site.look(frozenset(roots), write=write, stop=Stop(), progress=lambda _: None)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_only_the_roots_asked_for_are_read_and_changed(checkout: Checkout):
    checkout.api("a")
    checkout.api("b")
    assert checkout.load().digests.keys() == {A, B}
    report = checkout.look(A)
    assert {change.root for change in report.changes} == {str(A)}
    assert report.summary.failed == 0
    assert len(checkout.fake.world.apis) == 1
    before = len(checkout.fake.calls)
    assert checkout.look(A).changes == ()
    assert len(checkout.fake.calls) - before <= 12
    assert {change.root for change in checkout.look(B).changes} == {str(B)}


def test_what_refers_to_a_root_that_was_not_looked_at_waits_until_that_is_there(checkout: Checkout):
    checkout.api("a")
    checkout.write(
        "plan",
        """\
        apiVersion: apigateway/v1
        kind: UsagePlan
        metadata: {name: gold}
        spec: {apiStages: [{api: a, stage: prod}]}
        """,
    )
    checkout.load()
    report = checkout.look(PLAN)
    assert report.changes == ()
    assert str(PLAN) in report.held
    checkout.look(A)
    assert {change.status for change in checkout.look(PLAN).changes} == {"applied"}


def test_an_observer_only_tells(checkout: Checkout):
    checkout.api("a")
    checkout.load()
    assert {change.status for change in checkout.look(A, write=False).changes} == {"planned"}
    assert checkout.fake.world.apis == {}


def test_a_broken_spec_leaves_its_root_alone_and_the_others_go_on(checkout: Checkout):
    checkout.api("a")
    checkout.api("b")
    checkout.load()
    checkout.look(A, B)
    checkout.api("a", "second")
    checkout.write("b", "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: b}\nspec: {nonsense: 1}\n")
    specs = checkout.load("r2")
    assert specs.digests.keys() == {A}
    assert specs.invalid.keys() == {B}
    assert [problem.where.line for problem in specs.problems if problem.where] == [4]
    assert {(change.root, change.status) for change in checkout.look(A).changes} == {(str(A), "applied")}
    assert len(checkout.fake.world.apis) == 2


def test_while_a_file_cannot_be_read_nothing_is_taken_to_be_gone(checkout: Checkout):
    (checkout.path / "reconcile.yaml").write_text("prune: true\n")
    checkout.api("a")
    checkout.api("b")
    checkout.load()
    checkout.look(A, B)
    checkout.write("b", "kind: [")
    assert checkout.load("r2").digests.keys() == {A}
    checkout.look(A)
    assert len(checkout.fake.world.apis) == 2
    (checkout.path / "specs" / "b.yaml").unlink()
    checkout.load("r3")
    checkout.look(A)
    assert len(checkout.fake.world.apis) == 1


def test_when_every_spec_is_broken_it_is_as_if_there_were_no_new_version(checkout: Checkout):
    checkout.write("a", "kind: [")
    with pytest.raises(SpecErrors):
        checkout.load()


def test_digests_tell_what_changed_and_not_which_revision_it_is(checkout: Checkout):
    checkout.api("a")
    checkout.write("key", KEY.format(variable="ONE"))
    first, again = checkout.load("r1").digests, checkout.load("r2").digests
    assert first == again
    checkout.api("a", "second")
    assert {at for at, digest in checkout.load("r3").digests.items() if digest != first[at]} == {A}
    checkout.api("a")
    checkout.write("key", KEY.format(variable="TWO"))
    changed = {at for at, digest in checkout.load("r4").digests.items() if digest != first[at]}
    assert changed == {Address("ApiKey", "acme")}


def test_a_target_that_is_gone_has_no_roots(checkout: Checkout):
    checkout.api("a")
    checkout.load()
    (checkout.path / "reconcile.yaml").write_text("targets: {other: {}}\n")
    assert checkout.load("r2").digests == {}


def test_what_a_rule_refuses_is_planned_and_not_done(checkout: Checkout):
    checkout.api("a")
    checkout.load()
    checkout.look(A)
    ((_, api),) = checkout.fake.world.apis.items()
    api.record["tags"]["aws:cloudformation:stack-name"] = "theirs"
    checkout.api("a", "second")
    checkout.load("r2")
    report = checkout.look(A)
    assert "theirs" in report.refusals[0]
    assert {change.status for change in report.changes} == {"planned"}


def test_when_told_to_drain_what_was_begun_is_finished(checkout: Checkout):
    checkout.api("a")
    checkout.load()
    stop = Stop()
    checkout.fake.fail = lambda number, operation, params: (
        stop.drain.set() if operation == "CreateRestApi" else None
    )
    report = checkout.site.look(frozenset({A}), write=True, stop=stop, progress=lambda _: None)
    assert {change.status for change in report.changes} == {"applied"}
    assert stop.drain.is_set()
