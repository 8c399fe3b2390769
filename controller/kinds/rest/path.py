"""Path: one segment of an API's URLs, which AWS calls a resource. Its key is the full path.

Facts: API Gateway API reference, CreateResource; quotas and rules of path parts in the developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Self

from controller.address import Address
from controller.call import Call
from controller.impact import Impact
from controller.kinds.rest import patch
from controller.kinds.rest.cors import Cors
from controller.kinds.rest.dialect import RestKind
from controller.kinds.rest.renames import renames
from controller.model import Live, Resource, register
from controller.terms import Family, Listing, Slot, Turn


_PART = re.compile(r"[A-Za-z0-9_.,:$-]+|\{[A-Za-z0-9_.:$-]+\+?\}")


def parent_path(path: str) -> str | None:
    """The path one segment up; None for the root path."""
    return None if path == "/" else path.rpartition("/")[0] or "/"


def is_variable(path: str) -> bool:
    """True if the last segment is a variable, `{name}` or `{name+}`."""
    return path.rpartition("/")[2].startswith("{")


def is_greedy(path: str) -> bool:
    """True if the last segment takes the rest of the path, `{name+}`."""
    return path.endswith("+}")


def with_ancestors(raw: dict[str, Any]) -> dict[str, Any]:
    """An API's spec in which every path has its parents: AWS wants each segment made."""
    paths = raw.get("paths")
    if not isinstance(paths, Mapping):
        return raw
    found = dict(paths)
    for path in paths:
        above = parent_path(str(path)) if Path.check_key(str(path)) is None else None
        while above is not None and above not in found:
            if above != "/":
                found[above] = {}
            above = parent_path(above)
    return {**raw, "paths": found}


def without_ancestors(spec: dict[str, Any]) -> dict[str, Any]:
    """The inverse: paths that hold nothing, but others below them, are not written."""
    paths = spec.get("paths", {})
    above = {parent for path in paths for parent in _ancestors(path)}
    kept = {path: content for path, content in paths.items() if content or path not in above | {"/"}}
    rest = {key: value for key, value in spec.items() if key != "paths"}
    return {**rest, "paths": kept} if kept else rest


def _ancestors(path: str) -> Iterator[str]:
    above = parent_path(path)
    while above is not None:
        yield above
        above = parent_path(above)


@register
class Path(RestKind):
    """A URL path of an API."""

    kind = "Path"
    container = "RestApi"
    slot = Slot("paths")
    listing = Listing("GetResources", params={"embed": ["methods"]})
    key_field = "path"
    id_field = "id"
    definition = True
    importable = True
    builtins = frozenset({"/"})
    shorthands = {"cors": Cors}

    param = "resourceId"
    create = "CreateResource"
    update = "UpdateResource"
    delete = "DeleteResource"

    @classmethod
    def check_key(cls, key: str) -> str | None:
        if not key.startswith("/"):
            return f"a path begins with a slash: /{key}"
        if key == "/":
            return None
        for part in key[1:].split("/"):
            if not part:
                return "a path has no empty segment and no slash at its end"
            if not _PART.fullmatch(part):
                return (
                    f"segment {part!r} is not possible: letters, digits and _ - . , : or a whole "
                    "segment {name} or {name+}"
                )
        return None

    @classmethod
    def enclosure(cls, at: Address) -> Address | None:
        above = parent_path(at.key)
        return at.parent if above is None or at.parent is None else at.parent.child("Path", above)

    def claims(self, at: Address) -> frozenset[tuple[Any, ...]]:
        above = parent_path(at.key)
        return frozenset({(at.parent, above, "variable")} if is_variable(at.key) else ())

    def check(self, at: Address, desired: Family) -> Iterator[tuple[str, str]]:
        above = self.enclosure(at)
        if above and above.kind == "Path" and is_greedy(above.key):
            yield "", f"nothing can be below {above.key}: a greedy variable takes the rest of the path"
        if is_variable(at.key):
            for other in desired.beside(at):
                alike = is_variable(other.key) and parent_path(other.key) == parent_path(at.key)
                if alike and other.key > at.key:
                    yield "", f"only one variable can follow the same path: {at.key} and {other.key}"

    def creating(self, at: Address) -> list[Call]:
        above = self.enclosure(at)
        own = {"parentId": above, "pathPart": at.key.rpartition("/")[2]}
        params = self.container_params(at) | own
        return [Call(self.create, params, probe=self.probe(at, params))]

    def renaming(self, at: Address) -> list[Call]:
        """The call that gives the last segment of a live path its new name, in place."""
        segment = at.key.rpartition("/")[2]
        operation = patch.replace("/pathPart", segment)
        return [Call(self.update, self.params(at) | {"patchOperations": [operation]})]

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        # Callers do not see what a variable is called.
        if (was := turn.was.get(at)) and not is_variable(at.key):
            below = (place for place in turn.live if place.kind == "Method" and place.parent)
            moved = [place for place in below if f"{place.lineage[1].key}/".startswith(f"{at.key}/")]
            told = f"{was.key} answers no more: it is {at.key} now, with all that is below"
            yield Impact("method-removed", told, callers=tuple(sorted(moved)))

    @classmethod
    def renamed(
        cls, root: Address, desired: Mapping[Address, Resource], live: Live
    ) -> Iterator[tuple[Address, Address]]:
        return renames(root, desired, live)
