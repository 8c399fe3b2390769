"""How REST API kinds become calls: parameters from the lineage, patch operations, tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from controller.address import Address
from controller.call import Call, Fact, Probe, Text
from controller.facets import DOCUMENT, INTERNAL, LOCAL, TAGS, dumped, facets, wired
from controller.kinds.rest import patch
from controller.model import KINDS, Resource, reference
from controller.standing import ADOPTED_TAG, REPLACES_TAG


OWNER_TAG = "reconcile:owner"
NAME_TAG = "reconcile:name"
GENERATION_TAG = "reconcile:generation"
OWN_TAGS = frozenset({OWNER_TAG, NAME_TAG, GENERATION_TAG, REPLACES_TAG, ADOPTED_TAG})
"""Tags that say what a root is; they are no part of its content."""
RESERVED_TAGS = ("aws:", "reconcile:")


class RestKind(Resource):
    """A kind of API Gateway's version 1 API.

    param        the call parameter that carries this resource's id or key
    key_param    the create call's parameter for the key, where it is not `param` and not a field
    create, update, delete   operations of botocore's model; an empty update means delete and create
    further      other operations that change it
    """

    param: ClassVar[str] = ""
    key_param: ClassVar[str] = ""
    create: ClassVar[str] = ""
    update: ClassVar[str] = ""
    delete: ClassVar[str] = ""
    arn: ClassVar[str] = ""
    further: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def operations(cls) -> tuple[frozenset[str], frozenset[str]]:
        tagging = ("TagResource", "UntagResource") if "tags" in cls.model_fields else ()
        reads = {cls.listing.operation} if cls.listing else set()
        return frozenset(reads), frozenset({cls.create, cls.update, cls.delete, *tagging, *cls.further} - {""})

    @classmethod
    def named(cls, at: Address) -> dict[str, Any]:
        """The parameter that names this resource: late id or key."""
        return {cls.param: at if cls.id_field else at.key} if cls.param else {}

    @classmethod
    def container_params(cls, at: Address) -> dict[str, Any]:
        """The parameters that name everything above this resource."""
        found: dict[str, Any] = {}
        for above in at.lineage[:-1]:
            found |= _rest(above).named(above)
        return found

    @classmethod
    def params(cls, at: Address) -> dict[str, Any]:
        """The parameters of a call on this resource."""
        return cls.container_params(at) | cls.named(at)

    def creating(self, at: Address) -> list[Call]:
        own = {self.key_param: at.key} if self.key_param else {}
        if not self.id_field and not self.key_param:
            own = self.named(at)
        params = self.container_params(at) | own | self.create_fields(at)
        first = Call(self.create, params, probe=self.probe(at, params))
        return [first, *self.patching(at, self._as_created())]

    def _as_created(self) -> Self:
        """What the create call alone brings about: all but the fields it does not accept."""
        defaults = {
            name: type(self).model_fields[name].get_default(call_default_factory=True)
            for name, facet in facets(type(self)).items()
            if facet.wire.follow_up
        }
        return self.model_copy(update=defaults)

    def create_fields(self, at: Address) -> dict[str, Any]:
        """The fields that the create call carries."""
        found: dict[str, Any] = {}
        for name, facet in facets(type(self)).items():
            value = getattr(self, name)
            default = type(self).model_fields[name].get_default(call_default_factory=True)
            if facet.wire.follow_up or facet.marks & {INTERNAL, LOCAL, TAGS}:
                continue
            if value is None or (value == default and not facet.wire.always):
                continue
            if DOCUMENT in facet.marks:
                value = self.dump(name, value, at)
            elif facet.ref and not isinstance(value, Mapping):
                value = reference(facet.ref, at, value)
            found[facet.send] = wired(value)
        return found | self.create_tags(at)

    def create_tags(self, at: Address) -> dict[str, Any]:
        """The tags of the create call: the author's, and on a root the ones that mark whose it is."""
        tags = dict(getattr(self, "tags", {}))
        return {"tags": tags} if tags else {}

    def dump(self, name: str, value: Any, at: Address) -> Any:
        """A document as the string that AWS wants."""
        return dumped(value)

    def probe(self, at: Address, params: Mapping[str, Any]) -> Probe | None:
        """How to find what a create call made whose answer was lost; None if a repeat does no harm."""
        listing = type(self).listing
        if not self.id_field or not listing:
            return None
        return Probe(
            listing.operation,
            {**self.container_params(at), **listing.params},
            listing.items,
            self.recognised_by(at, params),
            self.single(),
        )

    def single(self) -> tuple[str, str, str] | None:
        """How a probe reads one item whole, if the listing leaves something out."""
        return None

    def recognised_by(self, at: Address, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The members that tell a listed item to be this one."""
        return {self.key_field: at.key}

    def updating(self, at: Address, old: Self) -> list[Call]:
        return [*self.retagging(at, old), *self.patching(at, old)]

    def patching(self, at: Address, old: Self) -> list[Call]:
        """The update call, if there is something to patch."""
        found = self.patch(at, old)
        return [Call(self.update, self.params(at) | {"patchOperations": found})] if found else []

    def patch(self, at: Address, old: Self) -> list[patch.Operation]:
        """The patch operations from `old` to this."""
        return patch.operations(at, old, self)

    def retagging(self, at: Address, old: Self) -> list[Call]:
        """TagResource and UntagResource, as needed."""
        before, after = getattr(old, "tags", {}), getattr(self, "tags", {})
        if before == after:
            return []
        arn = {"resourceArn": Text(self.tagging(at) or ())}
        gone = sorted(before.keys() - after.keys())
        changed = {key: value for key, value in sorted(after.items()) if before.get(key) != value}
        untag = [Call("UntagResource", arn | {"tagKeys": gone})] if gone else []
        tag = [Call("TagResource", arn | {"tags": changed})] if changed else []
        return untag + tag

    def deleting(self, at: Address) -> list[Call]:
        return [Call(self.delete, self.params(at))]

    def tagging(self, at: Address) -> tuple[str | Address | Fact, ...] | None:
        if "tags" not in type(self).model_fields:
            return None
        prefix = ("arn:", Fact.PARTITION, ":apigateway:", Fact.REGION, "::")
        return (*prefix, *self.resource_path(at))

    def resource_path(self, at: Address) -> tuple[str | Address, ...]:
        """The part of the ARN after the account, in pieces."""
        return (f"/{self.arn}/", at)


def _rest(at: Address) -> type[RestKind]:
    kind = KINDS[at.kind]
    if not issubclass(kind, RestKind):
        msg = f"{kind.kind} is not a REST API kind"
        raise TypeError(msg)
    return kind


class RootKind(RestKind):
    """A kind without a container: it carries the tags that say whose it is.

    read_one     the operation that reads a single one, with its tags, and `read_params` for it
    read_all     whether every item that is listed without tags is read singly, or only those with a wanted name
    """

    name_field: ClassVar[str] = "name"
    """The field that has the logical name when it is left out."""
    read_one: ClassVar[str] = ""
    read_params: ClassVar[Mapping[str, Any]] = {}
    read_all: ClassVar[bool] = False

    @classmethod
    def operations(cls) -> tuple[frozenset[str], frozenset[str]]:
        reads, writes = super().operations()
        tags = {"GetTags"} if "tags" in cls.model_fields else set()
        return reads | ({cls.read_one} - {""}) | tags, writes

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        return super().from_spec(key, {"name": key, **raw} if "name" in cls.model_fields else raw)

    def authored(self, at: Address, ids: Mapping[Address, str]) -> dict[str, Any]:
        found = super().authored(at, ids)
        return {key: value for key, value in found.items() if key != self.name_field or value != at.key}

    @classmethod
    def reading(cls, item: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that name a live root in a call."""
        return {cls.param: item[cls.id_field or "id"]}

    @classmethod
    def identity(cls, item: Mapping[str, Any]) -> str:
        """The AWS id of a live root, as `metadata.adopt` gives it."""
        return str(item[cls.id_field or "id"])

    def marked(self, tags: Mapping[str, str]) -> Self:
        own = getattr(self, "tags", None)
        return self if own is None else self.model_copy(update={"tags": own | dict(tags)})

    def single(self) -> tuple[str, str, str] | None:
        return (self.read_one, self.param, self.id_field or "id") if self.read_one else None

    def create_tags(self, at: Address) -> dict[str, Any]:
        own = {OWNER_TAG: Fact.OWNER, NAME_TAG: at.key}
        return {"tags": dict(getattr(self, "tags", {})) | own}

    def adopting(self, at: Address, tags: Mapping[str, str]) -> list[Call]:
        own = {OWNER_TAG: Fact.OWNER, NAME_TAG: at.key}
        return [Call("TagResource", {"resourceArn": Text(self.tagging(at) or ()), "tags": {**own, **tags}})]

    def recognised_by(self, at: Address, params: Mapping[str, Any]) -> Mapping[str, Any]:
        # An heir has its name in common with what it replaces.
        heir = {key: item for key, item in getattr(self, "tags", {}).items() if key == REPLACES_TAG}
        return {"tags": {OWNER_TAG: Fact.OWNER, NAME_TAG: at.key} | heir}
