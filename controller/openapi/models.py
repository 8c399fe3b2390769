"""Schemas → models.

A named schema is a model of that name. One that stands where it is used becomes a model too, as in an import; AWS
draws its name by lot, here it follows from the content, so the same document always means the same models.
"""

from __future__ import annotations

import hashlib
import json

from controller.openapi.ignored import DROPPED_KEYWORDS, UNCHECKED_FORMATS, UNCHECKED_KEYWORDS
from controller.openapi.reader import Reader, made
from controller.source.node import Node


_NAMED = ("properties", "patternProperties", "definitions")
_SINGLE = ("items", "additionalProperties", "not")
_SEVERAL = ("allOf", "anyOf", "oneOf")
_MODELLED = ("object", "array")
_REFERENCE = "#/models/"


class Models:
    """The models of a document: those that have a name in it, and those found while its methods are read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        path = ("definitions",) if reader.is_swagger else ("components", "schemas")
        self._base = f"#/{'/'.join(path)}/"
        self._told: set[tuple[str, str]] = set()
        self.found: dict[str, Node] = {
            name: self._model(name, node) for name, node in reader.at(*path).items() if not name.startswith("x-")
        }

    def named(self, schema: Node, use: str) -> Node | None:
        """The name of the model for a schema in use; None where AWS takes none, which is noted."""
        if not isinstance(schema.value, dict):
            self._reader.wrong(schema, f"{use}: expected a schema")
            return None
        if "$ref" in schema.value:
            name = self._name(schema.value["$ref"])
            return schema.value["$ref"].holding(name) if name else None
        kind = schema.value.get("type")
        composed = next((word for word in _SEVERAL if word in schema.value), "")
        if composed or kind is None or kind.value not in _MODELLED:
            what = composed or (f"type {kind.plain()}" if kind else "no type")
            hint = "schemas that are named and of type object or array are models"
            self._reader.ignored(schema, f"{use}: a schema with {what} is ignored by API Gateway", hint)
            return None
        content = self._schema(schema, use)
        text = json.dumps(content.plain(), sort_keys=True, default=str)
        name = f"MODEL{hashlib.sha256(text.encode()).hexdigest()[:6]}"
        self.found.setdefault(name, made(schema, {"schema": content}))
        return schema.holding(name)

    def _model(self, name: str, node: Node) -> Node:
        schema = self._schema(node, name)
        about = schema.value.get("description") if isinstance(schema.value, dict) else None
        return made(node, {"schema": schema, "description": about if about and about.value else None})

    def _name(self, ref: Node) -> str | None:
        """The model that a `$ref` means; None if there is none, which is noted."""
        pointer = self._reader.text(ref, "$ref")
        if pointer is None or self._reader.pointed(ref, pointer) is None:
            return None
        name = pointer.removeprefix(self._base)
        if name == pointer or "/" in name:
            hint = f"give the schema a name of its own there and refer to {self._base}<name>"
            self._reader.wrong(ref, f"$ref {pointer}: only schemas right below {self._base} are models", hint)
            return None
        return name

    def _schema(self, node: Node, owner: str) -> Node:
        """A schema as AWS keeps it: JSON Schema draft 4, with references to models."""
        if not isinstance(node.value, dict):
            if not isinstance(node.value, bool):
                self._reader.wrong(node, f"{owner}: expected a schema, which is a mapping")
            return node
        if ref := node.value.get("$ref"):
            name = self._name(ref)
            return made(node, {"$ref": ref.holding(f"{_REFERENCE}{name}")} if name else {})
        kept = {}
        for word, child in node.value.items():
            if self._is_kept(word, child, owner):
                kept[word] = self._part(word, child, owner)
        return node.holding(kept)

    def _part(self, word: str, child: Node, owner: str) -> Node:
        reader = self._reader
        if word in _NAMED and isinstance(child.value, dict):
            return child.holding({name: self._schema(inner, owner) for name, inner in child.value.items()})
        if word in _SEVERAL:
            return child.holding([self._schema(inner, owner) for inner in reader.items(child, word)])
        return self._schema(child, owner) if word in _SINGLE else child

    def _is_kept(self, word: str, child: Node, owner: str) -> bool:
        if word in DROPPED_KEYWORDS:
            self._once(word, child, owner, f"{owner}: {word} cannot be in a model and is left out")
            return False
        if word == "oneOf" and self._reader.is_swagger:
            self._once(word, child, owner, f"{owner}: oneOf is no part of Swagger 2.0 and not supported there")
        elif word in UNCHECKED_KEYWORDS:
            self._once(word, child, owner, f"{owner}: API Gateway does not check {word}")
        elif word == "format" and child.value in UNCHECKED_FORMATS:
            self._once(word, child, owner, f"{owner}: API Gateway does not know the format {child.value}")
        return not word.startswith("x-")

    def _once(self, word: str, node: Node, owner: str, message: str) -> None:
        """Large documents repeat themselves: a keyword is told of once for each model."""
        if (owner, word) not in self._told:
            self._told.add((owner, word))
            self._reader.ignored(node, message)
