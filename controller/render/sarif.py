"""Reports as SARIF 2.1.0, for code scanning: findings at the lines that they come from.

All targets are one run: GitHub takes no more than 20 runs, and one alone of a tool and category.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from controller import __version__
from controller.render.findings import Finding, findings
from controller.render.frame import Frame
from controller.render.rules import Rule
from controller.report import Report


SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST = 5000
"""Results that GitHub shows; what is more it drops by its own lights."""

ROOT = "%SRCROOT%"
FINGERPRINT = "reconcileFinding/v1"

# GitHub's scale of 0 to 10: from 7.0 on an alert is "high".
SECURITY_SEVERITY = "8.0"


def document(reports: Sequence[Report], frame: Frame) -> str:
    """The log, with one run. Only ASCII."""
    every = findings(reports, frame)
    shown, more = every[:MOST], len(every) - MOST
    used = sorted({item.rule for item in shown}, key=lambda rule: rule.name)
    index = {rule: number for number, rule in enumerate(used)}
    failed = any(report.errors for report in reports) or any(item.target for item in frame.problems)
    invocation: dict[str, Any] = {"executionSuccessful": not failed}
    if more > 0:
        invocation["toolExecutionNotifications"] = [_left_out(more)]
    driver = {
        "name": "apigateway-reconciler",
        "version": reports[0].version if reports else __version__,
        "rules": [_rule(rule) for rule in used],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the checkout."}}},
        "results": [_result(item, index[item.rule]) for item in shown],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _left_out(more: int) -> dict[str, Any]:
    text = f"{more} more findings are left out, none of them graver: there is room for {MOST}."
    return {"level": "warning", "message": {"text": text}}


def _rule(rule: Rule) -> dict[str, Any]:
    tags = ["aws", "api-gateway", *(["security"] if rule.security else [])]
    properties = {"tags": tags} | ({"security-severity": SECURITY_SEVERITY} if rule.security else {})
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": f"{rule.help} See docs/formats.md of the reconciler."},
        "defaultConfiguration": {"level": rule.level},
        "properties": properties,
    }


def _result(item: Finding, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _physical(item)}
    if item.subject:
        full = f"{item.target} > {item.subject}"
        location["logicalLocations"] = [{"fullyQualifiedName": full, "kind": "resource"}]
    return {
        "ruleId": item.rule.name,
        "ruleIndex": index,
        "level": item.rule.level,
        "message": {"text": _plain(item.text)},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: item.fingerprint},
        **({"properties": {"target": item.target}} if item.target else {}),
    }


def _plain(text: str) -> str:
    """The message with nothing in it that SARIF takes for a link."""
    return text.replace("](", "] (")


def _physical(item: Finding) -> dict[str, Any]:
    region = {"startLine": item.line}
    if item.place.file and item.place.column > 0:
        region["startColumn"] = item.place.column
    # Bytes, since a name on disk need not be text.
    uri = quote(item.path.encode("utf-8", "surrogatepass"), safe="/")
    artifact = {"uri": uri, "uriBaseId": ROOT}
    return {"artifactLocation": artifact, "region": region}
