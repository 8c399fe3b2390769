"""VPC links: waited for, named by integrations, and made before what they replace is broken."""

from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from controller.address import Address
from controller.apply import apply
from controller.call import Call, Wait
from controller.diff import diff
from controller.errors import GatewayError, InvalidError
from controller.policy import Rules, guard
from controller.retry import Patient
from controller.standing import Standing
from tests.cases.steps import further, live, prepared, replaced, shop, turn
from tests.engine import HERE, changes, converge, desired, open_pass
from tests.fake import FakeGateway


NLB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/"


def link(target: str = "a", **fields: Any) -> dict[str, Any]:
    return {"VpcLink internal": {"targetArns": [NLB + target], **fields}}


def private(**fields: Any) -> dict[str, Any]:
    backend = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "https://a.example/x"}
    return {"methods": {"GET": {"integration": {**backend, **fields}}}}


LINKED = shop(paths={"/": private(vpcLink="internal")}, stages={"prod": {}})
UNLINKED = shop(paths={"/": private()}, stages={"prod": {}})


# ── waiting ──────────────────────────────────────────────────────────────────────────────────────


class Slow:
    """A link that goes through these statuses; None is not found."""

    def __init__(self, *statuses: str) -> None:
        self.statuses, self.slept = list(statuses), []

    def __call__(self, operation: str, params: Any, *, service: str = "apigateway") -> dict[str, Any]:
        if operation != "GetVpcLink":
            return {"id": "l1"}
        assert params == {"vpcLinkId": "l1"}
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {"status": status, "statusMessage": f"it is {status}"}

    def create(self) -> dict[str, Any]:
        wait = Wait("GetVpcLink", {}, "status", ("AVAILABLE",), ("FAILED",), "statusMessage", {"vpcLinkId": "id"})
        return Patient(self, self.slept.append).perform(Call("CreateVpcLink", {}, wait=wait))


def test_a_call_is_over_when_aws_has_finished_it():
    slow = Slow("PENDING", "PENDING", "AVAILABLE")
    assert slow.create() == {"id": "l1"}
    assert slow.slept == [1] * 10


def test_a_link_that_failed_says_why():
    with pytest.raises(InvalidError, match="FAILED: it is FAILED"):
        Slow("PENDING", "FAILED").create()


def test_waiting_has_an_end():
    with pytest.raises(GatewayError, match="still PENDING after 20 minutes: it is PENDING"):
        Slow("PENDING").create()


# ── VPC links ────────────────────────────────────────────────────────────────────────────────────


def test_a_link_is_there_before_what_refers_to_it():
    fake = FakeGateway(link_reads=3)
    assert converge(fake, link() | LINKED).summary.failed == 0
    operations = [operation for _, operation, _ in fake.calls]
    assert operations.index("CreateVpcLink") < operations.index("PutIntegration")
    ((found,),) = [[record["status"] for record in fake.world.vpc_links.values()]]
    assert found == "AVAILABLE"
    assert changes(fake, link() | LINKED) == []


def test_a_link_of_somebody_else_is_given_by_its_id():
    world = shop(paths={"/": private(connectionType="VPC_LINK", connectionId="abc123")}, stages={"prod": {}})
    assert turn(world, world) == []
    assert turn(link() | world, link() | LINKED)[0] == "UpdateIntegration / GET Integration"


def test_a_links_replacement_redeploys_before_the_old_one_goes():
    assert replaced(link("a") | LINKED, link("b") | LINKED) == [
        "CreateVpcLink",
        "UpdateIntegration",
        "CreateDeployment",
        "UpdateStage",
        "DeleteVpcLink",
    ]


def test_a_link_that_is_no_longer_used_goes_after_the_stage_has_moved():
    assert replaced(link() | LINKED, UNLINKED) == [
        "UpdateIntegration",
        "CreateDeployment",
        "UpdateStage",
        "DeleteVpcLink",
    ]


def test_a_link_goes_after_its_api():
    assert replaced(link() | LINKED, {}) == ["DeleteIntegration", "DeleteRestApi", "DeleteVpcLink"]


def test_a_definition_that_comes_back_is_deployed_anew_if_its_link_was_replaced():
    fake = FakeGateway()
    for target in "ab":
        further(fake, link(target) | LINKED)
    assert "CreateDeployment" in [step.split(" ")[0] for step in further(fake, link("a") | LINKED)]
    (api,) = fake.world.apis.values()
    (current,) = fake.world.vpc_links
    assert list(fake.world.deployed_links[api.stages["prod"]["deploymentId"]]) == [current]


def test_a_link_that_is_still_under_way_is_waited_for_by_the_next_pass():
    fake = FakeGateway()
    further(fake, link())
    (record,) = fake.world.vpc_links.values()
    record["status"] = "PENDING"
    fake.world.pending_reads[record["id"]] = 3
    assert further(fake, link()) == ["GetVpcLink internal"]


def test_a_crash_between_the_two_is_seen_by_the_tag():
    fake = FakeGateway()
    further(fake, link("a") | LINKED)
    (old,) = fake.world.vpc_links

    def dead(number: int, operation: str, params: Any) -> BaseException | None:
        return KeyboardInterrupt() if operation == "CreateVpcLink" else None

    fake.fail_after = dead  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        converge(fake, link("b") | LINKED)
    fake.fail_after = None
    wanted = desired(link("b") | LINKED)
    found = live(fake, wanted)
    assert found.unknown == {}
    assert [(str(a), str(b)) for a, b in found.heirs.items()] == [(f"VpcLink id:{old}", "VpcLink internal")]
    assert [step.split(" ")[0] for step in further(fake, link("b") | LINKED)][-1] == "DeleteVpcLink"
    assert len(fake.world.vpc_links) == 1


def test_what_outlived_its_place_is_deleted_without_prune():
    fake = FakeGateway()
    converge(fake, link("a"), prune=False)
    converge(fake, link("b"), prune=False)
    assert [record["targetArns"] for record in fake.world.vpc_links.values()] == [[f"{NLB}b"]]


def test_a_link_that_failed_is_replaced_before_it_goes():
    fake = FakeGateway()
    further(fake, link() | LINKED)
    (record,) = fake.world.vpc_links.values()
    record |= {"status": "FAILED", "statusMessage": "no such balancer"}
    assert [step.split(" ")[0] for step in further(fake, link() | LINKED)] == [
        "CreateVpcLink",
        "UpdateIntegration",
        "CreateDeployment",
        "UpdateStage",
        "DeleteVpcLink",
    ]
    (found,) = fake.world.vpc_links.values()
    assert found["id"] != record["id"]


def test_an_heir_that_failed_too_gets_an_heir_of_its_own():
    fake = FakeGateway()
    further(fake, link("a") | LINKED)

    def refuse(number: int, operation: str, params: Any) -> Exception | None:
        if operation == "CreateVpcLink":
            (heir,) = (item for item in fake.world.vpc_links.values() if item["targetArns"] == [f"{NLB}b"])
            heir |= {"status": "FAILED", "statusMessage": "no such balancer"}
        return None

    fake.fail_after = refuse
    report = converge(fake, link("b") | LINKED)
    (error,) = [change.error for change in report.changes if change.status == "failed"]
    assert error == "FAILED: no such balancer"
    assert len(fake.world.vpc_links) == 2
    fake.fail_after = None
    assert converge(fake, link("b") | LINKED).summary.failed == 0
    assert [record["status"] for record in fake.world.vpc_links.values()] == ["AVAILABLE"]
    assert changes(fake, link("b") | LINKED) == []


def test_a_link_that_a_canary_leaves_in_use_is_kept_until_it_is_promoted():
    fake = FakeGateway()
    some = {"canarySettings": {"percentTraffic": 5}}
    canary = shop(paths={"/": private(vpcLink="internal")}, stages={"prod": some})
    converge(fake, link("a") | LINKED)
    (old,) = fake.world.vpc_links
    for _ in range(2):
        report = converge(fake, link("b") | canary)
        assert report.summary.failed == 0
        assert report.held == {f"VpcLink id:{old}": "kept for now: RestApi shop > Stage prod still needs it"}
        assert len(fake.world.vpc_links) == 2
    assert changes(fake, link("b") | canary) == []
    assert converge(fake, link("b") | LINKED).held == {}
    assert [record["targetArns"] for record in fake.world.vpc_links.values()] == [[f"{NLB}b"]]


def test_a_link_that_a_suspended_api_serves_is_kept():
    fake = FakeGateway()
    converge(fake, link() | LINKED)
    api, vpc_link = Address("RestApi", "shop"), Address("VpcLink", "internal")
    wanted = desired(UNLINKED)
    wanted.standing[api] = Standing(suspended="incident 42")
    present = live(fake, wanted)
    verdict = guard(diff(wanted, present), wanted, present, Rules(prune=True), datetime.now(UTC))
    assert (verdict.changes, set(verdict.held)) == ((), {api, vpc_link})
    assert verdict.held[vpc_link].startswith("kept for now: RestApi shop > ")


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────


def test_who_stops_the_run_does_not_wait_for_aws_and_the_next_run_does():
    fake, stop = FakeGateway(link_reads=100), Event()
    todo, ids = prepared(fake, link() | LINKED)
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        stop.set()

    outcomes = list(apply(todo, Patient(fake, sleep), ids, HERE, stop))
    assert naps == [1]
    (told,) = [outcome.error for outcome in outcomes if outcome.step.call.operation == "CreateVpcLink"]
    assert told == "stopped while AWS had it PENDING: the next run waits for it"
    (record,) = fake.world.vpc_links.values()
    fake.world.pending_reads[record["id"]] = 3
    steps = further(fake, link() | LINKED)
    assert steps.index("GetVpcLink internal") < steps.index("PutIntegration / GET Integration")
    assert list(fake.world.vpc_links) == [record["id"]]


# ── the price ────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_says_what_it_waits_for():
    fake = FakeGateway()
    report = open_pass(fake, link()).plan()
    assert (report.calls, report.waits) == (2, ("VpcLink internal",))
    before = len(fake.calls)
    converge(fake, link())
    assert [name for _, name, _ in fake.calls[before:]].count("CreateVpcLink") == 1
    assert open_pass(fake, link()).plan().waits == ()
