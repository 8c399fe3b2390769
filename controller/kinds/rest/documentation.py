"""DocumentationPart and DocumentationVersion: what an API's documentation says, and its numbered editions.

A part is known by its location, written as in `METHOD /pets GET` (`_FIELDS`); `*` is any method or status code and
may be left out at the end. A version is an immutable copy of all parts at the time when it is made: to publish what
was changed, declare another one.

Facts: API Gateway API reference, CreateDocumentationPart and CreateDocumentationVersion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from controller.address import Address
from controller.call import Probe
from controller.facets import Json, Wire
from controller.kinds.rest.dialect import RestKind
from controller.model import register
from controller.terms import Context, Listing, Slot


_FIELDS: Mapping[str, tuple[str, ...]] = {
    "API": (),
    "AUTHORIZER": ("name",),
    "MODEL": ("name",),
    "RESOURCE": ("path",),
    "METHOD": ("path", "method"),
    "PATH_PARAMETER": ("path", "method", "name"),
    "QUERY_PARAMETER": ("path", "method", "name"),
    "REQUEST_HEADER": ("path", "method", "name"),
    "REQUEST_BODY": ("path", "method"),
    "RESPONSE": ("path", "method", "statusCode"),
    "RESPONSE_HEADER": ("path", "method", "statusCode", "name"),
    "RESPONSE_BODY": ("path", "method", "statusCode"),
}
"""The words after each type, in their order."""
_OPEN = {"path": "/", "method": "*", "statusCode": "*"}
"""What AWS understands when a word is missing."""


def location(key: str) -> dict[str, str]:
    """The location that a key means; without its last words where they are the ones that AWS understands anyway."""
    kind, _, rest = key.partition(" ")
    fields = _FIELDS.get(kind, ())
    words = dict(zip(fields, rest.split(" ", len(fields) - 1), strict=False)) if rest and fields else {}
    return {"type": kind} | {name: word for name, word in words.items() if word != "*"}


def written(where: Mapping[str, str]) -> str:
    """The key of a location."""
    fields = _FIELDS.get(where["type"], tuple(sorted(where.keys() - {"type"})))
    return " ".join([where["type"], *(where.get(name) or _OPEN.get(name, "") for name in fields)]).rstrip()


@register
class DocumentationPart(RestKind):
    """What the documentation says of one place, such as `METHOD /pets GET`."""

    kind = "DocumentationPart"
    container = "RestApi"
    slot = Slot("documentationParts")
    listing = Listing("GetDocumentationParts", optional=True)
    key_field = "location"
    id_field = "id"
    importable = True

    param = "documentationPartId"
    create = "CreateDocumentationPart"
    update = "UpdateDocumentationPart"
    delete = "DeleteDocumentationPart"

    properties: Annotated[Json, Wire(always=True)] = Field(description="Such as summary and description.")

    @classmethod
    def canonical_key(cls, key: str) -> str:
        return written(location(key)) if key.partition(" ")[0] in _FIELDS else key

    @classmethod
    def check_key(cls, key: str) -> str | None:
        kind, _, rest = key.partition(" ")
        if kind not in _FIELDS:
            return f"expected a location such as METHOD /pets GET, beginning with one of {', '.join(_FIELDS)}"
        fields = _FIELDS[kind]
        form = f"expected {' '.join([kind, *(f'<{name}>' for name in fields)])}"
        words = location(key)
        misplaced = rest.startswith("/") != ("path" in fields) if rest else "name" in fields
        return form if misplaced or ("name" in fields and "name" not in words) or (rest and not fields) else None

    @classmethod
    def key_of(cls, item: Mapping[str, Any], context: Context) -> str:
        return written(item["location"])

    def create_fields(self, at: Address) -> dict[str, Any]:
        return {"location": location(at.key), **super().create_fields(at)}

    def probe(self, at: Address, params: Mapping[str, Any]) -> Probe | None:
        # A repeat does no harm: AWS keeps locations unique.
        return None

    def learn(self, at: Address, answer: Mapping[str, Any]) -> dict[Address, str]:
        return {at: str(answer["id"])} if "id" in answer else {}


@register
class DocumentationVersion(RestKind):
    """An edition of the documentation, referred to by stages: what all parts said when it was made."""

    kind = "DocumentationVersion"
    container = "RestApi"
    slot = Slot("documentationVersions")
    listing = Listing("GetDocumentationVersions", optional=True)
    key_field = "version"
    follows = "DocumentationPart"

    param = "documentationVersion"
    create = "CreateDocumentationVersion"
    update = "UpdateDocumentationVersion"
    delete = "DeleteDocumentationVersion"

    description: Annotated[str | None, Wire(clear="empty")] = None
