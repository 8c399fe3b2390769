"""The document for people and tools: with a server to call, and nothing in it that is known only to AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.address import Address
from controller.gateway import Environment
from controller.kinds.rest.base_path_mapping import NONE
from controller.kinds.rest.openapi.document import document
from controller.model import Resource


STAGE_VARIABLES = "x-stage-variables"
"""Of a server: the variables of its stage. OpenAPI has no word for them, and AWS has none either."""

_DEFAULT = {"default": {"description": "whatever the backend answers"}}


def exported(
    root: Address, resources: Mapping[Address, Resource], where: Environment, stage: str = ""
) -> dict[str, Any]:
    """A valid OpenAPI document of the API at `root`; with a stage, it says where that one answers.

    An import of it makes the same API again. VPC links are in it by their logical names.
    """
    found: dict[str, Any] = _named(document(root, resources))
    for path in found["paths"].values():
        for operation in path.values():
            # OpenAPI asks for an answer at least; what a proxied backend answers is its own affair.
            operation["responses"] = operation["responses"] or _DEFAULT
    if stage:
        own = found.pop("servers", [{}])[0]
        known = _servers(root.child("Stage", stage), resources, where)
        servers = [{**own, **server} for server in known] or [own]
        found = {"openapi": found.pop("openapi"), "info": found.pop("info"), "servers": servers, **found}
    return found


def _servers(stage: Address, resources: Mapping[Address, Resource], where: Environment) -> Iterator[dict[str, Any]]:
    """The custom domains that lead to the stage, then the address that AWS gives it."""
    variables = getattr(resources[stage], "variables", {})
    about = {STAGE_VARIABLES: dict(sorted(variables.items()))} if variables else {}
    for at, mapping in sorted(resources.items()):
        led: Any = mapping
        if at.kind == "BasePathMapping" and at.parent and led.api == stage.root.key:
            path = [at.key] * (at.key != NONE) + [stage.key] * (led.stage is None)
            if led.stage in (None, stage.key):
                yield {"url": "/".join([f"https://{at.parent.key}", *path]), **about}
    if not getattr(resources[stage.root], "disableExecuteApiEndpoint", False):
        host = f"https://{{restApiId}}.execute-api.{where.region}.{where.domain}"
        name = {"default": "restApiId", "description": "The id that AWS has given the API."}
        yield {"url": f"{host}/{stage.key}", "variables": {"restApiId": name}, **about}


def _named(value: Any) -> Any:
    """Plain data: addresses by their logical names."""
    match value:
        case Address():
            return value.key
        case Mapping():
            return {key: _named(item) for key, item in value.items()}
        case list() | tuple():
            return [_named(item) for item in value]
        case _:
            return value
