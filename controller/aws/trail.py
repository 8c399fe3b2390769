"""What CloudTrail tells of API Gateway: a pure reading of EventBridge's messages.

An event only says "look again": nothing is taken from it but which AWS ids it is about, and a doubt means all.
The format: CloudTrail User Guide, "CloudTrail record contents"; EventBridge User Guide, "AWS service events
delivered via CloudTrail"; API Gateway Developer Guide, "Logging API calls using CloudTrail".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from controller.aws.client import SESSION_PREFIX, USER_AGENT


SOURCE = "apigateway.amazonaws.com"

_IDS = frozenset({"restapiid", "usageplanid", "apikey", "vpclinkid", "clientcertificateid", "domainname"})
"""Parameters with the id of a root. Cases and underscores vary between the API, its SDKs and the trail."""

_MAKING = ("Create", "Import", "Generate")
"""Calls whose answer has the id of what they made."""

_ARN = re.compile(r"^arn:[^:]+:apigateway:[^:]*:[^:]*:/(?P<kind>[a-z]+)/(?P<id>[^/]+)")
_COLLECTIONS = frozenset({"restapis", "usageplans", "apikeys", "vpclinks", "clientcertificates", "domainnames"})


@dataclass(frozen=True)
class Hint:
    """Something changed in API Gateway. `ids` are those of the roots that it is about; None means any."""

    event: str
    ids: frozenset[str] | None


Nothing = Literal["own", "read", "refused", "foreign"]
"""Why an event is no reason to look: our own call, a reading one, one that AWS refused, or not of REST APIs."""


def read(message: str) -> Hint | Nothing:
    """What a message says."""
    try:
        content = json.loads(message)
    except (ValueError, RecursionError):
        return "foreign"
    detail = _mapping(_mapping(content).get("detail"))
    event = detail.get("eventName")
    if detail.get("eventSource") != SOURCE or not isinstance(event, str):
        return "foreign"
    if detail.get("readOnly") in (True, "true") or event.startswith("Get"):
        return "read"
    if detail.get("errorCode"):
        return "refused"
    if _is_own(detail):
        return "own"
    asked, answered = _mapping(detail.get("requestParameters")), _mapping(detail.get("responseElements"))
    if isinstance(asked.get("apiId"), str):
        # HTTP and WebSocket APIs share the event source, and nothing else.
        return "foreign"
    ids = frozenset(_ids(asked))
    if not ids and event.startswith(_MAKING):
        ids = frozenset(_ids(answered)) or frozenset(_strings(answered.get("id")))
    return Hint(event, ids or None)


def _is_own(detail: Mapping[str, Any]) -> bool:
    agent = detail.get("userAgent")
    arn = _mapping(detail.get("userIdentity")).get("arn")
    session = arn.rpartition("/")[2] if isinstance(arn, str) and ":assumed-role/" in arn else ""
    return (isinstance(agent, str) and USER_AGENT in agent) or session.startswith(SESSION_PREFIX)


def _ids(parameters: Mapping[str, Any]) -> Iterator[str]:
    for name, value in parameters.items():
        if not isinstance(value, str):
            continue
        if name.replace("_", "").lower() in _IDS:
            yield value
        elif name == "resourceArn" and (found := _ARN.match(value)) and found["kind"] in _COLLECTIONS:
            yield found["id"]


def _strings(value: object) -> list[str]:
    return [value] if isinstance(value, str) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
