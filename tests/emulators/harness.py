"""Start and stop the emulators that stand in for AWS, side by side and without traces.

1. An emulator listens on a free port of 127.0.0.1 and writes into a temporary folder of its own.
2. It inherits nothing from the caller's environment but `PATH`: no credentials, no proxy, no state.
3. It is the head of its own process group, so ending it ends what it started (Lambda workers).
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


ROOT = Path(__file__).parents[2]
REQUIREMENTS = "tests/emulators/localstack.requirements.txt"

SECONDS_TO_START = 120
SECONDS_TO_STOP = 10
LOG_TAIL = 4000

MINISTACK_LACKS: frozenset[str] = frozenset(
    {
        "CreateDocumentationVersion",
        "CreateDomainNameAccessAssociation",
        "CreateVpcLink",
        "DeleteClientCertificate",
        "DeleteDocumentationVersion",
        "DeleteDomainNameAccessAssociation",
        "DeleteVpcLink",
        "FlushStageAuthorizersCache",
        "FlushStageCache",
        "GenerateClientCertificate",
        "GetClientCertificate",
        "GetClientCertificates",
        "GetDocumentationVersion",
        "GetDocumentationVersions",
        "GetDomainNameAccessAssociations",
        "GetSdk",
        "GetSdkType",
        "GetSdkTypes",
        "GetVpcLink",
        "GetVpcLinks",
        "ImportDocumentationParts",
        "PutRestApi",
        "RejectDomainNameAccessAssociation",
        "TestInvokeAuthorizer",
        "TestInvokeMethod",
        "UpdateBasePathMapping",
        "UpdateClientCertificate",
        "UpdateDocumentationVersion",
        "UpdateDomainName",
        "UpdateGatewayResponse",
        "UpdateIntegrationResponse",
        "UpdateMethodResponse",
        "UpdateUsage",
        "UpdateVpcLink",
    }
)
LOCALSTACK_LACKS: frozenset[str] = frozenset(
    {
        "CreateDomainNameAccessAssociation",
        "DeleteDomainNameAccessAssociation",
        "FlushStageAuthorizersCache",
        "FlushStageCache",
        "GetDomainNameAccessAssociations",
        "GetModelTemplate",
        "GetSdk",
        "GetSdkType",
        "GetSdkTypes",
        "GetUsage",
        "RejectDomainNameAccessAssociation",
        "TestInvokeAuthorizer",
        "UpdateDomainName",
        "UpdateMethodResponse",
        "UpdateUsage",
    }
)


@dataclass(frozen=True)
class Emulator:
    """A running emulator; `lacks` names the operations of API Gateway v1 that it does not have."""

    name: str
    endpoint_url: str
    lacks: frozenset[str]


class EmulatorError(Exception):
    """An emulator did not start; the message ends with its log."""


@contextmanager
def ministack() -> Iterator[Emulator]:
    """MiniStack, from the virtual environment that runs the tests."""
    port = _free_port()
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        # Listeners on fixed ports: a second MiniStack could not have them.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with _running("ministack", [sys.executable, "-m", "ministack"], environment, port) as url:
        yield Emulator("ministack", url, MINISTACK_LACKS)


@contextmanager
def localstack() -> Iterator[Emulator]:
    """LocalStack, from a virtual environment of its own."""
    port = _free_port()
    environment = {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "LS_LOG": "warning",
        "PERSISTENCE": "0",
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "SKIP_INFRA_DOWNLOADS": "1",
    }
    command = [str(localstack_python()), "-m", "localstack.runtime.main"]
    with _running("localstack", command, environment, port) as url:
        yield Emulator("localstack", url, LOCALSTACK_LACKS)


def localstack_python() -> Path:
    """Where LocalStack's interpreter is expected; it need not exist."""
    return Path(os.environ.get("LOCALSTACK_VENV", ROOT / ".localstack")) / "bin" / "python"


@contextmanager
def _running(name: str, command: list[str], environment: dict[str, str], port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / f"{name}.log"
        own = {"HOME": folder, "TMPDIR": folder, "FILESYSTEM_ROOT": folder, "STATE_DIR": folder}
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", os.defpath), **own, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until_ready(process, url, log)
            yield url
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            message = f"{process.args!r} ended with {process.returncode}:\n{_tail(log)}"
            raise EmulatorError(message)
        with suppress(OSError), direct.open(f"{url}/_localstack/health", timeout=2):
            return
        time.sleep(0.1)
    message = f"{process.args!r} not ready after {SECONDS_TO_START} s:\n{_tail(log)}"
    raise EmulatorError(message)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_STOP)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-LOG_TAIL:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
