"""How often what breaks was called: numbers that are right, or none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from controller.aws.routes import routes
from controller.aws.usage import RIGHTS
from controller.errors import AccessError
from controller.iam import policy
from controller.reconcile import Pass
from controller.report import Report
from controller.request import Request
from controller.retry import Patient
from controller.settings import Limits, Settings
from tests.cases.impacts import around, get, method, plans, without
from tests.engine import HERE, converge, desired
from tests.fake import FakeGateway


World = Mapping[str, Mapping[str, Any]]
DETAILED = {"methodSettings": {"*/*": {"metricsEnabled": True}}}
GET_GONE, ID_GONE = "Path /a > Method GET", "Path /b/{id} > Method GET"


def of_method(verb: str, path: str, stage: str = "prod") -> frozenset[tuple[str, str]]:
    given = {"ApiName": "shop", "Method": verb, "Resource": path, "Stage": stage}
    return frozenset(given.items())


def of_api(name: str = "shop", **more: str) -> frozenset[tuple[str, str]]:
    return frozenset({"ApiName": name, **more}.items())


def planned(fake: FakeGateway, wanted: World, *, usage: bool = True) -> Report:
    settings = Settings(limits=Limits(deletes=None, updates=None), prune=True)
    request = Request((Path(),), Path(), settings, "default", usage=usage)
    return Pass(request, desired(wanted), Patient(fake, sleep=lambda _: None), HERE).plan()


def account(world: World, requests: Mapping[frozenset[tuple[str, str]], int] | None = None) -> FakeGateway:
    fake = FakeGateway()
    converge(fake, world)
    fake.world.requests.update(requests or {})
    fake.calls.clear()
    return fake


def numbers(report: Report) -> dict[str, int | None]:
    return {change.path or change.root: change.requests for change in report.changes if change.impacts}


def asked(fake: FakeGateway) -> list[dict[str, Any]]:
    return [params for service, _, params in fake.calls if service == "cloudwatch"]


def api(stages: Mapping[str, Any], **paths: Any) -> World:
    found = {"/": get(), "/a": get(), "/b/{id}": get()} | {f"/{name}": path for name, path in paths.items()}
    return around({key: path for key, path in found.items() if path}, stages=stages)


REQUESTS = {of_method("GET", "/a"): 30, of_method("GET", "/b/{id}"): 4, of_api(): 99, of_api(Stage="prod"): 70}


def test_what_came_to_single_routes() -> None:
    fake = account(api({"prod": DETAILED}), REQUESTS)
    report = planned(fake, api({"prod": DETAILED}, a=None))
    assert numbers(report) == {GET_GONE: 30}
    assert report.usage == f"since {datetime.now(UTC) - timedelta(days=7):%Y-%m-%d} (UTC)"


def test_nobody_came() -> None:
    fake = account(api({"prod": DETAILED}))
    assert numbers(planned(fake, api({"prod": DETAILED}, a=None))) == {GET_GONE: 0}


def test_what_came_to_a_route_is_the_sum_of_all_stages() -> None:
    stages = {"prod": DETAILED, "dev": DETAILED}
    fake = account(api(stages), REQUESTS | {of_method("GET", "/a", "dev"): 5})
    assert numbers(planned(fake, api(stages, a=None))) == {GET_GONE: 35}


def test_where_a_stage_counts_no_routes_only_the_whole_is_known_and_said() -> None:
    stages = {"prod": DETAILED, "dev": {}}
    fake = account(api(stages), REQUESTS)
    report = planned(fake, api(stages, a=None))
    assert numbers(report) == {GET_GONE: None}
    told = "API shop had 99 in all: its stages do not count each route"
    assert report.usage.endswith(f"(UTC); {told}")


def test_why_a_route_is_not_known_is_said_beside_what_is_known_of_its_api() -> None:
    fake = account(api({"prod": {}}), REQUESTS)
    closed = {"RestApi shop": {**api({"prod": {}}, a=None)["RestApi shop"], "disableExecuteApiEndpoint": True}}
    report = planned(fake, closed)
    assert numbers(report) == {"RestApi shop": 99, GET_GONE: None}
    assert report.usage.endswith("API shop had 99 in all: its stages do not count each route")


def test_a_setting_of_one_method_is_what_counts_for_it() -> None:
    one = {"prod": {"methodSettings": {"GET /a": {"metricsEnabled": True}}}}
    fake = account(api(one), REQUESTS)
    assert numbers(planned(fake, around({"/": get()}, stages=one))) == {GET_GONE: 30, ID_GONE: None}


def test_what_came_to_a_stage_and_to_an_api() -> None:
    fake = account(api({"prod": {}, "dev": {}}), REQUESTS)
    assert numbers(planned(fake, api({"dev": {}}))) == {"Stage prod": 70}
    assert numbers(planned(fake, {})) == {"RestApi shop": 99}


def test_a_stage_with_a_canary_is_not_known() -> None:
    canary = {"prod": {**DETAILED, "canarySettings": {"percentTraffic": 5.0}}}
    fake = account(api(canary), REQUESTS)
    assert numbers(planned(fake, api(canary, a=None))) == {GET_GONE: None}


def test_what_shares_its_name_with_another_api_is_not_known() -> None:
    fake = account(api({"prod": DETAILED}), REQUESTS)
    fake("CreateRestApi", {"name": "shop"})
    report = planned(fake, api({"prod": DETAILED}, a=None))
    assert numbers(report) == {GET_GONE: None}
    assert "has its name in common with another one" in report.usage


def test_a_name_without_ascii_is_known_by_the_id() -> None:
    world = {"RestApi shop": {**api({"prod": {}})["RestApi shop"], "name": "店"}}
    fake = account(world)
    (identity,) = fake.world.apis
    fake.world.requests[of_api(identity)] = 8
    assert numbers(planned(fake, {})) == {"RestApi shop": 8}


def test_what_answers_any_verb_is_counted_by_each() -> None:
    every = {"methods": {"ANY": method(), "PUT": method()}}
    requests = {of_method("ANY", "/a"): 1, of_method("POST", "/a"): 2, of_method("PUT", "/a"): 40}
    fake = account(api({"prod": DETAILED}, a=every), requests)
    put = {"methods": {"PUT": method()}}
    assert numbers(planned(fake, api({"prod": DETAILED}, a=put))) == {"Path /a > Method ANY": 3}


def test_what_is_renamed_was_counted_under_its_former_name() -> None:
    fake = account(api({"prod": DETAILED}), REQUESTS)
    moved = around({"/": get(), "/c": get(), "/b/{id}": get()}, stages={"prod": DETAILED})
    assert numbers(planned(fake, moved)) == {"Path /c": 30}
    fake = account(api({"prod": DETAILED}), REQUESTS)
    keyed = around({"/": get(), "/a": get(), "/b/{key}": get(apiKeyRequired=True)}, stages={"prod": DETAILED})
    assert numbers(planned(fake, keyed)) == {"Path /b/{key} > Method GET": 4}


def test_what_several_routes_share_is_the_sum_of_them() -> None:
    paths = {"/": get(authorizer="users"), "/a": get(authorizer="users"), "/b/{id}": get(authorizer="users")}
    fake = account(around(paths, stages={"prod": DETAILED}), REQUESTS)
    pattern = {"users": {"type": "TOKEN", "authorizerUri": "arn:aws:apigateway:eu-west-1:lambda:path/x"}}
    wanted = around(paths, stages={"prod": DETAILED}, authorizers=pattern)
    assert numbers(planned(fake, wanted)) == {"Authorizer users": 34}


def test_many_routes_are_asked_for_five_hundred_at_a_time() -> None:
    many = {f"/p{number:03}": get() for number in range(520)}
    fake = FakeGateway(quotas=False)
    converge(fake, around({"/": get(), **many}, stages={"prod": DETAILED}))
    fake.world.requests.update({of_method("GET", path): 2 for path in many})
    fake.calls.clear()
    report = planned(fake, around({"/": get()}, stages={"prod": DETAILED}))
    assert set(numbers(report).values()) == {2}
    sizes = [len(params["MetricDataQueries"]) for params in asked(fake) if "NextToken" not in params]
    assert sizes == [500, 20]


def test_what_keys_were_used_for() -> None:
    world = plans("one", "two")
    fake = account(world)
    (plan,) = fake.world.usage_plans
    ids = {record["name"]: key for key, record in fake.world.api_keys.items()}
    fake.world.used.update({(plan, ids["one"]): 5, (plan, ids["two"]): 7})
    assert numbers(planned(fake, plans("one"))) == {"UsagePlanKey two": 7}
    assert numbers(planned(fake, without(plans("one"), "ApiKey two"))) == {"ApiKey two": 7}
    assert numbers(planned(fake, plans("one", "two", throttle={"rateLimit": 1.0}))) == {"UsagePlan gold": 12}


def test_who_may_not_count_gets_a_plan_and_a_warning() -> None:
    fake = account(api({"prod": DETAILED}), REQUESTS)

    def refuse(number: int, operation: str, params: Mapping[str, Any]) -> Exception | None:
        return AccessError("not authorized", code="AccessDenied") if operation == "GetMetricData" else None

    fake.fail = refuse
    report = planned(fake, api({"prod": DETAILED}, a=None))
    assert numbers(report) == {GET_GONE: None}
    assert [warning.message for warning in report.warnings] == ["requests were not counted: not authorized"]
    assert (report.usage, report.errors) == ("", ())


def test_nobody_is_asked_unless_wanted_or_where_nothing_breaks() -> None:
    fake = account(api({"prod": DETAILED}), REQUESTS)
    assert planned(fake, api({"prod": DETAILED}, a=None), usage=False).usage == ""
    assert planned(fake, api({"prod": DETAILED}, c=get())).usage == ""
    assert asked(fake) == []


def test_counting_takes_rights_of_its_own() -> None:
    found = policy(desired({"ApiKey k": {}}), routes(), HERE, RIGHTS, read_only=True)
    granted = {
        (action, arn)
        for statement in found["Statement"]
        for action in statement["Action"]
        for arn in statement["Resource"]
    }
    assert ("cloudwatch:GetMetricData", "*") in granted
    assert ("apigateway:GET", "arn:aws:apigateway:eu-west-1::/usageplans/*/usage") in granted or (
        "apigateway:GET",
        "arn:aws:apigateway:eu-west-1::/usageplans/*",
    ) in granted
