"""Running git so that nothing in a repository, a URL or the surroundings decides what it does.

1. git sees only the variables and settings given here: no file of the system or of a user, no prompt.
2. Every run ends: after its time, or when what it fetches takes too much room, its whole process group is killed.
3. What git says goes to people only after `Mask`, on one line, without control characters.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from threading import Event, Thread
from typing import IO


OUTPUT = 64 * 1024 * 1024
"""Bytes that one run may print; ten times the listing of a repository of a hundred thousand files."""

WORDS = 300
INTERVAL = 0.1

# What a user's shell would set for HTTPS to work at all; everything else is left behind.
PASSED_ON = (
    "PATH",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
)
ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
SETTINGS = {
    "core.askPass": "",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",
    "gc.auto": "0",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "20",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "transfer.fsckObjects": "true",
}

NOISE = re.compile(r"^(Please make sure you have|and the repository exists|hint:|From |warning: redirecting)")
PREFIX = re.compile(r"^(fatal|error|remote): ?")
UNSEEN = re.compile(r"[^\x20-\x7e\xa0-\u200a\u2010-\u2027\u2030-\u205f\u2070-\ud7ff\ue000-\uffef]")


class GitError(Exception):
    """git ended with an error, or said what it should not. Its words are not masked yet."""


class OverLimitError(Exception):
    """A run was ended because it took too long or too much room."""


@dataclass(frozen=True)
class Access:
    """What lets one run of git reach the remote: settings, variables, and the secrets that these make known."""

    settings: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


OFFLINE = Access()


@dataclass(frozen=True)
class Bounds:
    """When a run is ended: after `seconds`, or once `folder` holds more than `size` bytes."""

    seconds: float
    folder: Path | None = None
    size: int = 0


def output(home: Path, arguments: list[str], access: Access, bounds: Bounds) -> bytes:
    """What a run of git prints. Raises GitError and OverLimitError."""
    with running(home, arguments, access, bounds) as stream:
        data = stream.read(OUTPUT + 1)
        if len(data) > OUTPUT:
            raise OverLimitError(f"git printed more than {OUTPUT >> 20} MB")
    return data


@contextmanager
def running(
    home: Path, arguments: list[str], access: Access, bounds: Bounds, given: bytes = b""
) -> Iterator[IO[bytes]]:
    """A run of git that is `given` its input and whose output is read within the block.

    Raises GitError and OverLimitError when the block is left. Whatever the block raises ends git at once.
    """
    with TemporaryFile() as asked, TemporaryFile() as said:
        asked.write(given)
        asked.seek(0)
        command = ["git", *_settings(access), *arguments]
        environment = _environment(home, access)
        with Popen(
            command, cwd=home, env=environment, stdin=asked, stdout=PIPE, stderr=said, start_new_session=True
        ) as process:
            watch = _Watch(process, bounds)
            watch.start()
            try:
                if process.stdout is not None:
                    yield process.stdout
                code = process.wait()
            except BaseException:
                _kill(process)
                raise
            finally:
                watch.done.set()
                watch.join()
        if watch.reason:
            raise OverLimitError(watch.reason)
        if code != 0:
            said.seek(0)
            raise GitError(said.read(16 * 1024).decode(errors="replace") or f"git ended with {code}")


def words(text: str) -> str:
    """What git said, on one line and without what people need not see."""
    lines = (PREFIX.sub("", UNSEEN.sub(" ", line).strip()).strip() for line in text.splitlines())
    kept = dict.fromkeys(line.rstrip(".") for line in lines if line and not NOISE.match(line))
    joined = "; ".join(kept)
    return joined if len(joined) <= WORDS else joined[: WORDS - 1] + "…"


def _settings(access: Access) -> list[str]:
    settings = {**SETTINGS, **access.settings}
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _environment(home: Path, access: Access) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    own = {"HOME": str(home), "GIT_CEILING_DIRECTORIES": str(home.parent)}
    return {**passed_on, **ENVIRONMENT, **own, **access.environment}


class _Watch(Thread):
    """Kills a process that goes over its bounds, and says why."""

    def __init__(self, process: Popen[bytes], bounds: Bounds) -> None:
        super().__init__(name="git-watch", daemon=True)
        self.done, self.reason = Event(), ""
        self._process, self._bounds = process, bounds
        self._end = time.monotonic() + bounds.seconds

    def run(self) -> None:
        ended = False
        while not (ended or self.reason):
            ended = self.done.wait(INTERVAL)
            if not ended and time.monotonic() > self._end:
                self.reason = f"it was not done within {self._bounds.seconds:g} s"
            elif self._bounds.folder and _size(self._bounds.folder) > self._bounds.size:
                self.reason = f"it needs more than {self._bounds.size / (1 << 20):g} MB"
        if not ended:
            _kill(self._process)


def _kill(process: Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _size(folder: Path) -> int:
    total = 0
    for name, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):  # git renames and removes files meanwhile
                total += (Path(name) / file).lstat().st_size
    return total
