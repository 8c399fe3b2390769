"""Integration: what each type keeps of a request, and what patches may change."""

from __future__ import annotations

import re

from tests.fake import refusals
from tests.fake.effects import (
    boolean,
    choice,
    element,
    entry,
    inside,
    scalar,
    template,
    text,
    whole,
)
from tests.fake.kinds import answers
from tests.fake.methods import find as find_method
from tests.fake.patch import ALL, FAMILY_A, REPLACE, Effect, Operation, Patch, Record
from tests.fake.world import World, chosen


HTTP_TYPES = ("HTTP", "HTTP_PROXY")
STREAM_TYPES = ("HTTP_PROXY", "AWS_PROXY")
DEFAULT_TIMEOUT, MOST_STREAM_TIMEOUT = 29000, 900_000
PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
STREAMING_URI = "/response-streaming-invocations"
HTTP_URI = re.compile(r"https?://\S+")
MEDIA_TYPE = re.compile(r"[^/\s]+/[^/\s]+")
REQUEST_KEY = re.compile(r"integration\.request\.(header|querystring|path)\..+")
DECLARED = re.compile(r"method\.request\.(querystring|header|multivaluequerystring|multivalueheader)\..+")
REQUEST_VALUE = re.compile(
    r"'.*'|method\.request\.(path|querystring|header|multivalue\w+)\..+|method\.request\.body.*"
    r"|context\..+|stageVariables\..+"
)


def switch_mode(record: Record, operation: Operation) -> None:
    """Going over to streaming drops a timeout of one's own."""
    mode = choice("BUFFERED", "STREAM")(operation.value)
    if mode == "STREAM" != record["responseTransferMode"]:
        record["timeoutInMillis"] = DEFAULT_TIMEOUT
    record["responseTransferMode"] = mode


def unless_mock(effect: Effect) -> Effect:
    def guarded(record: Record, operation: Operation) -> None:
        if record["type"] == "MOCK":
            raise refusals.bad(f"Invalid patch path {operation.path}")
        effect(record, operation)

    return guarded


def http_only(effect: Effect) -> Effect:
    def guarded(record: Record, operation: Operation) -> None:
        if record["type"] not in HTTP_TYPES:
            raise refusals.bad(f"Invalid patch path {operation.path}")
        effect(record, operation)

    return guarded


TIMEOUT = whole(50, MOST_STREAM_TIMEOUT, "Timeout should be between 50 ms and 29000 ms")
CONTENT_HANDLING = choice("", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT")
SKIP_VERIFICATION = inside("tlsConfig", scalar("insecureSkipVerification", boolean))
PATCH = Patch(
    FAMILY_A,
    ("/uri", (REPLACE,), unless_mock(scalar("uri"))),
    ("/httpMethod", (REPLACE,), unless_mock(scalar("httpMethod"))),
    ("/passthroughBehavior", (REPLACE,), scalar("passthroughBehavior", choice(*PASSTHROUGH))),
    (
        "/contentHandling",
        (REPLACE,),
        scalar("contentHandling", lambda value: CONTENT_HANDLING(value or "")),
    ),
    ("/timeoutInMillis", (REPLACE,), scalar("timeoutInMillis", TIMEOUT)),
    ("/cacheNamespace", (REPLACE,), scalar("cacheNamespace", text)),
    ("/connectionType", (REPLACE,), scalar("connectionType", choice("INTERNET", "VPC_LINK"))),
    ("/connectionId", (REPLACE,), scalar("connectionId")),
    ("/integrationTarget", (REPLACE,), scalar("integrationTarget")),
    ("/responseTransferMode", (REPLACE,), switch_mode),
    ("/tlsConfig/insecureSkipVerification", (REPLACE,), http_only(SKIP_VERIFICATION)),
    ("/requestParameters/{}", ALL, entry("requestParameters", text, refusals.NO_PARAMETER)),
    ("/requestTemplates/{}", ALL, entry("requestTemplates", template, refusals.NO_CONTENT_TYPE)),
    ("/cacheKeyParameters/{}", ALL, element("cacheKeyParameters", keep=True)),
)


def find(world: World, params: Record) -> tuple[Record, Record]:
    _, method = find_method(world, params)
    if "methodIntegration" not in method:
        raise refusals.missing(refusals.NO_INTEGRATION)
    return method, method["methodIntegration"]


def check(method: Record, integration: Record) -> None:
    check_backend(integration)
    check_connection(integration)
    check_mode(integration)
    check_mappings(method, integration)
    check_media_types(integration.get("requestTemplates", {}))


def check_backend(integration: Record) -> None:
    kind, uri = integration["type"], integration.get("uri", "")
    if kind == "MOCK":
        integration.pop("uri", None)
        integration.pop("httpMethod", None)
        return
    if not integration.get("httpMethod"):
        raise refusals.bad("Enumeration value for HttpMethod must be non-empty")
    if kind in HTTP_TYPES:
        if not HTTP_URI.fullmatch(uri):
            raise refusals.bad("Invalid HTTP endpoint specified for URI")
        return
    parts = uri.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        raise refusals.bad("Invalid ARN specified in the request")
    if not parts[5].startswith(("path/", "action/")):
        raise refusals.bad("AWS ARN for integration must contain path or action")
    if kind == "AWS_PROXY" and parts[4] not in ("lambda", "firehose"):
        raise refusals.bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and "
            "Firehose stream invocations."
        )


def check_connection(integration: Record) -> None:
    """Only HTTP integrations have a connection; only a private one has a link."""
    if integration["type"] in HTTP_TYPES:
        integration.setdefault("connectionType", "INTERNET")
    elif integration.get("connectionType") == "VPC_LINK":
        raise refusals.bad("Connection type VPC_LINK is only supported for HTTP and HTTP_PROXY")
    else:
        integration.pop("connectionType", None)
    if integration.get("connectionType") != "VPC_LINK":
        integration.pop("connectionId", None)
        integration.pop("integrationTarget", None)
    elif not integration.get("connectionId"):
        raise refusals.bad("Connection id must be specified for connection type VPC_LINK")


def check_mode(integration: Record) -> None:
    stream = integration["responseTransferMode"] == "STREAM"
    kind, uri = integration["type"], integration.get("uri", "")
    wrong_uri = kind == "AWS_PROXY" and stream != uri.endswith(STREAMING_URI)
    if wrong_uri or (stream and kind not in STREAM_TYPES):
        raise refusals.bad("Invalid ResponseTransferMode specified for this integration")
    most = MOST_STREAM_TIMEOUT if stream else DEFAULT_TIMEOUT
    if not 50 <= integration["timeoutInMillis"] <= most:
        raise refusals.bad("Timeout should be between 50 ms and 29000 ms")


def check_mappings(method: Record, integration: Record) -> None:
    """Query strings and headers must be declared by the method; paths are not looked at."""
    declared = method.get("requestParameters", {})
    mappings = integration.get("requestParameters", {})
    for key, value in mappings.items():
        if not REQUEST_KEY.fullmatch(key):
            raise refusals.mapping_error(f"Invalid mapping expression specified: {key}")
        if not REQUEST_VALUE.fullmatch(value):
            raise refusals.mapping_error(f"Invalid mapping expression specified: {value}")
        if DECLARED.fullmatch(value) and value not in declared:
            raise refusals.mapping_error(f"Invalid mapping expression parameter specified: {value}")
    for key in integration["cacheKeyParameters"]:
        if key not in declared and key not in mappings and not key.startswith("method.request.path."):
            raise refusals.bad(f"Invalid mapping expression parameter specified: {key}")


def check_media_types(templates: Record) -> None:
    for media_type in templates:
        if not MEDIA_TYPE.fullmatch(media_type):
            raise refusals.mapping_error(f"Invalid content type specified: {media_type}")


@answers("PutIntegration")
def put(world: World, params: Record) -> Record:
    """An upsert that starts afresh: what the old integration had, its responses too, is gone."""
    _, method = find_method(world, params)
    integration: Record = {
        "type": params["type"],
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": DEFAULT_TIMEOUT,
        "cacheNamespace": params["resourceId"],
        "cacheKeyParameters": [],
        "responseTransferMode": "BUFFERED",
        **chosen(params, "uri", "credentials", "requestParameters", "requestTemplates"),
        **chosen(params, "passthroughBehavior", "timeoutInMillis", "cacheNamespace"),
        **chosen(params, "cacheKeyParameters", "contentHandling", "tlsConfig", "connectionType"),
        **chosen(params, "connectionId", "integrationTarget", "responseTransferMode"),
    }
    if integration["passthroughBehavior"] not in PASSTHROUGH:
        raise refusals.bad("Invalid passthrough behavior specified")
    if params.get("integrationHttpMethod"):
        integration["httpMethod"] = params["integrationHttpMethod"]
    if "requestTemplates" in integration:
        written = integration["requestTemplates"]
        integration["requestTemplates"] = {key: template(value) for key, value in written.items()}
    check(method, integration)
    method["methodIntegration"] = integration
    return integration


@answers("GetIntegration")
def get(world: World, params: Record) -> Record:
    return find(world, params)[1]


@answers("UpdateIntegration")
def update(world: World, params: Record) -> Record:
    method, old = find(world, params)
    new = PATCH.apply(old, params.get("patchOperations", []))
    check(method, new)
    if new.get("requestParameters") != old.get("requestParameters"):
        # AWS does so without a word, also to keys patched in the same call.
        new["cacheKeyParameters"] = []
    method["methodIntegration"] = new
    return new


@answers("DeleteIntegration")
def delete(world: World, params: Record) -> Record:
    method, _ = find(world, params)
    del method["methodIntegration"]
    return {}
