"""An ASGI application behind a port, in a thread of its own, with a graceful end."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from controller.errors import UsageError


_log = structlog.get_logger()

HEAD_PATIENCE = 10.0
"""Seconds in which a connection must have sent the head of its first request."""

_CONNECTIONS = 64
_START, _END = 10.0, 5.0


class Server:
    """Serves an application at `HOST:PORT`, `:PORT` being all addresses, and port 0 any that is free."""

    def __init__(self, name: str, app: ASGIApp, address: str, *, patience: float = HEAD_PATIENCE) -> None:
        self.name = name
        self._app, self._address, self._patience = app, address, patience
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Returns once it answers. Raises UsageError if it may not listen there."""
        listener = _listener(self._address)
        self.port = int(listener.getsockname()[1])
        config = uvicorn.Config(
            self._app,
            http=type("_Patient", (_Protocol,), {"patience": self._patience}),
            ws="none",
            lifespan="off",
            loop="asyncio",
            # Nothing of a request is for the log: paths and headers of webhooks are half a secret.
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=int(_END),
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name=f"http-{self.name}", daemon=True
        )
        self._thread.start()
        if not self._server.is_up.wait(_START):
            raise UsageError(f"the {self.name} server did not start within {_START:.0f} seconds")
        _log.info("listening", server=self.name, port=self.port)

    def stop(self) -> None:
        """Takes no more connections, and returns when what is under way has been answered."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(_END + 2)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class _Protocol(H11Protocol):
    """HTTP/1.1 that does not wait for ever for a request to begin."""

    patience = HEAD_PATIENCE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(self.patience, self._hang_up_if_silent)

    def _hang_up_if_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.abort()


def _listener(address: str) -> socket.socket:
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004  the last port
        raise UsageError(f"{address!r} is no address to listen on: HOST:PORT or :PORT is expected")
    everywhere = not host
    both = everywhere and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family, backlog=128, dualstack_ipv6=both)
    except OSError as error:
        raise UsageError(f"cannot listen on {address}: {error.strerror or error}") from None


def application(name: str, routes: Sequence[BaseRoute]) -> Starlette:
    """An application of these routes: it never redirects, and shows no client how it failed."""

    async def failed(_request: Request, error: Exception) -> Response:
        _log.error("a request failed", server=name, error=type(error).__name__)
        return PlainTextResponse("internal error\n", 500)

    app = Starlette(routes=routes, exception_handlers={Exception: failed})
    app.router.redirect_slashes = False
    return app


def plain(text: str, status: int = 200, **headers: Any) -> Response:
    """A line of text that nothing is to keep."""
    fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(text, status, headers=fixed | headers)
