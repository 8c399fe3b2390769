"""Compiles OpenAPI documents as a checkout would hold them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.address import Address
from controller.desired import build
from controller.model import Resource, Scope
from controller.source import load
from tests.engine import HERE


SCOPE = Scope(HERE.account, HERE.region, HERE.partition)
ROOT = Address("RestApi", "shop")


@dataclass(frozen=True)
class Outcome:
    """What came of a spec: its resources by the rest of their address, and what was said."""

    resources: Mapping[str, Resource]
    problems: list[str]
    warnings: list[str]

    def __getitem__(self, name: str) -> Any:
        return self.resources[name]


def compiled(folder: Path, document: Any, by_hand: Mapping[str, Any] | None = None) -> Outcome:
    """The outcome of a spec with this document, a structure or YAML text, and these fields written by hand."""
    is_text = isinstance(document, str)
    name = "openapi.yaml" if is_text else "openapi.json"
    (folder / name).write_text(document if is_text else json.dumps(document))
    return of_spec(folder, {"openapi": {"$file": name}, **(by_hand or {})})


def of_spec(folder: Path, spec: Mapping[str, Any]) -> Outcome:
    """The outcome of a spec."""
    head = {"apiVersion": "apigateway/v1", "kind": "RestApi", "metadata": {"name": "shop"}}
    (folder / "api.yaml").write_text(json.dumps({**head, "spec": spec}))
    variables = {"target": "dev", "region": HERE.region, "account": HERE.account}
    loaded = load([folder], checkout=folder, variables=variables, environ={})
    state, problems = build(loaded.documents, SCOPE, "")
    found = {str(at).removeprefix(f"{ROOT} > "): item for at, item in state.resources.items() if at.root == ROOT}
    said = sorted({str(problem) for problem in (*loaded.problems, *problems)})
    return Outcome(found, said, [str(warning) for warning in state.warnings])
