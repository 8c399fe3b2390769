"""What every spec document has, whatever its kind: apiVersion, kind, metadata, spec, overrides."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.errors import Problem, Where
from controller.source.includes import Includes
from controller.source.node import Marks, Node
from controller.source.variables import SECRETS, Substitution, has_variable, meant, reference


API_VERSION = "apigateway/v1"
REQUIRED = ("apiVersion", "kind", "metadata")
KEYS = (*REQUIRED, "spec", "overrides")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Document:
    """One spec for one target: includes, overrides, variables and secrets are in their places."""

    kind: str
    name: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    marks: Marks = field(repr=False, compare=False)


@dataclass(frozen=True)
class Draft:
    """A checked document; `document` is None when it is for other targets only."""

    kind: str
    name: str
    targets: frozenset[str] | None
    where: Where
    document: Document | None
    is_broken: bool


def is_spec(root: Node) -> bool:
    """True if a document means to be a spec, right or wrong."""
    return isinstance(root.value, dict) and not root.value.keys().isdisjoint({"apiVersion", "kind"})


def merged(base: Node, patch: Node) -> Node:
    """The JSON merge patch (RFC 7386); what the patch brings keeps its place in the patch."""
    if not isinstance(patch.value, dict) or reference(patch, *SECRETS):
        return patch
    is_kept = isinstance(base.value, dict) and not reference(base, *SECRETS)
    node = base if is_kept else patch
    entries = dict(base.value) if is_kept and isinstance(base.value, dict) else {}
    for key, child in patch.value.items():
        if child.value is None:
            entries.pop(key, None)
        else:
            entries[key] = merged(entries.get(key, child.holding({})), child)
    return node.holding(entries)


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_suspension(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != {"reason", "until"}:
        return False
    until = value["until"]
    if not isinstance(value["reason"], str) or not isinstance(until, str):
        return False
    try:
        return bool(RFC3339.fullmatch(until) and datetime.fromisoformat(until))
    except ValueError:
        return False


def _is_name(value: object) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


METADATA: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (
        _is_name,
        "text of up to 128 letters, digits, '.', '_' and '-' that begins with a letter or digit",
    ),
    "targets": (_is_text_list, "a list of target names"),
    "onDelete": (lambda value: value in ("delete", "retain"), '"delete" or "retain"'),
    "protect": (lambda value: isinstance(value, bool), "true or false"),
    "suspend": (_is_suspension, "{reason: text, until: time such as 2026-12-01T12:00:00Z}"),
    "adopt": (lambda value: isinstance(value, str) and value != "", "the AWS id to take over"),
}


class Drafting:
    """Turns the tree of a document into a draft for one target."""

    def __init__(
        self,
        includes: Includes,
        filling: Substitution,
        target: str | None,
        problems: list[Problem],
    ) -> None:
        self._includes = includes
        self._filling = filling
        self._target = target
        self._problems = problems

    def draft(self, root: Node, path: Path, *, is_broken: bool) -> Draft | None:
        """The draft of a spec; None if it is too wrong to have a kind and a name."""
        before = len(self._problems)
        entries = root.value if isinstance(root.value, dict) else {}
        self._check_keys(root, entries)
        kind = self._kind(entries)
        raw = self._mapping(entries, "metadata", root)
        targets = _targets(raw)
        is_ours = self._target is None or targets is None or self._target in targets
        metadata = self._filling.fill(raw) if is_ours else raw
        name = self._name(metadata, is_filled=is_ours) if "metadata" in entries else ""
        spec = self._spec(entries, root, path, is_ours=is_ours)
        if not kind or not name:
            return None
        marks = Marks(root.holding({**entries, "metadata": metadata, "spec": spec}))
        document = Document(kind, name, metadata.plain(), spec.plain(), marks) if is_ours else None
        is_broken = is_broken or len(self._problems) > before
        return Draft(kind, name, targets, root.where, document, is_broken)

    def _check_keys(self, root: Node, entries: dict[str, Node]) -> None:
        hints = {key: meant(key, KEYS) for key in entries if key not in KEYS}
        for key, hint in hints.items():
            self._report(f'unknown field "{key}"', entries[key], hint)
        for key in REQUIRED:
            # A misspelt key is one problem, not two.
            if key not in entries and not any(f'"{key}"' in hint for hint in hints.values()):
                self._report(f"{key} is missing", root)
        version = entries.get("apiVersion")
        if version is not None and version.value != API_VERSION:
            self._report(f'apiVersion must be "{API_VERSION}"', version)

    def _kind(self, entries: dict[str, Node]) -> str:
        node = entries.get("kind")
        if node is None:
            return ""
        if not isinstance(node.value, str) or not node.value:
            self._report("kind must be the name of a kind", node)
            return ""
        return node.value

    def _mapping(self, entries: dict[str, Node], key: str, root: Node) -> Node:
        """The mapping at `key`, empty if there is none."""
        node = entries.get(key, root.holding({}))
        if node.value is None:
            return node.holding({})
        if not isinstance(node.value, dict):
            self._report(f"{key} must be a mapping", node)
            return node.holding({})
        return node

    def _name(self, metadata: Node, *, is_filled: bool) -> str:
        entries = metadata.value if isinstance(metadata.value, dict) else {}
        known = {key: node for key, node in entries.items() if key in METADATA}
        for key in entries.keys() - known.keys():
            self._report(f'unknown field "{key}" in metadata', entries[key], meant(key, METADATA))
        for key, node in known.items():
            is_right, wanted = METADATA[key]
            # The variables of other targets are not known, so neither is the value.
            if (is_filled or not has_variable(node)) and not is_right(node.plain()):
                self._report(f"metadata.{key} must be {wanted}", node)
        if "name" not in entries:
            self._report("metadata.name is missing", metadata)
        name = entries["name"].value if "name" in entries else None
        return name if isinstance(name, str) and (_is_name(name) or not is_filled) else ""

    def _spec(self, entries: dict[str, Node], root: Node, path: Path, *, is_ours: bool) -> Node:
        spec = self._includes.expand(entries.get("spec", root.holding({})), path, is_filled=is_ours)
        for target, override in self._overrides(entries, root).items():
            is_used = is_ours and target == self._target
            patch = self._includes.expand(override, path, is_filled=is_used)
            if not isinstance(patch.value, dict):
                self._report(f"the overrides of {target} must be a mapping", override)
            elif is_used:
                spec = merged(spec, patch)
        if not is_ours and isinstance(spec.value, str) and has_variable(spec):
            return root.holding({})
        return self._mapping({"spec": self._filling.fill(spec) if is_ours else spec}, "spec", root)

    def _overrides(self, entries: dict[str, Node], root: Node) -> dict[str, Node]:
        overrides = self._mapping(entries, "overrides", root).value
        return overrides if isinstance(overrides, dict) else {}

    def _report(self, message: str, node: Node, hint: str = "") -> None:
        self._problems.append(Problem(message, node.where, hint))


def _targets(metadata: Node) -> frozenset[str] | None:
    value = metadata.value.get("targets") if isinstance(metadata.value, dict) else None
    names = None if value is None else value.plain()
    return frozenset(names) if isinstance(names, list) and _is_text_list(names) else None
