"""The resource policy's round trip: expanded, collapsed and escaped."""

from __future__ import annotations

import json
from typing import Any

from controller.gateway import Environment
from tests.fake import refusals
from tests.fake.patch import Record


MOST_CHARACTERS = 8192
SHORTHAND = "execute-api:/"


def store(policy: str, api_id: str, environment: Environment) -> str:
    """The policy as AWS keeps it, or its refusal."""
    if len(policy) > MOST_CHARACTERS:
        raise refusals.bad("Invalid policy document. The policy exceeds 8192 characters.")
    try:
        document = json.loads(policy)
    except ValueError:
        document = None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not statements:
        raise refusals.bad(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
        )
    arn = f"arn:{environment.partition}:execute-api:{environment.region}:{environment.account}:{api_id}/"
    several = statements if isinstance(statements, list) else [statements]
    stored = [_statement(statement, arn) for statement in several]
    document["Statement"] = stored if isinstance(statements, list) else stored[0]
    return json.dumps(document, separators=(",", ":"))


def show(policy: str) -> str:
    """The policy as AWS answers it: inside a second layer of JSON escapes."""
    return json.dumps(policy)[1:-1].replace("/", "\\/")


def _statement(statement: Record, arn: str) -> Record:
    return {
        name: _resources(value, arn) if name in ("Resource", "NotResource") else value
        for name, value in statement.items()
    }


def _resources(value: Any, arn: str) -> Any:
    several = value if isinstance(value, list) else [value]
    expanded = [_expand(resource, arn) for resource in several]
    return expanded[0] if len(expanded) == 1 else expanded


def _expand(resource: str, arn: str) -> str:
    if resource.startswith(SHORTHAND):
        return arn + resource.removeprefix(SHORTHAND)
    return resource
