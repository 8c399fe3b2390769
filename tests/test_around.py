"""What lies around APIs: links, certificates and keys, which are made before what they replace is broken."""

from typing import Any

import pytest
from pydantic import SecretStr

from controller.call import Call, Wait
from controller.errors import GatewayError, InvalidError
from controller.retry import Patient
from tests.cases.steps import further, get, live, shop, turn
from tests.engine import changes, converge, desired
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
    assert slow.slept == [5, 5]


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


def replaced(before: Any, after: Any) -> list[str]:
    """The operations that lead from one world to another."""
    return [step.split(" ")[0] for step in turn(before, after)]


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


# ── client certificates ──────────────────────────────────────────────────────────────────────────


def certified(**fields: Any) -> dict[str, Any]:
    world = shop(paths={"/": get()}, stages={"prod": {"clientCertificate": "mutual"}})
    return {"ClientCertificate mutual": fields} | world


def test_another_generation_is_another_certificate_and_stages_move_in_between():
    assert replaced(certified(generation=1), certified(generation=2)) == [
        "GenerateClientCertificate",
        "UpdateStage",
        "DeleteClientCertificate",
    ]


def test_a_stage_is_never_without_a_certificate_while_it_rotates():
    fake = FakeGateway()
    further(fake, certified())
    (api,) = fake.world.apis.values()
    seen = []

    def look(number: int, operation: str, params: Any) -> None:
        seen.append(api.stages["prod"].get("clientCertificateId"))

    fake.fail_after = look
    further(fake, certified(generation="two"))
    assert None not in seen
    assert len(set(seen)) == 2


def test_the_first_generation_is_the_one_that_is_meant_when_none_is_given():
    assert turn(certified(), certified(generation=1)) == []


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


def keyed(value: str) -> dict[str, Any]:
    return {"ApiKey acme": {"value": SecretStr(value * 20)}, "UsagePlan gold": {"apiKeys": ["acme"]}}


def test_a_new_value_is_a_member_of_the_plan_before_the_old_one_leaves():
    assert replaced(keyed("a"), keyed("b")) == [
        "CreateApiKey",
        "CreateUsagePlanKey",
        "DeleteUsagePlanKey",
        "DeleteApiKey",
    ]


def test_two_keys_may_swap_their_values():
    before = keyed("a") | {"ApiKey other": {"value": SecretStr("b" * 20)}}
    after = keyed("b") | {"ApiKey other": {"value": SecretStr("a" * 20)}}
    assert sorted(replaced(before, after)) == [
        *["CreateApiKey"] * 2,
        "CreateUsagePlanKey",
        *["DeleteApiKey"] * 2,
        "DeleteUsagePlanKey",
    ]
