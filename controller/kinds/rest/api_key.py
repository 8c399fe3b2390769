"""ApiKey: what a caller sends to be counted by a usage plan.

A new value is a new key: it takes its place in usage plans before the old one is deleted. One default is not AWS's:
a key is enabled unless the spec says otherwise (docs/adr/0004-api-keys-enabled.md).
Facts: API Gateway API reference, CreateApiKey and UpdateApiKey.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo

from controller.address import Address
from controller.facets import CREATE_ONLY, SENSITIVE, WRITE_ONLY, ServerDefault, Wire
from controller.impact import Impact
from controller.kinds.rest.dialect import RootKind
from controller.kinds.rest.rest_api import Tags, live_tags
from controller.model import register
from controller.terms import Context, Listing, Scope, Turn


def _secret(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and (info.context or {}).get("spec"):
        msg = "a key's value is a secret and does not belong in git: refer to it, as in {$env: NAME}"
        raise ValueError(msg)
    return value


@register
class ApiKey(RootKind):
    """An API key."""

    kind = "ApiKey"
    listing = Listing("GetApiKeys", params={"includeValues": True})
    id_field = "id"

    param = "apiKey"
    create = "CreateApiKey"
    update = "UpdateApiKey"
    delete = "DeleteApiKey"
    arn = "apikeys"
    read_one = "GetApiKey"
    read_params = {"includeValue": True}
    make_before_break = True

    name: Annotated[str, Wire(always=True)] = ""
    description: Annotated[str | None, Wire(clear="empty")] = None
    enabled: Annotated[bool, Wire(always=True)] = True
    value: Annotated[SecretStr | None, BeforeValidator(_secret), SENSITIVE, CREATE_ONLY, ServerDefault()] = Field(
        None, description="A reference such as {$env: NAME}; AWS makes one up when absent."
    )
    customerId: Annotated[str | None, Wire(clear="empty")] = None
    generateDistinctId: Annotated[bool, WRITE_ONLY] = False
    tags: Tags = {}

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        return cls.model_validate({"name": key, **raw}, strict=True, context={"spec": True})

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        return super().from_aws({**payload, "tags": live_tags(payload)}, context)

    def kept(self, at: Address, live: Mapping[Address, Any], scope: Scope) -> tuple[dict[str, Any], str]:
        return {}, "The key keeps the value it has. To set it from here: value: {$env: NAME}, or {$secret: NAME}."

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        before = next((place for place, heir in turn.heirs.items() if heir == at), None)
        if new and (before if old is None else new.replaces(old)):
            told = f"API key {at.key} gets another value: that of before is no longer accepted"
            yield Impact("api-key-replaced", told, "value", (before or at,))
        elif old and old.enabled and not new and at not in turn.heirs:
            yield Impact("api-key-removed", f"API key {at.key} is deleted, and no longer accepted")
        elif old and new and old.enabled and not new.enabled:
            yield Impact("api-key-disabled", f"API key {at.key} is disabled, and no longer accepted", "enabled")
        elif old and new and new.enabled and not old.enabled:
            yield Impact("api-key-enabled", f"API key {at.key} is accepted again", "enabled")

    def claims(self, at: Address) -> frozenset[tuple[Any, ...]]:
        return frozenset({("ApiKey", self.value.get_secret_value())} if self.value else ())
