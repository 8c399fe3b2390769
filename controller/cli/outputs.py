"""Where a result goes: `-o FORMAT[=FILE]`, as often as wanted; at most one format to stdout, text if none is."""

from __future__ import annotations

import difflib
import io
import os
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from rich.console import Console

from controller.cli.errors import explain, sentence
from controller.cli.session import UNWRAPPED, Session
from controller.errors import ControllerError, Problem, SpecErrors, UsageError
from controller.render import text
from controller.render.formats import FORMATS
from controller.render.frame import Frame
from controller.report import ProblemView, Report
from controller.views import problem_views


TEXT = "text"
STDOUT = "-"
DEVICES = "/dev"


@dataclass(frozen=True)
class Outputs:
    """The formats that are wanted: that of stdout, and those of files by file."""

    stdout: str = TEXT
    files: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True)
class Result:
    """All that there is to tell when a command ends, also if it ends badly."""

    reports: Sequence[Report] = ()
    problems: tuple[ProblemView, ...] = ()
    verbose: bool = False


@dataclass
class Trouble:
    """What goes wrong outside of any report, as it comes."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    failures: list[ProblemView] = field(default_factory=list)

    def note(self, error: Exception, target: str = "") -> None:
        """Keep it. Problems of specs are nobody's alone: targets share most of them."""
        if isinstance(error, SpecErrors):
            self.problems += error.problems
        else:
            self.failures += problem_views([Problem(sentence(error))], target=target)

    def views(self) -> tuple[ProblemView, ...]:
        """All of it, each once, for a result."""
        told = (*problem_views(self.problems), *problem_views(self.warnings, "warning"))
        return (*told, *dict.fromkeys(self.failures))


def outputs(words: Iterable[str], known: Collection[str] = FORMATS.keys()) -> Outputs:
    """What the words of `-o` ask for. Raises UsageError."""
    plain: list[str] = []
    files: dict[Path, str] = {}
    for word in words:
        name, equals, file = word.partition("=")
        _check(name, {TEXT, *known})
        if equals and not file:
            raise UsageError(f"-o {word}: which file is missing")
        if not equals or file == STDOUT:
            plain.append(name)
        elif (path := _path(file)) in files:
            raise UsageError(f"-o {word}: {files[path]} goes to this file already")
        else:
            files[path] = name
    if len(plain) > 1:
        raise UsageError(f"only one format can go to stdout, not {' and '.join(plain)}: give files, FORMAT=FILE")
    return Outputs(plain[0] if plain else TEXT, tuple(files.items()))


def _path(file: str) -> Path:
    """The file that is meant. What a device stands for is the system's business."""
    path = Path(file).absolute()
    return path if path.is_relative_to(DEVICES) else path.resolve()


def _check(name: str, known: Collection[str]) -> None:
    if name not in known:
        close = difflib.get_close_matches(name, sorted(known), 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UsageError(f"there is no format {name!r}: {hint}known are {', '.join(sorted(known))}")


# ── at the end ───────────────────────────────────────────────────────────────────────────────────


def deliver(wanted: Outputs, result: Result, session: Session) -> int:
    """Writes everything but text on stdout, which is told as it comes. 1 if any of it failed, else 0.

    What cannot be written does not keep the rest from being written.
    """
    if not wanted.files and wanted.stdout == TEXT:
        return 0
    frame = framed(session, result.problems)
    code = 0
    for path, name in wanted.files:
        code |= _written(path, name, result, frame, session)
    if wanted.stdout != TEXT:
        _print(_rendered(wanted.stdout, result, frame))
    return code


def _written(path: Path, name: str, result: Result, frame: Frame, session: Session) -> int:
    try:
        _write(path, _rendered(name, result, frame))
    except OSError as error:
        why = ControllerError(f"{path} cannot be written: {error.strerror or error}")
        return explain(why, session)
    # One renderer that breaks must not cost the others.
    except Exception as error:  # noqa: BLE001
        return explain(error, session)
    return 0


def _rendered(name: str, result: Result, frame: Frame) -> bytes:
    """The whole result in a format: UTF-8, and a line break at its end."""
    content = _text(result) if name == TEXT else FORMATS[name](result.reports, frame)
    content = content.rstrip("\n")
    return f"{content}\n".encode("utf-8", "backslashreplace") if content else b""


def _text(result: Result) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=UNWRAPPED, color_system=None, no_color=True, force_terminal=False)
    for number, report in enumerate(result.reports):
        if number:
            console.print()
        text.render(report, console=console, verbose=result.verbose, named=len(result.reports) > 1)
    return stream.getvalue()


def _print(content: bytes) -> None:
    """Bytes, since the encoding of a machine's format is not the terminal's."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _write(path: Path, content: bytes) -> None:
    """Replaces a file at once: nobody ever reads half of it. A stream of ours, a pipe or a device is written to."""
    if (number := _stream(path)) is not None:
        with os.fdopen(os.dup(number), "wb") as ours:
            ours.write(content)
        return
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_bytes(content)
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink()


def _stream(path: Path) -> int | None:
    """The number of a stream that this process has open; to open it again would begin at its start."""
    match path.parts:
        case (_, "dev", "stdout"):
            return 1
        case (_, "dev", "stderr"):
            return 2
        case (_, "dev", "fd", number) if number.isdecimal():
            return int(number)
        case _:
            return None


# ── what stands around ───────────────────────────────────────────────────────────────────────────


def framed(session: Session, problems: tuple[ProblemView, ...]) -> Frame:
    """Links to the run and the sources, as far as the CI says what they are."""
    from controller.forge.where import links  # noqa: PLC0415  a plan on a terminal needs no HTTP client

    folder = _folder(session.checkout)
    try:
        run, source = links(os.environ)
    except UsageError:
        run = source = ""
    return Frame(run, f"{source}{quote(folder)}" if source else "", folder=folder, problems=problems)


def _folder(checkout: Path) -> str:
    """The checkout's folder in its repository."""
    whole = next((up for up in (checkout, *checkout.parents) if (up / ".git").exists()), checkout)
    return "" if whole == checkout else f"{checkout.relative_to(whole).as_posix()}/"
