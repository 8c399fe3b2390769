"""From options and reconcile.yaml to the requests of a run, one for each target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from controller.cli.session import Session
from controller.errors import UsageError
from controller.reconcile import Request
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


def _checkout(specs: list[Path]) -> Path:
    """The checkout that the specs are in. Where nothing marks one, the working directory bounds it."""
    here = Path.cwd().resolve()
    found = checkout_of(specs[0] if specs else here)
    is_marked = (found / ".git").exists() or (found / SETTINGS).is_file()
    return found if is_marked or not found.is_relative_to(here) else here
