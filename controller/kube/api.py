"""The Kubernetes API, as far as a controller without custom resources needs it: JSON over HTTPS."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from controller.errors import KubeError
from controller.http import client, trouble


ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token, its namespace and the authority of the API's certificate."""

WORDS = 300


@dataclass(frozen=True)
class Connection:
    """Where the API is and who asks. A token in a file is read for each request, since Kubernetes renews it.

    With `socket`, what listens at that file knows who asks: a proxy of kubectl's.
    """

    url: str
    namespace: str
    token: Path | str | None = field(default=None, repr=False)
    authority: Path | None = None
    socket: Path | None = None

    @classmethod
    def in_cluster(cls, folder: Path = ACCOUNT, environ: Mapping[str, str] = os.environ) -> Connection:
        """As a pod sees it. Raises KubeError outside of a pod."""
        host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "443")
        if not host:
            raise KubeError("this is no pod of Kubernetes: KUBERNETES_SERVICE_HOST is not set")
        url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        return cls(url, _text(folder / "namespace"), folder / "token", folder / "ca.crt")


class Api:
    """Requests to the API, each answered or failed within about `seconds`. Safe for threads."""

    def __init__(self, connection: Connection, seconds: float = 5.0) -> None:
        self.namespace = connection.namespace
        self._connection = connection
        try:
            trust = ssl.create_default_context(cafile=connection.authority)
        except OSError as error:
            raise KubeError(f"{connection.authority} cannot be used as an authority: {error.strerror}") from None
        way = httpx.HTTPTransport(uds=str(connection.socket)) if connection.socket else None
        self._http = client(seconds, base_url=connection.url, trust=trust, transport=way)

    def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, kind: str = "application/json"
    ) -> dict[str, Any]:
        """The object that the API answers with. Raises KubeError; `kind` is the media type of the body."""
        headers = {"Accept": "application/json", "Content-Type": kind}
        if token := self._token():
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise KubeError(f"the Kubernetes API at {self._connection.url}: {trouble(error)}") from None
        content = _object(answer)
        if not answer.is_success:
            told = str(content.get("message") or answer.reason_phrase)[:WORDS]
            raise KubeError(f"the Kubernetes API answered {answer.status_code}: {told}", answer.status_code)
        return content

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def _token(self) -> str:
        token = self._connection.token
        return _text(token) if isinstance(token, Path) else token or ""


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise KubeError(f"{file} cannot be read: {reason}") from None
