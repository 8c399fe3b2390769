"""What the account holds, as plain records: each is the answer AWS gives for the thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.errors import GatewayError
from controller.gateway import Environment
from tests.fake import refusals
from tests.fake.patch import Record


ROWS, MOST_ROWS = 25, 500
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
# Coprime with 36, so ids neither repeat nor come in order: lists have AWS's arbitrary order.
STRIDE = 2_654_435_761
ACCOUNT_BURST, ACCOUNT_RATE = 5000, 10000.0


@dataclass(slots=True)
class Api:
    """One REST API with all that hangs on it. Resources know their parents, not their paths."""

    record: Record
    resources: dict[str, Record] = field(default_factory=dict)
    methods: dict[tuple[str, str], Record] = field(default_factory=dict)
    authorizers: dict[str, Record] = field(default_factory=dict)
    models: dict[str, Record] = field(default_factory=dict)
    validators: dict[str, Record] = field(default_factory=dict)
    gateway_responses: dict[str, Record] = field(default_factory=dict)
    documentation_parts: dict[str, Record] = field(default_factory=dict)
    documentation_versions: dict[str, Record] = field(default_factory=dict)
    deployments: dict[str, Record] = field(default_factory=dict)
    stages: dict[str, Record] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.record["id"])

    def path(self, resource_id: str) -> str:
        parts = []
        resource = self.resources[resource_id]
        while "parentId" in resource:
            parts.append(resource["pathPart"])
            resource = self.resources[resource["parentId"]]
        return "/" + "/".join(reversed(parts))

    def served(self) -> set[str]:
        """The deployments some stage or canary points to."""
        canaries = {stage.get("canarySettings", {}).get("deploymentId") for stage in self.stages.values()}
        return (canaries - {None}) | {stage["deploymentId"] for stage in self.stages.values()}


@dataclass(slots=True)
class World:
    """The account in one region."""

    environment: Environment
    logs_role: bool = True
    quotas: bool = True
    link_reads: int = 1
    functions: set[str] | None = None
    log_groups: dict[str, Record] = field(default_factory=dict)
    statements: dict[tuple[str, str], dict[str, Record]] = field(default_factory=dict)
    issued: int = 0
    apis: dict[str, Api] = field(default_factory=dict)
    api_keys: dict[str, Record] = field(default_factory=dict)
    generated_keys: set[str] = field(default_factory=set)
    usage_plans: dict[str, Record] = field(default_factory=dict)
    plan_keys: dict[str, list[str]] = field(default_factory=dict)
    vpc_links: dict[str, Record] = field(default_factory=dict)
    pending_reads: dict[str, int] = field(default_factory=dict)
    dangling_links: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, Record] = field(default_factory=dict)
    domains: dict[str, Record] = field(default_factory=dict)
    mappings: dict[str, dict[str, Record]] = field(default_factory=dict)
    snapshots: dict[str, Record] = field(default_factory=dict)
    deployed_links: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: dict[frozenset[tuple[str, str]], float] = field(default_factory=dict)
    used: dict[tuple[str, str], int] = field(default_factory=dict)
    account: Record = field(
        default_factory=lambda: {
            "throttleSettings": {"burstLimit": ACCOUNT_BURST, "rateLimit": ACCOUNT_RATE},
            "features": ["UsagePlans"],
            "apiKeyVersion": "4",
        }
    )

    def new_id(self, length: int = 10) -> str:
        self.issued += 1
        rest, digits = (self.issued * STRIDE) % 36**10, ""
        for _ in range(10):
            rest, digit = divmod(rest, 36)
            digits += ALPHABET[digit]
        return (digits * (length // 10 + 1))[:length]

    def now(self) -> datetime:
        """Time that moves with every thing made, so that no test depends on a clock."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.issued)

    def api(self, params: Record, absent: str | Callable[[], GatewayError] | None = None) -> Api:
        """The API a call names. `absent` is what this call says when there is none (facts, 1.4)."""
        identity = params["restApiId"]
        if identity in self.apis:
            return self.apis[identity]
        if callable(absent):
            raise absent()
        raise refusals.missing(absent or f"Invalid API identifier specified {self.environment.account}:{identity}")

    def limit(self, things: str, collection: dict[Any, Any], most: int) -> None:
        if self.quotas and len(collection) >= most:
            raise refusals.quota(things)

    def may_log(self) -> bool:
        return self.logs_role or "cloudwatchRoleArn" in self.account


def chosen(params: Record, *fields: str) -> Record:
    """The given fields of a request; empty texts, maps and lists count as not given."""
    return {name: params[name] for name in fields if params.get(name) not in (None, "", {}, [])}


def page(items: list[Record], params: Record, key: str = "items") -> Record:
    limit = params.get("limit") or ROWS
    limit = ROWS if limit < 1 else min(limit, MOST_ROWS)
    position = params.get("position", "0")
    if not re.fullmatch(r"\d+", position):
        raise refusals.bad("Invalid position parameter")
    start = int(position)
    answer: Record = {key: items[start : start + limit]}
    if start + limit < len(items):
        answer["position"] = str(start + limit)
    return answer


def check_tags(tags: dict[str, str]) -> None:
    if len(tags) > 50:
        raise refusals.bad("A resource may have at most 50 tags")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise refusals.bad("aws: prefixed tag key names are not allowed for external use.")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise refusals.bad("Invalid tag key or value length")
