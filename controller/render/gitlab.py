"""Reports for GitLab's widgets in merge requests: counts of changes, and findings at lines of files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from controller.render.findings import Finding, findings
from controller.render.frame import Frame
from controller.render.rules import Rule
from controller.report import Report


SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}


def counts(reports: Sequence[Report], _frame: Frame) -> str:
    """What `artifacts:reports:terraform` takes: how much is created, updated and deleted.

    A replacement is one of each, as Terraform counts it.
    """
    sums = [report.summary for report in reports]
    return json.dumps(
        {
            "create": sum(count.create + count.replace for count in sums),
            "update": sum(count.update + count.rename + count.adopt for count in sums),
            "delete": sum(count.delete + count.replace for count in sums),
        }
    )


def quality(reports: Sequence[Report], frame: Frame) -> str:
    """What `artifacts:reports:codequality` takes. Only ASCII."""
    return json.dumps([_entry(item) for item in findings(reports, frame)], indent=2)


def _entry(item: Finding) -> dict[str, Any]:
    return {
        "description": item.text,
        "check_name": item.rule.name,
        "fingerprint": item.fingerprint,
        "severity": _severity(item.rule),
        "location": {"path": item.path, "lines": {"begin": item.line}},
    }


def _severity(rule: Rule) -> str:
    return "blocker" if rule.security else SEVERITIES[rule.level]
