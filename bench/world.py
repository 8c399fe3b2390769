"""What both tools are asked for, and how a command's cost is taken."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


API, STAGE, REGION = "bench", "live", "eu-west-1"


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock and on the processors, of a command and all that it started."""

    wall: float
    cpu: float


def paths(size: int) -> list[str]:
    """The resources of the API, all below its root, with a GET each."""
    return [f"r{index:04}" for index in range(size)]


def uri(path: str, changed: str = "") -> str:
    """Where a method's integration leads; the changed one leads elsewhere."""
    return f"https://{'new' if path == changed else 'backend'}.example.com/{path}"


def run(command: list[str], folder: Path, variables: Mapping[str, str]) -> tuple[Spent, str]:
    """Runs a command with nothing of the caller's environment but PATH. Raises RuntimeError with its output."""
    own = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": tempfile.gettempdir(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before, start = os.times(), time.monotonic()
    done = subprocess.run(
        command, cwd=folder, env=own | dict(variables), capture_output=True, text=True, check=False
    )
    wall, after = time.monotonic() - start, os.times()
    if done.returncode:
        msg = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        raise RuntimeError(msg)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(wall, cpu), done.stdout
