"""Field changes → patch operations, API Gateway's one way to update anything.

The type of the value decides: a mapping changes by key, a set by element, a nested model by member, a scalar
as a whole; the `Wire` facet of the field knows the oddities. Values are always strings; keys inside a path
are escaped as in JSON Pointer. Source: API Gateway's REST API reference, "Patch operations".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from controller.address import Address
from controller.call import Text
from controller.facets import CREATE_ONLY, DOCUMENT, TAGS, Facets, dumped, facets, same
from controller.model import reference


Operation = dict[str, Any]


def operations(at: Address, old: BaseModel, new: BaseModel, prefix: str = "") -> list[Operation]:
    """The patch operations that make `old` like `new`, in the order of the fields."""
    known = facets(type(new)).items()
    twins = {twin: name for name, facet in known if facet.ref and (twin := facet.ref.raw)}
    twins |= {name: twin for twin, name in twins.items()}
    return [
        operation
        for name, facet in known
        if patchable(facet) and not same(getattr(old, name), getattr(new, name))
        # A member that has two fields is not cleared for the one when it is set by the other.
        if not (getattr(new, name) is None and name in twins and getattr(new, twins[name]) is not None)
        for operation in _field(at, facet, prefix + facet.patch, getattr(old, name), getattr(new, name))
    ]


def patchable(facet: Facets) -> bool:
    """True for fields that a patch operation can change."""
    return facet.compared and bool(facet.patch) and not facet.marks & {CREATE_ONLY, TAGS}


def _field(at: Address, facet: Facets, path: str, old: Any, new: Any) -> Iterator[Operation]:
    if DOCUMENT in facet.marks:
        yield replace(path, dumped(new)) if new is not None else clear(facet, path)
    elif isinstance(new, Mapping):
        yield from _mapping(facet, path, old or {}, new)
    elif isinstance(new, frozenset):
        yield from _set(facet, path, old or frozenset(), new)
    elif isinstance(new, BaseModel):
        yield from _nested(at, facet, path, old, new)
    elif new is None:
        yield clear(facet, path)
    else:
        yield replace(path, reference(facet.ref, at, new) if facet.ref else new)


def _nested(at: Address, facet: Facets, path: str, old: Any, new: BaseModel) -> Iterator[Operation]:
    changes = operations(at, old or _blank(type(new)), new, path)
    if old is not None and facet.wire.rebuild and any(_clears(change) for change in changes):
        yield {"op": "remove", "path": path}
        changes = operations(at, _blank(type(new)), new, path)
    yield from changes


def _clears(operation: Operation) -> bool:
    return bool(operation["op"] == "remove") or operation.get("value", "") == ""


def _blank(model: type[BaseModel]) -> BaseModel:
    """A value that differs from every other in each field that has one set."""
    return model.model_construct(**dict.fromkeys(model.model_fields))


def _mapping(facet: Facets, path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Operation]:
    for key in sorted(old.keys() - new.keys()):
        yield {"op": "remove", "path": f"{path}/{escape(key)}"}
    for key in sorted(new):
        if key not in old:
            yield {"op": facet.wire.add, "path": f"{path}/{escape(key)}", "value": text(new[key])}
        elif old[key] != new[key]:
            yield replace(f"{path}/{escape(key)}", new[key])


def _set(facet: Facets, path: str, old: frozenset[str], new: frozenset[str]) -> Iterator[Operation]:
    # Additions go first: some of these lists may never be empty.
    for op, elements in (("add", new - old), ("remove", old - new)):
        for element in sorted(elements):
            if facet.wire.element == "path":
                yield {"op": op, "path": f"{path}/{escape(element)}"}
            else:
                yield {"op": op, "path": path, "value": element}


def replace(path: Any, value: Any) -> Operation:
    """A replace operation."""
    return {"op": "replace", "path": path, "value": text(value)}


def clear(facet: Facets, path: str) -> Operation:
    """The operation that takes a field back to nothing, in the form this field wants."""
    match facet.wire.clear:
        case "remove":
            return {"op": "remove", "path": path}
        case "empty":
            return {"op": "replace", "path": path, "value": ""}
        case _:
            return {"op": "replace", "path": path}


def text(value: Any) -> Any:
    """The value as the string that a patch operation carries."""
    match value:
        case str() | Address() | Text() | SecretStr():
            return value
        case bool():
            return str(value).lower()
        case None:
            return ""
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def escape(key: str) -> str:
    """A key as one segment of a path."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(segment: str) -> str:
    """The key that a segment stands for."""
    return segment.replace("~1", "/").replace("~0", "~")
