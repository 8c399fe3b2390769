"""GatewayResponse: the answers that API Gateway gives by itself, such as 403 and 429.

Facts: API Gateway API reference, PutGatewayResponse; developer guide, "Gateway response types". Only a response
that was customised is state; all types are always listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from controller.address import Address
from controller.call import Call
from controller.facets import Wire
from controller.kinds.rest.dialect import RestKind
from controller.model import register
from controller.terms import Listing, Slot


TEMPLATE = '{"message":$context.error.messageString}'

STATUS_CODES: Mapping[str, str | None] = {
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "UNAUTHORIZED": "401",
    "ACCESS_DENIED": "403",
    "EXPIRED_TOKEN": "403",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "WAF_FILTERED": "403",
    "RESOURCE_NOT_FOUND": "404",
    "REQUEST_TOO_LARGE": "413",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "QUOTA_EXCEEDED": "429",
    "THROTTLED": "429",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
}


@register
class GatewayResponse(RestKind):
    """A customised answer of API Gateway's own."""

    kind = "GatewayResponse"
    container = "RestApi"
    slot = Slot("gatewayResponses")
    listing = Listing("GetGatewayResponses")
    reads = frozenset({"defaultResponse"})
    key_field = "responseType"
    definition = True
    importable = True

    param = "responseType"
    create = "PutGatewayResponse"
    update = "PutGatewayResponse"
    delete = "DeleteGatewayResponse"

    statusCode: Annotated[str | None, Wire(clear="empty")] = None
    responseParameters: dict[str, str] = {}
    responseTemplates: dict[str, str] = {"application/json": TEMPLATE}

    @classmethod
    def check_key(cls, key: str) -> str | None:
        return None if key in STATUS_CODES else f"expected one of {', '.join(STATUS_CODES)}"

    @classmethod
    def managed(cls, item: Mapping[str, Any]) -> bool:
        return not item.get("defaultResponse", False)

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        # Without templates AWS keeps the standard one, also when the author gave an empty mapping.
        given = {name: value for name, value in raw.items() if value or name != "responseTemplates"}
        return super().from_spec(key, {"statusCode": STATUS_CODES.get(key), **given})

    def authored(self, at: Address, ids: Mapping[Address, str]) -> dict[str, Any]:
        found = super().authored(at, ids)
        usual = STATUS_CODES.get(at.key)
        if self.statusCode is None and usual:
            return {"statusCode": None, **found}
        return {key: value for key, value in found.items() if key != "statusCode" or value != usual}

    def updating(self, at: Address, old: Self) -> list[Call]:
        # Putting the whole is one call whatever changed, and what is left out returns to its default.
        return self.creating(at)
