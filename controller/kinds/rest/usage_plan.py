"""UsagePlan and UsagePlanKey: who may call which stages how often.

Facts: API Gateway API reference, CreateUsagePlan, UpdateUsagePlan, CreateUsagePlanKey. AWS allows one update of a
usage plan in 20 seconds, so everything that changes goes into one call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field

from controller.address import Address
from controller.call import Call, Text
from controller.facets import COSMETIC, Value, Wire
from controller.impact import Impact
from controller.kinds.rest import patch, plan_change
from controller.kinds.rest.dialect import RestKind, RootKind
from controller.kinds.rest.rest_api import Tags, live_tags
from controller.model import Resource, register
from controller.terms import Context, Listing, Slot, Turn


class Throttle(Value):
    """Requests per second in the long run, and at once."""

    rateLimit: float | None = Field(None, ge=0)
    burstLimit: int | None = Field(None, ge=0)


class Quota(Value):
    """Requests per period. `offset` is how many count as used in the first one."""

    limit: int = Field(ge=0)
    period: Literal["DAY", "WEEK", "MONTH"]
    offset: int = Field(0, ge=0)


class ApiStage(Value):
    """A stage that the plan is for, by the API's logical name."""

    api: str
    stage: str
    throttle: dict[str, Throttle] = Field({}, description="By method, as in `GET /pets`.")

    @property
    def address(self) -> Address:
        return Address("RestApi", self.api).child("Stage", self.stage)

    @property
    def member(self) -> Text:
        """The stage as patch operations name it."""
        return Text((self.address.root, f":{self.stage}"))


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _sorted_stages(stages: tuple[ApiStage, ...]) -> tuple[ApiStage, ...]:
    return tuple(sorted(stages, key=lambda stage: (stage.api, stage.stage)))


@register
class UsagePlan(RootKind):
    """A usage plan."""

    kind = "UsagePlan"
    listing = Listing("GetUsagePlans")
    id_field = "id"

    param = "usagePlanId"
    create = "CreateUsagePlan"
    update = "UpdateUsagePlan"
    delete = "DeleteUsagePlan"
    arn = "usageplans"
    read_one = "GetUsagePlan"
    read_all = True

    name: Annotated[str, Wire(always=True), COSMETIC] = ""
    description: Annotated[str | None, Wire(clear="empty")] = None
    apiStages: Annotated[tuple[ApiStage, ...], BeforeValidator(_as_tuple), AfterValidator(_sorted_stages)] = ()
    throttle: Annotated[Throttle | None, Wire(clear="remove", add="add", rebuild=True)] = None
    quota: Annotated[Quota | None, Wire(clear="remove", rebuild=True)] = None
    productCode: Annotated[str | None, Wire(clear="remove", follow_up=True)] = None
    tags: Tags = {}

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        stages = [
            {
                "api": context.name("RestApi", stage["apiId"]),
                "stage": stage["stage"],
                "throttle": {
                    _spec_method(method): limits for method, limits in (stage.get("throttle") or {}).items()
                },
            }
            for stage in payload.get("apiStages") or []
        ]
        found = {**payload, "apiStages": stages, "tags": live_tags(payload)}
        return super().from_aws(found, context)

    def refs(self, at: Address) -> frozenset[Address]:
        return frozenset(stage.address for stage in self.apiStages)

    def without(self, gone: Address, at: Address) -> Self:
        kept = tuple(stage for stage in self.apiStages if stage.address != gone)
        return self.model_copy(update={"apiStages": kept})

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        named = [stage.address for stage in self.apiStages]
        for address in sorted({a for a in named if named.count(a) > 1}):
            yield "apiStages", f"{address} is listed twice"
        for stage in self.apiStages:
            for method in stage.throttle:
                if " /" not in method:
                    yield "apiStages", f"{method}: expected a verb and a path, as in `GET /pets`"

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if old and new:
            yield from plan_change.limits(at, old, new)
        yield from plan_change.lost(at, new, turn)

    def create_fields(self, at: Address) -> dict[str, Any]:
        found = super().create_fields(at)
        if self.apiStages:
            found["apiStages"] = [_sent(stage) for stage in self.apiStages]
        return found

    def patch(self, at: Address, old: Self) -> list[patch.Operation]:
        bare = {"apiStages": ()}
        own = patch.operations(at, old.model_copy(update=bare), self.model_copy(update=bare))
        return [*_stages(old, self), *own]

    def deleting(self, at: Address) -> list[Call]:
        # AWS refuses to delete a plan that still has stages.
        empty = self.model_copy(update={"apiStages": ()})
        return [*empty.patching(at, self), *super().deleting(at)]


def _sent(stage: ApiStage) -> dict[str, Any]:
    throttle = {
        _aws_method(method): limits.model_dump(exclude_none=True) for method, limits in stage.throttle.items()
    }
    return {"apiId": stage.address.root, "stage": stage.stage} | ({"throttle": throttle} if throttle else {})


def _stages(old: UsagePlan, new: UsagePlan) -> Iterator[patch.Operation]:
    before = {stage.address: stage for stage in old.apiStages}
    after = {stage.address: stage for stage in new.apiStages}
    for address in sorted(before.keys() - after.keys()):
        yield {"op": "remove", "path": "/apiStages", "value": before[address].member}
    for address in sorted(after.keys() - before.keys()):
        yield {"op": "add", "path": "/apiStages", "value": after[address].member}
    for address, stage in sorted(after.items()):
        known = before[address].throttle if address in before else {}
        yield from _throttles(stage, known)


def _throttles(stage: ApiStage, known: Mapping[str, Throttle]) -> Iterator[patch.Operation]:
    for method in sorted(known.keys() - stage.throttle.keys()):
        yield {"op": "remove", "path": _throttle_path(stage, method)}
    for method, limits in sorted(stage.throttle.items()):
        before = known.get(method)
        if before == limits:
            continue
        if before and before.model_dump(exclude_none=True).keys() - limits.model_dump(exclude_none=True).keys():
            yield {"op": "remove", "path": _throttle_path(stage, method)}
        for name, value in limits.model_dump(exclude_none=True).items():
            yield patch.replace(_throttle_path(stage, method, f"/{name}"), value)


def _throttle_path(stage: ApiStage, method: str, leaf: str = "") -> Text:
    verb, _, path = method.partition(" ")
    tail = f"/throttle/{patch.escape(path)}/{verb}{leaf}"
    return Text(("/apiStages/", *stage.member.parts, tail))


def _aws_method(method: str) -> str:
    verb, _, path = method.partition(" ")
    return f"{path}/{verb}"


def _spec_method(key: str) -> str:
    path, _, verb = patch.unescape(key).rpartition("/")
    return f"{verb} {path or '/'}"


@register
class UsagePlanKey(RestKind):
    """The membership of an API key in a usage plan. Its key is the API key's logical name."""

    kind = "UsagePlanKey"
    container = "UsagePlan"
    slot = Slot("apiKeys", shape="names")
    listing = Listing("GetUsagePlanKeys")
    key_field = "id"

    param = "keyId"
    create = "CreateUsagePlanKey"
    delete = "DeleteUsagePlanKey"

    def refs(self, at: Address) -> frozenset[Address]:
        return frozenset({Address("ApiKey", at.key)})

    def without(self, gone: Address, at: Address) -> Self | None:
        return None

    def moved(self, at: Address, moves: Mapping[Address, Address], aws_id: str) -> tuple[Address, Self]:
        key = Address("ApiKey", at.key)
        return Address(at.kind, moves[key].key, at.parent) if key in moves else at, self

    @classmethod
    def key_of(cls, item: Mapping[str, Any], context: Context) -> str:
        return context.name("ApiKey", str(item["id"]))

    @classmethod
    def named(cls, at: Address) -> dict[str, Any]:
        return {"keyId": Address("ApiKey", at.key)}

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if old and not new:
            yield from plan_change.left(at, turn)

    def create_fields(self, at: Address) -> dict[str, Any]:
        return {"keyType": "API_KEY"}
