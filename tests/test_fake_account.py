"""The fake's own rules for deployments, stages and what an account holds besides APIs."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from controller.errors import ConflictError, InvalidError, NotFoundError
from tests.fake import FakeGateway
from tests.fake.replay import patch
from tests.fake.shop import ROLE, Shop


def test_deployments_freeze_the_api() -> None:
    shop = Shop()
    first = shop.stage()
    shop("DeleteIntegration", **shop.method)
    with pytest.raises(InvalidError, match="No integration defined"):
        shop("CreateDeployment")
    shop("DeleteMethod", **shop.method)
    with pytest.raises(InvalidError, match="doesn't contain any methods"):
        shop("CreateDeployment")
    assert "GET" in shop.fake.snapshots[first]["paths"]["/"]["methods"]
    with pytest.raises(InvalidError, match="Active stages pointing"):
        shop("DeleteDeployment", deploymentId=first)


def test_method_settings_are_copies_kept_as_spelled() -> None:
    shop = Shop()
    shop.stage()
    at = {"stageName": "live"}
    star = patch("replace", "/*/*/throttling/rateLimit", "5")
    pets = patch("replace", "/~1pets/GET/metrics/enabled", "true")
    later = patch("replace", "/*/*/throttling/rateLimit", "7")
    settings = shop.patch("UpdateStage", star, pets, later, **at)["methodSettings"]
    assert settings["~1pets/GET"]["throttlingRateLimit"] == 5.0
    assert "loggingLevel" not in settings["*/*"]
    shop.patch("UpdateStage", patch("replace", "/pets/GET/metrics/enabled", "true"), **at)
    with pytest.raises(InvalidError, match="Duplicate method settings"):
        shop.patch("UpdateStage", later, **at)
    assert "pets/GET" not in shop.patch("UpdateStage", patch("remove", "/pets/GET"), **at)
    with pytest.raises(InvalidError, match="Invalid method setting path: //GET/"):
        shop.patch("UpdateStage", patch("replace", "//GET/metrics/enabled", "true"), **at)


def test_logging_needs_a_role() -> None:
    shop = Shop(FakeGateway(logs_role=False))
    shop.stage()
    log = patch("replace", "/*/*/logging/loglevel", "ERROR")
    with pytest.raises(InvalidError, match="CloudWatch Logs role ARN must be set"):
        shop.patch("UpdateStage", log, stageName="live")
    role = [patch("replace", "/cloudwatchRoleArn", ROLE)]
    shop.fake("UpdateAccount", {"patchOperations": role})
    shop.patch("UpdateStage", log, stageName="live")


def test_access_logs_go_as_a_whole() -> None:
    shop = Shop()
    shop.stage()
    arn = patch("replace", "/accessLogSettings/destinationArn", "arn:aws:logs:x:y:log-group:g")
    layout = patch("add", "/accessLogSettings/format", "$context.requestId")
    shop.patch("UpdateStage", arn, layout, stageName="live")
    with pytest.raises(InvalidError, match="Cannot remove method setting accessLogSettings/format"):
        shop.patch("UpdateStage", patch("remove", "/accessLogSettings/format"), stageName="live")
    gone = shop.patch("UpdateStage", patch("remove", "/accessLogSettings"), stageName="live")
    assert "accessLogSettings" not in gone


def test_plans_lose_stages_and_keys_are_in_one_plan_per_stage() -> None:
    shop = Shop()
    shop.stage()
    stages = [{"apiId": shop.api, "stage": "live"}]
    plans = [shop.fake("CreateUsagePlan", {"name": name, "apiStages": stages})["id"] for name in "ab"]
    key = shop.fake("CreateApiKey", {"name": "k"})
    assert key["enabled"] is False
    assert len(key["value"]) == 40
    join = {"keyId": key["id"], "keyType": "API_KEY"}
    shop.fake("CreateUsagePlanKey", {"usagePlanId": plans[0], **join})
    with pytest.raises(ConflictError):
        shop.fake("CreateUsagePlanKey", {"usagePlanId": plans[1], **join})
    with pytest.raises(InvalidError, match="because there are API Stages"):
        shop.fake("DeleteUsagePlan", {"usagePlanId": plans[0]})
    shop("DeleteStage", stageName="live")
    assert shop.fake("GetUsagePlan", {"usagePlanId": plans[0]})["apiStages"] == []
    shop.fake("DeleteApiKey", {"apiKey": key["id"]})
    assert shop.fake("GetUsagePlanKeys", {"usagePlanId": plans[0]})["items"] == []


def test_method_throttles_of_a_plan() -> None:
    shop = Shop()
    shop.stage()
    stages = [{"apiId": shop.api, "stage": "live"}]
    plan = shop.fake("CreateUsagePlan", {"name": "p", "apiStages": stages})["id"]
    start = f"/apiStages/{shop.api}:live/throttle"
    operations = [patch("add", f"{start}/~1pets/GET/rateLimit", "2")]
    changed = shop.fake("UpdateUsagePlan", {"usagePlanId": plan, "patchOperations": operations})
    assert changed["apiStages"][0]["throttle"] == {"/pets/GET": {"rateLimit": 2.0}}


def test_links_stay_in_use_while_a_snapshot_is_served() -> None:
    shop = Shop()
    link = shop.link()
    assert shop.fake("GetVpcLink", {"vpcLinkId": link})["status"] == "PENDING"
    assert shop.fake("GetVpcLink", {"vpcLinkId": link})["status"] == "AVAILABLE"
    shop.stage()
    shop("PutIntegration", **shop.method, type="MOCK")
    with pytest.raises(InvalidError, match=r"Cannot delete vpc link.*:GET:/:live\]"):
        shop.fake("DeleteVpcLink", {"vpcLinkId": link})
    deployment = shop("CreateDeployment")["id"]
    move = patch("replace", "/deploymentId", deployment)
    shop.patch("UpdateStage", move, stageName="live")
    shop.fake("DeleteVpcLink", {"vpcLinkId": link})


def test_links_dangle_for_ever() -> None:
    shop = Shop()
    link = shop.link()
    shop("DeleteMethod", **shop.method)
    with pytest.raises(InvalidError, match="Cannot delete vpc link"):
        shop.fake("DeleteVpcLink", {"vpcLinkId": link})


def test_mappings_hold_an_api() -> None:
    shop = Shop()
    regional = {"endpointConfiguration": {"types": ["REGIONAL"]}, "regionalCertificateArn": "arn:x"}
    shop.fake("CreateDomainName", {"domainName": "x.org", **regional})
    at = {"domainName": "x.org"}
    shop("CreateBasePathMapping", **at)
    with pytest.raises(ConflictError, match="Only one base path mapping"):
        shop("CreateBasePathMapping", **at, basePath="(none)")
    with pytest.raises(InvalidError, match="remove all base path mappings"):
        shop("DeleteRestApi")
    rename = [patch("replace", "/basePath", "v1")]
    where = {**at, "basePath": "(none)"}
    changed = shop.fake("UpdateBasePathMapping", {**where, "patchOperations": rename})
    assert changed["basePath"] == "v1"
    with pytest.raises(NotFoundError):
        shop.fake("DeleteBasePathMapping", where)
    shop.fake("DeleteBasePathMapping", {**at, "basePath": "v1"})
    shop("DeleteRestApi")


def test_certificates_and_documentation_versions_in_use() -> None:
    shop = Shop()
    shop.stage()
    certificate = shop.fake("GenerateClientCertificate", {})["clientCertificateId"]
    shop("CreateDocumentationVersion", documentationVersion="1", stageName="live")
    use = patch("replace", "/clientCertificateId", certificate)
    shop.patch("UpdateStage", use, stageName="live")
    with pytest.raises(InvalidError, match="still in use"):
        shop.fake("DeleteClientCertificate", {"clientCertificateId": certificate})
    with pytest.raises(InvalidError, match="used by stage"):
        shop("DeleteDocumentationVersion", documentationVersion="1")


def test_tags() -> None:
    shop = Shop()
    shop.stage()
    start = f"arn:aws:apigateway:eu-west-1::/restapis/{shop.api}"
    for arn in (start, f"{start}/stages/live"):
        shop.fake("TagResource", {"resourceArn": arn, "tags": {"a": "1", "b": "2"}})
        shop.fake("UntagResource", {"resourceArn": arn, "tagKeys": ["a"]})
        assert shop.fake("GetTags", {"resourceArn": arn}) == {"tags": {"b": "2"}}
    with pytest.raises(InvalidError, match="aws: prefixed"):
        shop.fake("TagResource", {"resourceArn": start, "tags": {"aws:x": "1"}})


def build(shop: Shop, order: tuple[int, ...]) -> None:
    """The same things, made in one order or another."""
    steps: list[Callable[[], object]] = [
        lambda: shop("CreateResource", parentId=shop.root, pathPart="pets"),
        lambda: shop("CreateRequestValidator", name="v"),
        shop.authorizer,
        lambda: shop.fake("CreateApiKey", {"name": "k"}),
    ]
    for step in order:
        steps[step]()
    custom = patch("replace", "/authorizationType", "CUSTOM")
    guard = shop("GetAuthorizers")["items"][0]["id"]
    named = patch("replace", "/authorizerId", guard)
    shop.patch("UpdateMethod", custom, named, **shop.method)
    shop.stage()


def test_states_compare_whatever_their_history() -> None:
    states = []
    for order in itertools.permutations(range(4)):
        shop = Shop()
        if order[0]:
            other = shop.fake("CreateRestApi", {"name": "passing"})["id"]
            shop.fake("DeleteRestApi", {"restApiId": other})
        build(shop, order)
        states.append(shop.fake.snapshot_state())
    assert all(state == states[0] for state in states)
    shop.patch("UpdateRestApi", patch("replace", "/name", "other"))
    assert shop.fake.snapshot_state() != states[0]


def test_states_hold_no_generated_values() -> None:
    fake = FakeGateway()
    fake("CreateApiKey", {"name": "a"})
    fake("CreateApiKey", {"name": "b", "value": "x" * 20})
    keys = fake.snapshot_state()["api_keys"]
    assert keys["<key:a>"]["value"] == "(generated)"
    assert keys["<key:b>"]["value"] == "x" * 20


def test_documentation_parts() -> None:
    shop = Shop()
    location = {"type": "METHOD", "method": "GET"}
    made = shop("CreateDocumentationPart", location=location, properties='{"a": 1}')
    assert made["location"] == {**location, "path": "/"}
    with pytest.raises(ConflictError):
        shop("CreateDocumentationPart", location=location, properties='{"a": 2}')
    at = {"documentationPartId": made["id"]}
    change = patch("replace", "/properties", '{"b": 2}')
    changed = shop.patch("UpdateDocumentationPart", change, **at)
    assert shop("GetDocumentationParts", type="METHOD")["items"] == [changed]
    shop("DeleteDocumentationPart", **at)
    with pytest.raises(NotFoundError, match="Invalid Documentation part identifier"):
        shop("GetDocumentationPart", **at)


def test_domains() -> None:
    fake, at = FakeGateway(), {"domainName": "x.org"}
    with pytest.raises(InvalidError, match="certificate"):
        fake("CreateDomainName", at)
    regional = {"endpointConfiguration": {"types": ["REGIONAL"]}, "regionalCertificateArn": "arn:a"}
    made = fake("CreateDomainName", {**at, **regional})
    assert made["routingMode"] == "BASE_PATH_MAPPING_ONLY"
    trust = patch("replace", "/mutualTlsAuthentication/truststoreUri", "s3://b/k")
    changed = fake("UpdateDomainName", {**at, "patchOperations": [trust]})
    assert changed["mutualTlsAuthentication"] == {"truststoreUri": "s3://b/k"}
    clear = patch("replace", "/mutualTlsAuthentication/truststoreUri", "")
    changed = fake("UpdateDomainName", {**at, "patchOperations": [clear]})
    assert "mutualTlsAuthentication" not in changed
    both = [patch("add", "/certificateArn", "a"), patch("remove", "/regionalCertificateArn")]
    with pytest.raises(InvalidError, match="same request"):
        fake("UpdateDomainName", {**at, "patchOperations": both})
    fake("DeleteDomainName", at)
    assert fake("GetDomainNames", {})["items"] == []


def test_plans_and_keys_show_tags_where_aws_does() -> None:
    fake = FakeGateway()
    key = fake("CreateApiKey", {"name": "k", "tags": {"a": "1"}})["id"]
    plan = fake("CreateUsagePlan", {"name": "p", "tags": {"a": "1"}})["id"]
    assert fake("GetApiKeys", {})["items"][0]["tags"] == {"a": "1"}
    assert "tags" not in fake("GetUsagePlans", {})["items"][0]
    enable = [patch("replace", "/enabled", "true")]
    changed = fake("UpdateApiKey", {"apiKey": key, "patchOperations": enable})
    assert changed["enabled"] is True
    assert "value" not in changed
    fake("CreateUsagePlanKey", {"usagePlanId": plan, "keyId": key, "keyType": "API_KEY"})
    assert fake("GetUsagePlanKey", {"usagePlanId": plan, "keyId": key})["name"] == "k"
    fake("DeleteUsagePlan", {"usagePlanId": plan})
    assert fake("GetUsagePlanKeys", {"usagePlanId": plan})["items"] == []


def test_renaming_an_api_leaves_its_deployments_alone() -> None:
    address = "https://apigateway.amazonaws.com/restapis/{}/models/Empty"
    contents = []
    for renamed in (False, True):
        shop = Shop(FakeGateway())
        schema = f'{{"$ref": "{address.format(shop.api)}"}}'
        shop("CreateModel", name="M", contentType="application/json", schema=schema)
        if renamed:
            shop.patch("UpdateRestApi", patch("replace", "/name", "other"))
        shop.stage()
        (api,) = shop.fake.snapshot_state()["apis"].values()
        contents.append(api["deployments"])
    assert contents[0] == contents[1]
