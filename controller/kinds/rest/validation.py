"""Model and RequestValidator: what a request or answer must look like.

Facts: API Gateway API reference, CreateModel, UpdateModel, CreateRequestValidator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field

from controller.address import Address
from controller.call import Call, Text
from controller.facets import CREATE_ONLY, Json, Wire, dumped
from controller.impact import Impact
from controller.kinds.rest import admission, patch
from controller.kinds.rest.dialect import RestKind
from controller.model import Resource, register
from controller.terms import Context, Listing, Slot, Turn


_URL = "https://apigateway.amazonaws.com/restapis/"
_LOCAL = "#/models/"
_ERROR = {"type": "object", "properties": {"message": {"type": "string"}}}
"""What the model Error says on AWS, apart from its title; Empty says that it is an object."""

SEEDED: Mapping[str, Mapping[str, Any]] = {
    "Empty": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Empty Schema",
        "type": "object",
    },
    "Error": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Error Schema",
        "type": "object",
        "properties": {"message": {"type": "string"}},
    },
}
"""The models that AWS puts into every API that CreateRestApi makes."""


@register
class Model(RestKind):
    """A JSON Schema, referred to by name. A `$ref` of `#/models/Name` means another model of the API."""

    kind = "Model"
    container = "RestApi"
    slot = Slot("models")
    listing = Listing("GetModels")
    definition = True
    importable = True
    builtins = frozenset(SEEDED)

    param = "modelName"
    key_param = "name"
    create = "CreateModel"
    update = "UpdateModel"
    delete = "DeleteModel"

    contentType: Annotated[str, CREATE_ONLY, Wire(always=True)] = "application/json"
    description: Annotated[str | None, Wire(clear="empty")] = Field(None, min_length=1)
    schema_: Annotated[Json, Wire(send="schema")] = Field(alias="schema", description="JSON Schema, draft 4.")

    @classmethod
    def check_key(cls, key: str) -> str | None:
        return None if re.fullmatch(r"[A-Za-z0-9]+", key) else "a model's name has letters and digits only"

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        own = re.escape(f"{_URL}{context.root}/models/")
        schema = re.sub(own, _LOCAL, payload.get("schema") or "{}")
        return super().from_aws({**payload, "schema": schema}, context)

    def told(self, at: Address) -> bool:
        if at.key not in self.builtins:
            return True
        named = {key: item for key, item in (self.schema_ or {}).items() if key not in ("$schema", "title")}
        return named not in ({}, {"type": "object"}, _ERROR) or self.contentType != "application/json"

    def refs(self, at: Address) -> frozenset[Address]:
        names = set(re.findall(rf'"\$ref":"{_LOCAL}([^"/]+)"', dumped(self.schema_)))
        return frozenset(at.root.child("Model", name) for name in names) - {at}

    def without(self, gone: Address, at: Address) -> Self | None:
        text = dumped(self.schema_).replace(f'"$ref":"{_LOCAL}{gone.key}"', '"type":"object"')
        return self.model_copy(update={"schema_": json.loads(text)})

    def creating(self, at: Address) -> list[Call]:
        bare = self.without(at, at)
        # A reference to itself can be taken up only when it is there.
        return super().creating(at) if bare in (self, None) else [*bare.creating(at), *self.updating(at, bare)]

    def dump(self, name: str, value: Any, at: Address) -> Any:
        """The schema with references to other models as AWS's URLs, which hold the API's id."""
        pieces = re.split(rf'(?<="\$ref":"){_LOCAL}', dumped(value))
        if len(pieces) == 1:
            return pieces[0]
        parts: list[str | Address] = [pieces[0]]
        for piece in pieces[1:]:
            parts += [_URL, at.root, f"/models/{piece}"]
        return Text(tuple(parts))

    def patch(self, at: Address, old: Self) -> list[patch.Operation]:
        return [
            operation | {"value": self.dump("schema", self.schema_, at)}
            if operation["path"] == "/schema"
            else operation
            for operation in super().patch(at, old)
        ]

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if old and new:
            yield from admission.of_model(at, turn)

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        if not self.schema_:
            yield "schema", "a schema that says nothing is refused by AWS: give at least a type"


@register
class RequestValidator(RestKind):
    """Which parts of a request are checked before the integration sees it."""

    kind = "RequestValidator"
    container = "RestApi"
    slot = Slot("requestValidators")
    listing = Listing("GetRequestValidators")
    id_field = "id"
    definition = True
    importable = True

    param = "requestValidatorId"
    key_param = "name"
    create = "CreateRequestValidator"
    update = "UpdateRequestValidator"
    delete = "DeleteRequestValidator"

    validateRequestBody: bool = False
    validateRequestParameters: bool = False

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if old and new:
            yield from admission.of_validator(at, old, new, turn)
