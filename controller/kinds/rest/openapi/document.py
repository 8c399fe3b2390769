"""The document of one API: its settings, and what stands beside its paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from controller.address import Address
from controller.facets import wired
from controller.kinds.rest.documentation import location
from controller.kinds.rest.openapi.operations import Operations, reference
from controller.kinds.rest.openapi.security import Schemes
from controller.kinds.rest.openapi.terms import (
    ANY_METHOD,
    DOCUMENTATION,
    ENDPOINT_CONFIGURATION,
    GATEWAY_RESPONSES,
    REQUEST_VALIDATORS,
    SETTINGS,
)
from controller.kinds.rest.validation import SEEDED
from controller.model import Resource


if TYPE_CHECKING:
    from controller.kinds.rest.rest_api import RestApi


class Tree:
    """The resources of one root, by container."""

    def __init__(self, resources: Mapping[Address, Resource], root: Address) -> None:
        self._inside: dict[Address, list[Address]] = {}
        self._resources = resources
        for at in sorted(at for at in resources if at.parent and at.within(root)):
            self._inside.setdefault(at.parent or root, []).append(at)

    def of(self, container: Address, kind: str) -> Iterator[tuple[Address, Any]]:
        """What is of that kind right inside a container, in a fixed order."""
        return ((at, self._resources[at]) for at in self._inside.get(container, ()) if at.kind == kind)


def document(root: Address, resources: Mapping[Address, Resource], *, documented: bool = True) -> dict[str, Any]:
    """The OpenAPI 3.0 document of the API at `root`.

    Ids of VPC links are values that a call resolves late, and so stand in the document. With `documented`, the
    documentation parts are in it.
    """
    api: RestApi = resources[root]  # type: ignore[assignment]
    tree = Tree(resources, root)
    schemes = Schemes(tree.of(root, "Authorizer"))
    operations = Operations(tree, schemes)
    about = {"title": api.name, "version": api.version or "", "description": api.description}
    found = {
        "openapi": "3.0.1",
        "info": {name: value for name, value in about.items() if value is not None},
        "servers": _servers(api),
        "paths": {at.key: _path(at, tree, operations) for at, _ in tree.of(root, "Path")},
    }
    components = {
        "schemas": {**_seeded(resources, root), **dict(_models(root, tree))},
        "securitySchemes": schemes.written(),
    }
    found["components"] = {name: part for name, part in components.items() if part}
    found |= {word: wired(value) for word, name in SETTINGS.items() if (value := _setting(api, name)) is not None}
    found |= _beside(root, tree, documented=documented)
    return {name: value for name, value in found.items() if value or name in ("paths", *SETTINGS)}


def _models(root: Address, tree: Tree) -> Iterator[tuple[str, Any]]:
    return ((at.key, reference(model.schema_)) for at, model in tree.of(root, "Model"))


def _seeded(resources: Mapping[Address, Resource], root: Address) -> dict[str, Any]:
    """The models that are in every API, as far as they are referred to."""
    named = {name for at, item in resources.items() if at.within(root) for name in item.refs(at)}
    keys = sorted(name.key for name in named if name.kind == "Model" and name.key in SEEDED)
    return {key: dict(SEEDED[key]) for key in keys}


def _setting(api: RestApi, name: str) -> Any:
    value = getattr(api, name)
    return None if value == type(api).model_fields[name].default else value


def _servers(api: RestApi) -> list[dict[str, Any]]:
    """OpenAPI 3 has the endpoint's configuration where the URL is; which URL it is, an import does not look at."""
    endpoint = {
        "disableExecuteApiEndpoint": api.disableExecuteApiEndpoint,
        "vpcEndpointIds": sorted(api.endpointConfiguration.vpcEndpointIds),
    }
    given = {name: value for name, value in endpoint.items() if value}
    return [{"url": "/", ENDPOINT_CONFIGURATION: given}] if given else []


def _path(at: Address, tree: Tree, operations: Operations) -> dict[str, Any]:
    return {
        ANY_METHOD if verb.key == "ANY" else verb.key.lower(): operations.written(verb, method)
        for verb, method in tree.of(at, "Method")
    }


def _beside(root: Address, tree: Tree, *, documented: bool) -> dict[str, Any]:
    validators = {
        at.key: {
            "validateRequestBody": item.validateRequestBody,
            "validateRequestParameters": item.validateRequestParameters,
        }
        for at, item in tree.of(root, "RequestValidator")
    }
    answers = {at.key: _answer(item) for at, item in tree.of(root, "GatewayResponse")}
    parts = [
        {"location": location(at.key), "properties": item.properties}
        for at, item in tree.of(root, "DocumentationPart")
    ]
    found: dict[str, Any] = {REQUEST_VALIDATORS: validators, GATEWAY_RESPONSES: answers}
    return found | ({DOCUMENTATION: {"documentationParts": parts}} if parts and documented else {})


def _answer(item: Any) -> dict[str, Any]:
    fields = {
        "statusCode": item.statusCode,
        "responseParameters": dict(item.responseParameters),
        "responseTemplates": dict(item.responseTemplates),
    }
    return {name: value for name, value in fields.items() if value}
