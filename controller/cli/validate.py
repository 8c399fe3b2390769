"""`reconcile validate`: the specs alone, for every target."""

from __future__ import annotations

from collections.abc import Iterable

import typer
import watchfiles

from controller.cli.errors import explain, warn
from controller.cli.scope import requests
from controller.cli.session import Session
from controller.errors import ControllerError, Problem, SpecErrors


def watch(session: Session, changes: Iterable[object] | None = None) -> int:
    """Check now and after every change of a file in the checkout, until interrupted."""
    _check(session)
    for _ in changes or watchfiles.watch(session.checkout, raise_interrupt=False):
        typer.echo("", err=True)
        _check(session)
    return 0


def _check(session: Session) -> None:
    try:
        run(session)
    except ControllerError as error:
        explain(error, session)


def run(session: Session) -> int:
    """Check all targets, tell every warning and every problem once, or how many documents are right."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    documents = 0
    for request in requests(session):
        try:
            # Some documents are for some targets only; the fullest target stands for all.
            checked = session.engine.validate(request)
            documents = max(documents, checked.roots)
            warnings += checked.warnings
        except SpecErrors as error:
            problems += error.problems
    warn(warnings, session)
    if problems:
        raise SpecErrors(problems)
    are = "document is" if documents == 1 else "documents are"
    typer.echo(f"{documents} {are} valid.")
    return 0
