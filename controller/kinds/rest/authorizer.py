"""Authorizer: who may call a method, decided by a Lambda function or a Cognito user pool.

Facts: API Gateway API reference, CreateAuthorizer and UpdateAuthorizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from controller.address import Address
from controller.call import Call
from controller.facets import ROLE, ServerDefault, StringSet, Wire, inside
from controller.impact import Impact
from controller.kinds.rest import admission, lambdas
from controller.kinds.rest.dialect import RestKind
from controller.model import Resource, register
from controller.terms import Context, Listing, Scope, Slot, Turn


COGNITO = "COGNITO_USER_POOLS"
_HEADER = "method.request.header.Authorization"


@register
class Authorizer(RestKind):
    """An authorizer, referred to by name from methods."""

    kind = "Authorizer"
    container = "RestApi"
    slot = Slot("authorizers")
    listing = Listing("GetAuthorizers")
    id_field = "id"
    definition = True
    importable = True
    shorthands = {"lambda": str}

    param = "authorizerId"
    key_param = "name"
    create = "CreateAuthorizer"
    update = "UpdateAuthorizer"
    delete = "DeleteAuthorizer"

    type: Literal["TOKEN", "REQUEST", "COGNITO_USER_POOLS"]
    providerARNs: Annotated[StringSet, Wire(element="value")] = frozenset()
    authorizerUri: str | None = None
    authorizerCredentials: Annotated[str | None, ROLE, Wire(clear="empty")] = None
    identitySource: Annotated[str | None, Wire(clear="remove")] = Field(
        None, description=f"By default {_HEADER} for TOKEN and {COGNITO}."
    )
    identityValidationExpression: Annotated[str | None, Wire(clear="empty")] = None
    authorizerResultTtlInSeconds: int = Field(300, ge=0, le=3600, description="Seconds; 0 is off.")
    authType: Annotated[str | None, ServerDefault()] = None

    @classmethod
    def desugar(cls, raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
        source = {} if raw.get("type") == "REQUEST" else {"identitySource": _HEADER}
        return source | lambdas.authorizer(raw, scope)

    @classmethod
    def fold(cls, spec: dict[str, Any], scope: Scope, said: Mapping[str, Any] | None) -> dict[str, Any]:
        found = {key: value for key, value in spec.items() if key != "identitySource" or value != _HEADER}
        if spec["type"] == "REQUEST":
            found = spec
        elif "identitySource" not in spec:
            found = {**spec, "identitySource": None}
        return lambdas.fold_authorizer(found, scope) if said is None or "lambda" in said else found

    def authored(self, at: Address, ids: Mapping[Address, str]) -> dict[str, Any]:
        return {key: value for key, value in super().authored(at, ids).items() if key != "authType"}

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        return super().from_spec(key, raw).tidied()

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        return super().from_aws(payload, context).tidied()

    def tidied(self) -> Self:
        """Spaces in the list of sources mean nothing; neither does a Cognito authorizer's time to live."""
        changes: dict[str, Any] = {}
        if self.identitySource:
            changes["identitySource"] = re.sub(r"\s*,\s*", ",", self.identitySource.strip())
        if self.type == COGNITO:
            changes["authorizerResultTtlInSeconds"] = 300
        return self.model_copy(update=changes)

    def replaces(self, old: Self) -> tuple[str, ...]:
        changed = self.type != old.type and COGNITO in (self.type, old.type)
        return (*super().replaces(old), *(["type"] if changed else []))

    def creating(self, at: Address) -> list[Call]:
        calls = super().creating(at)
        if self.type == COGNITO and self.authorizerCredentials:
            # The create call leaves the credentials of a Cognito authorizer out without a word.
            bare = self.model_copy(update={"authorizerCredentials": None})
            calls += self.patching(at, bare)
        return calls

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if old and new:
            yield from admission.of_authorizer(at, old, new, turn)

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        if self.type == COGNITO and not self.providerARNs:
            yield "type", f"{COGNITO} needs providerARNs"
        if self.type != COGNITO and not self.authorizerUri:
            yield "type", f"{self.type} needs lambda, or an authorizerUri"
        if self.type == "REQUEST" and not self.identitySource and self.authorizerResultTtlInSeconds:
            yield "type", "REQUEST needs an identitySource, or authorizerResultTtlInSeconds: 0"


def with_authorization(raw: dict[str, Any]) -> dict[str, Any]:
    """An API's spec in which `authorizer:` on a method has brought the authorizationType along."""
    authorizers, paths = raw.get("authorizers"), raw.get("paths")
    if not isinstance(authorizers, Mapping) or not isinstance(paths, Mapping):
        return raw
    types = {
        name: COGNITO if content.get("type") == COGNITO else "CUSTOM"
        for name, content in authorizers.items()
        if isinstance(content, Mapping)
    }
    return {**raw, "paths": {path: _authorized(content, types) for path, content in paths.items()}}


def without_authorization(spec: dict[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse: methods do not say what their authorizer says, except where their author did."""
    types = {
        name: COGNITO if content["type"] == COGNITO else "CUSTOM"
        for name, content in spec.get("authorizers", {}).items()
    }
    for path, content in spec.get("paths", {}).items():
        for verb, method in content.get("methods", {}).items():
            explicit = "authorizationType" in inside(said, "paths", path, "methods", verb)
            if not explicit and types.get(method.get("authorizer")) == method.get("authorizationType"):
                method.pop("authorizationType", None)
    return spec


def _authorized(path: Any, types: Mapping[str, str]) -> Any:
    methods = path.get("methods") if isinstance(path, Mapping) else None
    if not isinstance(methods, Mapping):
        return path
    found = {
        verb: {"authorizationType": types[method["authorizer"]], **method}
        if isinstance(method, Mapping) and str(method.get("authorizer")) in types
        else method
        for verb, method in methods.items()
    }
    return {**path, "methods": found}
