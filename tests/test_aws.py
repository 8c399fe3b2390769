"""The shell around boto3: errors by AWS's code, pacing by the quotas, reading in bulk."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from botocore import exceptions as boto

from controller import errors
from controller.aws import index
from controller.aws.client import Client, connect, environment
from controller.aws.errors import translated
from controller.aws.observing import OK, Called
from controller.aws.pacing import Pacer
from controller.aws.reader import read
from controller.kinds.rest.api_key import ApiKey
from controller.kinds.rest.rest_api import RestApi
from controller.kinds.rest.usage_plan import UsagePlan
from controller.kinds.rest.vpc_link import VpcLink
from controller.retry import Patient
from controller.state import State
from tests.cases.steps import carry_out, get, shop
from tests.engine import HERE, desired
from tests.fake import FakeGateway


def refusal(code: str, status: int, message: str = "words", **more: object) -> boto.ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r-1", "HTTPHeaders": {}},
        **more,
    }
    return boto.ClientError(response, "UpdateStage")  # type: ignore[arg-type]


# ── errors ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (refusal("LimitExceededException", 429), errors.QuotaError),
        (refusal("TooManyRequestsException", 429), errors.ThrottledError),
        (refusal("ThrottlingException", 400), errors.ThrottledError),
        (refusal("NotFoundException", 404), errors.NotFoundError),
        (refusal("ConflictException", 409), errors.ConflictError),
        (refusal("ConflictException", 409, "… due to concurrent modification. Please try again"), errors.BusyError),
        (refusal("BadRequestException", 400), errors.InvalidError),
        (refusal("ValidationException", 400), errors.InvalidError),
        (refusal("SerializationException", 400), errors.InvalidError),
        (
            refusal("BadRequestException", 400, "Active stages pointing to this deployment must be …"),
            errors.BusyError,
        ),
        (refusal("ServiceUnavailableException", 503), errors.UnavailableError),
        (refusal("InternalFailure", 500), errors.UnavailableError),
        (refusal("Whatever", 502), errors.UnavailableError),
        (refusal("NotImplemented", 501), errors.InvalidError),
        (refusal("AccessDeniedException", 403), errors.AccessError),
        (refusal("UnrecognizedClientException", 403), errors.AccessError),
        (refusal("ExpiredTokenException", 403), errors.AccessError),
        (boto.NoRegionError(), errors.AccessError),
        (boto.NoCredentialsError(), errors.AccessError),
        (boto.ProfileNotFound(profile="x"), errors.AccessError),
        (boto.ParamValidationError(report="x"), errors.InvalidError),
        (boto.EndpointConnectionError(endpoint_url="x"), errors.UnavailableError),
        (boto.ReadTimeoutError(endpoint_url="x"), errors.UnavailableError),
        (boto.ConnectTimeoutError(endpoint_url="x"), errors.UnavailableError),
        (boto.ConnectionClosedError(endpoint_url="x"), errors.UnavailableError),
        (boto.HTTPClientError(error="x"), errors.UnavailableError),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, Exception) else "",
)
def test_an_error_is_what_awss_code_says(error, wanted):
    assert type(translated(error, "UpdateStage")) is wanted


def test_a_refusal_says_what_was_asked_what_was_said_and_the_request():
    found = translated(refusal("BadRequestException", 400, "Invalid x"), "UpdateStage")
    assert str(found) == "UpdateStage: BadRequestException: Invalid x (request r-1)"
    assert (found.code, found.operation) == ("BadRequestException", "UpdateStage")


def test_throttling_carries_awss_advice():
    told = translated(refusal("TooManyRequestsException", 429, retryAfterSeconds="7"), "x")
    assert isinstance(told, errors.ThrottledError)
    assert told.retry_after == 7.0
    header = refusal("TooManyRequestsException", 429)
    header.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] = "Wed, 21 Oct"
    assert translated(header, "x").retry_after is None  # type: ignore[attr-defined]


# ── the client ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """No AWS environment at all."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("bare")
def test_without_a_region_or_credentials_one_sentence_says_what_to_do():
    with pytest.raises(errors.AccessError, match="no AWS region is set: set AWS_REGION"):
        connect(region=None)
    with pytest.raises(errors.AccessError, match="no AWS credentials were found: set AWS_PROFILE"):
        environment(connect(region="eu-west-1"), "me")


@pytest.mark.usefixtures("bare")
def test_the_region_of_a_pod_is_taken(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert connect(region=None).region == "eu-north-1"
    assert connect(region="eu-west-1").region == "eu-west-1"


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """Answers each request with the next (status, headers, body) of its list; without a status it hangs up."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = self.server.answers.pop(0)  # type: ignore[attr-defined]
            self.server.paths.append(self.path)  # type: ignore[attr-defined]
            if not status:
                self.connection.close()
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.paths = [], []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ((429, {"x-amzn-ErrorType": "TooManyRequestsException", "Retry-After": "3"}, b"{}"), errors.ThrottledError),
        ((429, {"x-amzn-ErrorType": "LimitExceededException"}, b"{}"), errors.QuotaError),
        ((500, {}, b"{}"), errors.UnavailableError),
        ((503, {}, b"<html>"), errors.UnavailableError),
        ((0, {}, b""), errors.UnavailableError),
        ((404, {"x-amzn-ErrorType": "NotFoundException"}, b'{"message": "no"}'), errors.NotFoundError),
    ],
)
def test_the_client_asks_once_and_tells(server, answer, wanted):
    session = boto3.Session("a", "b", region_name="eu-west-1")
    client = Client(session, endpoint_url=f"http://127.0.0.1:{server.server_port}")
    server.answers += [answer, (200, {}, b'{"cloudwatchRoleArn": "x"}')]
    with pytest.raises(wanted) as raised:
        client("GetAccount", {})
    assert len(server.paths) == 1
    if wanted is errors.ThrottledError:
        assert raised.value.retry_after == 3.0
    assert client("GetAccount", {}) == {"cloudwatchRoleArn": "x"}
    assert client.counts == {"GetAccount": 2}


# ── pacing ───────────────────────────────────────────────────────────────────────────────────────


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def spent(self, share: float | None, *operations: str) -> float:
        pacer, start = Pacer(share, lambda: self.now, self.sleep), self.now
        for operation in operations:
            pacer.wait(operation)
        return round(self.now - start, 6)


@pytest.mark.parametrize(
    ("share", "operation", "count", "seconds"),
    [
        (1.0, "GetAccount", 40, 0.0),
        (1.0, "GetAccount", 41, 0.1),
        (1.0, "GetAccount", 140, 10.0),
        (0.5, "GetAccount", 20, 0.0),
        (0.5, "GetAccount", 70, 10.0),
        (1.0, "CreateDeployment", 1, 0.0),
        (1.0, "CreateDeployment", 3, 10.0),
        (0.5, "CreateDeployment", 2, 10.0),
        (1.0, "UpdateUsagePlan", 2, 20.0),
        (None, "CreateDeployment", 50, 0.0),
    ],
)
def test_calls_are_spread_as_the_quotas_allow(share, operation, count, seconds):
    assert Clock().spent(share, *[operation] * count) == seconds


def test_slow_operations_do_not_hold_up_others():
    assert Clock().spent(1.0, "CreateDeployment", *["GetAccount"] * 30) == 0.0


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def calls_to_read(methods: int) -> Counter[tuple[str, str]]:
    fake = FakeGateway(quotas=False)
    world = shop(paths={f"/p{number}": get() for number in range(methods)}, stages={"prod": {}})
    carry_out(fake, world)
    wanted = desired(world)
    before = len(fake.calls)
    state = read(Patient(fake), HERE, wanted)
    assert sum(1 for at in state.resources if at.kind == "Method") == methods
    return Counter(call[:2] for call in fake.calls[before:])


def test_reading_costs_about_ten_calls_whatever_the_size():
    few, many = calls_to_read(3), calls_to_read(300)
    assert few == many
    assert few.total() <= 11


@pytest.mark.parametrize("asked", [True, False], ids=["index", "no-index"])
def test_roots_of_kinds_without_specs_are_found_where_the_index_tells_or_cannot_be_asked(asked):
    fake = FakeGateway()
    carry_out(fake, {"ApiKey acme": {}, "UsagePlan gold": {}, **shop(paths={"/": get()})})
    if not asked:
        fake.fail = lambda number, operation, params: errors.AccessError("no") if "TagFilters" in params else None
    before = len(fake.calls)
    state = read(Patient(fake), HERE, State())
    assert {str(at) for at in state.roots()} == {"ApiKey acme", "UsagePlan gold", "RestApi shop"}
    listed = {operation for _, operation, _ in fake.calls[before:]}
    assert ("GetVpcLinks" in listed) is not asked


def test_the_index_is_read_to_the_end_or_until_every_kind_is_known():
    fake = FakeGateway(quotas=False)
    for number in range(150):
        tags = {"reconcile:owner": HERE.owner, "reconcile:name": f"k{number}"}
        fake("CreateApiKey", {"name": f"k{number}", "tags": tags})
    fake("CreateUsagePlan", {"name": "z", "tags": {"reconcile:owner": HERE.owner, "reconcile:name": "z"}})
    assert index.owned(Patient(fake), HERE.owner, [ApiKey, UsagePlan, VpcLink], []) == {"ApiKey", "UsagePlan"}
    assert index.owned(Patient(fake), "another", [ApiKey, UsagePlan, VpcLink], []) == frozenset()


def test_an_index_that_does_not_know_what_is_there_is_not_believed():
    fake = FakeGateway()
    fake("CreateApiKey", {"name": "k", "tags": {"reconcile:owner": HERE.owner, "reconcile:name": "k"}})
    assert index.owned(Patient(fake), HERE.owner, [UsagePlan, VpcLink], [ApiKey]) == frozenset()
    assert index.owned(Patient(fake), HERE.owner, [UsagePlan, VpcLink], [RestApi]) == {"UsagePlan", "VpcLink"}


@pytest.mark.parametrize(("paths", "calls"), [(500, 1), (501, 2)])
def test_reading_takes_one_more_call_for_each_500_paths(paths, calls):
    fake = FakeGateway(quotas=False)
    carry_out(fake, shop(paths={"/": get()}))
    ((api, held),) = fake.world.apis.items()
    for number in range(paths - 1):
        made = {"restApiId": api, "parentId": held.record["rootResourceId"], "pathPart": f"p{number}"}
        fake("CreateResource", made)
    before = len(fake.calls)
    read(Patient(fake), HERE, State())
    assert [call[:2] for call in fake.calls[before:]].count(("apigateway", "GetResources")) == calls


def test_whoever_counts_is_told_of_every_call(server: HTTPServer) -> None:
    seen: list[Called] = []
    here = f"http://127.0.0.1:{server.server_port}"
    pacer = Pacer(1, clock=lambda: 0.0, sleep=lambda _seconds: None)
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-1"}
    client = Client(boto3.Session(**keys), endpoint_url=here, pacer=pacer, observer=seen.append)
    server.answers += [  # type: ignore[attr-defined]
        (200, {}, b"{}"),
        (429, {"x-amzn-errortype": "TooManyRequestsException"}, b"{}"),
        (0, {}, b""),
    ]
    for _ in range(40):
        pacer.wait("GetUsagePlans")
    client("GetRestApis", {})
    with pytest.raises(errors.ThrottledError):
        client("GetRestApis", {})
    with pytest.raises(errors.UnavailableError):
        client("GetRestApis", {})
    told = [(called.service, called.operation, called.code, called.throttled) for called in seen]
    assert told == [
        ("apigateway", "GetRestApis", OK, False),
        ("apigateway", "GetRestApis", "TooManyRequestsException", True),
        ("apigateway", "GetRestApis", "UnavailableError", False),
    ]
    assert all(called.seconds >= 0 for called in seen)
    assert all(called.waited > 0 for called in seen)
