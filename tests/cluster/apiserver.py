"""A Kubernetes API server of one's own: kube-apiserver and etcd on loopback, without nodes or controllers.

Nothing runs the pods and nothing collects what has lost its owner, but objects are checked, rights are enforced,
and tokens are issued as in a real cluster.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


SECONDS_TO_START = 60
LOG_TAIL = 4000


@dataclass(frozen=True)
class Cluster:
    """Where an API server is, and the token of somebody who may do all; `authority` signed its certificate."""

    url: str
    token: str
    authority: Path | None


@contextmanager
def api_server(binaries: Path) -> Iterator[Cluster]:
    """Runs `etcd` and `kube-apiserver` of a folder."""
    with TemporaryDirectory(prefix="kube-", ignore_cleanup_errors=True) as name, ExitStack() as ending:
        folder, token = Path(name), secrets.token_hex(16)
        (folder / "tokens.csv").write_text(f"{token},admin,1,system:masters\n")
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "accounts.pem").write_bytes(key.private_bytes(*pem))
        clients, peers, port = _free_port(), _free_port(), _free_port()
        etcd = [
            f"--data-dir={folder}/etcd",
            f"--listen-client-urls=http://127.0.0.1:{clients}",
            f"--advertise-client-urls=http://127.0.0.1:{clients}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}",
        ]
        ending.enter_context(_process(binaries / "etcd", etcd, folder / "etcd.log"))
        server = [
            f"--etcd-servers=http://127.0.0.1:{clients}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={folder}/certificates",
            f"--token-auth-file={folder}/tokens.csv",
            "--authorization-mode=RBAC",
            f"--service-account-key-file={folder}/accounts.pem",
            f"--service-account-signing-key-file={folder}/accounts.pem",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
        ]
        log = folder / "kube-apiserver.log"
        process = ending.enter_context(_process(binaries / "kube-apiserver", server, log))
        # It signs its own, and the file holds the authority too.
        cluster = Cluster(f"https://127.0.0.1:{port}", token, folder / "certificates" / "apiserver.crt")
        _wait_until_ready(process, cluster, log)
        yield cluster


@contextmanager
def _process(binary: Path, options: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(binary), *options],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], cluster: Cluster, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            # Nothing is trusted here: the answer only says that it has begun.
            if httpx.get(f"{cluster.url}/readyz", verify=False, timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"kube-apiserver did not start:\n{log.read_text(errors='replace')[-LOG_TAIL:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
