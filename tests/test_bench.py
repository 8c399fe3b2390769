"""The benchmark's own parts: the quotas it enforces, what it takes a request for, and its tables."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from bench.answers import answering, parameters
from bench.figures import OWN, Figure, Figures, load, same
from bench.operations import Request, operation, routed
from bench.proxy import Proxy, proxy
from bench.quotas import Quotas, least_seconds
from bench.tables import compared, goals, report, table
from controller.aws.client import connect
from controller.errors import ThrottledError
from tests.fake import FakeGateway


SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/apigateway/aws4_request, Signed"}


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


# ── the quotas ───────────────────────────────────────────────────────────────────────────────────


def test_forty_calls_at_once_and_then_ten_a_second():
    clock = Clock()
    quotas = Quotas(clock)
    assert [quotas.ask("GetStage") for _ in range(40)] == [0.0] * 40
    assert quotas.ask("GetStage") == pytest.approx(0.1)
    clock.now += 0.1
    assert quotas.ask("GetStage") == 0.0
    assert quotas.ask("GetStage") > 0
    clock.now += 1000
    assert sum(quotas.ask("GetStage") == 0.0 for _ in range(100)) == 40


def test_some_operations_have_a_quota_of_their_own():
    clock = Clock()
    quotas = Quotas(clock)
    assert [quotas.ask("CreateRestApi") for _ in range(2)] == [0.0, pytest.approx(3.0)]
    assert [quotas.ask("CreateResource") for _ in range(6)] == [0.0] * 5 + [pytest.approx(0.2)]


def test_a_refused_call_uses_nothing_up():
    quotas = Quotas(Clock())
    quotas.ask("CreateDeployment")
    assert all(quotas.ask("CreateDeployment") for _ in range(100))
    assert [quotas.ask("GetStage") for _ in range(39)] == [0.0] * 39


def test_who_comes_at_the_very_rate_is_let_through():
    clock = Clock()
    quotas = Quotas(clock)
    refused = 0
    for _ in range(400):
        refused += quotas.ask("CreateResource") > 0
        clock.now += 0.2
    assert refused == 0


def test_the_least_time_is_that_of_the_tightest_quota():
    assert least_seconds({"GetStage": 140}) == pytest.approx(10)
    assert least_seconds({"GetStage": 140}, 0.5) == pytest.approx(24)
    assert least_seconds({"CreateRestApi": 3}) == pytest.approx(6)
    assert least_seconds({}) == 0.0


# ── the wire ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "target", "name"),
    [
        ("GET", "/restapis?limit=500", "GetRestApis"),
        ("PUT", "/restapis/a1?mode=overwrite", "PutRestApi"),
        ("POST", "/restapis?mode=import", "ImportRestApi"),
        ("POST", "/restapis", "CreateRestApi"),
        ("PUT", "/restapis/a1/resources/b2/methods/GET/integration/responses/200", "PutIntegrationResponse"),
        ("PUT", "/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Frestapis%2Fa1", "TagResource"),
        ("GET", "/nothing/known", "GET /nothing/known"),
    ],
)
def test_a_request_is_named_as_aws_names_it(method, target, name):
    assert operation(Request(method, target, SIGNED)) == name


def test_calls_of_other_services_are_named_with_the_service():
    sts = {"Authorization": SIGNED["Authorization"].replace("apigateway", "sts")}
    assert operation(Request("POST", "/", sts, b"Action=GetCallerIdentity")) == "sts:GetCallerIdentity"
    tags = {"Authorization": sts["Authorization"].replace("sts", "tagging"), "X-Amz-Target": "Tags.GetResources"}
    assert operation(Request("POST", "/", tags, b"{}")) == "tagging:GetResources"


def test_parameters_are_found_wherever_the_model_puts_them():
    request = Request("PUT", "/restapis/a%2F1?mode=merge", SIGNED, b"{openapi}")
    found = routed(request)
    assert found
    assert parameters(found[0], request, found[1]) == {"restApiId": "a/1", "mode": "merge", "body": b"{openapi}"}


@pytest.fixture
def way() -> Iterator[Proxy]:
    """A proxy before an account in memory, without the time of the way."""
    with answering(FakeGateway()) as url, proxy(url, latency=0) as running:
        yield running


def test_boto3_takes_it_for_aws(way):
    client = connect(region="eu-west-1", endpoint_url=way.url, keys=("test", "test"))
    made = client("CreateRestApi", {"name": "one", "tags": {"a": "b"}})
    assert client("GetRestApis", {"limit": 500})["items"][0]["id"] == made["id"]
    with pytest.raises(ThrottledError) as refused:
        client("CreateRestApi", {"name": "two"})
    assert refused.value.code == "TooManyRequestsException"
    assert refused.value.retry_after == 3
    assert way.seen() == ({"CreateRestApi": 2, "GetRestApis": 1}, 1)
    way.begin()
    assert client("CreateRestApi", {"name": "two"})["id"] != made["id"]
    assert way.seen() == ({"CreateRestApi": 1}, 0)


def test_the_refusal_is_json_as_aws_sends_it(way):
    for _ in range(2):
        connection = http.client.HTTPConnection(way.url.removeprefix("http://"))
        connection.request("POST", "/restapis", json.dumps({"name": "one"}), SIGNED)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (429, "TooManyRequestsException")
    assert said == {"message": "Too Many Requests"}


# ── the tables ───────────────────────────────────────────────────────────────────────────────────


def measured(*figures: Figure, **rest: object) -> Figures:
    return Figures({"date": "2026-01-01"}, {one.key: one for one in figures}, **rest)  # type: ignore[arg-type]


OURS = Figure("reconcile", 300, "plan", calls=10, seconds=2.0, peak_mb=90.0, operations={"GetRestApi": 10})
THEIRS = Figure("terraform-body", 300, "plan", calls=4, refused=1, seconds=8.0, operations={"GetRestApi": 4})


def test_a_table_is_aligned_by_what_is_in_it():
    assert table([["tool", "calls"], ["ours", "5"], ["theirs", "1000"]]).splitlines() == [
        "| tool   | calls |",
        "| ------ | ----: |",
        "| ours   |     5 |",
        "| theirs |  1000 |",
    ]


def test_a_ratio_is_over_the_first_tool():
    rows = {(row[0], row[1]): row[2:] for row in compared(measured(THEIRS, OURS), 300)}
    assert rows["plan without changes", "terraform-body"][:5] == ["4", "0.4×", "1", "8.0", "4×"]
    assert rows["delete", "reconcile"][0] == "not measured"


def test_drift_is_seen_or_not():
    drift = Figure("reconcile", 300, "drift", calls=10, seconds=1.0, seen={"template": True, "route": False})
    row = next(row for row in compared(measured(drift), 300) if row[0] == "find the drift")
    assert row[-2:] == ["yes", "no"]


def test_goals_are_reached_missed_or_unknown():
    rows = [tuple(row[-3:]) for row in goals(measured(OURS, THEIRS, help_seconds=0.5))]
    assert rows[1:3] == [("12", "10", "yes"), ("1", "0.25", "yes")]
    assert rows[3] == ("0.05", "–", "–")
    assert ("0.3", "0.5", "no") in rows


def test_a_fleet_is_judged_by_what_it_adds():
    few = {"apis": 100, "peak_mb": 100.0, "busy": 0.9}
    many = {"apis": 1100, "peak_mb": 200.0, "busy": 0.97}
    rows = [tuple(row[-3:]) for row in goals(measured(fleet=[few, many]))]
    assert rows[-2:] == [("0.05", "0.03", "yes"), ("50", "102", "no")]


def test_what_failed_is_said_with_the_reason():
    text = report(measured(OURS, Figure("terraform-body", 300, "plan", error="no such provider")))
    assert "terraform-body, plan without changes: no such provider" in text
    assert "| failed |" in text.replace("  ", "")


def test_figures_of_other_tools_do_not_depend_on_our_code():
    now = {"date": "2026-02-02", "commit": "new", "reconcile": "2", "terraform": "1"}
    then = {"date": "2026-01-01", "commit": "old", "reconcile": "1", "terraform": "1"}
    assert (same(then, now), same(then, now, OWN)) == (False, True)
    assert not same(then, now | {"terraform": "2"}, OWN)
    both = {one.key: one for one in (OURS, THEIRS)}
    found = Figures(then, both, fleet=[{"apis": 1}], help_seconds=0.1, loads=[1.0])
    kept = found.of_others(now)
    assert kept == Figures(now, {THEIRS.key: THEIRS}, older={THEIRS.place: "2026-01-01, commit old"})
    assert kept.of_others(now | {"commit": "newer"}).older == kept.older
    assert "- terraform-body, 300 endpoints: measured on 2026-01-01, commit old" in report(kept)


def test_figures_are_kept(tmp_path):
    kept = measured(OURS, THEIRS, help_seconds=0.1, loads=[1.0], fleet=[{"apis": 1}])
    kept.save(tmp_path / "figures.json")
    assert load(tmp_path / "figures.json") == kept
    assert load(tmp_path / "nothing.json") is None
