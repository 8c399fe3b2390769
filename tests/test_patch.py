"""Patch operations: what each change of a field becomes, oddities included."""

from __future__ import annotations

from typing import Any

import pytest

from controller.address import Address
from controller.call import Text, resolve
from controller.kinds.rest import patch
from controller.model import KINDS
from controller.terms import Context, Scope
from tests.cases.patches import CASES, HTTP
from tests.engine import HERE


API = Address("RestApi", "shop")
METHOD = API.child("Path", "/pets").child("Method", "GET")
PLACES = {
    "RestApi": API,
    "Method": METHOD,
    "Integration": METHOD.child("Integration"),
    "MethodResponse": METHOD.child("MethodResponse", "200"),
    "Authorizer": API.child("Authorizer", "guard"),
    "Model": API.child("Model", "Pet"),
    "Stage": API.child("Stage", "prod"),
    "UsagePlan": Address("UsagePlan", "gold"),
    "ApiKey": Address("ApiKey", "acme"),
}
SCOPE = Scope(HERE.account, HERE.region, HERE.partition)
NAMES = {"RestApi": {"name": "shop"}, "UsagePlan": {"name": "gold"}, "ApiKey": {"name": "acme"}}


def resource(kind: str, spec: dict[str, Any]) -> Any:
    return KINDS[kind].from_spec(PLACES[kind].key, KINDS[kind].desugar(dict(spec), SCOPE))


def patched(kind: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The operations from one spec to another: `op path value`, without a value if there is none."""
    old, new = resource(kind, before), resource(kind, after)
    return shown(new.patch(PLACES[kind], old))


def shown(operations: list[patch.Operation]) -> list[str]:
    class Ids(dict[Address, str]):
        def __missing__(self, at: Address) -> str:
            return f"<{at.key}>"

    known = [resolve(one, Ids(), HERE) for one in operations]
    return [
        " ".join([one["op"], one["path"], *([one["value"] or "''"] if "value" in one else [])]) for one in known
    ]


@pytest.mark.parametrize(
    ("kind", "base", "before", "after", "wanted"),
    CASES,
)
def test_a_change_becomes_these_operations(kind, base, before, after, wanted):
    named = NAMES.get(kind, {}) | base
    assert patched(kind, named | before, named | after) == wanted


LOGS = {"destinationArn": "arn:aws:logs:x:1:log-group:a", "format": "$context.requestId"}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (
            {},
            {"canarySettings": {"percentTraffic": 5.0}},
            ["replace /canarySettings/percentTraffic 5", "replace /canarySettings/useStageCache false"],
        ),
        ({"canarySettings": {}}, {}, ["remove /canarySettings"]),
        (
            {"canarySettings": {"percentTraffic": 5.0, "stageVariableOverrides": {"a": "1", "b": "2"}}},
            {"canarySettings": {"percentTraffic": 5.0, "stageVariableOverrides": {"a": "1"}}},
            [
                "remove /canarySettings",
                "replace /canarySettings/percentTraffic 5",
                "replace /canarySettings/stageVariableOverrides/a 1",
                "replace /canarySettings/useStageCache false",
            ],
        ),
        (
            {"canarySettings": {"stageVariableOverrides": {"a": "1"}}},
            {"canarySettings": {"stageVariableOverrides": {"a": "2"}}},
            ["replace /canarySettings/stageVariableOverrides/a 2"],
        ),
        ({"accessLogSettings": LOGS}, {}, ["remove /accessLogSettings"]),
        (
            {"accessLogSettings": LOGS},
            {"accessLogSettings": {"destinationArn": LOGS["destinationArn"]}},
            ["remove /accessLogSettings", f"replace /accessLogSettings/destinationArn {LOGS['destinationArn']}"],
        ),
        ({"cacheClusterEnabled": True, "cacheClusterSize": "1.6"}, {}, ["replace /cacheClusterEnabled false"]),
        (
            {"cacheClusterEnabled": True, "cacheClusterSize": "1.6"},
            {"cacheClusterEnabled": True},
            ["replace /cacheClusterSize 0.5"],
        ),
    ],
)
def test_parts_of_a_stage_that_cannot_be_cleared_alone_are_built_anew(before, after, wanted):
    assert patched("Stage", before, after) == wanted


def settings(**by_name: Any) -> dict[str, Any]:
    names = {"star": "*/*", "pets": "GET /pets", "root": "GET /"}
    return {"methodSettings": {names[name]: content for name, content in by_name.items()}}


def test_settings_of_all_methods_come_before_those_of_one():
    after = settings(pets={"metricsEnabled": True}, star={"loggingLevel": "INFO"}, root={})
    paths = [line.split(" ")[1] for line in patched("Stage", {}, after)]
    keys = [path.rsplit("/", 2)[0] for path in paths]
    assert list(dict.fromkeys(keys)) == ["/*/*", "/~1/GET", "/~1pets/GET"]


def test_settings_of_one_method_say_everything_as_they_start_as_a_copy():
    after = settings(star={"loggingLevel": "INFO"}, pets={"loggingLevel": "OFF"})
    assert "replace /~1pets/GET/logging/loglevel OFF" in patched(
        "Stage", settings(star={"loggingLevel": "INFO"}), after
    )


def test_settings_that_go_are_removed_first():
    assert patched("Stage", settings(pets={}), settings(star={}))[0] == "remove /~1pets/GET"


def test_a_limit_that_goes_back_to_the_accounts_is_removed_and_set_anew():
    lines = patched("Stage", settings(star={"throttlingRateLimit": 5.0}), settings(star={"metricsEnabled": True}))
    assert lines[:2] == ["remove /*/*", "replace /*/*/metrics/enabled true"]
    assert not any("throttling" in line for line in lines)


@pytest.mark.parametrize("spelling", ["pets/GET", "/pets/GET", "~1pets/GET"])
def test_a_setting_is_spelt_as_aws_gave_it_back(spelling):
    live = KINDS["Stage"].from_aws(
        {"stageName": "prod", "methodSettings": {spelling: {"metricsEnabled": True}}}, Context()
    )
    wanted = resource("Stage", settings(pets={}))
    assert shown(wanted.patch(PLACES["Stage"], live)) == [f"replace /{spelling}/metrics/enabled false"]


def test_the_version_of_an_api_is_set_by_merging_a_document():
    calls = resource("RestApi", {"name": "shop", "version": "2"}).updating(
        API, resource("RestApi", {"name": "shop"})
    )
    (call,) = calls
    assert (call.operation, call.params["mode"]) == ("PutRestApi", "merge")
    assert call.params["body"] == '{"openapi":"3.0.1","info":{"title":"shop","version":"2"},"paths":{}}'


def test_cache_keys_are_named_again_after_the_parameters_they_name_changed():
    key = "method.request.header.a"
    old = resource(
        "Integration",
        {**HTTP, "requestParameters": {"integration.request.header.a": key}, "cacheKeyParameters": [key]},
    )
    new = resource(
        "Integration",
        {**HTTP, "requestParameters": {"integration.request.header.b": key}, "cacheKeyParameters": [key]},
    )
    first, second = new.updating(PLACES["Integration"], old)
    assert shown(second.params["patchOperations"]) == [f"add /cacheKeyParameters/{key}"]
    assert not any("cacheKey" in line for line in shown(first.params["patchOperations"]))


def test_keys_are_escaped_and_back():
    assert patch.escape("a~1/b") == "a~01~1b"
    assert patch.unescape(patch.escape("a~1/b~0")) == "a~1/b~0"
    assert patch.text(Text(("x",))) == Text(("x",))
