"""What an import ignores, as data.

Source: developer guide, "Important notes for REST APIs".
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.kinds.rest.openapi.terms import (
    ANY_METHOD,
    AUTH,
    AUTHORIZER,
    AUTHTYPE,
    DOCUMENTATION,
    ENDPOINT_CONFIGURATION,
    GATEWAY_RESPONSES,
    INTEGRATION,
    PREFIX,
    REQUEST_VALIDATOR,
    REQUEST_VALIDATORS,
    SETTINGS,
)


HTTP_API = "is for HTTP APIs: ignored in a REST API"
"""What is said of a word that only version 2 of API Gateway knows."""

HTTP_API_EXTENSIONS = frozenset({f"{PREFIX}cors", f"{PREFIX}importexport-version", f"{PREFIX}tag-value"})
PLACES: Mapping[str, frozenset[str]] = {
    "the document": HTTP_API_EXTENSIONS
    | SETTINGS.keys()
    | {DOCUMENTATION, ENDPOINT_CONFIGURATION, GATEWAY_RESPONSES, REQUEST_VALIDATOR, REQUEST_VALIDATORS},
    "a path": frozenset({ANY_METHOD}),
    "an operation": frozenset({AUTH, INTEGRATION, REQUEST_VALIDATOR}),
    "a security scheme": frozenset({AUTHORIZER, AUTHTYPE}),
}
"""Which extensions have a meaning where."""

HTTP_API_INTEGRATION = frozenset({"payloadFormatVersion", "integrationSubtype"})
HTTP_API_AUTHORIZER = frozenset({"authorizerPayloadFormatVersion", "enableSimpleResponses", "jwtConfiguration"})

DROPPED_KEYWORDS = frozenset(
    {"discriminator", "example", "readOnly", "writeOnly", "nullable", "xml", "externalDocs", "deprecated"}
)
"""Keywords of schemas that a model cannot hold: JSON Schema draft 4 does not know them."""

UNCHECKED_KEYWORDS = frozenset({"exclusiveMinimum", "exclusiveMaximum", "default", "minItems", "maxItems"})
"""Keywords that a model holds but that requests are not checked against."""

UNCHECKED_FORMATS = frozenset({"int32", "int64", "float", "double"})

PARAMETER_CONSTRAINTS = frozenset(
    {"enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "default"}
    | {"minLength", "maxLength", "minItems", "maxItems", "uniqueItems"}
)
"""What a document may ask of a parameter and API Gateway does not look at: it checks only that it is there."""

IGNORED: Mapping[str, str] = {
    "callbacks": "callbacks are ignored by API Gateway",
    "servers": "servers of a path or operation are ignored by API Gateway",
    "links": "links are ignored by API Gateway",
    "example": "examples are ignored by API Gateway",
    "examples": "examples are ignored by API Gateway",
    "deprecated": "deprecated is ignored by API Gateway and is not in its exports",
}
"""Members of paths, operations, parameters, answers and media types that mean nothing to an import."""
