"""Method and MethodResponse: a verb of a path and what it may answer.

Facts: API Gateway API reference, PutMethod, UpdateMethod, PutMethodResponse, UpdateMethodResponse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from controller.address import Address
from controller.facets import Ref, StringSet, Wire
from controller.impact import Impact
from controller.kinds.rest import admission, cors_change
from controller.kinds.rest.dialect import RestKind
from controller.kinds.rest.routes import ANY, route, server
from controller.model import Resource, register
from controller.terms import Slot, Turn


VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")
_VARIABLE = "method.request.path."
STATUS = re.compile(r"[1-5]\d\d")


@register
class Method(RestKind):
    """A verb of a path."""

    kind = "Method"
    container = "Path"
    slot = Slot("methods", payload="resourceMethods")
    key_field = "httpMethod"
    usual_order = VERBS
    definition = True
    importable = True

    param = "httpMethod"
    create = "PutMethod"
    update = "UpdateMethod"
    delete = "DeleteMethod"

    authorizationType: Annotated[Literal["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"], Wire(always=True)] = (
        "NONE"
    )
    authorizer: Annotated[str | None, Ref("Authorizer"), Wire(send="authorizerId")] = None
    apiKeyRequired: bool = False
    operationName: str | None = None
    requestValidator: Annotated[str | None, Ref("RequestValidator"), Wire(send="requestValidatorId")] = None
    requestParameters: dict[str, bool] = {}
    requestModels: Annotated[dict[str, str], Ref("Model", by_id=False)] = {}
    authorizationScopes: Annotated[StringSet, Wire(element="value")] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _upper(cls, values: Any) -> Any:
        kind = values.get("authorizationType") if isinstance(values, dict) else None
        return {**values, "authorizationType": kind.upper()} if isinstance(kind, str) else values

    @classmethod
    def check_key(cls, key: str) -> str | None:
        return None if key in VERBS else f"expected a verb in capitals: {', '.join(VERBS)}"

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        if at.child("Integration") not in desired:
            yield "", f"{at.key} has no integration: AWS refuses to deploy such a method"
        if self.authorizationType in ("CUSTOM", "COGNITO_USER_POOLS") and not self.authorizer:
            yield "authorizationType", f"{self.authorizationType} needs an authorizer"
        if self.authorizer and self.authorizationType in ("NONE", "AWS_IAM"):
            yield "authorizer", f"an authorizer does not go with authorizationType {self.authorizationType}"
        names = [key.rpartition(".")[2] for key in self.requestParameters]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield "requestParameters", f"{name}: names must be unique across querystring, header and path"

    def aligned(self, desired: Self) -> Self:
        # An import declares the variables of the path by itself; that makes no difference to what is served.
        found = super().aligned(desired)
        kept = {
            name: required
            for name, required in found.requestParameters.items()
            if name in desired.requestParameters or not name.startswith(_VARIABLE)
        }
        return found.model_copy(update={"requestParameters": kept})

    def widened(self, old: Self) -> Self:
        # An integration may still map a parameter that goes, or already one that comes.
        both = old.requestParameters | self.requestParameters
        return self.model_copy(update={"requestParameters": both})

    def without(self, gone: Address, at: Address) -> Self | None:
        let_go = super().without(gone, at)
        if let_go is not None and gone.kind == "Authorizer":
            open_one = {"authorizationType": "NONE", "authorizationScopes": frozenset()}
            return let_go.model_copy(update=open_one)
        return let_go

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        before, after = server(at, turn.live), server(at, turn.desired)
        if before and after:
            sides = ((before, turn.live), (after, turn.desired))
            yield from admission.judged(
                at, *(admission.Serving(family[place], at.root, family) for place, family in sides)
            )
        elif before == at and not cors_change.is_preflight(at, turn.live):
            yield from _removed(at, turn)


def _removed(at: Address, turn: Turn) -> Iterator[Impact]:
    """A route that nothing answers any more. Of ANY, only the verbs that nothing else answers are lost."""
    verbs = [verb for verb in VERBS if verb != ANY] if at.key == ANY else [at.key]
    places = [Address(at.kind, verb, at.parent) for verb in verbs]
    lost = [place.key for place in places if place not in turn.live and server(place, turn.desired) is None]
    if at.key != ANY:
        yield Impact("method-removed", f"{route(at)} answers no more")
    elif lost:
        yield Impact("method-removed", f"{route(at)} answers no more: not to {', '.join(lost)}")


@register
class MethodResponse(RestKind):
    """A status that a method may answer, with its headers and models."""

    kind = "MethodResponse"
    container = "Method"
    slot = Slot("responses", payload="methodResponses")
    key_field = "statusCode"
    definition = True
    importable = True

    param = "statusCode"
    create = "PutMethodResponse"
    update = "UpdateMethodResponse"
    delete = "DeleteMethodResponse"

    responseParameters: dict[str, bool] = {}
    responseModels: Annotated[dict[str, str], Ref("Model", by_id=False)] = {}

    @classmethod
    def check_key(cls, key: str) -> str | None:
        return None if STATUS.fullmatch(key) else "expected a status code such as 200"

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        method = at.parent
        mapped = method and method.child("Integration").child("IntegrationResponse", at.key) in turn.live
        if method is None or old is None or method not in turn.desired or (new is None and mapped):
            return
        left = new.responseModels if new else {}
        for kind, model in sorted(old.responseModels.items()):
            if model != "Empty" and left.get(kind, "Empty") == "Empty":
                told = f"{route(method)} no longer says that its answer {at.key} ({kind}) is a {model}"
                yield Impact("response-model-removed", told, "responseModels")

    def widened(self, old: Self) -> Self:
        both = old.responseParameters | self.responseParameters
        return self.model_copy(update={"responseParameters": both})
