"""Authorizers, AWS's signatures and API keys as security schemes, and what a method asks of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from controller.address import Address
from controller.kinds.rest.openapi.terms import API_KEY_HEADER, AUTHORIZER, AUTHORIZER_FIELDS, AUTHTYPE


_COGNITO = "COGNITO_USER_POOLS"
_HEADER = re.compile(r"method\.request\.header\.([^,]+)")
_KEY: Mapping[str, Any] = {"type": "apiKey", "name": API_KEY_HEADER, "in": "header"}
_SIGNED: Mapping[str, Any] = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    AUTHTYPE: "awsSigv4",
}


class Schemes:
    """The security schemes of a document; the ones that are no authorizer are in it only if they are asked for."""

    def __init__(self, authorizers: Iterable[tuple[Address, Any]]) -> None:
        self._found = {at.key: _scheme(item) for at, item in authorizers}
        self._key = _free("api_key", self._found)
        self._signed = _free("sigv4", self._found)

    def asked(self, method: Any) -> list[dict[str, list[str]]]:
        """The security requirements of a method."""
        found: list[dict[str, list[str]]] = []
        if method.authorizer:
            found.append({method.authorizer: sorted(method.authorizationScopes)})
        elif method.authorizationType == "AWS_IAM":
            self._found.setdefault(self._signed, dict(_SIGNED))
            found.append({self._signed: []})
        if method.apiKeyRequired:
            self._found.setdefault(self._key, dict(_KEY))
            found.append({self._key: []})
        return found

    def written(self) -> dict[str, Any]:
        """All of them; to be asked for last."""
        return dict(self._found)


def _free(name: str, taken: Iterable[str]) -> str:
    return next(found for n in range(len([*taken]) + 1) if (found := name + "_" * n) not in taken)


def _scheme(item: Any) -> dict[str, Any]:
    """A scheme has room for one header; what a REQUEST authorizer looks at stands in the extension."""
    header = _HEADER.fullmatch(item.identitySource or "") if item.type != "REQUEST" else None
    own = {name: _plain(getattr(item, name)) for name in AUTHORIZER_FIELDS if getattr(item, name)}
    own |= {"type": item.type.lower()}
    if item.type == "REQUEST" and item.identitySource:
        own["identitySource"] = item.identitySource
    if item.type != _COGNITO:
        own["authorizerResultTtlInSeconds"] = item.authorizerResultTtlInSeconds
    else:
        own.pop("authorizerResultTtlInSeconds", None)
    return {
        "type": "apiKey",
        "name": header[1] if header else "Unused",
        "in": "header",
        AUTHTYPE: item.authType or ("cognito_user_pools" if item.type == _COGNITO else "custom"),
        AUTHORIZER: dict(sorted(own.items())),
    }


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value
