"""A JSON Schema with what its references mean: models of the API, and definitions of its own document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.facets import inside
from controller.kinds.rest.schema_words import Schema, listed, of_property, text


Models = Mapping[str, Schema]
"""The schemas of an API's models by name; `#/models/Name` refers to them."""

Key = tuple[str, str]
"""A schema as what it is compared by: the model that it stands in, and its text."""

MODELS, OWN = "#/models/", "#/definitions/"


@dataclass(frozen=True)
class Side:
    """A schema with what its references mean."""

    schema: Schema
    models: Models
    model: str = ""

    @property
    def words(self) -> Mapping[str, Any]:
        """Its keywords."""
        return self.schema if isinstance(self.schema, dict) else {}

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.model, text(self.schema)

    def at(self, schema: Schema) -> Side:
        """Another schema in the same document."""
        return replace(self, schema=schema)

    def without(self, words: tuple[str, ...]) -> Side:
        """The schema without these keywords."""
        return self.at({word: value for word, value in self.words.items() if word not in words})

    def resolved(self) -> Side:
        """The schema that a reference means; itself if it is none."""
        side, seen = self, set()
        while isinstance(ref := side.words.get("$ref"), str) and (side.model, ref) not in seen:
            seen.add((side.model, ref))
            if ref.startswith(MODELS):
                name = ref.removeprefix(MODELS)
                side = Side(side.models.get(name, {}), side.models, name)
            elif ref.startswith(OWN):
                own = inside(side.models.get(side.model), "definitions")
                side = side.at(own.get(ref.removeprefix(OWN), {}))
        return side

    def members(self, seen: set[Key] | None = None) -> list[Side]:
        """The schema without `allOf`, and each member of that, once."""
        side, seen = self.resolved(), set() if seen is None else seen
        if side.key in seen:
            return []
        seen.add(side.key)
        further = (side.at(part).members(seen) for part in listed(side.words, "allOf"))
        return [side.without(("allOf",)), *(inner for found in further for inner in found)]

    def knowing(self, names: set[str]) -> Side:
        """The schema with what it promises of these properties written out."""
        if not names:
            return self
        properties = {name: of_property(self.words, name) for name in sorted(names)}
        return self.at({**self.words, "properties": properties})
