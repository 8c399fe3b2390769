"""Asks a running controller whether it lives, for container runtimes that have no probes of their own."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


SECONDS = 3.0
_OK = 200


def healthcheck(address: str, path: str = "/livez", seconds: float = SECONDS) -> str:
    """Empty if the controller that listens at `HOST:PORT` or `:PORT` says that all is well, else why it is not."""
    try:
        parts = urlsplit(f"//{address}")
        # What listens everywhere listens here too.
        host = parts.hostname if parts.hostname not in (None, "0.0.0.0", "::") else "localhost"  # noqa: S104
        connection = http.client.HTTPConnection(str(host), parts.port, timeout=seconds)
    except ValueError as error:
        return f"{address!r} is no address: {error}"
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read(10_000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer from {address}: {str(error) or type(error).__name__}"
    finally:
        connection.close()
    return "" if response.status == _OK else text or f"{address} answered {response.status}"
