"""Live roots → drafts: what each file will say, and what goes into files of its own. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.address import Address
from controller.facets import DOCUMENT, facets
from controller.model import KINDS, Resource, children
from controller.source.document import API_VERSION, NAME
from controller.source.variables import SECRETS, VARIABLE
from controller.standing import ON_DELETE_TAG, PROTECT_TAG


LONG = 12
"""Lines of a text or a document, above which it gets a file of its own."""

Trail = tuple[str | int, ...]


@dataclass(frozen=True)
class Draft:
    """A document to be written.

    path     the spec file, relative to the folder of specs
    whole    the spec in one piece, and `spec` with references to files in the place of some of it
    files    what it includes, by path relative to the same folder
    notes    what a reader should know; they become comments
    """

    root: Address
    path: str
    metadata: Mapping[str, Any]
    whole: Mapping[str, Any]
    spec: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def content(self) -> dict[str, Any]:
        """The document as it will be written."""
        frame = {"apiVersion": API_VERSION, "kind": self.root.kind, "metadata": dict(self.metadata)}
        return frame | ({"spec": dict(self.spec)} if self.spec else {})


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def logical_name(wish: str, taken: set[str]) -> str:
    """A name like the one on AWS that may be used here, and that nobody has yet."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", wish.replace("*", "wildcard")).strip("-._")[:100] or "unnamed"
    name = plain
    number = 2
    while name.lower() in taken:
        name, number = f"{plain}-{number}", number + 1
    if not NAME.fullmatch(name):
        msg = f"no name came of {wish!r}"
        raise ValueError(msg)
    taken.add(name.lower())
    return name


def file_name(root: Address, name: str) -> str:
    """APIs are named after themselves, all else after its kind as well."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", root.kind).lower()
    return f"{name}.yaml" if root.kind == "RestApi" else f"{words}{f'-{name}' if root.key else ''}.yaml"


def untagged(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec without tags that metadata says in other words."""
    tags = spec.get("tags") or {}
    kept = {key: value for key, value in tags.items() if key not in (PROTECT_TAG, ON_DELETE_TAG)}
    return {key: kept if key == "tags" else value for key, value in spec.items() if key != "tags" or kept}


# ── what gets a file of its own ──────────────────────────────────────────────────────────────────


def draft(root: Address, metadata: Mapping[str, Any], spec: Mapping[str, Any], notes: Sequence[str]) -> Draft:
    """The draft of a root; long texts and documents, and what must not be taken for a variable, are files."""
    files: dict[str, str] = {}
    name = str(metadata["name"])
    documents = set(_documents(KINDS[root.kind], spec, ()))
    taken = _Taken(name, documents, files).value(spec, ())
    return Draft(root, file_name(root, name), metadata, spec, taken, files, tuple(notes))


def _documents(kind: type[Resource], content: Any, trail: Trail) -> Iterator[Trail]:
    """Where JSON documents stand in a spec."""
    if not isinstance(content, Mapping):
        return
    for name, facet in facets(kind).items():
        if DOCUMENT in facet.marks:
            yield (*trail, kind.model_fields[name].alias or name)
    for child in children(kind):
        inside = content.get(child.slot.spec) if child.slot else None
        if not child.slot or not isinstance(inside, Mapping):
            continue
        place = (*trail, child.slot.spec)
        if child.slot.shape == "one":
            yield from _documents(child, inside, place)
        elif child.slot.shape == "map":
            for key, item in inside.items():
                yield from _documents(child, item, (*place, key))


@dataclass(frozen=True)
class _Taken:
    """Takes texts and documents out of a spec into files."""

    name: str
    documents: set[Trail]
    files: dict[str, str]

    def value(self, value: Any, trail: Trail) -> Any:
        if trail in self.documents and isinstance(value, dict | list):
            return self._document(value, trail)
        match value:
            case Mapping():
                return {key: self.value(item, (*trail, key)) for key, item in value.items()}
            case list():
                return [self.value(item, (*trail, index)) for index, item in enumerate(value)]
            case str() if value.count("\n") >= LONG or VARIABLE.search(value):
                return self._file("templates", trail, ".vtl" if "\n" in value else ".txt", value)
            case _:
                return value

    def _document(self, value: Any, trail: Trail) -> Any:
        text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        folder = "policies" if trail[-1] == "policy" else "schemas" if trail[-1] == "schema" else "documentation"
        if misread(value):
            # As text it is taken as it is; as JSON, what looks like a reference would be looked up.
            return self._file(folder, trail, ".json.txt", text)
        return self._file(folder, trail, ".json", text) if text.count("\n") > LONG else value

    def _file(self, folder: str, trail: Trail, suffix: str, text: str) -> dict[str, str]:
        path = f"{folder}/{'-'.join([self.name, *_words(trail)])}"
        number = 2
        while (chosen := f"{path}{suffix}") in self.files:
            path, number = f"{path}-{number}", number + 1
        self.files[chosen] = text
        return {"$file": chosen}


_SAID = ("paths", "methods", "integration", "policy", "models", "schema", "responses", "properties")
"""Words of a trail that say nothing in a file's name."""


def _words(trail: Trail) -> Iterator[str]:
    for step in trail:
        if step not in _SAID and (word := re.sub(r"[^A-Za-z0-9.]+", "-", str(step)).strip("-")):
            yield {"requestTemplates": "request", "responseTemplates": "response"}.get(word, word)[:60]


def misread(value: Any) -> bool:
    """True if loading would take something in it for a variable or a reference."""
    match value:
        case str():
            return VARIABLE.search(value) is not None
        case Mapping():
            is_reference = len(value) == 1 and next(iter(value)) in SECRETS
            return is_reference or any(map(misread, value.values()))
        case list():
            return any(map(misread, value))
        case _:
            return False
