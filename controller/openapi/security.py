"""Security schemes → authorizers, and what a security requirement asks of a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from controller.kinds.rest.openapi.terms import API_KEY_HEADER, AUTH, AUTHORIZER, AUTHORIZER_FIELDS, AUTHTYPE, SIGV4
from controller.openapi.ignored import HTTP_API, HTTP_API_AUTHORIZER
from controller.openapi.reader import Reader, made, upper
from controller.source.node import Node


_COGNITO = "COGNITO_USER_POOLS"
_TYPES = ("TOKEN", "REQUEST", _COGNITO)


@dataclass(frozen=True)
class Scheme:
    """What a security scheme means to a method: an authorizer, AWS's own signatures, an API key, or nothing."""

    authorization: str = ""
    is_authorizer: bool = False
    is_key: bool = False
    kind: str = ""


class Security:
    """The schemes of a document."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        path = ("securityDefinitions",) if reader.is_swagger else ("components", "securitySchemes")
        self.authorizers: dict[str, Node] = {}
        self._schemes = {name: self._scheme(name, node) for name, node in reader.at(*path).items()}

    def of(self, operation: dict[str, Node]) -> dict[str, Any]:
        """The fields of a method that its requirements, or those of the whole document, bring about."""
        everywhere = self._reader.mapping(self._reader.root, "the document").get("security")
        found = self._required(operation.get("security", everywhere))
        auth = self._reader.mapping(operation.get(AUTH), AUTH).get("type")
        if auth is None:
            return found
        return {"apiKeyRequired": found.get("apiKeyRequired"), "authorizationType": upper(auth)}

    def _required(self, requirements: Node | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for requirement in self._reader.items(requirements, "security"):
            for name, scopes in self._reader.mapping(requirement, "security").items():
                scheme = self._schemes.get(name)
                if scheme is None:
                    self._reader.wrong(scopes, f"there is no security scheme {name!r}")
                elif scheme.is_key:
                    found["apiKeyRequired"] = scopes.holding(True)  # noqa: FBT003
                elif not scheme.authorization:
                    what = f"security scheme {name!r} ({scheme.kind}) is ignored by API Gateway"
                    hint = f"only {AUTHORIZER}, AWS signatures and API keys protect a method"
                    self._reader.ignored(scopes, what, hint)
                elif "authorizationType" in found:
                    self._reader.ignored(scopes, f"a method has one authorizer: {name!r} is ignored")
                else:
                    found |= self._authorized(name, scheme, scopes)
        return found

    def _authorized(self, name: str, scheme: Scheme, scopes: Node) -> dict[str, Any]:
        wanted = self._reader.items(scopes, f"the scopes of {name}")
        return {
            "authorizationType": scopes.holding(scheme.authorization),
            "authorizer": scopes.holding(name) if scheme.is_authorizer else None,
            "authorizationScopes": scopes if wanted and scheme.authorization == _COGNITO else None,
        }

    def _scheme(self, name: str, node: Node) -> Scheme:
        reader = self._reader
        fields = reader.mapping(node, f"security scheme {name}")
        reader.strangers(fields, "a security scheme")
        kind = reader.text(fields.get("type"), "type") or "no type"
        if AUTHORIZER in fields:
            return self._authorizer(name, fields)
        if (reader.text(fields.get(AUTHTYPE), AUTHTYPE) or "").lower() == SIGV4:
            return Scheme("AWS_IAM")
        header = (reader.text(fields.get("name"), "name") or "").lower()
        is_key = kind == "apiKey" and header == API_KEY_HEADER
        return Scheme(is_key=is_key, kind=kind)

    def _authorizer(self, name: str, scheme: dict[str, Node]) -> Scheme:
        reader = self._reader
        fields = reader.mapping(scheme[AUTHORIZER], AUTHORIZER)
        kind = (reader.text(fields.get("type"), "type") or "").upper()
        if kind not in _TYPES:
            hint = "jwt is for HTTP APIs" if kind == "JWT" else ""
            where = fields.get("type", scheme[AUTHORIZER])
            reader.wrong(where, f"{AUTHORIZER}: expected type token, request or cognito_user_pools", hint)
        for word in sorted(HTTP_API_AUTHORIZER & fields.keys()):
            reader.ignored(fields[word], f"{word} {HTTP_API}")
        header = reader.text(scheme.get("name"), "name")
        source: Any = fields.get("identitySource")
        if kind != "REQUEST" and header:
            source = scheme["name"].holding(f"method.request.header.{header}")
        own: dict[str, Any] = {word: fields[word] for word in AUTHORIZER_FIELDS if word in fields}
        own |= {"type": kind, "identitySource": source, "authType": scheme.get(AUTHTYPE)}
        self.authorizers[name] = made(scheme[AUTHORIZER], own)
        return Scheme(_COGNITO if kind == _COGNITO else "CUSTOM", is_authorizer=True)
