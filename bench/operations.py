"""What a request to AWS is called: from its method and path to the operation, after botocore's model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from urllib.parse import parse_qs, unquote

import botocore.session
from botocore.model import OperationModel, ServiceModel


@cache
def model(service: str = "apigateway") -> ServiceModel:
    """Botocore's model of a service."""
    return botocore.session.Session().get_service_model(service)


@dataclass(frozen=True)
class Request:
    """A request as the wire has it."""

    method: str
    target: str
    headers: Mapping[str, str] | Message = field(default_factory=dict)
    body: bytes = b""

    @property
    def service(self) -> str:
        """The one that it is signed for."""
        signed = self.headers.get("Authorization", "")
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", signed)
        return scope[1] if scope else "unsigned"

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters in the target."""
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)


@dataclass(frozen=True)
class _Route:
    """An operation, and the requests that mean it."""

    operation: OperationModel
    pattern: re.Pattern[str]
    query: Mapping[str, list[str]]
    literal: int


def operation(request: Request) -> str:
    """AWS's name of a call; in front of it the service, where that is not API Gateway."""
    if request.service != "apigateway":
        given = parse_qs(request.body.decode(errors="replace"))
        action = request.headers.get("X-Amz-Target", "").rpartition(".")[2] or given.get("Action", [""])[0]
        return f"{request.service}:{action or f'{request.method} {request.path}'}"
    found = routed(request)
    return found[0].name if found else f"{request.method} {request.path}"


def routed(request: Request) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation of API Gateway that a request means, and the labels in its path."""
    given = request.query
    for route in _routes():
        match = route.pattern.fullmatch(request.path)
        if match and route.operation.http["method"] == request.method and route.query.items() <= given.items():
            return route.operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


@cache
def _routes() -> list[_Route]:
    """API Gateway's operations, those with most literal text first."""
    routes = [_route(model().operation_model(name)) for name in model().operation_names]
    return sorted(routes, key=lambda route: (len(route.query), route.literal), reverse=True)


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    parts = re.split(r"(\{[^}]*\})", path)
    pattern = "".join(_label(part) if part.startswith("{") else re.escape(part) for part in parts)
    literal = sum(len(part) for part in parts if not part.startswith("{"))
    return _Route(operation, re.compile(pattern), parse_qs(query, keep_blank_values=True), literal)


def _label(part: str) -> str:
    name = part.strip("{}")
    greedy = name.endswith("+")
    return f"(?P<{name.rstrip('+')}>{'.+' if greedy else '[^/]+'})"
