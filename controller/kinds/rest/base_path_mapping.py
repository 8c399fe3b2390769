"""BasePathMapping: which API, and which of its stages, answers under a domain's path.

The path of the whole domain is `(none)`, in AWS's words; "" means the same here. Facts: API Gateway API reference,
CreateBasePathMapping and UpdateBasePathMapping, whose patch path of the API is spelt /restapiId.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import Field

from controller.address import Address
from controller.call import Call
from controller.facets import Ref, Wire
from controller.impact import Impact
from controller.kinds.rest import patch
from controller.kinds.rest.dialect import RestKind
from controller.model import Resource, register
from controller.terms import Context, Listing, Slot, Turn


NONE = "(none)"


@register
class BasePathMapping(RestKind):
    """What a path of a domain leads to."""

    kind = "BasePathMapping"
    container = "DomainName"
    slot = Slot("basePathMappings")
    listing = Listing("GetBasePathMappings")
    key_field = "basePath"

    param = "basePath"
    create = "CreateBasePathMapping"
    update = "UpdateBasePathMapping"
    delete = "DeleteBasePathMapping"

    api: Annotated[str | None, Ref("RestApi", raw="restApiId"), Wire(send="restApiId", patch="/restapiId")] = Field(
        None, description="A RestApi by its logical name."
    )
    restApiId: Annotated[str | None, Wire(patch="/restapiId")] = Field(
        None, description="The AWS id of an API that is not managed here."
    )
    stage: str | None = Field(None, description="Without one, callers name the stage in the path.")

    @classmethod
    def canonical_key(cls, key: str) -> str:
        return key or NONE

    @classmethod
    def check_key(cls, key: str) -> str | None:
        if "/" in key:
            return "a path of several levels is for AWS's newer API (ApiMapping), which is not managed here"
        fits = key == NONE or re.fullmatch(r"[A-Za-z0-9$_.+!*'()-]{1,300}", key)
        return None if fits else "a base path has letters, digits and $-_.+!*'() only"

    @classmethod
    def managed(cls, item: Mapping[str, Any]) -> bool:
        return "/" not in item.get("basePath", "")

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        return super().from_aws({k: v for k, v in payload.items() if v != NONE}, context)

    @classmethod
    def key_of(cls, item: Mapping[str, Any], context: Context) -> str:
        return item.get("basePath") or NONE

    def refs(self, at: Address) -> frozenset[Address]:
        named = super().refs(at)
        return named | {api.child("Stage", self.stage) for api in named if self.stage}

    def without(self, gone: Address, at: Address) -> Self | None:
        return None

    def leaves_first(self) -> bool:
        # AWS is only reported to take mappings along, and an API cannot go before them.
        return True

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        if bool(self.api) == bool(self.restApiId):
            yield "", "give an api, or the restApiId of one that is not managed here"
        if self.stage == NONE:
            yield "stage", "leave the stage out to have callers name it"

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        place = f"{at.root.key}{'' if at.key == NONE else f'/{at.key}'}"
        if old and not new:
            yield Impact("base-path-removed", f"{place} leads nowhere ({old.aim} before)")
        elif old and new and old.aim != new.aim:
            moved = [name for name in ("api", "restApiId", "stage") if getattr(old, name) != getattr(new, name)]
            yield Impact("base-path-moved", f"{place} leads to {new.aim}, no longer to {old.aim}", moved[0])

    @property
    def aim(self) -> str:
        """The API and the stage that the path leads to, in words."""
        api = f"API {self.api or self.restApiId}"
        return f"stage {self.stage} of {api}" if self.stage else api

    def creating(self, at: Address) -> list[Call]:
        (call,) = super().creating(at)
        params = {name: value for name, value in call.params.items() if value != NONE}
        # AWS refuses a domain or stage that is too new; how it words that is not documented.
        return [replace(call, params=params, settles=30)]

    def patch(self, at: Address, old: Self) -> list[patch.Operation]:
        return [{"value": NONE, **operation} for operation in super().patch(at, old)]
