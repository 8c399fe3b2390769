"""`reconcile report`: a report that was kept as JSON, in any format, without AWS."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from controller.cli.errors import worst
from controller.cli.findings import has_trouble
from controller.cli.lanes import Posting
from controller.cli.outputs import STDOUT, TEXT, Result, deliver, outputs
from controller.cli.posting import post
from controller.cli.session import Session
from controller.errors import ControllerError, ReportError
from controller.render import json, text
from controller.render.writer import Part, Writer
from controller.report import ProblemView


def run(session: Session, file: str, words: Iterable[str], posting: Posting, *, verbose: bool = False) -> int:
    """Render it, and post it if that is wanted. Raises ControllerError if it cannot be read."""
    wanted = outputs(words)
    name = "stdin" if file == STDOUT else file
    try:
        kept = json.read(_bytes(file))
    except ReportError as error:
        raise ControllerError(f"{name} cannot be rendered: {error}") from None
    if wanted.stdout == TEXT:
        out = session.out()
        for number, report in enumerate(kept.targets):
            if number:
                out.print()
            text.render(report, console=out, verbose=verbose, named=len(kept.targets) > 1)
        out.file.flush()
    _tell(kept.problems, session)
    result = Result(kept.targets, kept.problems, verbose)
    codes = [deliver(wanted, result, session)]
    if posting.is_wanted:
        codes.append(post(posting, result, _bad(kept), session))
    return worst(codes)


def _bad(kept: json.Document) -> frozenset[str]:
    """The targets that went wrong when the report was made."""
    wrong = {problem.target for problem in kept.problems if problem.severity == "error"} - {""}
    return frozenset(wrong | {one.target for one in kept.targets if one.refusals or has_trouble(one)})


def _tell(problems: Iterable[ProblemView], session: Session) -> None:
    """What went wrong, without the lines: somebody else may have written down of which file."""
    err = Writer(session.err())
    for problem in problems:
        place = f"{problem.place}: " if problem.place else ""
        err.line(0, Part(place, "bold"), f"{problem.severity}: {problem.message}")


def _bytes(file: str) -> bytes:
    """What is in the file, and no more than can be too much. Raises ControllerError."""
    most = json.MOST_BYTES + 1
    try:
        if file == STDOUT:
            return sys.stdin.buffer.read(most)
        with Path(file).open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise ControllerError(f"{file} cannot be read: {error.strerror or error}") from None
