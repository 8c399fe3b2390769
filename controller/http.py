"""HTTP clients: each has timeouts, and none writes URLs, which may be secrets, into a log."""

from __future__ import annotations

import logging
import ssl

import httpx

from controller import __version__


# At INFO, httpx logs the URL of each request.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


def client(
    seconds: float,
    *,
    base_url: str = "",
    trust: ssl.SSLContext | None = None,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """A client that waits `seconds` for each of connecting, sending and receiving, and follows no redirects.

    With `trust` it talks to one known server: directly, whatever proxies the environment names. A `transport` is
    for what is reached in another way than by its address.
    """
    return httpx.Client(
        base_url=base_url,
        timeout=seconds,
        verify=trust or True,
        transport=transport,
        trust_env=trust is None,
        headers={"User-Agent": f"apigateway-reconciler/{__version__}"},
    )


def trouble(error: httpx.HTTPError) -> str:
    """Why there was no answer, in a few words and without the URL."""
    match error:
        case httpx.TimeoutException():
            return "no answer in time"
        case httpx.ConnectError():
            return f"no connection: {error}"
        case _:
            return f"{type(error).__name__}: {error}"
