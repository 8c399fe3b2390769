"""MiniStack as a background process: start it, wait for it, recognise it, end it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from controller.errors import ControllerError, UsageError


SECONDS_TO_START = 60
SECONDS_TO_STOP = 10
LOG_TAIL = 2000

_SCRIPT = "ministack"


def spawn(port: int, folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start it on that port, detached from this terminal. Raises UsageError."""
    script = Path(sys.executable).with_name(_SCRIPT)
    if not script.is_file():
        msg = "the local emulator is not installed: pip install 'apigateway-reconciler[local]'"
        raise UsageError(msg)
    _check_free(port)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    # Nothing of the caller's environment but PATH: no credentials, no proxy.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(data),
        "TMPDIR": str(data),
        "FILESYSTEM_ROOT": str(data),
        "STATE_DIR": str(data),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        # Listeners on ports of their own, which somebody else may need.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(script)],
            cwd=data,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            msg = f"port {port} is in use: choose another one with --port"
            raise UsageError(msg)


def wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Return once it answers. Raises ControllerError with the end of its log, and ends it."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_START
    try:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), direct.open(f"{endpoint}/_localstack/health", timeout=2):
                # It stays when this process goes; Python would warn of that.
                process.returncode = 0
                return
            time.sleep(0.1)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    tail = log.read_text(errors="replace")[-LOG_TAIL:].strip() or "(nothing)"
    msg = f"the local emulator did not start; its log is {log} and ends with: {tail}"
    raise ControllerError(msg)


def is_it(pid: int) -> bool:
    """True if that process is an emulator; another program may have the number by now."""
    with suppress(ChildProcessError):
        # If it is our own child and ended, this lets it go.
        os.waitpid(pid, os.WNOHANG)
    # The interpreter comes first, the script second.
    return any(Path(word).name == _SCRIPT for word in _command(pid)[:2])


def _command(pid: int) -> list[str]:
    """The words of a process's command line; none if there is no such process."""
    if Path("/proc/self").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
        except OSError:
            return []
    ps = shutil.which("ps") or "/bin/ps"
    command = [ps, "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def end(pid: int) -> None:
    """Ask it to end, and what it started with it; insist after a while."""
    for number, patience in ((signal.SIGTERM, SECONDS_TO_STOP), (signal.SIGKILL, SECONDS_TO_STOP)):
        if not is_it(pid):
            return
        with suppress(ProcessLookupError):
            # It heads a group of its own.
            os.killpg(pid, number)
        deadline = time.monotonic() + patience
        while is_it(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
