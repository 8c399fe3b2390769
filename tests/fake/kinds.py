"""Get, list, update and delete are the same for most kinds: a Kind is the data they differ in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake import refusals
from tests.fake.patch import Patch, Record
from tests.fake.world import Api, World, page


Handler = Callable[[World, Record], Record]
HANDLERS: dict[str, Handler] = {}


def answers(operation: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        HANDLERS[operation] = handler
        return handler

    return register


@dataclass(frozen=True, slots=True)
class Update:
    """A patched record before it is committed; checks may still refuse or adjust `new`."""

    world: World
    params: Record
    old: Record
    new: Record


def same(record: Record) -> Record:
    return record


def with_tags(record: Record) -> Record:
    return {"tags": {}, **record}


def without_tags(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "tags"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind in a collection of its own.

    `absent` is AWS's NotFound message, with `{}` for the identity asked for. With `lenient`, an
    item call on a missing API says so too, instead of naming the API.
    """

    name: str
    plural: str
    key: str
    absent: str
    api_collection: Callable[[Api], dict[str, Record]] | None = None
    collection: Callable[[World], dict[str, Record]] | None = None
    patch: Patch | None = None
    view: Callable[[Record], Record] = same
    item: Callable[[Record], Record] = same
    check: Callable[[Update], None] = field(default=lambda update: None)
    release: Callable[[World, Record, Record], None] = field(default=lambda *_: None)
    lenient: bool = False

    def holder(self, world: World, params: Record, *, item: bool = True) -> dict[str, Record]:
        if self.collection is not None:
            return self.collection(world)
        assert self.api_collection is not None
        if item and self.lenient and params["restApiId"] not in world.apis:
            return {}
        return self.api_collection(world.api(params))

    def find(self, world: World, params: Record) -> Record:
        identity = params[self.key]
        found = self.holder(world, params).get(identity)
        if found is None:
            raise refusals.missing(self.absent.format(identity))
        return found

    def get(self, world: World, params: Record) -> Record:
        return self.view(self.find(world, params))

    def list(self, world: World, params: Record) -> Record:
        records = self.holder(world, params, item=False)
        return page([self.item(records[key]) for key in sorted(records)], params)

    def update(self, world: World, params: Record) -> Record:
        assert self.patch is not None
        old = self.find(world, params)
        new = self.patch.apply(old, params.get("patchOperations", []))
        self.check(Update(world, params, old, new))
        self.holder(world, params)[params[self.key]] = new
        return self.view(new)

    def delete(self, world: World, params: Record) -> Record:
        record = self.find(world, params)
        self.release(world, params, record)
        del self.holder(world, params)[params[self.key]]
        return {}


def register(kind: Kind, *but: str) -> Kind:
    """Registers the four handlers of a kind, but for the operations named."""
    handlers: dict[str, Any] = {
        f"Get{kind.name}": kind.get,
        f"Get{kind.plural}": kind.list,
        f"Update{kind.name}": kind.update,
        f"Delete{kind.name}": kind.delete,
    }
    HANDLERS.update({name: handler for name, handler in handlers.items() if name not in but})
    return kind
