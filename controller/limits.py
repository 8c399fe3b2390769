"""AWS's control-plane quotas of API Gateway: they pace the client and price a plan.

Per account and region, not increasable. Source: developer guide, "Quotas for configuring and running a REST API".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls per so many seconds; as many at once as `burst` says."""

    calls: int
    per_seconds: float
    burst: int = 0

    @property
    def per_second(self) -> float:
        return self.calls / self.per_seconds

    @property
    def at_once(self) -> int:
        return self.burst or self.calls


TOTAL = Rate(10, 1, burst=40)
"""All operations together."""

RATES: Mapping[str, Rate] = {
    "CreateDeployment": Rate(1, 5),
    "CreateRestApi": Rate(1, 3),
    "ImportRestApi": Rate(1, 3),
    "PutRestApi": Rate(1, 1),
    "DeleteRestApi": Rate(1, 30),
    "CreateResource": Rate(5, 1),
    "DeleteResource": Rate(5, 1),
    "GetResources": Rate(5, 2),
    "CreateApiKey": Rate(5, 1),
    "DeleteApiKey": Rate(5, 1),
    "UpdateUsagePlan": Rate(1, 20),
    "UpdateAccount": Rate(1, 20),
    "CreateDocumentationVersion": Rate(1, 20),
    "ImportDocumentationParts": Rate(1, 30),
    "CreateDomainName": Rate(1, 30),
    "UpdateDomainName": Rate(1, 30),
    "DeleteDomainName": Rate(1, 30),
    "CreateVpcLink": Rate(1, 15),
    "DeleteVpcLink": Rate(1, 30),
}
"""Operations with a quota of their own, besides the total."""


def weight(operations: Iterable[str]) -> float:
    """How many seconds of the quotas these calls use up, each by itself: what to compare ways by."""
    return sum(1 / TOTAL.per_second + (1 / RATES[name].per_second if name in RATES else 0.0) for name in operations)


def seconds(operations: Iterable[str]) -> float:
    """The least time that the quotas allow for these calls, from a full burst on."""
    counts = Counter(operations)
    own = (
        max(0, count - RATES[name].at_once) / RATES[name].per_second
        for name, count in counts.items()
        if name in RATES
    )
    total = max(0, counts.total() - TOTAL.at_once) / TOTAL.per_second
    return max(total, *own, 0.0)
