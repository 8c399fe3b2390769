"""The fake's own rules: what its answers, refusals and side effects must be."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from controller.errors import (
    BusyError,
    ConflictError,
    GatewayError,
    InvalidError,
    NotFoundError,
    QuotaError,
    UnavailableError,
)
from tests.fake import FakeGateway
from tests.fake.replay import patch
from tests.fake.shop import POOL, ROLE, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


# --- the port ------------------------------------------------------------------------------------


def test_unknown_parameters_are_refused(shop: Shop) -> None:
    with pytest.raises(InvalidError, match="Unknown parameter") as raised:
        shop("GetStages", stage="x")
    assert raised.value.operation == "GetStages"


def test_numbers_are_no_patch_values(shop: Shop) -> None:
    broken: Any = {"op": "replace", "path": "/name", "value": 1}
    with pytest.raises(InvalidError, match="Invalid type"):
        shop.patch("UpdateRestApi", broken)


def test_calls_are_recorded_and_answers_are_copies(shop: Shop) -> None:
    shop("GetRestApi")["name"] = "changed"
    assert shop("GetRestApi")["name"] == "shop"
    assert shop.fake.calls[-1] == ("apigateway", "GetRestApi", {"restApiId": shop.api})


def test_caller_identity(shop: Shop) -> None:
    assert shop.fake("GetCallerIdentity", {}, service="sts")["Account"] == "123456789012"
    with pytest.raises(NotImplementedError):
        shop.fake("GetCallerIdentity", {})


def test_faults_before_and_after_a_call(shop: Shop) -> None:
    lost = UnavailableError("no answer")
    shop.fake.fail = lambda n, operation, params: lost if operation == "CreateModel" else None
    model = {"name": "M", "contentType": "application/json", "schema": "{}"}
    with pytest.raises(UnavailableError):
        shop("CreateModel", **model)
    shop.fake.fail_after, shop.fake.fail = shop.fake.fail, None
    with pytest.raises(UnavailableError):
        shop("CreateModel", **model)
    shop.fake.fail_after = None
    assert shop("GetModel", modelName="M")["name"] == "M"


def test_threads_share_a_fake() -> None:
    fake = FakeGateway()
    threads = [threading.Thread(target=lambda: fake("CreateRestApi", {"name": "x"})) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake("GetRestApis", {"limit": 500})["items"]) == len(threads)


def test_lists_page() -> None:
    fake = FakeGateway()
    for number in range(30):
        fake("CreateRestApi", {"name": str(number)})
    first = fake("GetRestApis", {})
    second = fake("GetRestApis", {"position": first["position"]})
    assert len(first["items"]) == 25
    assert len(second["items"]) == 5
    assert "position" not in second


# --- APIs ----------------------------------------------------------------------------------------


def test_policy_comes_back_expanded_collapsed_and_escaped() -> None:
    statement = {"Effect": "Allow", "Resource": ["execute-api:/*"]}
    shop = Shop(policy=json.dumps({"Statement": [statement]}))
    shown = shop("GetRestApi")["policy"]
    document = json.loads(json.loads(f'"{shown}"'))
    arn = f"arn:aws:execute-api:eu-west-1:123456789012:{shop.api}/*"
    assert document["Statement"][0]["Resource"] == arn
    assert "policy" not in shop.patch("UpdateRestApi", patch("replace", "/policy", ""))
    with pytest.raises(InvalidError, match="Invalid policy document"):
        shop.patch("UpdateRestApi", patch("replace", "/policy", "{"))


def test_endpoint_type_takes_other_fields_along(shop: Shop) -> None:
    at = "/endpointConfiguration/types/0"
    private = shop.patch("UpdateRestApi", patch("replace", at, "PRIVATE"))
    assert private["endpointConfiguration"] == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}
    with pytest.raises(InvalidError, match="PRIVATE to EDGE"):
        shop.patch("UpdateRestApi", patch("replace", at, "EDGE"))
    regional = shop.patch("UpdateRestApi", patch("replace", at, "REGIONAL"))
    assert regional["endpointConfiguration"]["ipAddressType"] == "ipv4"


def test_patches_are_atomic(shop: Shop) -> None:
    with pytest.raises(InvalidError, match="Invalid patch path /nope"):
        shop.patch("UpdateRestApi", patch("replace", "/name", "n"), patch("replace", "/nope", "n"))
    assert shop("GetRestApi")["name"] == "shop"


def test_merging_an_empty_document_sets_name_and_version(shop: Shop) -> None:
    document = {"openapi": "3.0.1", "info": {"title": "t", "version": "7"}, "paths": {}}
    answer = shop("PutRestApi", mode="merge", body=json.dumps(document).encode())
    assert (answer["name"], answer["version"]) == ("t", "7")


def test_an_overwriting_import_forgets_what_the_document_leaves_out(shop: Shop) -> None:
    shop.patch("UpdateRestApi", patch("add", "/description", "sells"), patch("add", "/binaryMediaTypes/a~1b"))
    before = {item["path"]: item["id"] for item in shop("GetResources")["items"]}
    document = {"openapi": "3.0.1", "info": {"title": "t", "version": ""}, "paths": {"/new/{id}": {}}}
    answer = shop("PutRestApi", mode="overwrite", body=json.dumps(document).encode())
    assert not {"description", "binaryMediaTypes"} & answer.keys()
    assert shop("GetModels")["items"] == []
    after = {item["path"]: item["id"] for item in shop("GetResources")["items"]}
    assert after.keys() == {"/", "/new", "/new/{id}"}
    assert after["/"] == before["/"]


def test_an_import_that_is_refused_changes_nothing(shop: Shop) -> None:
    before = shop("GetRestApi"), shop("GetResources"), shop("GetModels")
    unknown = {"requestBody": {"content": {"a/b": {"schema": {"$ref": "#/components/schemas/Nope"}}}}}
    document = {"openapi": "3.0.1", "info": {"title": "t"}, "paths": {"/x": {"get": unknown}}}
    for body in (json.dumps(document), "no document"):
        with pytest.raises(InvalidError):
            shop("PutRestApi", mode="overwrite", body=body.encode())
    assert (shop("GetRestApi"), shop("GetResources"), shop("GetModels")) == before


@pytest.mark.parametrize(
    ("operation", "params", "error", "message"),
    [
        ("GetRestApi", {}, NotFoundError, "Invalid API identifier specified 123456789012:gone"),
        ("GetStages", {}, NotFoundError, "Invalid API identifier"),
        ("GetStage", {"stageName": "s"}, NotFoundError, "Invalid stage identifier"),
        ("GetModel", {"modelName": "M"}, NotFoundError, "Invalid model name specified: M"),
        ("GetMethod", {"resourceId": "r", "httpMethod": "GET"}, NotFoundError, "Resource identif"),
        ("CreateRequestValidator", {}, InvalidError, "Invalid REST API identifier specified"),
        ("CreateAuthorizer", {"name": "a", "type": "TOKEN"}, BusyError, "concurrent modification"),
    ],
)
def test_missing_apis(operation: str, params: dict[str, str], error: type[GatewayError], message: str) -> None:
    with pytest.raises(error, match=message):
        FakeGateway()(operation, {"restApiId": "gone", **params})


def test_resources_of_one_parent(shop: Shop) -> None:
    make = {"parentId": shop.root}
    greedy = shop("CreateResource", **make, pathPart="{rest+}")["id"]
    with pytest.raises(InvalidError, match=r"A sibling \(\{rest\+\}\)"):
        shop("CreateResource", **make, pathPart="{id}")
    with pytest.raises(InvalidError, match="greedy path variable"):
        shop("CreateResource", parentId=greedy, pathPart="x")
    with pytest.raises(InvalidError, match="path part only allow"):
        shop("CreateResource", **make, pathPart="a{b}")
    rename = patch("replace", "/pathPart", "{id}")
    assert shop.patch("UpdateResource", rename, resourceId=greedy)["path"] == "/{id}"


# --- methods and integrations --------------------------------------------------------------------


def test_method_is_no_upsert_and_integration_starts_afresh(shop: Shop) -> None:
    with pytest.raises(ConflictError, match="Method already exists"):
        shop("PutMethod", **shop.method, authorizationType="NONE")
    shop("PutIntegrationResponse", **shop.method, statusCode="200")
    assert "integrationResponses" in shop("GetIntegration", **shop.method)
    again = shop("PutIntegration", **shop.method, type="MOCK", uri="http://x.org")
    assert not {"integrationResponses", "uri"} & set(again)


def test_one_default_integration_response(shop: Shop) -> None:
    shop("PutIntegrationResponse", **shop.method, statusCode="200")
    with pytest.raises(ConflictError, match="pattern default already exists"):
        shop("PutIntegrationResponse", **shop.method, statusCode="500", selectionPattern="")


def test_mapped_headers_must_be_declared(shop: Shop) -> None:
    header = "method.response.header.X"
    mapping = {"statusCode": "200", "responseParameters": {header: "'1'"}}
    with pytest.raises(InvalidError, match="No method response exists"):
        shop("PutIntegrationResponse", **shop.method, **mapping)
    declared = {"statusCode": "200", "responseParameters": {header: False}}
    shop("PutMethodResponse", **shop.method, **declared)
    with pytest.raises(ConflictError):
        shop("PutMethodResponse", **shop.method, **declared)
    shop("PutIntegrationResponse", **shop.method, **mapping)


def test_new_parameters_drop_the_cache_keys(shop: Shop) -> None:
    parameter = "method.request.querystring.q"
    shop.patch("UpdateMethod", patch("add", f"/requestParameters/{parameter}"), **shop.method)
    key = patch("add", f"/cacheKeyParameters/{parameter}")
    mapping = patch("add", "/requestParameters/integration.request.querystring.q", parameter)
    cached = shop.patch("UpdateIntegration", key, **shop.method)
    assert cached["cacheKeyParameters"] == [parameter]
    changed = shop.patch("UpdateIntegration", mapping, **shop.method)
    assert changed["cacheKeyParameters"] == []
    with pytest.raises(InvalidError, match="Invalid patch path /credentials"):
        shop.patch("UpdateIntegration", patch("replace", "/credentials", ROLE), **shop.method)


def test_authorizers_in_use_and_their_names(shop: Shop) -> None:
    authorizer = shop.authorizer()
    with pytest.raises(InvalidError, match="must be unique"):
        shop.authorizer()
    custom = patch("replace", "/authorizationType", "CUSTOM")
    named = patch("replace", "/authorizerId", authorizer)
    assert shop.patch("UpdateMethod", custom, named, **shop.method)["authorizerId"] == authorizer
    with pytest.raises(ConflictError, match=r"Cannot delete authorizer 'guard'.*GET//"):
        shop("DeleteAuthorizer", authorizerId=authorizer)
    opened = patch("replace", "/authorizationType", "NONE")
    assert "authorizerId" not in shop.patch("UpdateMethod", opened, **shop.method)
    shop("DeleteAuthorizer", authorizerId=authorizer)


def test_providers_are_never_empty(shop: Shop) -> None:
    fields = {"type": "COGNITO_USER_POOLS", "identitySource": "method.x", "providerARNs": [POOL]}
    made = shop("CreateAuthorizer", name="pool", authorizerResultTtlInSeconds=60, **fields)
    assert made["authType"] == "cognito_user_pools"
    assert "authorizerResultTtlInSeconds" not in made
    remove, add = (
        patch("remove", "/providerARNs", POOL),
        patch("add", "/providerARNs", POOL + "2"),
    )
    at = {"authorizerId": made["id"]}
    with pytest.raises(InvalidError, match="must not be empty"):
        shop.patch("UpdateAuthorizer", remove, add, **at)
    assert shop.patch("UpdateAuthorizer", add, remove, **at)["providerARNs"] == [POOL + "2"]


def test_models_that_refer_to_models(shop: Shop) -> None:
    address = f"https://apigateway.amazonaws.com/restapis/{shop.api}/models/"
    fields = {"contentType": "application/json"}
    with pytest.raises(InvalidError, match="Unknown model reference: Pet"):
        shop("CreateModel", name="Pets", schema=json.dumps({"$ref": f"{address}Pet"}), **fields)
    shop("CreateModel", name="Pet", schema="{}", **fields)
    shop("CreateModel", name="Pets", schema=json.dumps({"$ref": f"{address}Pet"}), **fields)
    with pytest.raises(ConflictError, match="Cannot delete model 'Pet'"):
        shop("DeleteModel", modelName="Pet")


def test_quotas() -> None:
    shop = Shop()
    for number in range(20):
        shop("CreateRequestValidator", name=str(number))
    with pytest.raises(QuotaError) as raised:
        shop("CreateRequestValidator", name="one too many")
    assert raised.value.code == "LimitExceededException"


def test_default_gateway_responses_leak(shop: Shop) -> None:
    parameters = {"gatewayresponse.header.X": "'1'"}
    fields = {"responseType": "DEFAULT_4XX", "responseParameters": parameters}
    shop("PutGatewayResponse", **fields)
    read = {one["responseType"]: one for one in shop("GetGatewayResponses")["items"]}
    assert len(read) == 21
    assert read["THROTTLED"]["responseParameters"] == parameters
    assert read["THROTTLED"]["statusCode"] == "429"
    assert [kind for kind, one in read.items() if not one["defaultResponse"]] == ["DEFAULT_4XX"]
    assert read["INTEGRATION_TIMEOUT"]["responseParameters"] == {}
    with pytest.raises(NotFoundError, match="not defined on api"):
        shop("DeleteGatewayResponse", responseType="THROTTLED")
