"""Errors as people should see them: a sentence, or the place in the spec; never a stack trace."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from controller.cli.session import Session
from controller.errors import ControllerError, Problem, SpecErrors, Where
from controller.render.writer import Part, Writer
from controller.source.node import LINE_BREAK


USAGE = 64
_CLICK_USAGE = 2
_SHOWN = 100
"""Columns of a source line that are shown: some files are one long line."""

_PROBLEM = ("error", "bold red")
_WARNING = ("warning", "bold yellow")

# What is worse comes first.
_BY_WEIGHT = (143, 130, USAGE, 1, 3, 4, 2, 0)


def worst(codes: list[int]) -> int:
    """The exit code of several passes."""
    return min(codes, key=_BY_WEIGHT.index, default=0)


def explain(error: BaseException, session: Session) -> int:
    """Print the error to stderr; the exit code that goes with it."""
    out = Writer(session.err())
    match error:
        case SpecErrors():
            _problems(out, error.problems, session.checkout)
            return error.exit_code
        case ControllerError():
            _error(out, sentence(error))
            return error.exit_code
        case typer.TyperException():
            # Its own code for wrong usage, 2, would read as "changes pending".
            _error(out, sentence(error))
            out.line(0, "try: reconcile --help")
            return USAGE if error.exit_code == _CLICK_USAGE else error.exit_code
        case typer.Abort() | KeyboardInterrupt():
            return 130
        case _:
            return _unexpected(out, session, error)


def sentence(error: BaseException) -> str:
    """What went wrong, in a sentence."""
    match error:
        case ControllerError():
            return str(error)
        case typer.TyperException():
            return error.format_message()
        case _:
            return f"unexpected: {type(error).__name__}: {error}"


def warn(warnings: list[Problem], session: Session) -> None:
    """Print the warnings of the specs to stderr, if there are any, each once."""
    if warnings:
        _problems(Writer(session.err()), SpecErrors(warnings).problems, session.checkout, _WARNING)


def _unexpected(out: Writer, session: Session, error: BaseException) -> int:
    if os.environ.get("RECONCILE_DEBUG"):
        import traceback  # noqa: PLC0415

        session.err().out("".join(traceback.format_exception(error)), highlight=False)
    _error(out, f"{sentence(error)}; set RECONCILE_DEBUG=1 for the stack trace")
    return 1


def _error(out: Writer, message: str) -> None:
    out.line(0, Part("error: ", "bold red"), message)


# ── problems of specs ────────────────────────────────────────────────────────────────────────────


def _problems(out: Writer, problems: list[Problem], checkout: Path, label: tuple[str, str] = _PROBLEM) -> None:
    word, style = label
    texts: dict[str, list[str]] = {}
    for problem in problems:
        place = f"{problem.where}: " if problem.where else ""
        out.line(0, Part(place, "bold"), Part(f"{word}: ", style), problem.message)
        line = _source(problem.where, checkout, texts) if problem.where else ""
        # A line that holds a secret is not for logs.
        if problem.where and line and "is a secret" not in problem.message:
            _excerpt(out, problem.where, line, problem.hint)
        elif problem.hint:
            out.line(2, Part(problem.hint, "cyan"))
    out.gap()
    out.line(0, Part(f"{len(problems)} {word}{'s' * (len(problems) != 1)}.", "bold"))


def _source(where: Where, checkout: Path, texts: dict[str, list[str]]) -> str:
    """The line of that place; empty if it cannot be had."""
    if where.file not in texts:
        try:
            # Bytes first: reading as text would take line breaks for others.
            text = (checkout / where.file).read_bytes().decode("utf-8-sig", "replace")
        except (OSError, ValueError):
            text = ""
        texts[where.file] = LINE_BREAK.split(text)
    lines = texts[where.file]
    return lines[where.line - 1] if where.line <= len(lines) else ""


def _excerpt(out: Writer, where: Where, line: str, hint: str) -> None:
    """The line with a caret under the place, and the hint beside it."""
    start = max(0, where.column - 1 - _SHOWN // 2)
    shown = line.replace("\t", " ")[start : start + _SHOWN].rstrip()
    number = str(where.line)
    out.line(1, Part(f"{number} | ", "dim"), shown)
    blank = " " * (where.column - 1 - start)
    out.line(1, Part(f"{' ' * len(number)} | ", "dim"), Part(f"{blank}^ {hint}".rstrip(), "cyan"))
