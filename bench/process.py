"""A command as a process of its own, and what it cost: time, and memory together with all that it started."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import BinaryIO

import psutil


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock and on the processors, and the most memory at once, of a command and its children."""

    seconds: float
    cpu: float
    peak_mb: float


class CommandError(RuntimeError):
    """A command did not end as it should have; the message has the end of what it said."""


def run(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    *,
    timeout: float,
    ends: Sequence[int] = (0,),
) -> tuple[Spent, str]:
    """Runs a command with nothing of the caller's environment but PATH; what it cost and what it printed.

    Raises CommandError if its exit code is none of `ends`, or after `timeout` seconds.
    """
    own = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": tempfile.gettempdir(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before, start = os.times(), time.monotonic()
    # Files, not pipes: nobody has to read while the command runs.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with subprocess.Popen(command, cwd=folder, env=own | dict(variables), stdout=out, stderr=err) as process:
            with _watched(process.pid) as peak:
                code = _ended(process, timeout)
            seconds = time.monotonic() - start
        said, errors = _text(out), _text(err)
    if code not in ends:
        how = f"ended with {code}" if code is not None else f"was not done after {timeout:.0f} s"
        raise CommandError(f"{' '.join(command)} {how}:\n{said[-_TAIL:]}\n{errors[-_TAIL:]}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(seconds, cpu, peak[0] / 2**20), said


_TAIL = 2000
_SAMPLE, _LOOK = 0.02, 10
"""Seconds between two looks at the memory; every so many of them also at who is there."""


def _ended(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    """The exit code; None if it had to be killed, with its children, because it took too long."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:
            for one in _family(process.pid):
                one.kill()


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """The most bytes that a process and its descendants had in memory at once, while this is open."""
    peak, over = [0], Event()

    def watch() -> None:
        family, looks = _family(pid), 0
        while not over.wait(_SAMPLE):
            looks += 1
            family = family if looks % _LOOK else _family(pid)
            peak[0] = max(peak[0], sum(map(_resident, family)))

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _family(pid: int) -> list[psutil.Process]:
    try:
        head = psutil.Process(pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
