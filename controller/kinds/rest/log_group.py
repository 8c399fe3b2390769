"""LogGroup: the CloudWatch log group that a stage writes its access log to, where the spec names it by `logGroup`.

It comes before the stage and is never deleted: logs are wanted longest when something is gone. One that is there
already and does not carry this API's tags is used as it is. Facts: CloudWatch Logs API reference, CreateLogGroup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from controller.address import Address
from controller.call import Call, Fact, Glance, Text
from controller.facets import DERIVED, INTERNAL
from controller.kinds.rest.dialect import NAME_TAG, OWNER_TAG
from controller.model import Around, Resource, register
from controller.terms import Right, Scope


# fmt: off
Days = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
# fmt: on
"""The retentions that CloudWatch Logs knows. Source: its API reference, PutRetentionPolicy."""

_SERVICE = "logs"


@register
class LogGroup(Resource):
    """A log group. `ours` is false for one that somebody else made."""

    kind = "LogGroup"
    container = "RestApi"

    retentionDays: Annotated[int | None, DERIVED] = None
    ours: Annotated[bool, INTERNAL] = True

    @classmethod
    def derive(cls, desired: dict[Address, Resource], revision: str, scope: Scope) -> None:
        """Gives each API the log groups that its stages name."""
        for at, stage in list(desired.items()):
            if (logs := getattr(stage, "accessLogSettings", None)) and logs.logGroup:
                desired[at.root.child(cls.kind, logs.logGroup)] = cls(retentionDays=logs.retentionDays)

    @classmethod
    def gather(cls, root: Address, payload: Mapping[str, Any], around: Around) -> list[dict[str, Any]]:
        # Only those that are desired: what nobody names any more is left alone.
        wanted = sorted(at.key for at in around.desired if at.kind == cls.kind and at.root == root)
        return [item for name in wanted for item in _read(name, root, around)]

    def aligned(self, desired: Self) -> Self:
        return self if self.ours else self.model_copy(update={"retentionDays": desired.retentionDays})

    def rights(self, at: Address) -> Iterator[Right]:
        groups = ("arn:", Fact.PARTITION, ":logs:", Fact.REGION, ":", Fact.ACCOUNT, ":log-group:")
        yield Right("logs:DescribeLogGroups", Text((*groups, "*")), writes=False)
        for name in (at.key, f"{at.key}:*"):
            arn = Text((*groups, name))
            yield Right("logs:ListTagsForResource", arn, writes=False)
            for operation in ("CreateLogGroup", "TagResource", "PutRetentionPolicy", "DeleteRetentionPolicy"):
                yield Right(f"logs:{operation}", arn)

    def creating(self, at: Address) -> list[Call]:
        tags = {OWNER_TAG: Fact.OWNER, NAME_TAG: at.root.key}
        # Another API of the same pass may name it too, and be first.
        create = Call("CreateLogGroup", {"logGroupName": at.key, "tags": tags}, _SERVICE, present_will_do=True)
        return [create, *self.updating(at, LogGroup())]

    def updating(self, at: Address, old: Self | LogGroup) -> list[Call]:
        if self.retentionDays == old.retentionDays:
            return []
        group = {"logGroupName": at.key}
        if self.retentionDays is None:
            return [Call("DeleteRetentionPolicy", group, _SERVICE)]
        return [Call("PutRetentionPolicy", group | {"retentionInDays": self.retentionDays}, _SERVICE)]


def _read(name: str, root: Address, around: Around) -> list[dict[str, Any]]:
    """The log group of that name as an item, if there is one."""
    groups = around.perform(_named(name))["logGroups"]
    if not groups:
        return []
    tags = around.perform(_own_tags(groups[0]["arn"].removesuffix(":*"), name, around.environment.owner))["tags"]
    ours = tags.get(NAME_TAG) == root.key
    return [{"name": name, "retentionDays": groups[0].get("retentionInDays"), "ours": ours}]


def _named(name: str) -> Call:
    """The call that looks for a log group. Longer names are listed after it."""

    def part(answer: Mapping[str, Any]) -> dict[str, Any]:
        groups = [group for group in answer["logGroups"] if group["logGroupName"] == name]
        return {"logGroups": [{key: group.get(key) for key in ("arn", "retentionInDays")} for group in groups]}

    told = f"log group {name}: taken for one that is still to be made"
    glance = Glance(part, {"logGroups": []}, told)
    return Call("DescribeLogGroups", {"logGroupNamePrefix": name}, _SERVICE, glance=glance)


def _own_tags(arn: str, name: str, owner: str) -> Call:
    """The call that reads a log group's tags, if they are this owner's."""

    def part(answer: Mapping[str, Any]) -> dict[str, Any]:
        tags = answer.get("tags") or {}
        own = (OWNER_TAG, NAME_TAG) if tags.get(OWNER_TAG) == owner else ()
        return {"tags": {key: tags[key] for key in own if key in tags}}

    told = f"log group {name}: taken for somebody else's"
    return Call("ListTagsForResource", {"resourceArn": arn}, _SERVICE, glance=Glance(part, {"tags": {}}, told))
