"""What lies around APIs: links, certificates and keys, which are made before what they replace is broken."""

from typing import Any

import pytest
from pydantic import SecretStr

from controller.call import Call, Wait
from controller.desired import build
from controller.errors import GatewayError, InvalidError
from controller.kinds.rest.documentation import DocumentationPart, location
from controller.retry import Patient
from controller.terms import Scope
from tests.cases.steps import further, get, live, shop, turn
from tests.engine import HERE, changes, converge, desired, documents
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


# ── domains ──────────────────────────────────────────────────────────────────────────────────────

CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/a"
REGIONAL = {"endpointConfiguration": {"types": ["REGIONAL"]}, "regionalCertificateArn": CERTIFICATE}
EDGE = {"endpointConfiguration": {"types": ["EDGE"]}, "certificateArn": CERTIFICATE}
PRIVATE = {"endpointConfiguration": {"types": ["PRIVATE"]}, "certificateArn": CERTIFICATE}


def domain(fields: dict[str, Any], **mappings: Any) -> dict[str, Any]:
    found = {"(none)" if path == "root" else path: content for path, content in mappings.items()}
    return {"DomainName example.com": {**fields, "basePathMappings": found}}


def served(*names: str) -> dict[str, Any]:
    return {f"RestApi {name}": {"paths": {"/": get()}, "stages": {"prod": {}}} for name in names}


def test_a_domain_leads_to_a_stage_that_is_there_first():
    fake = FakeGateway()
    world = served("shop") | domain(REGIONAL, root={"api": "shop", "stage": "prod"}, v2={"api": "shop"})
    steps = further(fake, world)
    assert steps.index("CreateStage prod") < steps.index("CreateBasePathMapping (none)")
    (mappings,) = fake.world.mappings.values()
    assert {path: mapping.get("stage") for path, mapping in mappings.items()} == {"(none)": "prod", "v2": None}
    called = [params for _, operation, params in fake.calls if operation == "CreateBasePathMapping"]
    assert {params.get("basePath") for params in called} == {None, "v2"}


def test_the_empty_path_is_the_root():
    shop_ = served("shop")
    world = shop_ | {"DomainName example.com": REGIONAL | {"basePathMappings": {"": {"api": "shop"}}}}
    assert turn(world, shop_ | domain(REGIONAL, root={"api": "shop"})) == []


def test_the_root_moves_from_one_api_to_another_in_place_before_the_other_goes():
    before = served("shop", "zoo") | domain(REGIONAL, root={"api": "shop", "stage": "prod"})
    after = served("zoo") | domain(REGIONAL, root={"api": "zoo", "stage": "prod"})
    assert replaced(before, after) == ["UpdateBasePathMapping", "DeleteRestApi"]


def test_a_stage_may_be_left_to_the_caller_again():
    before = served("shop") | domain(REGIONAL, v1={"api": "shop", "stage": "prod"})
    assert replaced(before, served("shop") | domain(REGIONAL, v1={"api": "shop"})) == ["UpdateBasePathMapping"]


def test_an_api_goes_after_the_mappings_to_it():
    before = served("shop") | domain(REGIONAL, v1={"api": "shop", "stage": "prod"})
    assert replaced(before, domain(REGIONAL)) == ["DeleteBasePathMapping", "DeleteRestApi"]


def test_a_domain_moves_between_edge_and_regional_in_one_call():
    fake = FakeGateway()
    further(fake, domain(EDGE))
    assert further(fake, domain(REGIONAL)) == ["UpdateDomainName example.com"]
    assert further(fake, domain(EDGE)) == ["UpdateDomainName example.com"]
    operations = [params["patchOperations"] for _, name, params in fake.calls if name == "UpdateDomainName"]
    arn = {"op": "replace", "path": "/regionalCertificateArn", "value": CERTIFICATE}
    types = {"op": "replace", "path": "/endpointConfiguration/types/0", "value": "REGIONAL"}
    assert operations[0] == [{"op": "remove", "path": "/certificateArn"}, arn, types]


def test_a_public_domain_becomes_private_by_replacement_and_its_mappings_come_anew():
    shop_ = served("shop")
    before, after = (shop_ | domain(fields, v1={"api": "shop"}) for fields in (REGIONAL, PRIVATE))
    steps = ["DeleteBasePathMapping", "DeleteDomainName", "CreateDomainName", "CreateBasePathMapping"]
    assert replaced(before, after) == steps


def test_a_private_domain_is_named_by_its_id_as_well():
    fake = FakeGateway()
    world = served("shop") | domain(PRIVATE, v1={"api": "shop"})
    further(fake, world)
    (record,) = fake.world.domains.values()
    further(fake, served("shop") | domain(PRIVATE | {"tags": {"a": "b"}, "securityPolicy": "TLS_1_0"}))
    named = {"domainName": "example.com", "domainNameId": record["domainNameId"]}
    for operation in ("DeleteBasePathMapping", "UpdateDomainName"):
        (params,) = [params for _, name, params in fake.calls if name == operation]
        assert named.items() <= params.items()
    (tagged,) = [params for _, name, params in fake.calls if name == "TagResource"]
    assert tagged["resourceArn"].endswith(f":123456789012:/domainnames/example.com+{record['domainNameId']}")
    further(fake, {})
    assert fake.world.domains == {}


def test_a_domain_is_waited_for_and_one_that_needs_a_hand_says_so():
    (call,) = [
        call
        for at, item in desired(domain(REGIONAL)).resources.items()
        if at.kind == "DomainName"
        for call in item.creating(at)
    ]
    assert call.wait
    assert call.wait.done == ("AVAILABLE",)
    assert "PENDING_OWNERSHIP_VERIFICATION" in call.wait.failed


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            REGIONAL | {"basePathMappings": {"a/b": {"api": "shop"}}},
            "a path of several levels is for AWS's newer API",
        ),
        (REGIONAL | {"basePathMappings": {"": {"api": "shop"}, "(none)": {"api": "shop"}}}, "the same as ''"),
        (REGIONAL | {"basePathMappings": {"a": {"api": "nobody"}}}, "there is no RestApi 'nobody'"),
        (REGIONAL | {"basePathMappings": {"a": {"api": "shop", "stage": "dev"}}}, "there is no Stage 'dev'"),
        (REGIONAL | {"basePathMappings": {"a": {}}}, "give an api, or the restApiId"),
        (
            {"endpointConfiguration": {"types": ["REGIONAL"]}},
            "a domain of type REGIONAL needs a regionalCertificateArn",
        ),
        (EDGE | {"mutualTlsAuthentication": {"truststoreUri": "s3://a/b"}}, "mutual TLS is for"),
    ],
)
def test_what_is_wrong_with_a_domain_is_said_before_anything_is_called(spec, wanted):
    scope = Scope(HERE.account, HERE.region, HERE.partition)
    _, problems = build(documents(served("shop") | {"DomainName example.com": spec}), scope, "")
    assert [problem for problem in problems if wanted in str(problem)], problems


# ── documentation ────────────────────────────────────────────────────────────────────────────────


def documented(parts: dict[str, str], *versions: str, **stage: Any) -> dict[str, Any]:
    return shop(
        paths={"/": get()},
        stages={"prod": stage},
        documentationParts={key: {"properties": {"summary": text}} for key, text in parts.items()},
        documentationVersions={version: {} for version in versions},
    )


def test_an_edition_is_made_after_all_parts_and_before_the_stage_that_shows_it():
    steps = turn(shop(), documented({"API": "a", "METHOD / GET": "b"}, "1.0", documentationVersion="1.0"))
    edition = steps.index("CreateDocumentationVersion 1.0")
    assert {steps.index("CreateDocumentationPart API"), steps.index("CreateDocumentationPart METHOD / GET")} < {
        *range(edition)
    }
    assert edition < steps.index("CreateStage prod")


def test_an_edition_goes_after_the_stage_has_let_go():
    before = documented({}, "1.0", documentationVersion="1.0")
    after = documented({}, "2.0", documentationVersion="2.0")
    assert replaced(before, after) == ["CreateDocumentationVersion", "UpdateStage", "DeleteDocumentationVersion"]


def test_a_parts_text_changes_in_place_and_nothing_is_deployed():
    assert replaced(documented({"API": "a"}), documented({"API": "b"})) == ["UpdateDocumentationPart"]


@pytest.mark.parametrize(
    ("key", "same_as", "sent"),
    [
        ("METHOD /pets", "METHOD /pets *", {"type": "METHOD", "path": "/pets"}),
        ("METHOD", "METHOD / *", {"type": "METHOD"}),
        ("RESPONSE /a * 404", "RESPONSE /a * 404", {"type": "RESPONSE", "path": "/a", "statusCode": "404"}),
        ("MODEL Pet", "MODEL Pet", {"type": "MODEL", "name": "Pet"}),
        ("API", "API", {"type": "API"}),
        (
            "RESPONSE_HEADER /a GET 200 X",
            "RESPONSE_HEADER /a GET 200 X",
            {"type": "RESPONSE_HEADER", "path": "/a", "method": "GET", "statusCode": "200", "name": "X"},
        ),
    ],
)
def test_a_location_has_one_spelling(key, same_as, sent):
    assert DocumentationPart.check_key(key) is None
    assert DocumentationPart.canonical_key(key) == same_as
    assert location(key) == sent
    assert turn(documented({key: "x"}), documented({same_as: "x"})) == []


@pytest.mark.parametrize(
    "key", ["METHODS /a", "API x", "MODEL", "METHOD pets", "QUERY_PARAMETER /a GET", "MODEL /a"]
)
def test_a_location_that_is_none_is_an_error(key):
    assert DocumentationPart.check_key(key)


# ── the account ──────────────────────────────────────────────────────────────────────────────────

ROLE, OTHER_ROLE = (f"arn:aws:iam::123456789012:role/{name}" for name in ("logs", "others"))
LOGGING = shop(paths={"/": get()}, stages={"prod": {"methodSettings": {"*/*": {"loggingLevel": "INFO"}}}})


def account(role: str = ROLE) -> dict[str, Any]:
    return {"Account anything": {"cloudwatchRoleArn": role}}


def test_the_role_is_set_where_there_is_none_and_before_a_stage_logs():
    fake = FakeGateway(logs_role=False)
    steps = further(fake, account() | LOGGING)
    assert steps.index("UpdateAccount Account") < steps.index("UpdateStage prod")
    assert fake.world.account["cloudwatchRoleArn"] == ROLE


def test_another_role_is_told_of_and_left_as_it_is():
    fake = FakeGateway()
    converge(fake, account(OTHER_ROLE))
    report = converge(fake, account() | LOGGING)
    assert report.summary.failed == 0
    assert report.held == {
        "Account": "shared by all APIs of the account, and left as it is: "
        f"cloudwatchRoleArn is {OTHER_ROLE}, wanted is {ROLE}"
    }
    assert fake.world.account["cloudwatchRoleArn"] == OTHER_ROLE
    assert fake.world.apis


def test_the_role_stays_when_its_spec_goes():
    fake = FakeGateway()
    converge(fake, account())
    report = converge(fake, {})
    assert (report.changes, report.held) == ((), {})
    assert fake.world.account["cloudwatchRoleArn"] == ROLE
    assert changes(fake, {"Account other": {}}) == []


def test_there_is_one_account():
    world = account() | {"Account other": {"cloudwatchRoleArn": ROLE}}
    _, problems = build(documents(world), Scope(HERE.account, HERE.region, HERE.partition), "")
    assert ["Account is described twice" in str(problem) for problem in problems] == [True]
