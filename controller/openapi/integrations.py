"""`x-amazon-apigateway-integration` → integrations and their responses."""

from __future__ import annotations

from typing import Any

from controller.kinds.rest.openapi.terms import INTEGRATION, INTEGRATION_FIELDS, RESPONSE_FIELDS, UPPER
from controller.openapi.ignored import HTTP_API, HTTP_API_INTEGRATION
from controller.openapi.reader import Reader, made, upper
from controller.source.node import Node
from controller.source.variables import meant


def integration(reader: Reader, node: Node) -> Node:
    """The integration of a method in the words of a spec."""
    given = reader.mapping(node, INTEGRATION)
    fields: dict[str, Any] = {}
    for word, child in given.items():
        if name := INTEGRATION_FIELDS.get(word):
            fields[name] = upper(child) if name in UPPER else child
        elif word in HTTP_API_INTEGRATION:
            reader.ignored(child, f"{word} {HTTP_API}")
        elif word != "responses":
            known = (*INTEGRATION_FIELDS, "responses")
            reader.ignored(child, f"unknown field {word!r} in {INTEGRATION}: ignored", meant(word, known))
    kind = fields["type"].value if "type" in fields else "MOCK"
    if kind != "MOCK" and "httpMethod" not in given:
        reader.wrong(node, f"an integration of type {kind} needs an httpMethod")
    if "requestParameters" in fields:
        fields["requestParameters"] = _texts(reader, fields["requestParameters"], "requestParameters")
    if "responses" in given:
        fields["responses"] = given["responses"].holding(_responses(reader, given["responses"]))
    return made(node, fields)


def _responses(reader: Reader, node: Node) -> dict[str, Node]:
    """By status code; the key in the document is the pattern that selects the response."""
    found: dict[str, Node] = {}
    for pattern, content in reader.mapping(node, "responses").items():
        given = reader.mapping(content, f"response {pattern}")
        status = reader.text(given.get("statusCode"), "statusCode")
        if status is None:
            reader.wrong(content, f"response {pattern!r} of the integration needs a statusCode")
        elif status in found:
            message = f"{status} is answered at {found[status].where} already, and a status has one response"
            reader.wrong(given["statusCode"], message, "join the patterns: first|second")
        else:
            fields: dict[str, Any] = {word: given[word] for word in RESPONSE_FIELDS if word in given}
            if "responseParameters" in fields:
                fields["responseParameters"] = _texts(reader, fields["responseParameters"], "responseParameters")
            if "contentHandling" in fields:
                fields["contentHandling"] = upper(fields["contentHandling"])
            fields["selectionPattern"] = None if pattern == "default" else pattern
            found[status] = made(content, fields)
    return found


def _texts(reader: Reader, node: Node, what: str) -> Node:
    """A mapping without what is no text, which an import drops with a warning."""
    found = {}
    for name, value in reader.mapping(node, what).items():
        if isinstance(value.value, str):
            found[name] = value
        else:
            reader.ignored(value, f"{name} in {what} is ignored: expected text")
    return node.holding(found)
