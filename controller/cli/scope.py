"""From options and reconcile.yaml to the requests of a run, one for each target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from controller.cli import local
from controller.cli.session import Session
from controller.errors import UsageError
from controller.request import Request
from controller.settings import checkout_of, chosen, read_settings
from controller.source.files import SETTINGS


def requests(session: Session) -> Iterator[Request]:
    """What each wanted target needs to know. Raises SpecErrors and UsageError."""
    session.checkout = _checkout(session.specs)
    settings = read_settings(session.checkout)
    specs = session.specs or [session.checkout / name for name in settings.specs]
    targets = chosen(settings, session.targets)
    if not targets:
        msg = f"there are no targets in {SETTINGS}"
        raise UsageError(msg)
    for name in targets:
        yield Request(tuple(specs), session.checkout, settings, name, strict=session.strict)


def single(session: Session, what: str, endpoint_url: str | None) -> Request:
    """The request for the one target that something is for. Raises UsageError if there are several."""
    found = list(requests(session))
    if len(found) > 1:
        msg = f"{what} is for one target: choose it with --target"
        raise UsageError(msg)
    request = replace(found[0], endpoint_url=endpoint_url)
    return local.aimed(request, local.running()) if session.local else request


def _checkout(specs: list[Path]) -> Path:
    """The checkout that the specs are in. Where nothing marks one, the working directory bounds it."""
    here = Path.cwd().resolve()
    found = checkout_of(specs[0] if specs else here)
    is_marked = (found / ".git").exists() or (found / SETTINGS).is_file()
    return found if is_marked or not found.is_relative_to(here) else here
