"""A REST API as an OpenAPI document with AWS's extensions: what an import takes, and what people and tools read.

Pure functions from the resources of one root.
"""

from controller.kinds.rest.openapi.document import document
from controller.kinds.rest.openapi.imports import importing


__all__ = ["document", "importing"]
