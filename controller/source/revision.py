"""Which commit a checkout shows."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


SECONDS = 30
QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


def revision(checkout: Path) -> str:
    """The short hash of HEAD, `-dirty` if files differ from it; empty outside of git."""
    head = ask(checkout, "rev-parse", "--short", "HEAD")
    if not head:
        return ""
    changes = ask(checkout, "status", "--porcelain", "--", ".")
    return head if changes == "" else f"{head}-dirty"


def ask(checkout: Path, *arguments: str) -> str | None:
    """What git prints of a checkout, stripped; None if it fails. Reads only."""
    # A sidecar of another user may own the checkout; git trusts only owners unless told otherwise.
    trust = ("-c", f"safe.directory={os.path.realpath(checkout)}")
    # Without the caller's variables: inside a git hook they point to another repository.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
    }
    try:
        done = subprocess.run(
            ["git", "-C", checkout, *QUIET, *trust, *arguments],
            capture_output=True,
            check=True,
            env=environment,
            timeout=SECONDS,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()
