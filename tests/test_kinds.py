"""Contract: every kind against botocore's own model of the service, in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from pydantic import BaseModel

from controller.address import Address
from controller.call import Call, Known, resolve
from controller.facets import SENSITIVE, Facets, facets
from controller.kinds.rest.dialect import RestKind
from controller.kinds.rest.usage_plan import ApiStage
from controller.model import KINDS, Resource, children
from controller.tree import bare
from tests.cases.kinds import FULL, MINIMAL
from tests.engine import HERE, desired
from tests.fake.shapes import check_request, operation_model


LEFT_OUT = {
    "RestApi": {
        "cloneFrom": "a one-time copy, no state",
        "apiStatus": "AWS's progress",
        "apiStatusMessage": "AWS's progress",
        "createdDate": "AWS's clock",
        "warnings": "of an import",
    },
    "ApiKey": {
        "stageKeys": "legacy: usage plans took their place",
        "createdDate": "AWS's clock",
        "lastUpdatedDate": "AWS's clock",
    },
    "Deployment": {
        "stageName": "a stage is a resource of its own",
        "stageDescription": "belongs to the stage",
        "cacheClusterEnabled": "belongs to the stage",
        "cacheClusterSize": "belongs to the stage",
        "canarySettings": "belongs to the stage",
        "tracingEnabled": "belongs to the stage",
        "variables": "belongs to the stage",
        "apiSummary": "only on request, and not the content",
    },
    "Stage": {
        "cacheClusterStatus": "AWS's progress",
        "createdDate": "AWS's clock",
        "lastUpdatedDate": "AWS's clock",
    },
    "UsagePlanKey": {
        "keyType": "API_KEY is the only one there is",
        "type": "API_KEY is the only one there is",
        "name": "the API key's, not the membership's",
        "value": "the API key's secret",
    },
    "GatewayResponse": {"defaultResponse": "tells what is state and what is AWS's own"},
    "Path": {"parentId": "follows from the path", "pathPart": "follows from the path"},
    "Model": {"id": "calls name the model by its name"},
    "VpcLink": {"statusMessage": "AWS's progress"},
    "DocumentationVersion": {
        "stageName": "the stage names the version",
        "createdDate": "AWS's clock",
        "version": "the key",
    },
    "DomainName": {
        "certificateBody": "certificates are imported into ACM, and come by their ARN",
        "certificateChain": "as the body",
        "certificatePrivateKey": "a secret, and none of a spec's business",
        "managementPolicy": "no member of the create call: sharing a domain with other accounts",
        "domainNameId": "tells private domains apart",
        "domainNameArn": "follows from the name",
        "domainNameStatusMessage": "AWS's progress",
        "certificateUploadDate": "AWS's clock",
        "distributionDomainName": "AWS's making, for DNS",
        "distributionHostedZoneId": "AWS's making, for DNS",
        "regionalDomainName": "AWS's making, for DNS",
        "regionalHostedZoneId": "AWS's making, for DNS",
    },
    "ClientCertificate": {
        "pemEncodedCertificate": "AWS's making",
        "createdDate": "AWS's clock",
        "expirationDate": "AWS's clock",
    },
}
"""Members that are neither a field nor an identity, each with the reason."""

NO_ENUM = {
    "Method.authorizationType": "a string in the model; the values stand in the API reference",
    "MethodSetting.loggingLevel": "a string in the model; the values stand in the API reference",
    "Integration.passthroughBehavior": "a string in the model; the values stand in the API reference",
}
OURS = {"ClientCertificate": {"generation"}}
"""Fields that are no members: kept in a tag."""

AWS_SAYS = {"status", "domainNameStatus"}
"""Fields that no author sets: how far AWS is."""

NESTED_LEFT_OUT = {"CanarySettings": {"deploymentId"}, "ApiStage": {"apiId"}}
"""Members that are the value's identity or follow from the spec."""

NESTED_OWN = {
    "MethodSetting": {"spelling"},
    "ApiStage": {"api"},
    "AccessLogSettings": {"logGroup", "retentionDays"},
}
"""Fields that are no members: bookkeeping, and a name for an id."""

MADE = {name: kind for name, kind in KINDS.items() if issubclass(kind, RestKind) and not kind.singleton}
"""The kinds of API Gateway itself that are created: a singleton is always there, others live in other services."""

LEAST, MOST = desired(MINIMAL), desired(FULL)
PLACES = {at.kind: at for at in sorted(MOST.resources)}


def every(kinds: dict[str, type[Resource]]) -> Any:
    return pytest.mark.parametrize("kind", kinds.values(), ids=kinds.keys())


def members(operation: str, side: Literal["in", "out"]) -> dict[str, Shape]:
    model = operation_model("apigateway", operation)
    shape = model.input_shape if side == "in" else model.output_shape
    return dict(shape.members) if shape else {}


def required(operation: str) -> set[str]:
    shape = operation_model("apigateway", operation).input_shape
    return set(shape.required_members) if shape else set()


def fields(kind: type[Resource]) -> list[Facets]:
    return list(facets(kind).values())


def certain(params: dict[str, Any]) -> set[str]:
    """The parameters that are sent in any case."""
    return {name for name, value in params.items() if not isinstance(value, Known)}


class Ids(dict[Address, str]):
    """An id for everything."""

    def __missing__(self, at: Address) -> str:
        return f"id-{at.kind.lower()}"


def check(call: Call) -> None:
    check_request(call.service, call.operation, resolve(call.params, Ids(), HERE))


@every(MADE)
def test_operations_exist_with_the_members_that_name_a_resource(kind):
    at = PLACES[kind.kind]
    own = certain(kind.params(at))
    assert members(kind.create, "in")
    assert required(kind.delete) == own
    if kind.update and kind.update != kind.create:
        assert required(kind.update) == own
        assert "patchOperations" in members(kind.update, "in")
    if kind.listing:
        assert required(kind.listing.operation) == certain(kind.container_params(at))
        assert kind.listing.items in members(kind.listing.operation, "out")
        assert set(kind.listing.params) <= set(members(kind.listing.operation, "in"))
        assert kind.listing.paged == ("position" in members(kind.listing.operation, "out"))


@every({name: kind for name, kind in MADE.items() if getattr(kind, "read_one", "")})
def test_the_single_read_of_a_root_answers_what_the_create_call_does(kind):
    assert required(kind.read_one) == {kind.param}
    assert set(kind.read_params) <= set(members(kind.read_one, "in"))
    assert set(members(kind.read_one, "out")) == set(members(kind.create, "out"))


@every(MADE)
def test_every_field_is_sent_and_read_under_a_name_of_the_model(kind):
    sent, answered = members(kind.create, "in"), members(kind.create, "out")
    for facet in fields(kind):
        marks = {mark.name for mark in facet.marks}
        if facet.name in ("canaryDeployment", "accountLimits") or facet.name in OURS.get(kind.kind, ()):
            continue  # the canary's is part of canarySettings in AWS's answer; the limits are the account's
        if "LOCAL" in marks:
            continue
        if not facet.wire.follow_up and not marks & {"INTERNAL", "DERIVED"}:
            assert facet.send in sent, f"{facet.name} cannot be sent"
        if not marks & {"WRITE_ONLY", "INTERNAL"}:
            assert facet.read in answered, f"{facet.name} cannot be read"


@every(MADE)
def test_every_member_of_the_model_is_a_field_or_left_out_for_a_reason(kind):
    sent, answered = set(members(kind.create, "in")), set(members(kind.create, "out"))
    at = PLACES[kind.kind]
    lineage = set(kind.container_params(at)) | {kind.param, kind.key_param, kind.key_field, kind.id_field}
    revealed = {"rootResourceId"} if kind.kind == "RestApi" else set()
    slots = {child.slot.payload for child in children(kind) if child.slot}
    inside = [facet for facet in fields(kind) if facet.name not in {"vpcLinks", *OURS.get(kind.kind, ())}]
    known = {facet.send for facet in inside} | {facet.read for facet in inside}
    left_out = set(LEFT_OUT.get(kind.kind, {}))
    assert (sent | answered) - known - lineage - slots - revealed == left_out - known - lineage
    assert left_out <= sent | answered, "the table names what is no member"


@every(MADE)
def test_of_an_answer_everything_goes_into_a_snapshot_but_secrets_and_what_is_left_out(kind):
    known = members(kind.create, "out")
    assert kind.reads <= known.keys()
    kept = bare(kind, {key: {} for key in known})
    secret = {facet.read for facet in fields(kind) if SENSITIVE in facet.marks}
    assert known.keys() - kept.keys() - secret <= LEFT_OUT.get(kind.kind, {}).keys()
    assert not secret & kept.keys()


@every(MADE)
def test_required_members_are_what_lineage_key_and_required_fields_supply(kind):
    at = PLACES[kind.kind]
    (first, *_) = LEAST.resources[next(a for a in LEAST.resources if a.kind == kind.kind)].creating(at)
    assert certain(kind.container_params(at)) <= required(kind.create) <= set(first.params)


@pytest.mark.parametrize("state", [LEAST, MOST], ids=["minimal", "full"])
@pytest.mark.parametrize("name", MADE)
def test_what_is_created_and_deleted_is_valid(name, state):
    found = [(at, item) for at, item in state.resources.items() if at.kind == name]
    assert found
    for at, resource in found:
        leaving = resource.deleting(at) if name != "LogGroup" else []
        for call in (*resource.creating(at), *leaving):
            check(call)


def updatable(kind):
    """Others can only be created and deleted."""
    return kind.updating is not Resource.updating and getattr(kind, "update", True)


@every({name: kind for name, kind in KINDS.items() if updatable(kind)})
def test_what_is_updated_is_valid_in_both_directions(kind):
    shared = [at for at in LEAST.resources if at.kind == kind.kind and at in MOST.resources]
    assert shared
    for at in shared:
        least, most = LEAST.resources[at], MOST.resources[at]
        calls = most.updating(at, least)
        assert calls or not fields(kind), f"{kind.kind} has nothing to update between the two worlds"
        for call in (*calls, *least.updating(at, most)):
            check(call)


@every(KINDS)
def test_the_full_world_sets_every_field_an_author_can_set(kind):
    found = [item for at, item in MOST.resources.items() if at.kind == kind.kind]
    for facet in fields(kind):
        if {mark.name for mark in facet.marks} & {"INTERNAL", "LOCAL"} or facet.name in AWS_SAYS:
            continue
        default = kind.model_fields[facet.name].get_default(call_default_factory=True)
        assert any(getattr(item, facet.name) != default for item in found), f"{facet.name} is not exercised"


@every({name: kind for name, kind in KINDS.items() if kind.make_before_break})
def test_what_is_made_before_it_is_broken_has_tags_and_no_children(kind):
    assert "tags" in kind.model_fields
    assert not children(kind)


# ── nested values and enumerations ───────────────────────────────────────────────────────────────


def nested(kind: type[BaseModel], shape: dict[str, Shape]) -> Iterator[tuple[type[BaseModel], str, Any, Shape]]:
    """Every field of a model and of the models inside it, with the shape of its member."""
    for facet in facets(kind).values():
        member = shape.get(facet.send) or shape.get(facet.read)
        if member is None:
            continue
        annotation = kind.model_fields[facet.name].annotation
        yield kind, facet.name, annotation, member
        for inner in models(annotation):
            yield from nested(inner, dict(structure(member).members))


def structure(shape: Shape) -> StructureShape:
    while not isinstance(shape, StructureShape):
        assert isinstance(shape, ListShape | MapShape)
        shape = shape.member if isinstance(shape, ListShape) else shape.value
    return shape


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for argument in get_args(annotation):
            yield from models(argument)


def literals(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return set().union(*(literals(argument) for argument in get_args(annotation)))


def enumeration(shape: Shape) -> set[str]:
    shape = shape.member if isinstance(shape, ListShape) else shape
    return set(getattr(shape, "enum", ()))


def walk(kind: type[RestKind]) -> list[tuple[type[BaseModel], str, Any, Shape]]:
    return list(nested(kind, members(kind.create, "out") | members(kind.create, "in")))


@every(MADE)
def test_literals_are_botocores_enumerations(kind):
    for owner, name, annotation, member in walk(kind):
        if f"{owner.__name__}.{name}" in NO_ENUM:
            assert not enumeration(member)
        elif literals(annotation):
            assert literals(annotation) == enumeration(member), f"{owner.__name__}.{name}"


@every(MADE)
def test_nested_values_have_the_members_of_the_model(kind):
    for _, name, annotation, member in walk(kind):
        for inner in models(annotation):
            own = {facet.send for facet in facets(inner).values()} - NESTED_OWN.get(inner.__name__, set())
            wanted = set(structure(member).members) - NESTED_LEFT_OUT.get(inner.__name__, set())
            assert own == wanted, f"{name}: {inner.__name__}"


def test_a_stage_of_a_plan_is_the_models_own_but_for_the_name_of_the_api():
    shape = structure(members("CreateUsagePlan", "in")["apiStages"])
    assert set(ApiStage.model_fields) == (set(shape.members) - {"apiId"}) | {"api"}


def test_the_account_has_one_field_that_anybody_can_change():
    (field,) = fields(KINDS["Account"])
    read_only = {"throttleSettings", "features", "apiKeyVersion"}
    assert set(members("GetAccount", "out")) == {field.read} | read_only
    assert members("UpdateAccount", "in").keys() == {"patchOperations"}
    assert required("GetAccount") == set()
