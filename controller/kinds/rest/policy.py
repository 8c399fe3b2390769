"""Resource policies: the form AWS gives back, brought to the form authors write.

AWS returns the policy with JSON's escapes still in it, `execute-api:/…` spelt out with the API's own ARN, and
lists of one as a scalar. Source: recorded answers, and the developer guide's page on resource policies.
"""

from __future__ import annotations

import json
import re
from typing import Any

from controller.facets import refuse_secrets


_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_VERSION = "2008-10-17"


def decode(text: str | None) -> Any:
    """The policy document in a member that AWS returned; also takes text that is not escaped."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(json.loads(f'"{text}"'))


def read_policy(value: Any) -> Any:
    """A policy as canonical structure: statements in a list, and IAM's lists sorted."""
    if value in (None, "", {}):
        return None
    refuse_secrets(value)
    document = decode(value) if isinstance(value, str) else value
    if not isinstance(document, dict) or "Statement" not in document:
        msg = "expected an IAM policy document with a Statement"
        raise ValueError(msg)
    statements = document["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(item, dict) for item in statements):
        msg = "Statement: expected a list of statements"
        raise ValueError(msg)
    canonical = sorted((_statement(item) for item in statements), key=_sort_key)
    return {"Version": _VERSION} | document | {"Statement": canonical}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: _members(item) if key in _LISTS else item for key, item in statement.items()}
    for key in ("Principal", "NotPrincipal"):
        if isinstance(found.get(key), dict):
            found[key] = {kind: _members(item) for kind, item in found[key].items()}
    if isinstance(found.get("Condition"), dict):
        found["Condition"] = {
            operator: {key: _members(item) for key, item in tests.items()} if isinstance(tests, dict) else tests
            for operator, tests in found["Condition"].items()
        }
    return found


def _members(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return sorted((item if isinstance(item, str) else json.dumps(item) for item in items), key=str)


def _sort_key(statement: dict[str, Any]) -> str:
    return json.dumps(statement, sort_keys=True, default=str)


def compress(document: Any, api_id: str) -> Any:
    """The document with this API's own ARNs as the `execute-api:/…` shorthand.

    Authors may write either form; both are compared, and kept, in the short one.
    """
    own = re.compile(rf"arn:[\w-]+:execute-api:[\w-]*:\d*:{re.escape(api_id)}/")
    for statement in document.get("Statement", []) if isinstance(document, dict) else []:
        for key in ("Resource", "NotResource"):
            if isinstance(statement, dict) and key in statement:
                members = _members(statement[key])
                statement[key] = [own.sub("execute-api:/", member) for member in members]
    return document
