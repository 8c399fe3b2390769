"""What stands about a root besides its content: who may touch it, and what happens when its spec goes.

An author says it in `metadata`; on the live side it is kept in tags, since it must outlive the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


PROTECT_TAG = "reconcile:protect"
ON_DELETE_TAG = "reconcile:on-delete"
REPLACES_TAG = "reconcile:replaces"
"""On a root that took another's place: the AWS id of that one."""
ADOPTED_TAG = "reconcile:adopted"
"""On a root that was taken over: what it served then, and the digest of the definition that this is taken for."""

_MANAGERS: tuple[tuple[str, str], ...] = (
    ("aws:cloudformation:stack-name", "CloudFormation stack {}"),
    ("aws:cloudformation:stack-id", "CloudFormation stack {}"),
    ("lambda:createdBy", "AWS {}"),
    ("serverless:service", "Serverless Framework service {}"),
    ("STAGE", "Serverless Framework stage {}"),
    ("terraform", "Terraform ({})"),
    ("managed-by", "{}"),
    ("managedby", "{}"),
    ("services.k8s.aws/controller-version", "AWS Controllers for Kubernetes ({})"),
    ("services.k8s.aws/namespace", "AWS Controllers for Kubernetes (namespace {})"),
)
"""Tags by which other tools mark what is theirs: CloudFormation, SAM, Serverless, ACK; Terraform by convention."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an author or another tool says of a root.

    protect     never deleted or replaced
    retain      stays when its spec goes
    suspended   why nothing is written now, and `until` when
    manager     another tool whose mark the live root carries
    adopt       the AWS id of the live root to take over, and the place where it is written
    """

    protect: bool = False
    retain: bool = False
    suspended: str = ""
    until: datetime | None = None
    manager: str = ""
    adopt: str = ""
    place: str = ""

    def paused(self, now: datetime) -> bool:
        """True while the suspension lasts."""
        return bool(self.suspended) and (self.until is None or now < self.until)


def paused_words(reason: str, until: datetime | None) -> str:
    """That nothing is written in a root: until when, and why."""
    end = f" until {until:%Y-%m-%d %H:%M %Z}".rstrip() if until else ""
    return f"suspended{end}: {reason}"


def from_metadata(metadata: Mapping[str, Any]) -> Standing:
    """What an author says; the values were checked when the document was read."""
    suspend = metadata.get("suspend") or {}
    until = suspend.get("until")
    return Standing(
        protect=bool(metadata.get("protect")),
        retain=metadata.get("onDelete") == "retain",
        suspended=str(suspend.get("reason", "")),
        until=datetime.fromisoformat(str(until)) if until else None,
        adopt=str(metadata.get("adopt") or ""),
    )


def from_tags(tags: Mapping[str, str]) -> Standing:
    """What the tags of a live root say."""
    return Standing(
        protect=tags.get(PROTECT_TAG) == "true",
        retain=tags.get(ON_DELETE_TAG) == "retain",
        manager=_manager(tags),
    )


def marks(standing: Standing) -> dict[str, str]:
    """The tags that keep what an author said."""
    protect = {PROTECT_TAG: "true"} if standing.protect else {}
    return protect | ({ON_DELETE_TAG: "retain"} if standing.retain else {})


def _manager(tags: Mapping[str, str]) -> str:
    folded = {key.lower(): value for key, value in tags.items()}
    for key, words in _MANAGERS:
        value = tags.get(key) if key.isupper() else folded.get(key.lower())
        if value and "reconcile" not in value.lower():
            return words.format(value)
    return ""
