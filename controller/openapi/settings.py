"""What a document says of the API as a whole: its fields, validators, gateway responses, documentation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from controller.kinds.rest.documentation import written
from controller.kinds.rest.openapi.terms import (
    DOCUMENTATION,
    ENDPOINT_CONFIGURATION,
    GATEWAY_RESPONSES,
    REQUEST_VALIDATORS,
    SETTINGS,
    UPPER,
)
from controller.openapi.ignored import HTTP_API, HTTP_API_EXTENSIONS
from controller.openapi.reader import Reader, made, upper
from controller.source.node import Node


def settings(reader: Reader) -> dict[str, Any]:
    """The fields of the API."""
    document = reader.mapping(reader.root, "the document")
    reader.strangers(document, "the document")
    info = reader.mapping(document.get("info"), "info")
    found: dict[str, Any] = {}
    for word, name in (("title", "name"), ("version", "version"), ("description", "description")):
        if text := reader.text(info.get(word), f"info.{word}"):
            found[name] = info[word].holding(text)
    for word, name in SETTINGS.items():
        if word in document:
            found[name] = upper(document[word]) if name in UPPER else document[word]
    for word in sorted(HTTP_API_EXTENSIONS & document.keys()):
        reader.ignored(document[word], f"{word} {HTTP_API}")
    for tag in reader.items(document.get("tags"), "tags"):
        for word in sorted(HTTP_API_EXTENSIONS & reader.mapping(tag, "a tag").keys()):
            reader.ignored(tag, f"{word} {HTTP_API}")
    return found | _endpoint(reader, _configuration(reader, document)) | _parts(reader, document)


def _configuration(reader: Reader, document: dict[str, Node]) -> Node | None:
    """Of the document in Swagger 2.0, of a server in OpenAPI 3; either is taken."""
    servers = [reader.mapping(node, "a server") for node in reader.items(document.get("servers"), "servers")]
    given = [fields[ENDPOINT_CONFIGURATION] for fields in (document, *servers) if ENDPOINT_CONFIGURATION in fields]
    return given[0] if given else None


def _endpoint(reader: Reader, node: Node | None) -> dict[str, Any]:
    """An endpoint's configuration; switching the default endpoint off is a field of the API itself."""
    fields = dict(reader.mapping(node, ENDPOINT_CONFIGURATION))
    found: dict[str, Any] = {"disableExecuteApiEndpoint": fields.pop("disableExecuteApiEndpoint", None)}
    if node and fields:
        found["endpointConfiguration"] = node.holding(fields)
    return {name: value for name, value in found.items() if value is not None}


def _parts(reader: Reader, document: dict[str, Node]) -> dict[str, Any]:
    """What the API holds beside its paths, models and authorizers."""
    found: dict[str, Any] = {}
    if node := document.get(REQUEST_VALIDATORS):
        found["requestValidators"] = node.holding(reader.mapping(node, REQUEST_VALIDATORS))
    if node := document.get(GATEWAY_RESPONSES):
        answers = reader.mapping(node, GATEWAY_RESPONSES)
        found["gatewayResponses"] = node.holding({name: _answer(reader, name, at) for name, at in answers.items()})
    if node := document.get(DOCUMENTATION):
        found["documentationParts"] = node.holding(_documentation(reader, node))
    return found


def _answer(reader: Reader, name: str, node: Node) -> Node:
    fields = dict(reader.mapping(node, name))
    if "statusCode" in fields and (text := reader.text(fields["statusCode"], "statusCode")):
        fields["statusCode"] = fields["statusCode"].holding(text)
    return node.holding(fields)


def _documentation(reader: Reader, node: Node) -> dict[str, Node]:
    """The parts by their location, in the words of a spec."""
    found: dict[str, Node] = {}
    given = reader.mapping(node, DOCUMENTATION).get("documentationParts")
    for part in reader.items(given, "documentationParts"):
        fields = reader.mapping(part, "a documentation part")
        words = reader.mapping(fields.get("location"), "location")
        where = {name: text for name, word in words.items() if (text := reader.text(word, name))}
        if "type" not in where:
            reader.wrong(part, "a documentation part needs a location with a type")
            continue
        key = written(where)
        if key in found:
            reader.wrong(part, f"{key} is documented at {found[key].where} already")
        found[key] = made(part, {"properties": fields.get("properties")})
    return found


# ── the base path ────────────────────────────────────────────────────────────────────────────────


def base_path(reader: Reader, mode: str) -> str:
    """What goes before every path. Source: developer guide, "Set the OpenAPI basePath property"."""
    path = _written_base(reader).strip("/") if mode != "ignore" else ""
    if mode == "split":
        path = path.partition("/")[2]
    return f"/{path}" if path else ""


def _written_base(reader: Reader) -> str:
    document = reader.mapping(reader.root, "the document")
    if reader.is_swagger:
        return reader.text(document.get("basePath"), "basePath") or ""
    servers = [reader.mapping(node, "a server") for node in reader.items(document.get("servers"), "servers")]
    for server in servers:
        variable = reader.mapping(server.get("variables"), "variables").get("basePath")
        if variable:
            return reader.text(reader.mapping(variable, "basePath").get("default"), "default") or ""
    url = reader.text(servers[0].get("url"), "url") if servers else None
    try:
        return urlsplit(url or "").path
    except ValueError:
        reader.wrong(servers[0]["url"], "servers: expected a URL")
        return ""
