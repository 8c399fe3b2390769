"""Deployment: the immutable snapshot that a stage serves, keyed by the digest of what it holds.

The digest is taken over the desired definition without what is at its default, with logical names and in a
fixed order: a new field in this controller redeploys nothing. It stands in the deployment's description, so a
later run recognises the deployment. So do the ids of the VPC links inside: when one of them was replaced, the
snapshot no longer is what its digest says. Facts: API Gateway API reference, CreateDeployment.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel

from controller.address import Address
from controller.call import RAW_ID, Text
from controller.facets import COSMETIC, DERIVED, INTERNAL, WRITE_ONLY, canonical, facets
from controller.kinds.rest import lambdas
from controller.kinds.rest.dialect import RestKind
from controller.model import KINDS, Around, Live, Resource, register
from controller.standing import ADOPTED_TAG
from controller.terms import Context, Listing, Scope


_STAMP = re.compile(r"\bdefinition:([0-9a-f]{16})\b")
_LINKS = re.compile(r"\bvpcLinks:([A-Za-z0-9,]+)")
_FUNCTIONS = re.compile(r"\blambda:([A-Za-z0-9_:,-]+)")
_REMEMBERED = 12
"""Snapshots that a tag remembers: its value may have 256 characters."""
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
    vpcLinks: Annotated[tuple[str, ...], INTERNAL] = ()
    createdDate: Annotated[datetime | None, INTERNAL] = None

    @classmethod
    def key_of(cls, item: Mapping[str, Any], context: Context) -> str:
        found = _STAMP.search(item.get("description") or "")
        outlived = any(name.startswith(RAW_ID) for name in _links(item, context))
        return found[1] if found and not outlived else f"{RAW_ID}{item['id']}"

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        return super().from_aws({**payload, "vpcLinks": _links(payload, context)}, context)

    @classmethod
    def gather(cls, root: Address, payload: Mapping[str, Any], around: Around) -> list[dict[str, Any]]:
        """The deployments, those that were adopted with the stamp that the root's tag remembers, or without any."""
        ids, _, stamp = adopted_deployments(payload)
        stamps = dict.fromkeys(ids, "") | dict.fromkeys(ids[:1], stamp)
        return [
            {**item, "description": stamps.get(item["id"], item.get("description", ""))}
            for item in payload.get(cls.kind, [])
        ]

    @classmethod
    def taken_over(cls, root: Address, desired: Mapping[Address, Resource], live: Live) -> dict[str, str]:
        """What the stages serve, newest first, is taken for the definition."""
        new = next((at for at in desired if at.kind == cls.kind), None)
        there = live.resources.of(root)
        served = _served(root, desired, there)
        if new is None or not served or new in there:
            return {}
        links = sorted(live.ids[link] for link in desired[new].needs(new) if link in live.ids)
        ids = tuple(live.ids[at] for at in served)[:_REMEMBERED]
        moves = {at: root.child(cls.kind, f"{RAW_ID}{live.ids[at]}") for at in served} | {served[0]: new}
        for at in (at for at in there if at.kind == "Stage"):
            _, stage = there[at].moved(at, moves, "")
            live.resources[at] = stage.model_copy(update={"adopted": (new.key, *ids)})
        live.resources.put(root, {moves.get(at, at): item for at, item in live.resources.of(root).items()})
        live.ids.put(root, {moves.get(at, at): item for at, item in live.ids.of(root).items()})
        stamp = [f"definition:{new.key}", *([f"vpcLinks:{'/'.join(links)}"] if links else [])]
        return {ADOPTED_TAG: " ".join([*ids, *stamp])}

    def recognised_by(self, at: Address, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"description": params["description"]}

    def needs(self, at: Address) -> frozenset[Address]:
        # AWS keeps a link in use as long as a stage serves a snapshot that holds it.
        return frozenset(Address("VpcLink", name) for name in self.vpcLinks)

    def moved(self, at: Address, moves: Mapping[Address, Address], aws_id: str) -> tuple[Address, Self]:
        """A snapshot that holds what was replaced is no longer what the definition says."""
        links = tuple(sorted(moves.get(link, link).key for link in self.needs(at)))
        place = at if links == self.vpcLinks else Address(at.kind, f"{RAW_ID}{aws_id}", at.parent)
        return moves.get(at, place), self.model_copy(update={"vpcLinks": links})

    def create_fields(self, at: Address) -> dict[str, Any]:
        links = [part for link in sorted(self.needs(at)) for part in (",", link)]
        tail = (" vpcLinks:", *links[1:]) if links else ()
        return {"description": Text((self.description, *tail))}

    @classmethod
    def derive(cls, desired: dict[Address, Resource], revision: str, scope: Scope) -> None:
        """Gives each API that has stages the deployment of its definition, and the stages a reference."""
        for stage in [at for at in desired if at.kind == "Stage"]:
            key = digest(stage.root, desired)
            description = f"{f'git:{revision} ' if revision else ''}definition:{key}"
            description += _record({use.function for use in lambdas.uses(stage.root, desired, scope)})
            links = _linked(stage.root, desired)
            desired[stage.root.child(cls.kind, key)] = cls(description=description, vpcLinks=links)
            served: dict[str, Any] = {"deployment": key}
            if getattr(desired[stage], "canarySettings", None):
                served["canaryDeployment"] = key
            desired[stage] = desired[stage].model_copy(update=served)


def _served(root: Address, desired: Mapping[Address, Resource], live: Mapping[Address, Resource]) -> list[Address]:
    """The snapshots that stages serve to all, or to their canary, as the specs have it.

    A stamp on one says nothing: it is another owner's, or of another name.
    """
    found = set()
    for at, stage in live.items():
        wanted: Any = desired.get(at)
        if at.kind == "Stage" and wanted:
            now: Any = stage
            key = now.canaryDeployment if now.canarySettings else now.deployment
            if key and bool(now.canarySettings) == bool(wanted.canarySettings):
                found.add(root.child("Deployment", key))
    made = {at: str(getattr(live[at], "createdDate", "")) for at in found if at in live}
    return sorted(made, key=lambda at: (made[at], str(at)), reverse=True)


def adopted_deployments(payload: Mapping[str, Any]) -> tuple[tuple[str, ...], str, str]:
    """What the tag of an adopted API remembers: ids of deployments, the digest they are taken for, and a stamp."""
    words = str((payload.get("tags") or {}).get(ADOPTED_TAG, "")).split()
    ids = tuple(word for word in words if ":" not in word)
    stamp = " ".join(words[len(ids) :]).replace("/", ",")
    found = _STAMP.search(stamp)
    return (ids, found[1], stamp) if found else ((), "", "")


def _linked(root: Address, desired: Mapping[Address, Resource]) -> tuple[str, ...]:
    """The VPC links that a definition names."""
    named = {name for at, item in desired.items() if at.within(root) for name in item.refs(at)}
    return tuple(sorted(name.key for name in named if name.kind == "VpcLink"))


def _links(item: Mapping[str, Any], context: Context) -> tuple[str, ...]:
    """The VPC links that a deployment's description tells of, by name; by id what is gone or was replaced."""
    found = _LINKS.search(item.get("description") or "")
    return tuple(sorted(context.name("VpcLink", aws_id) for aws_id in found[1].split(","))) if found else ()


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
