"""Integration and IntegrationResponse: what a method calls, and how the answer is mapped back.

Facts: API Gateway API reference, PutIntegration, UpdateIntegration, PutIntegrationResponse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from controller.address import Address
from controller.call import Call
from controller.facets import CREATE_ONLY, ROLE, Ref, ServerDefault, StringSet, Value, Wire
from controller.impact import Impact
from controller.kinds.rest import cors_change, lambdas, patch
from controller.kinds.rest.dialect import RestKind
from controller.kinds.rest.method import STATUS
from controller.kinds.rest.routes import PREFLIGHT, route
from controller.model import Resource, register
from controller.terms import Family, Scope, Slot, Turn


_ANSWERED = "method.response.header."
ContentHandling = Annotated[Literal["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"] | None, Wire(clear="empty")]


class TlsConfig(Value):
    """How the certificate of an HTTPS backend is checked."""

    insecureSkipVerification: bool = False


@register
class Integration(RestKind):
    """The backend of a method."""

    kind = "Integration"
    container = "Method"
    slot = Slot("integration", payload="methodIntegration", shape="one")
    definition = True
    importable = True
    shorthands = {"lambda": str}

    create = "PutIntegration"
    update = "UpdateIntegration"
    delete = "DeleteIntegration"

    type: Annotated[Literal["AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"], CREATE_ONLY]
    integrationHttpMethod: Annotated[str | None, Wire(read="httpMethod", patch="/httpMethod")] = None
    uri: str | None = None
    connectionType: Literal["INTERNET", "VPC_LINK"] = "INTERNET"
    connectionId: str | None = None
    vpcLink: Annotated[
        str | None, Ref("VpcLink", raw="connectionId"), Wire(send="connectionId", patch="/connectionId")
    ] = Field(None, description="A VpcLink by its logical name; brings connectionType VPC_LINK along.")
    integrationTarget: str | None = None
    credentials: Annotated[str | None, CREATE_ONLY, ROLE] = None
    requestParameters: dict[str, str] = {}
    requestTemplates: dict[str, str] = {}
    passthroughBehavior: Literal["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"] = "WHEN_NO_MATCH"
    contentHandling: ContentHandling = None
    timeoutInMillis: int = Field(29000, ge=50, le=900000)
    cacheNamespace: Annotated[str | None, ServerDefault()] = None
    cacheKeyParameters: Annotated[StringSet, Wire(follow_up=True)] = frozenset()
    tlsConfig: TlsConfig = TlsConfig()
    responseTransferMode: Literal["BUFFERED", "STREAM"] = "BUFFERED"

    @model_validator(mode="before")
    @classmethod
    def _canonical(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        # AWS accepts both for a MOCK and gives neither back.
        dropped = ("uri", "integrationHttpMethod") if values.get("type") == "MOCK" else ()
        kept = {key: value for key, value in values.items() if key not in dropped}
        if "requestTemplates" in kept:
            kept["requestTemplates"] = _texts(kept["requestTemplates"])
        return kept

    @classmethod
    def desugar(cls, raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
        linked = {"connectionType": "VPC_LINK"} if raw.get("vpcLink") else {}
        return linked | lambdas.integration(raw, scope)

    @classmethod
    def fold(cls, spec: dict[str, Any], scope: Scope, said: Mapping[str, Any] | None) -> dict[str, Any]:
        linked = spec.get("vpcLink") and "connectionType" not in (said or {})
        short = {key: value for key, value in spec.items() if key != "connectionType"} if linked else spec
        return lambdas.fold_integration(short, scope) if said is None or "lambda" in said else short

    def authored(self, at: Address, ids: Mapping[Address, str]) -> dict[str, Any]:
        # AWS names the cache after the path's id.
        path = ids.get(at.lineage[1], "")
        found = super().authored(at, ids)
        return {key: value for key, value in found.items() if key != "cacheNamespace" or value != path}

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        if self.type != "MOCK" and not self.uri:
            yield "type", f"{self.type} needs a uri"
        if self.type != "MOCK" and not self.integrationHttpMethod:
            yield "type", f"{self.type} needs an integrationHttpMethod"
        if self.type.startswith("AWS") and self.uri and not self.uri.startswith("arn:"):
            yield (
                "uri",
                f"{self.type} needs an ARN, arn:aws:apigateway:{{region}}:{{service}}:path/… or action/…",
            )
        if self.connectionType == "VPC_LINK" and not (self.vpcLink or self.connectionId):
            yield "connectionType", "VPC_LINK needs a vpcLink, or a connectionId"
        if self.vpcLink and (self.connectionId or self.connectionType != "VPC_LINK"):
            yield "vpcLink", "a vpcLink goes with connectionType VPC_LINK and without a connectionId"
        if self.connectionType == "VPC_LINK" and not self.type.startswith("HTTP"):
            yield "connectionType", "VPC_LINK is for HTTP and HTTP_PROXY only"

    def leaves_first(self) -> bool:
        # A method deleted with its link still named keeps the link "in use" for ever.
        link = self.vpcLink or self.connectionId or ""
        return self.connectionType == "VPC_LINK" and "${stageVariables." not in link

    def updating(self, at: Address, old: Self) -> list[Call]:
        if self.requestParameters == old.requestParameters or not self.cacheKeyParameters:
            return super().updating(at, old)
        # A change of the parameters can drop cache keys without a word, so all are named again
        # by a second call.
        kept = {"cacheKeyParameters": old.cacheKeyParameters & self.cacheKeyParameters}
        first = self.model_copy(update=kept).patching(at, old)
        keyless = self.model_copy(update={"cacheKeyParameters": frozenset()})
        return [*first, *self.patching(at, keyless)]

    def patch(self, at: Address, old: Self) -> list[patch.Operation]:
        # A cache key goes before the parameter that it names.
        return sorted(super().patch(at, old), key=lambda operation: not _drops_cache_key(operation))


def _drops_cache_key(operation: patch.Operation) -> bool:
    return bool(operation["op"] == "remove") and operation["path"].startswith("/cacheKeyParameters/")


def _texts(templates: Any) -> Any:
    """AWS gives an empty template back as null."""
    if not isinstance(templates, Mapping):
        return templates
    return {key: "" if text is None else text for key, text in templates.items()}


@register
class IntegrationResponse(RestKind):
    """How one outcome of the backend becomes a method's answer."""

    kind = "IntegrationResponse"
    container = "Integration"
    slot = Slot("responses", payload="integrationResponses")
    key_field = "statusCode"
    definition = True
    importable = True

    param = "statusCode"
    create = "PutIntegrationResponse"
    update = "PutIntegrationResponse"
    delete = "DeleteIntegrationResponse"

    selectionPattern: str = ""
    responseParameters: dict[str, str] = {}
    responseTemplates: dict[str, str] = {}
    contentHandling: ContentHandling = None

    @model_validator(mode="before")
    @classmethod
    def _canonical(cls, values: Any) -> Any:
        if isinstance(values, dict) and "responseTemplates" in values:
            return {**values, "responseTemplates": _texts(values["responseTemplates"])}
        return values

    @classmethod
    def check_key(cls, key: str) -> str | None:
        return None if STATUS.fullmatch(key) else "expected a status code such as 200"

    def updating(self, at: Address, old: Self) -> list[Call]:
        # Putting the whole is one call whatever changed.
        return self.creating(at)

    @staticmethod
    def _method_response(at: Address) -> Address:
        method = at.lineage[-3]
        return method.child("MethodResponse", at.key)

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        method, backends = at.lineage[-3], (turn.live.get(at.lineage[-2]), turn.desired.get(at.lineage[-2]))
        if any(backend is not None and backend.type.endswith("_PROXY") for backend in backends):
            return  # What it answers is the backend's affair.
        if method.key == PREFLIGHT:
            yield from cors_change.judged(method, old, new, turn)
        elif old and None not in backends and not new:
            yield Impact("response-removed", f"{route(method)} no longer answers {at.key}")
        elif old and new:
            gone = old.responseParameters.keys() - new.responseParameters.keys()
            for header in sorted(name.removeprefix(_ANSWERED) for name in gone if cors_change.OURS not in name):
                told = f"{route(method)} answers {at.key} without the header {header}"
                yield Impact("response-header-removed", told, "responseParameters")

    def needs(self, at: Address) -> frozenset[Address]:
        return frozenset({self._method_response(at)})

    def claims(self, at: Address) -> frozenset[tuple[Any, ...]]:
        return frozenset({(at.parent, "selectionPattern", self.selectionPattern)})

    def check(self, at: Address, desired: Family) -> Iterator[tuple[str, str]]:
        answer: Any = desired.get(self._method_response(at))
        if answer is None:
            yield "", f"the method has no response {at.key}: add it under responses beside the integration"
            return
        for name in self.responseParameters:
            if name.startswith("method.response.header.") and name not in answer.responseParameters:
                yield (
                    "responseParameters",
                    f"{name} is not declared in the method's response {at.key}",
                )
        for other in desired.beside(at):
            if other.key > at.key and desired[other].claims(other) == self.claims(at):
                yield "selectionPattern", f"responses {at.key} and {other.key} have the same selectionPattern"
