"""Replays requests on the fake and compares its answers with the ones recorded from AWS."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from controller.errors import GatewayError
from tests.fake import FakeGateway


RECORDED = Path(__file__).parents[3] / "shared" / "aws-recorded" / "lifecycle.recorded.json"
# boto3 hid these when the answers were recorded.
HIDDEN = {"securityPolicy", "apiStatus", "responseTransferMode", "ResponseMetadata", "message"}
MASKED = {"name", "value", "cacheNamespace", "uri", "position"}
JSON_TEXTS = ("schema", "properties")

Answers = dict[str, dict[str, Any]]


def recorded(scenario: str) -> Answers:
    if not RECORDED.exists():
        pytest.skip(f"{RECORDED.name} is not here: nothing recorded from AWS to compare with")
    scenarios = json.loads(RECORDED.read_text())
    (found,) = (body for name, body in scenarios.items() if name.endswith(scenario))
    answers: Answers = found.get("recorded-content", found)
    return answers


def shape(value: Any, key: str = "") -> Any:
    """What two answers must share. Texts AWS's ids were masked in, and dates, count as such."""
    if key == "requestModels":
        return sorted(value)
    if isinstance(value, dict):
        return {k: shape(v, k) for k, v in value.items() if k not in HIDDEN}
    if isinstance(value, list):
        return sorted((shape(item) for item in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, str) and key in JSON_TEXTS:
        return shape(json.loads(value))
    return "datetime" if isinstance(value, datetime) else masked(value, key)


def masked(value: Any, key: str) -> Any:
    ids = key.lower().endswith("id") or key in MASKED
    return "<masked>" if isinstance(value, str) and (ids or value.startswith("<")) else value


class Replay:
    """Carries out requests and compares each with the answer recorded under a name."""

    def __init__(self, scenario: str) -> None:
        self.answers = recorded(scenario)
        self.fake = FakeGateway()

    def __call__(self, name: str, operation: str, /, **params: Any) -> dict[str, Any]:
        expected = self.answers[name]
        if "Error" in expected:
            with pytest.raises(GatewayError) as raised:
                self.fake(operation, params)
            assert raised.value.code == expected["Error"]["Code"], name
            wanted = expected["Error"]["Message"]
            assert fragment(str(raised.value)) == fragment(wanted), name
            return {}
        answer = self.fake(operation, params)
        assert shape(answer) == shape(expected), name
        return answer

    def api(self, **fields: Any) -> tuple[str, str]:
        made = self.fake("CreateRestApi", {"name": "n", "description": "this is my api", **fields})
        return made["id"], made["rootResourceId"]

    def mock(self, api: str, root: str) -> None:
        at = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
        self.fake("PutMethod", {**at, "authorizationType": "NONE"})
        templates = {"application/json": '{"statusCode": 200}'}
        self.fake("PutIntegration", {**at, "type": "MOCK", "requestTemplates": templates})


def fragment(message: str) -> str:
    """Ids differ, and AWS lists enums and stage paths in an order of its own."""
    message = re.sub(r"model '[^']+'", "<model>", message)
    message = re.sub(r"<(api-)?id:\d>b?|\b[a-z0-9]{10}b?\b", "<id>", message)
    return re.split(r"enum value set|Must be one of: \[/deploymentId", message)[0]


def patch(op: str, path: str, value: str | None = None, source: str | None = None) -> dict[str, str]:
    fields = {"op": op, "path": path, "value": value, "from": source}
    return {name: field for name, field in fields.items() if field is not None}
