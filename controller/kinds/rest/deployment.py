"""Deployment: the immutable snapshot that a stage serves, keyed by the digest of what it holds.

The digest is taken over the desired definition without what is at its default, with logical names and in a
fixed order: a new field in this controller redeploys nothing. It stands in the deployment's description, so a
later run recognises the deployment. Facts: API Gateway API reference, CreateDeployment.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel

from controller.address import Address
from controller.call import RAW_ID
from controller.facets import COSMETIC, DERIVED, INTERNAL, WRITE_ONLY, canonical, facets
from controller.kinds.rest import lambdas
from controller.kinds.rest.dialect import RestKind
from controller.model import KINDS, Context, Listing, Resource, Scope, register


_STAMP = re.compile(r"\bdefinition:([0-9a-f]{16})\b")
_FUNCTIONS = re.compile(r"\blambda:([A-Za-z0-9_:,-]+)")
_LONGEST = 900
"""Characters of a description given to the names of functions; AWS documents no limit."""


@register
class Deployment(RestKind):
    """A snapshot of an API's definition."""

    kind = "Deployment"
    container = "RestApi"
    listing = Listing("GetDeployments")
    id_field = "id"
    snapshot = True

    param = "deploymentId"
    create = "CreateDeployment"
    delete = "DeleteDeployment"

    description: Annotated[str, WRITE_ONLY, DERIVED] = ""
    createdDate: Annotated[datetime | None, INTERNAL] = None

    @classmethod
    def key_of(cls, item: Mapping[str, Any], context: Context) -> str:
        found = _STAMP.search(item.get("description") or "")
        return found[1] if found else f"{RAW_ID}{item['id']}"

    def recognised_by(self, at: Address, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"description": self.description}

    @classmethod
    def derive(cls, desired: dict[Address, Resource], revision: str, scope: Scope) -> None:
        """Gives each API that has stages the deployment of its definition, and the stages a reference."""
        for stage in [at for at in desired if at.kind == "Stage"]:
            key = digest(stage.root, desired)
            description = f"{f'git:{revision} ' if revision else ''}definition:{key}"
            description += _record({use.function for use in lambdas.uses(stage.root, desired, scope)})
            desired[stage.root.child(cls.kind, key)] = cls(description=description)
            served: dict[str, Any] = {"deployment": key}
            if getattr(desired[stage], "canarySettings", None):
                served["canaryDeployment"] = key
            desired[stage] = desired[stage].model_copy(update=served)


def _record(functions: Collection[str]) -> str:
    """The functions that a snapshot calls. Only this tells later whose policies may still name the API."""
    names = ""
    for function in sorted(functions):
        if len(names) + len(function) < _LONGEST:
            names += f",{function}" if names else function
    return f" lambda:{names}" if names else ""


def recorded(item: Mapping[str, Any]) -> frozenset[str]:
    """The functions that a live deployment's description names."""
    found = _FUNCTIONS.search(item.get("description") or "")
    return frozenset(found[1].split(",") if found else ())


def digest(root: Address, resources: Mapping[Address, Resource]) -> str:
    """Sixteen hexadecimal digits that stand for the definition under a root."""
    definition = {
        str(at): _content(resource)
        for at, resource in resources.items()
        if at.within(root) and KINDS[at.kind].definition
    }
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _content(value: Any) -> Any:
    """The fields that are not at their default and that a deployment snapshots."""
    if not isinstance(value, BaseModel):
        return canonical(value)
    return {
        name: _content(getattr(value, name))
        for name, facet in facets(type(value)).items()
        if facet.compared
        and COSMETIC not in facet.marks
        and getattr(value, name) != type(value).model_fields[name].default
    }
