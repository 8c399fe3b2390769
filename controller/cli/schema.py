"""`reconcile schema`."""

from __future__ import annotations

import json

import typer

from controller.render.report_schema import report_schema
from controller.schema import json_schema


def run(*, report: bool = False) -> int:
    """Print the JSON Schema of a spec document, or of a report."""
    typer.echo(json.dumps(report_schema() if report else json_schema(), indent=2))
    return 0
