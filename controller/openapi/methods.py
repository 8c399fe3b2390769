"""Path items and operations → paths and methods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from controller.kinds.rest.openapi.terms import ANY_METHOD, INTEGRATION, LOCATIONS, REQUEST_VALIDATOR, VERBS
from controller.openapi.ignored import IGNORED, PARAMETER_CONSTRAINTS
from controller.openapi.integrations import integration
from controller.openapi.models import Models
from controller.openapi.reader import Reader, made
from controller.openapi.security import Security
from controller.source.node import Node


_JSON = "application/json"
_VARIABLE = re.compile(r"\{([^{}+]+)\}")
_RANGE = re.compile(r"[1-5]XX", re.IGNORECASE)


class Methods:
    """Reads the paths of a document."""

    def __init__(self, reader: Reader, models: Models, security: Security) -> None:
        self._reader, self._models, self._security = reader, models, security
        self._everywhere = reader.mapping(reader.root, "the document")

    def path(self, path: str, node: Node) -> Node:
        """A path item in the words of a spec."""
        item = self._reader.mapping(node, path)
        self._warn(item)
        self._reader.strangers(item, "a path")
        if "trace" in item:
            self._reader.ignored(item["trace"], "API Gateway has no method TRACE: ignored")
        shared = item.get("parameters")
        methods = {
            "ANY" if word == ANY_METHOD else word.upper(): self._method(path, item[word], shared)
            for word in (*VERBS, ANY_METHOD)
            if word in item
        }
        return made(node, {"methods": node.holding(methods)} if methods else {})

    def _warn(self, fields: Mapping[str, Node]) -> None:
        for word in sorted(IGNORED.keys() & fields.keys()):
            if fields[word].value is not False:
                self._reader.ignored(fields[word], IGNORED[word])

    def _method(self, path: str, node: Node, shared: Node | None) -> Node:
        fields = self._reader.mapping(node, "an operation")
        self._warn(fields)
        self._reader.strangers(fields, "an operation")
        parameters = dict(self._parameters(shared)) | dict(self._parameters(fields.get("parameters")))
        own: dict[str, Any] = {
            "operationName": fields.get("operationId"),
            "requestValidator": fields.get(REQUEST_VALIDATOR, self._everywhere.get(REQUEST_VALIDATOR)),
            "requestParameters": node.holding(self._required(path, node, parameters)),
            "requestModels": self._request_models(fields, parameters),
            **self._security.of(fields),
        }
        if "responses" in fields:
            own["responses"] = fields["responses"].holding(self._responses(fields))
        if INTEGRATION in fields:
            own["integration"] = integration(self._reader, fields[INTEGRATION])
        return made(node, own)

    # ── the request ──

    def _parameters(self, node: Node | None) -> Iterator[tuple[tuple[str, str], Node]]:
        """The parameters by place and name, those that API Gateway knows of; where each is written."""
        for item in self._reader.items(node, "parameters"):
            fields = self._reader.mapping(item, "a parameter")
            if not fields:
                continue
            where = self._reader.text(fields.get("in"), "in")
            name = self._reader.text(fields.get("name"), "name")
            if where is None or (name is None and where != "body"):
                self._reader.wrong(item, "a parameter needs name and in")
            elif where in ("cookie", "formData"):
                message = f"parameter {name!r}: API Gateway ignores parameters in {where}"
                self._reader.ignored(fields["in"], message)
            elif where != "body" and where not in LOCATIONS:
                known = "query, header, path or " + ("body" if self._reader.is_swagger else "cookie")
                self._reader.wrong(fields["in"], f"parameter {name!r}: expected in to be {known}")
            else:
                self._unchecked(item, name or "", fields, is_body=where == "body")
                yield (where, name or ""), item

    def _unchecked(self, item: Node, name: str, fields: Mapping[str, Node], *, is_body: bool) -> None:
        self._warn(fields)
        schema = {} if is_body else self._schema(fields.get("schema"))
        words = sorted(PARAMETER_CONSTRAINTS & (fields.keys() | schema.keys()))
        if words:
            message = f"parameter {name!r}: API Gateway does not check {', '.join(words)}, only that it is there"
            self._reader.ignored(item, message)

    def _schema(self, node: Node | None) -> Mapping[str, Node]:
        return self._reader.mapping(node, "schema")

    def _required(self, path: str, node: Node, parameters: Mapping[tuple[str, str], Node]) -> dict[str, Node]:
        """`method.request.…` and whether it must be there. Variables of the path are, declared or not."""
        found = {f"method.request.path.{name}": node.holding(True) for name in _VARIABLE.findall(path)}  # noqa: FBT003
        for (where, name), item in parameters.items():
            if where in LOCATIONS:
                required = self._reader.is_true(self._reader.mapping(item, name).get("required"), "required")
                found[f"method.request.{LOCATIONS[where]}.{name}"] = item.holding(required)
        return found

    def _request_models(
        self, fields: Mapping[str, Node], parameters: Mapping[tuple[str, str], Node]
    ) -> Node | None:
        if "requestBody" in fields:
            body = self._reader.mapping(fields["requestBody"], "requestBody")
            return self._content(body, "the request body")
        bodies = [item for (where, _), item in parameters.items() if where == "body"]
        schema = self._reader.mapping(bodies[0], "a parameter").get("schema") if bodies else None
        return self._typed(schema, self._media(fields, "consumes"), "the request body")

    # ── the answers ──

    def _responses(self, fields: Mapping[str, Node]) -> dict[str, Node]:
        found = {}
        for status, node in self._reader.mapping(fields["responses"], "responses").items():
            if status.startswith("x-"):
                continue
            if status == "default" or _RANGE.fullmatch(status):
                message = f"response {status!r} is ignored: API Gateway wants single status codes"
                self._reader.ignored(node, message)
                continue
            found[status] = self._response(status, node, fields)
        return found

    def _response(self, status: str, node: Node, operation: Mapping[str, Node]) -> Node:
        given = self._reader.mapping(node, f"response {status}")
        self._warn(given)
        use = f"response {status}"
        headers = {
            f"method.response.header.{name}": header.holding(False)  # noqa: FBT003
            for name, header in self._reader.mapping(given.get("headers"), "headers").items()
        }
        models = (
            self._content(given, use)
            if "content" in given
            else self._typed(given.get("schema"), self._media(operation, "produces"), use)
        )
        parameters = node.holding(headers) if headers else None
        return made(node, {"responseParameters": parameters, "responseModels": models})

    # ── media types ──

    def _content(self, fields: Mapping[str, Node], use: str) -> Node | None:
        """OpenAPI 3: media types with a schema each."""
        node = fields.get("content")
        found = {}
        for media, content in self._reader.mapping(node, "content").items():
            given = self._reader.mapping(content, media)
            self._warn(given)
            schema = given.get("schema")
            if schema and (name := self._models.named(schema, use)):
                found[media] = name
        return node.holding(found) if node and found else None

    def _typed(self, schema: Node | None, media: list[str], use: str) -> Node | None:
        """Swagger 2.0: one schema for all media types."""
        name = self._models.named(schema, use) if schema else None
        return schema.holding(dict.fromkeys(media, name)) if schema and name else None

    def _media(self, operation: Mapping[str, Node], word: str) -> list[str]:
        given = self._reader.items(operation.get(word, self._everywhere.get(word)), word)
        return [text for node in given if (text := self._reader.text(node, word))] or [_JSON]
