"""`reconcile validate`: the specs alone, for every target."""

from __future__ import annotations

import typer

from controller.cli.scope import requests
from controller.cli.session import Session
from controller.errors import Problem, SpecErrors


def run(session: Session) -> int:
    """Check all targets, tell every problem once, or how many documents are right."""
    problems: list[Problem] = []
    documents = 0
    for request in requests(session):
        try:
            # Some documents are for some targets only; the fullest target stands for all.
            documents = max(documents, session.engine.validate(request))
        except SpecErrors as error:
            problems += error.problems
    if problems:
        raise SpecErrors(problems)
    are = "document is" if documents == 1 else "documents are"
    typer.echo(f"{documents} {are} valid.")
    return 0
