"""GitHub's and GitLab's APIs for tests, over HTTP: one world behind both, with pages, permissions and trouble.

What each answers, and how, is theirs: GraphQL types and REST fields are named as there, a token may do what its
owner may, a list has at most a hundred items on a page, and what is pending cannot become pending on GitLab.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.forge import github, gitlab
from tests.forge.world import Refusal, Request, World


class Dropped(Exception):
    """The request is not answered."""


class ForgeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, world: World) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.world = world

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections are dropped on purpose."""

    def answer(self, request: Request) -> Any:
        with self.world.lock:
            writes = len(self.world.writes())
            for prefix, host in (("/api/v3", github.rest), ("/api/v4", gitlab.rest)):
                if request.path.startswith(prefix):
                    self.world.requests.append(f"{request.method} {request.path.removeprefix(prefix)}")
                    content = host(self.world, request, request.path.removeprefix(prefix))
                    break
            else:
                content = github.graphql(self.world, request)
            if self.world.lost and len(self.world.writes()) > writes:
                self.world.lost -= 1
                raise Dropped
            return content


class _Handler(BaseHTTPRequestHandler):
    server: ForgeServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            self.command,
            unquote(split.path),
            dict(parse_qsl(split.query)),
            headers,
            json.loads(body) if body else None,
        )
        if self.server.world.answers:
            self._reply(*self.server.world.answers.pop(0))
            return
        try:
            content = self.server.answer(request)
        except Refusal as refusal:
            self._reply(refusal.status, {}, json.dumps({"message": refusal.said}).encode())
        except Dropped:
            self.close_connection = True
            self.connection.close()
        else:
            self._reply(
                204 if content is None else 200, {}, b"" if content is None else json.dumps(content).encode()
            )

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(body)),
            "Content-Type": "application/json",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running(world: World) -> Iterator[ForgeServer]:
    with ForgeServer(world) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
