"""The Kubernetes API as kubectl reaches it: by `kubectl proxy`, which knows contexts, plugins and certificates.

It listens at a file in a folder that nobody else can enter: at a port, everybody on the machine could act as the
user while it is open.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from controller.errors import KubeError, UsageError
from controller.kube.api import Connection


SECONDS = 20.0
"""For kubectl to listen: it reads files, and asks nobody."""

_NAP = 0.02


@contextmanager
def by_kubectl(context: str = "", namespace: str = "") -> Iterator[Connection]:
    """A connection for as long as this is open, to the context and namespace that are given, or else are current.

    Raises UsageError without kubectl, KubeError for what kubectl says.
    """
    kubectl = shutil.which("kubectl")
    if not kubectl:
        raise UsageError("there is no kubectl on the PATH, by which a cluster is reached; a pod of it needs none")
    command = [kubectl, *([f"--context={context}"] if context else [])]
    place = namespace or _said([*command, "config", "view", "--minify", "--output=jsonpath={..namespace}"])
    with tempfile.TemporaryDirectory(prefix="reconcile-") as name:
        file, words = Path(name) / "s", Path(name) / "words"
        with words.open("wb") as output:
            process = subprocess.Popen(
                [*command, "proxy", f"--unix-socket={file}"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            _wait(process, file, words)
            # The host is one that the proxy lets in; which cluster it is, kubectl knows.
            yield Connection("http://localhost", place or "default", socket=file)
        finally:
            process.terminate()
            process.wait()


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KubeError(f"kubectl: {_last(done.stderr)}")
    return done.stdout.strip()


def _wait(process: subprocess.Popen[bytes], file: Path, words: Path) -> None:
    end = time.monotonic() + SECONDS
    while not _listens(file):
        if process.poll() is not None or time.monotonic() > end:
            raise KubeError(f"kubectl proxy: {_last(words.read_text(errors='replace'))}")
        time.sleep(_NAP)


def _listens(file: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(file))
        except OSError:
            return False
    return True


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else "it said nothing"
