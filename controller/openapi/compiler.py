"""A spec with `openapi` → the spec that it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from controller.errors import Problem
from controller.openapi.check import check
from controller.openapi.merge import merged
from controller.openapi.methods import Methods
from controller.openapi.models import Models
from controller.openapi.reader import Reader, with_aws_variables
from controller.openapi.security import Security
from controller.openapi.settings import base_path, settings
from controller.source.document import Document
from controller.source.node import Marks, Node
from controller.terms import Scope


MODES = ("ignore", "prepend", "split")
_VERSIONS = {"openapi": re.compile(r"3\.0(\.\d+)?"), "swagger": re.compile(r"2\.0")}


@dataclass(frozen=True)
class Compiled:
    """A document without `openapi`, what is wrong with what it stood for, and what AWS ignores of it."""

    document: Document
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def compiled(document: Document, scope: Scope) -> Compiled:
    """The document with what its `openapi` means written out; itself if there is none.

    Whatever the content is, it raises nothing: what is wrong is among the problems.
    """
    if not {"openapi", "openapiBasePath"} & document.spec.keys():
        return Compiled(document)
    root = document.marks.root
    whole = root.value if isinstance(root.value, dict) else {}
    spec = whole["spec"]
    fields = dict(spec.value) if isinstance(spec.value, dict) else {}
    source, mode = fields.pop("openapi", None), fields.pop("openapiBasePath", None)
    by_hand = spec.holding(fields)
    reader = Reader(source or spec)
    found = _found(reader, source, mode, scope)
    content = merged(by_hand, found, reader.problems)
    marks = Marks(root.holding({**whole, "spec": content}))
    return Compiled(
        replace(document, spec=content.plain(), marks=marks),
        tuple(dict.fromkeys(reader.problems)),
        tuple(dict.fromkeys(reader.warnings)),
    )


def _found(reader: Reader, source: Node | None, mode: Node | None, scope: Scope) -> dict[str, Any]:
    if mode is not None and mode.value not in MODES:
        reader.wrong(mode, f"openapiBasePath: expected {', '.join(MODES[:-1])} or {MODES[-1]}")
    if source is None:
        if mode is not None:
            reader.wrong(mode, "openapiBasePath goes with openapi")
        return {}
    # What could not be included is told of there.
    if source.value is None or not _is_readable(reader):
        return {}
    reader.root = with_aws_variables(reader.root, scope)
    broken, unknown = check(reader)
    models, security = Models(reader), Security(reader)
    found = settings(reader)
    methods = Methods(reader, models, security)
    base = base_path(reader, str(mode.value) if mode else "ignore")
    document = reader.mapping(reader.root, "the document")
    at = document.get("paths", reader.root)
    found["paths"] = at.holding(_paths(reader, at, base, methods))
    if models.found:
        found["models"] = at.holding(models.found)
    if security.authorizers:
        found["authorizers"] = at.holding(security.authorizers)
    # What was noticed while reading is told better there.
    reader.problems += _elsewhere(broken, reader.problems)
    reader.warnings += _elsewhere(unknown, [*reader.problems, *reader.warnings])
    return found


def _elsewhere(more: list[Problem], told: list[Problem]) -> list[Problem]:
    places = {problem.where for problem in told}
    return [problem for problem in more if problem.where not in places]


def _paths(reader: Reader, node: Node, base: str, methods: Methods) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for written, item in reader.mapping(node, "paths").items():
        if written.startswith("x-"):
            continue
        path = f"{base}{written}".rstrip("/") or "/"
        if path in found:
            reader.wrong(item, f"{path} is described at {found[path].where} already")
        found[path] = methods.path(path, item)
    return found


def _is_readable(reader: Reader) -> bool:
    """Whether it is an OpenAPI document of a version that AWS imports; what else it is, is noted."""
    document = reader.mapping(reader.root, "openapi")
    if not document:
        if not reader.problems:
            reader.wrong(reader.root, "openapi: expected an OpenAPI document", "openapi: {$file: openapi.yaml}")
        return False
    for word, pattern in _VERSIONS.items():
        if word in document:
            version = reader.text(document[word], word) or ""
            if not pattern.fullmatch(version):
                message = f"{word} {version}: API Gateway imports OpenAPI 3.0 and Swagger 2.0"
                reader.wrong(document[word], message)
            return pattern.fullmatch(version) is not None
    reader.wrong(reader.root, 'not an OpenAPI document: it begins with openapi: "3.0.1" or swagger: "2.0"')
    return False
