"""The web ACL of a stage: WAF associates it, so it is read and changed by WAF's calls.

Facts: AWS WAF API reference, AssociateWebACL and GetWebACLForResource; Service Authorization Reference, AWS WAF V2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.address import Address
from controller.call import Call, Fact, Glance, Text
from controller.errors import NotFoundError
from controller.model import Around
from controller.terms import Right


_SERVICE = "wafv2"


def guarding(stage: Text, new: str | None, old: str | None) -> list[Call]:
    """The call that gives a stage its web ACL; none where the spec leaves it as it is."""
    if new is None or new == (old or ""):
        return []
    if not new:
        return [Call("DisassociateWebACL", {"ResourceArn": stage}, _SERVICE)]
    return [Call("AssociateWebACL", {"WebACLArn": new, "ResourceArn": stage}, _SERVICE)]


def with_web_acls(root: Address, payload: Mapping[str, Any], around: Around) -> list[dict[str, Any]]:
    """The live stages. Where the spec wants a web ACL and API Gateway shows none, WAF is asked."""
    api = payload.get("id", "")
    return [
        {**stage, "webAclArn": stage.get("webAclArn") or _associated(root, api, stage["stageName"], around)}
        for stage in payload.get("Stage", [])
    ]


def _associated(root: Address, api: str, stage: str, around: Around) -> str | None:
    if getattr(around.desired.get(root.child("Stage", stage)), "webAclArn", None) is None:
        return None
    where = around.environment
    arn = f"arn:{where.partition}:apigateway:{where.region}::/restapis/{api}/stages/{stage}"
    told = f"stage {stage} of API {api}: taken to be guarded by no web ACL"
    glance = Glance(_arn, {}, told)
    try:
        answer = around.perform(Call("GetWebACLForResource", {"ResourceArn": arn}, _SERVICE, glance=glance))
    except NotFoundError:
        return None
    return answer.get("ARN")


def _arn(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"ARN": answer["WebACL"]["ARN"]} if answer.get("WebACL") else {}


def rights(acl: str | None) -> Iterator[Right]:
    """What it takes to read and to change the association; nothing where the spec leaves it as it is."""
    if acl is None:
        return
    stage = Text(("arn:", Fact.PARTITION, ":apigateway:", Fact.REGION, "::/restapis/*/stages/*"))
    yield Right("wafv2:GetWebACLForResource", stage, writes=False)
    yield Right("apigateway:SetWebACL", stage)
    for arn in (stage, *([Text((acl,))] if acl else [])):
        yield Right("wafv2:AssociateWebACL", arn)
        yield Right("wafv2:DisassociateWebACL", arn)
