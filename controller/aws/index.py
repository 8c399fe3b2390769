"""Which kinds of roots an owner has, asked of AWS's index of tags in one call.

Kinds of which there are specs are listed anyway. For the others one question is enough: does this owner have any?
The index lags behind by moments, which delays the news of a root without a spec by one pass and does no other
harm; where it is seen to lag, it is not believed. Source: Resource Groups Tagging API reference, GetResources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.call import Call, Text
from controller.errors import GatewayError
from controller.kinds.rest.dialect import OWNER_TAG, RootKind
from controller.retry import Patient
from controller.terms import Right


SERVICE = "resourcegroupstaggingapi"
_PAGE = 100
RIGHT = Right("tag:GetResources", Text(("*",)), writes=False)
"""What asking the index has to be allowed; without it every kind is listed."""


def owned(
    patient: Patient, owner: str, kinds: Iterable[type[RootKind]], known: Iterable[type[RootKind]]
) -> frozenset[str]:
    """The names of those of `kinds` of which the owner has any.

    Of all of them where the index cannot be asked, or is not up to date: it has to tell of the kinds of which the
    owner is known to have some.
    """
    named = {kind.arn: kind.kind for kind in (*kinds, *known)}
    wanted, certain = {kind.kind for kind in kinds}, {kind.kind for kind in known}
    found: set[str] = set()
    try:
        for arn in _arns(patient, owner):
            found |= {named[part] for part in [_collection(arn)] if part in named}
            if len(found) == len(named):
                break
    except GatewayError:
        # Not allowed, or not there.
        return frozenset(wanted)
    return frozenset(found & wanted if certain <= found else wanted)


def _arns(patient: Patient, owner: str) -> Iterator[str]:
    asked = {
        "TagFilters": [{"Key": OWNER_TAG, "Values": [owner]}],
        "ResourceTypeFilters": ["apigateway"],
        "ResourcesPerPage": _PAGE,
    }
    token = ""
    while True:
        more = {"PaginationToken": token} if token else {}
        answer = patient.perform(Call("GetResources", asked | more, SERVICE))
        yield from (str(item["ResourceARN"]) for item in answer.get("ResourceTagMappingList") or [])
        token = str(answer.get("PaginationToken") or "")
        if not token:
            return


def _collection(arn: str) -> str:
    """`usageplans` of `arn:aws:apigateway:eu-west-1::/usageplans/a1b2c3`."""
    return arn.split(":", 5)[-1].strip("/").partition("/")[0]
