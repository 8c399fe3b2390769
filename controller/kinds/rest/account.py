"""Account: the role with which API Gateway writes to CloudWatch Logs, one for all APIs of an account and region.

It is there without anybody's doing, carries no tags and is shared. So it is set where it is empty, told of where it
is another, and left alone when the spec goes. Facts: API Gateway API reference, GetAccount and UpdateAccount.
"""

from __future__ import annotations

from typing import Annotated, Self

from controller.address import Address
from controller.call import Call
from controller.facets import ROLE, ServerDefault, Wire
from controller.kinds.rest.dialect import RootKind
from controller.model import register


@register
class Account(RootKind):
    """What API Gateway keeps for a whole account and region. There is one, whatever its name here."""

    kind = "Account"
    singleton = True

    update = "UpdateAccount"
    read_one = "GetAccount"
    reads = frozenset({"throttleSettings"})

    cloudwatchRoleArn: Annotated[str | None, ROLE, ServerDefault(), Wire(clear="empty")] = None

    @classmethod
    def canonical_key(cls, key: str) -> str:
        return ""

    def hands_off(self, old: Self) -> str:
        if not old.cloudwatchRoleArn:
            return ""
        return (
            f"shared by all APIs of the account, and left as it is: "
            f"cloudwatchRoleArn is {old.cloudwatchRoleArn}, wanted is {self.cloudwatchRoleArn}"
        )

    def deleting(self, at: Address) -> list[Call]:
        return []
