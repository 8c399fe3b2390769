"""`reconcile snapshot`: what is live in the targets, for plans of those who may not ask AWS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from controller import __version__
from controller.cli import local
from controller.cli.errors import explain, worst
from controller.cli.findings import PARTLY
from controller.cli.run import AT_ONCE
from controller.cli.scope import requests
from controller.cli.session import Session
from controller.request import Request
from controller.snapshot import Content, Taken, private_key, put, written
from controller.snapshot.keys import fingerprint
from controller.source import revision


def run(session: Session, output: Path, key: str, *, endpoint_url: str | None, share: float | None) -> int:
    """Read all wanted targets and write one file; nothing is written unless all could be read."""
    signer = private_key(key) if key else None
    emulator = local.running() if session.local else None
    wanted = [replace(plain, endpoint_url=endpoint_url, quota_share=share) for plain in requests(session)]
    aimed = [local.aimed(request, emulator) if emulator else request for request in wanted]
    began = datetime.now(UTC).replace(microsecond=0)
    found = _taken(session, aimed)
    if isinstance(found, int):
        return found
    content = Content(
        version=__version__,
        taken=began,
        revision=revision(session.checkout),
        targets={name: taken.target for name, taken in found.items()},
    )
    put(written(content, signer), output)
    by = f"signed by {fingerprint(signer.public_key())}" if signer else "not signed: give --key PRIVATE-KEY"
    typer.echo(f"{output if output != Path('-') else 'snapshot'}: {', '.join(found)}; {by}", err=True)
    return _told(found)


def _taken(session: Session, wanted: list[Request]) -> dict[str, Taken] | int:
    """What is live by target, or the exit code if not all of them could be read."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {request.target: pool.submit(session.engine.snapshot, request) for request in wanted}
    errors = [error for job in jobs.values() if (error := job.exception())]
    if errors:
        return worst([explain(error, session) for error in errors])
    return {name: job.result() for name, job in jobs.items()}


def _told(found: dict[str, Taken]) -> int:
    """Tell which roots could not be read; the exit code."""
    for name, taken in found.items():
        for root, reason in taken.unread.items():
            typer.echo(f"{name}: {root} could not be read, and is not in the snapshot: {reason}", err=True)
    return PARTLY if any(taken.unread for taken in found.values()) else 0
