"""`reconcile iam-policy`: what a run has to be allowed."""

from __future__ import annotations

import json
from dataclasses import replace

import typer

from controller.cli.scope import single
from controller.cli.session import Session


def run(session: Session, *, endpoint_url: str | None, read_only: bool, usage: bool) -> int:
    """Print the policy document of one target."""
    request = replace(single(session, "a policy", endpoint_url), usage=usage)
    typer.echo(json.dumps(session.engine.iam_policy(request, read_only=read_only), indent=2))
    return 0
