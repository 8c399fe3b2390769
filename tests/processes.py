"""`reconcile run` as the process that it is in production, for tests that look at it from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


PATIENCE = 60.0
GRACE = 90.0
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"}
USUAL = ("--metrics", "", "--quota-share", "none", "--log-format", "json")


@dataclass
class Running:
    """A controller. `code` is how it ended, once it has."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    code: int | None = None

    def get(self, path: str) -> httpx.Response:
        """What it answers at a path; no answer is a 503."""
        try:
            return httpx.get(self.url + path, timeout=5)
        except httpx.HTTPError:
            return httpx.Response(503)

    def conditions(self) -> dict[str, str]:
        """How each root stands; empty if it does not answer."""
        answer = self.get("/api/v1/roots")
        return {root["root"]: root["condition"] for root in answer.json()["roots"]} if answer.is_success else {}

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def until(self, seen: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Returns once that is so. Fails with the log when it takes too long, or when the process has ended."""
        end = time.monotonic() + seconds
        while not seen():
            assert self.process.poll() is None, f"it ended: {self.log.read_text()}"
            assert time.monotonic() < end, f"not within {seconds} s: {self.log.read_text()[-4000:]}"
            time.sleep(0.05)

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Terminates it, if it still runs; its exit code."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        self.code = self.process.wait(GRACE)
        return self.code


@contextmanager
def running(
    folder: Path, *options: str, environ: Mapping[str, str] | None = None, before: Sequence[str] = ()
) -> Iterator[Running]:
    """`reconcile run` on a folder of specs; its log stands beside that. `before` begins the command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{probe.getsockname()[1]}"
    log = folder.with_name(f"{folder.name}-{at.rpartition(':')[2]}.log")
    where = ("--directory", str(folder), "--http", at)
    command = [*before, sys.executable, "-m", "controller", "run", *where, *USUAL, *options]
    environment = {"PATH": os.environ.get("PATH", os.defpath), **KEYS, **(environ or {})}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
            cwd=Path(__file__).parents[1],
        )  # fmt: skip
    controller = Running(process, f"http://{at}", log)
    try:
        yield controller
        controller.end()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
