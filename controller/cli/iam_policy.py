"""`reconcile iam-policy`: what a run has to be allowed."""

from __future__ import annotations

import json
from dataclasses import replace

import typer

from controller.cli import local
from controller.cli.scope import requests
from controller.cli.session import Session
from controller.errors import UsageError


def run(session: Session, *, endpoint_url: str | None, read_only: bool) -> int:
    """Print the policy document of one target."""
    found = list(requests(session))
    if len(found) > 1:
        msg = "a policy is for one target: choose it with --target"
        raise UsageError(msg)
    request = replace(found[0], endpoint_url=endpoint_url)
    if session.local:
        request = local.aimed(request, local.running())
    typer.echo(json.dumps(session.engine.iam_policy(request, read_only=read_only), indent=2))
    return 0
