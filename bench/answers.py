"""An API Gateway that answers over HTTP from memory: the tests' fake behind API Gateway's own protocol, REST-JSON.

It is for what an emulator is too slow to hold: an account with a thousand APIs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from bench.operations import Request, routed
from bench.proxy import TAGGING, Server
from controller.errors import ConflictError, GatewayError, NotFoundError
from tests.fake import FakeGateway


_IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{account}:user/bench</Arn><UserId>bench</UserId><Account>{account}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@contextmanager
def answering(gateway: FakeGateway) -> Iterator[str]:
    """Serves this account on a free port of 127.0.0.1; the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body leave in one packet

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, self.headers, body)
            if request.service == "sts":
                content, kind = _IDENTITY.format(account=gateway.environment.account), "text/xml"
                self.answer(200, {"Content-Type": kind}, content.encode())
            elif request.service == TAGGING:
                found = gateway("GetResources", json.loads(body), service="resourcegroupstaggingapi")
                self.answer(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(found).encode())
            elif meant := routed(request):
                self.answer(*_carried_out(gateway, request, *meant))
            else:
                self.answer(404, {"x-amzn-ErrorType": "UnknownOperationException"}, b"{}")

        def answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _carried_out(
    gateway: FakeGateway, request: Request, operation: OperationModel, labels: Mapping[str, str]
) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the body of the answer."""
    kind = {"Content-Type": "application/json"}
    try:
        answer = gateway(operation.name, parameters(operation, request, labels))
    except GatewayError as error:
        status = 404 if isinstance(error, NotFoundError) else 409 if isinstance(error, ConflictError) else 400
        code = error.code or "BadRequestException"
        return status, kind | {"x-amzn-ErrorType": code}, json.dumps({"message": str(error)}).encode()
    status = int(operation.http.get("responseCode", 200))
    shape = operation.output_shape
    return status, kind, json.dumps(to_wire(answer, shape) if shape else {}).encode()


# ── REST-JSON ────────────────────────────────────────────────────────────────────────────────────


def parameters(operation: OperationModel, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a call, from wherever in the request the model says that they are."""
    shape = operation.input_shape
    found: dict[str, Any] = {}
    if shape is None:
        return found
    assert isinstance(shape, StructureShape)
    payload = shape.serialization.get("payload")
    content = json.loads(request.body) if request.body and not payload else {}
    query = request.query
    for name, member in shape.members.items():
        key = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                found[name] = labels[key]
            case "querystring" if key in query:
                found[name] = _from_query(query[key], member)
            case None if name == payload:
                found[name] = request.body
            case None if key in content:
                found[name] = from_wire(content[key], member)
    return found


def _from_query(values: list[str], shape: Shape) -> Any:
    match shape.type_name:
        case "list":
            return values
        case "integer":
            return int(values[0])
        case "boolean":
            return values[0] == "true"
        case _:
            return values[0]


def from_wire(value: Any, shape: Shape) -> Any:
    """JSON's value as boto3 has it."""
    if isinstance(shape, StructureShape):
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        known = {names[key]: item for key, item in value.items() if key in names}
        return {name: from_wire(item, shape.members[name]) for name, item in known.items()}
    if isinstance(shape, ListShape):
        return [from_wire(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: from_wire(item, shape.value) for key, item in value.items()}
    return base64.b64decode(value) if shape.type_name == "blob" else value


def to_wire(value: Any, shape: Shape) -> Any:
    """boto3's value as JSON has it."""
    if isinstance(shape, StructureShape):
        members = shape.members
        return {
            members[name].serialization.get("name", name): to_wire(item, members[name])
            for name, item in value.items()
        }
    if isinstance(shape, ListShape):
        return [to_wire(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: to_wire(item, shape.value) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.timestamp()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
