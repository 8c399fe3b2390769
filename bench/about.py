"""What figures depend on besides the tools' work: versions and the machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from bench import terraform
from bench.fleet import SHARE
from bench.proxy import LATENCY
from bench.tools import ROOT
from controller import __version__


def about() -> dict[str, Any]:
    """One line for each."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _commit(),
        "reconcile": f"{__version__}, code {_code()}, {SHARE:.0%} of the quotas by default",
        "terraform": terraform.version() or "not on this machine",
        "emulator": f"LocalStack {_localstack()}, {LATENCY * 1000:.0f} ms away, behind AWS's control-plane quotas",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"boto3 {version('boto3')}",
    }


def _code() -> str:
    """A digest of our code, and of what measures it."""
    digest = hashlib.sha256()
    for file in sorted([*(ROOT / "controller").rglob("*.py"), *(ROOT / "bench").glob("*.py")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    """The processor's name; its architecture where the system does not tell."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _localstack() -> str:
    lines = (ROOT / "tests" / "emulators" / "localstack.requirements.txt").read_text().splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith("localstack-core=="))
