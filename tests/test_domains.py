"""Custom domains, and the base path mappings that lead from them to APIs."""

from contextlib import suppress
from typing import Any

import pytest

from controller.call import Call
from controller.desired import build
from controller.errors import InvalidError
from controller.retry import ATTEMPTS, Patient
from controller.terms import Scope
from tests.cases.steps import further, get, replaced, turn
from tests.engine import HERE, converge, desired, documents
from tests.fake import FakeGateway


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


@pytest.mark.parametrize("status", ["UPDATING", "PENDING"])
def test_a_domain_that_is_still_under_way_is_waited_for_before_what_is_below_it(status):
    fake = FakeGateway()
    further(fake, served("shop") | domain(REGIONAL))
    (record,) = fake.world.domains.values()
    record["domainNameStatus"] = status
    steps = further_after(fake, served("shop") | domain(REGIONAL, v1={"api": "shop"}), record)
    assert steps == ["GetDomainName example.com", "CreateBasePathMapping v1"]


def further_after(fake: FakeGateway, world: dict[str, Any], record: dict[str, Any]) -> list[str]:
    """The steps to a world, when the domain is available as soon as it has been looked at once more."""
    looked: list[int] = []

    def settle(number: int, operation: str, params: Any) -> None:
        if operation == "GetDomainName":
            looked.append(number)
        if len(looked) > 1:
            record["domainNameStatus"] = "AVAILABLE"

    fake.fail = settle
    return further(fake, world)


def test_a_domain_that_needs_a_hand_says_so_in_each_run():
    fake = FakeGateway()
    converge(fake, domain(REGIONAL))
    (record,) = fake.world.domains.values()
    told = {"domainNameStatus": "PENDING_OWNERSHIP_VERIFICATION", "domainNameStatusMessage": "whose is it?"}
    record |= told
    for _ in range(2):
        (change,) = converge(fake, domain(REGIONAL)).changes
        assert change.error == "PENDING_OWNERSHIP_VERIFICATION: whose is it?"
    # What the author changes is sent all the same: it may be what was waited for.
    converge(fake, domain(REGIONAL | {"ownershipVerificationCertificateArn": CERTIFICATE}))
    assert fake.world.domains["example.com"]["ownershipVerificationCertificateArn"] == CERTIFICATE


# ── what settles ─────────────────────────────────────────────────────────────────────────────────


def mapped(refusals: int, error: Exception) -> tuple[int, list[float]]:
    """How often a mapping is tried when that many calls are refused, and the pauses between."""
    tried: list[str] = []
    pauses: list[float] = []

    def call(operation: str, params: Any, *, service: str = "apigateway") -> dict[str, Any]:
        tried.append(operation)
        if len(tried) <= refusals:
            raise error
        return {}

    world = served("shop") | domain(REGIONAL, v1={"api": "shop"})
    resources = desired(world).resources
    (mapping,) = [at for at in resources if at.kind == "BasePathMapping"]
    with suppress(InvalidError):
        Patient(call, pauses.append).perform(*resources[mapping].creating(mapping))
    return len(tried), pauses


def test_a_mapping_to_what_is_too_new_is_tried_again():
    tried, _ = mapped(3, InvalidError("Invalid stage identifier specified", code="BadRequestException"))
    assert tried == 4


def test_a_mapping_that_is_wrong_is_given_up_after_half_a_minute():
    tried, pauses = mapped(1000, InvalidError("Invalid stage identifier specified", code="BadRequestException"))
    assert 1 < tried <= ATTEMPTS
    assert sum(pauses[:-1]) < 30


def test_other_refused_calls_are_not_tried_again():
    pauses: list[float] = []

    def refuse(operation: str, params: Any, *, service: str = "apigateway") -> dict[str, Any]:
        raise InvalidError("Invalid stage identifier specified", code="BadRequestException")

    with pytest.raises(InvalidError):
        Patient(refuse, pauses.append).perform(Call("UpdateBasePathMapping"))
    assert pauses == []
