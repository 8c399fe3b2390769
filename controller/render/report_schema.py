"""The JSON Schema of the report, generated from its models: what their docstrings say is what it says."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel

from controller.render.json import Document
from controller.report import FORMAT_VERSION, Item


DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = f"urn:apigateway-reconciler:report:{FORMAT_VERSION}"

_ROW = re.compile(r"^(\w+)(?:, `\w+`)? {2,}(\S.*)$")


def report_schema() -> dict[str, Any]:
    """The schema of exactly what is written; a reader of later reports has to allow more properties."""
    schema = Document.model_json_schema(mode="serialization")
    models = {model.__name__: model for model in _models(Item)}
    for name, part in {"Document": schema, **schema["$defs"]}.items():
        _describe(part, models[name])
    head = {"$schema": DIALECT, "$id": NAME, "title": "A report of reconcile"}
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def _models(above: type[BaseModel]) -> list[type[BaseModel]]:
    return [model for child in above.__subclasses__() for model in (child, *_models(child))]


def _describe(part: dict[str, Any], model: type[BaseModel]) -> None:
    """Says that exactly these properties are written, and what its model's docstring says of them."""
    part["additionalProperties"] = False
    part["required"] = list(part["properties"])
    text, rows = _read(model.__doc__ or "")
    part["description"] = text
    for name, shape in part["properties"].items():
        shape.pop("title", None)
        if name in rows:
            shape["description"] = rows[name]


def _read(docstring: str) -> tuple[str, dict[str, str]]:
    """The prose of a docstring, and the rows of its table by name: `name   what it is, also on deeper lines`."""
    prose: list[str] = []
    rows: dict[str, str] = {}
    last = ""
    for line in docstring.split("\n"):
        plain = line.strip()
        if row := _ROW.match(plain):
            last = row[1]
            rows[last] = row[2]
        elif last and line.startswith(" " * 8):
            rows[last] += f" {plain}"
        else:
            last = ""
            prose.append(plain)
    return " ".join(filter(None, prose)), rows
