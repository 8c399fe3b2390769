"""The base that a run compares with: what a pull request starts from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from controller.cli.errors import explain
from controller.cli.session import Session
from controller.errors import SourceError
from controller.source.git.base import Base, base
from controller.source.revision import revision


HEAD = "HEAD"


@dataclass(frozen=True)
class Found:
    """The base, if there is one, and the exit code that says that it could not be read though it was asked for."""

    base: Base | None = None
    code: int = 0


@contextmanager
def based(session: Session, wanted: str) -> Iterator[Found]:
    """The base of this name, until the block is left. One that cannot be read is told of, and costs no plan."""
    with ExitStack() as until:
        yield _found(session, wanted, until)


def _found(session: Session, wanted: str, until: ExitStack) -> Found:
    if not wanted:
        return Found()
    now = revision(session.checkout)
    if wanted == HEAD and not now.endswith("-dirty"):
        # A clean checkout is its own HEAD; and without git, specs are all that there is to compare with.
        return Found(Base(session.checkout, now))
    try:
        return Found(until.enter_context(base(session.checkout, wanted)))
    except SourceError as error:
        return Found(code=explain(error, session))
