"""Methods as operations, with their integrations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from controller.address import Address
from controller.facets import wired
from controller.kinds.rest.openapi.security import Schemes
from controller.kinds.rest.openapi.terms import (
    INTEGRATION,
    INTEGRATION_FIELDS,
    LOCATIONS,
    REQUEST_VALIDATOR,
    RESPONSE_FIELDS,
)


if TYPE_CHECKING:
    from controller.kinds.rest.openapi.document import Tree

_VARIABLE = re.compile(r"\{([^{}+]+)\}")
_PLACES = {aws: place for place, aws in LOCATIONS.items()}
_SCHEMAS = "#/components/schemas/"
_MODELS = "#/models/"
_HEADER = "method.response.header."


def reference(schema: Any) -> Any:
    """A model's schema with its references to other models as the document's."""
    match schema:
        case dict():
            return {
                word: item.replace(_MODELS, _SCHEMAS, 1)
                if word == "$ref" and isinstance(item, str) and item.startswith(_MODELS)
                else reference(item)
                for word, item in schema.items()
            }
        case list():
            return [reference(item) for item in schema]
        case _:
            return schema


class Operations:
    """Writes the operations of one document."""

    def __init__(self, tree: Tree, schemes: Schemes) -> None:
        self._tree, self._schemes = tree, schemes
        self._names: Counter[str] = Counter()

    def written(self, at: Address, method: Any) -> dict[str, Any]:
        """The operation of a method. An id must be the only one of its name: further ones are left out."""
        found: dict[str, Any] = {}
        if method.operationName and not self._names[method.operationName]:
            found["operationId"] = method.operationName
        self._names[method.operationName] += 1
        if parameters := [*_parameters(at, method)]:
            found["parameters"] = parameters
        if method.requestModels:
            found["requestBody"] = {"content": _content(method.requestModels), "required": True}
        answers = self._of(at, "MethodResponse")
        found["responses"] = {status.key: _response(status, item) for status, item in answers}
        if security := self._schemes.asked(method):
            found["security"] = security
        if method.requestValidator:
            found[REQUEST_VALIDATOR] = method.requestValidator
        for place, integration in self._of(at, "Integration"):
            found[INTEGRATION] = self._integration(place, integration)
        return found

    def _of(self, at: Address, kind: str) -> Iterator[tuple[Address, Any]]:
        return self._tree.of(at, kind)

    def _integration(self, at: Address, integration: Any) -> dict[str, Any]:
        found = {
            word: wired(getattr(integration, name))
            for word, name in INTEGRATION_FIELDS.items()
            if getattr(integration, name) != type(integration).model_fields[name].default
        }
        if integration.vpcLink:
            # The id is known late.
            found["connectionId"] = Address("VpcLink", integration.vpcLink)
        found["type"] = integration.type.lower()
        found["passthroughBehavior"] = integration.passthroughBehavior.lower()
        responses = {
            item.selectionPattern or "default": {"statusCode": status.key}
            | {name: wired(getattr(item, name)) for name in RESPONSE_FIELDS if getattr(item, name)}
            for status, item in self._of(at, "IntegrationResponse")
        }
        return found | ({"responses": responses} if responses else {})


def _parameters(at: Address, method: Any) -> Iterator[dict[str, Any]]:
    """What the request may carry. An import declares the path's variables by itself; OpenAPI wants them said."""
    path = at.parent.key if at.parent else ""
    given = {f"method.request.path.{name}": True for name in _VARIABLE.findall(path)} | method.requestParameters
    for key, required in sorted(given.items()):
        _, _, aws, name = key.split(".", 3)
        if aws in _PLACES:
            yield {"name": name, "in": _PLACES[aws], "required": required, "schema": {"type": "string"}}


def _content(models: dict[str, str]) -> dict[str, Any]:
    return {media: {"schema": {"$ref": f"{_SCHEMAS}{name}"}} for media, name in sorted(models.items())}


def _response(status: Address, item: Any) -> dict[str, Any]:
    headers = {
        key.removeprefix(_HEADER): {"schema": {"type": "string"}} | ({"required": True} if required else {})
        for key, required in sorted(item.responseParameters.items())
        if key.startswith(_HEADER)
    }
    found: dict[str, Any] = {"description": f"{status.key} response"}
    if headers:
        found["headers"] = headers
    if item.responseModels:
        found["content"] = _content(item.responseModels)
    return found
