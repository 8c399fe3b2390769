"""Values in the clothes of others: what is equal inside stays as it was written, comments and all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from controller.importing.text import styled


def merged(old: Any, new: Any) -> Any:
    """The new value, written like the old one as far as they are alike."""
    match old, new:
        case CommentedMap(), Mapping():
            return _mapping(old, new)
        case CommentedSeq(), list():
            return _list(old, new)
        case str(), str() if type(old) is not str and "\n" not in new:
            # It was in quotes, of whatever sort.
            return type(old)(new)
        case _:
            return styled(new)


def _mapping(old: CommentedMap, new: Mapping[str, Any]) -> CommentedMap:
    for key in [key for key in old if key not in new]:
        del old[key]
    before: tuple[str, ...] = ()
    for key, value in new.items():
        if key not in old:
            insert(old, key, styled(value), before)
        elif old[key] != value:
            old[key] = merged(old[key], value)
        before = (*before, key)
    return old


def _list(old: CommentedSeq, new: list[Any]) -> Any:
    """What goes is taken out and what comes is put behind; the order of these lists means nothing."""
    added = [item for item in new if item not in old]
    if len([item for item in old if item in new]) + len(added) != len(new):
        return styled(new)
    for index in range(len(old) - 1, -1, -1):
        if old[index] not in new:
            del old[index]
    for item in new:
        if item not in old:
            old.append(styled(item))
    return old


def insert(node: CommentedMap, key: str, value: Any, after: tuple[str, ...]) -> None:
    """Puts a new key where it belongs: behind the nearest of those before it that is there."""
    keys = list(node)
    place = next((keys.index(other) + 1 for other in reversed(after) if other in keys), len(keys))
    node.insert(place, styled(key), value)
