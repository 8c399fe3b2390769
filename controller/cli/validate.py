"""`reconcile validate`: the specs alone, for every target."""

from __future__ import annotations

from collections.abc import Iterable

import typer
import watchfiles

from controller.cli.errors import explain, warn
from controller.cli.outputs import TEXT, Result, Trouble, deliver, outputs
from controller.cli.scope import requests
from controller.cli.session import Session
from controller.errors import ControllerError, SpecErrors
from controller.render.formats import OF_PROBLEMS


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
    wanted = outputs(session.outputs, OF_PROBLEMS)
    trouble = Trouble()
    try:
        documents = _documents(session, trouble)
    except Exception as error:
        trouble.note(error)
        raise
    finally:
        code = deliver(wanted, Result(problems=trouble.views()), session)
    warn(trouble.warnings, session)
    if trouble.problems:
        raise SpecErrors(trouble.problems)
    if wanted.stdout == TEXT:
        are = "document is" if documents == 1 else "documents are"
        typer.echo(f"{documents} {are} valid.")
    return code


def _documents(session: Session, trouble: Trouble) -> int:
    """How many documents there are."""
    documents = 0
    for request in requests(session):
        try:
            # Some documents are for some targets only; the fullest target stands for all.
            checked = session.engine.validate(request)
            documents = max(documents, checked.roots)
            trouble.warnings += checked.warnings
        except SpecErrors as error:
            trouble.note(error)
    return documents
