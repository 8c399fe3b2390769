"""`reconcile schema`."""

from __future__ import annotations

import json

import typer

from controller.schema import json_schema


def run() -> int:
    """Print the JSON Schema of a spec document."""
    typer.echo(json.dumps(json_schema(), indent=2))
    return 0
