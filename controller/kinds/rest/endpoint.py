"""What is the same for all endpoints, of APIs and of domains: type, TLS, addresses, resource policy.

Facts: API Gateway developer guide, "API endpoint types", "Security policies" and "Endpoint access mode".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controller.impact import Impact
from controller.kinds.rest.policy_change import changed


_PRIVATE = ("PRIVATE",)
_TLS = ("TLS_1_0", "TLS_1_2")
"""The old security policies, from the one that takes the most; the newer ones have no order."""


def doors(name: str, old: Any, new: Any) -> Iterator[Impact]:
    """What callers notice of an endpoint, called `name`, when its type, its TLS or its addresses change."""
    (before,), (after,) = old.endpointConfiguration.types, new.endpointConfiguration.types
    if before != after:
        told = f"{name} is served as {after}, no longer as {before}"
        yield Impact("endpoint-type-changed", told, "endpointConfiguration")
    if private(old) and not private(new):
        yield Impact("endpoint-opened", f"{name} can be called from outside of VPCs", "endpointConfiguration")
    addresses = tuple(item.endpointConfiguration.ipAddressType for item in (old, new))
    if addresses == ("dualstack", "ipv4"):
        yield Impact("ipv6-removed", f"{name} is no longer reached by IPv6", "endpointConfiguration")
    if old.securityPolicy and new.securityPolicy and _raised(old.securityPolicy, new.securityPolicy):
        told = f"{name} wants {new.securityPolicy} of its callers ({old.securityPolicy} before)"
        yield Impact("security-policy-raised", told, "securityPolicy")
    if new.endpointAccessMode == "STRICT" and old.endpointAccessMode != "STRICT":
        told = f"{name} refuses requests that come by another endpoint, or for another name"
        yield Impact("endpoint-access-restricted", told, "endpointAccessMode")


def _raised(old: str, new: str) -> bool:
    return old != new and not (old in _TLS and new in _TLS and _TLS.index(new) < _TLS.index(old))


def private(endpoint: Any) -> bool:
    """Whether an endpoint is known inside VPCs only."""
    return bool(endpoint.endpointConfiguration.types == _PRIVATE)


def policies(name: str, old: Any, new: Any) -> Iterator[Impact]:
    """What callers notice of an endpoint, called `name`, when its resource policy changes."""
    if old.policy == new.policy:
        return
    opened, closed = changed(old.policy, new.policy, private=(private(old), private(new)))
    if closed:
        yield Impact(
            "policy-closed", f"{name} may refuse callers of before: its policy {_turned(closed)}", "policy"
        )
    if opened:
        told = f"{name} may let in others than before: its policy {opened}"
        yield Impact("policy-opened", told, "policy")


def _turned(words: str) -> str:
    """What the policy of before says of itself as against the one of now, turned around."""
    if words.startswith("allows "):
        return f"no longer {words}"
    return words.replace("no longer denies", "denies", 1)
