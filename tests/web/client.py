"""A client that says exactly what it is told to, over a socket."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from controller.web.server import Server, application


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class _Shared:
    """One server for all tests that do not end it: to start and stop one takes longer than most of them."""

    def __init__(self) -> None:
        self.app: Any = None
        self.server: Server | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


shared = _Shared()


@contextmanager
def served(routes: Any) -> Iterator[Server]:
    """The routes, behind the server that tests share."""
    if shared.server is None:
        shared.server = Server("test", shared, "127.0.0.1:0")
        shared.server.start()
    shared.app = application("test", routes)
    yield shared.server


@contextmanager
def alone(routes: Any, **options: Any) -> Iterator[Server]:
    """The routes, behind a server of their own."""
    server = Server("test", application("test", routes), "127.0.0.1:0", **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(server: Server, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """One request. In names of headers, _ stands for -."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, names)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read().decode())
    finally:
        connection.close()


def say(server: Server, text: bytes, seconds: float = 20) -> bytes:
    """Sends these bytes, and gives what comes back until the other side hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        connection.sendall(text)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer
