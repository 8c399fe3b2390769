"""Counts AWS calls where they cannot be missed: on the wire, in a reverse proxy in front of the emulator."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from botocore.session import Session


_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class Wire:
    """A running proxy: `url` is what the tools are given instead of the emulator's."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def saw(self, operation: str) -> None:
        """Notes a call; the proxy's threads do."""
        with self._lock:
            self._counts[operation] += 1

    def taken(self) -> Counter[str]:
        """The calls since this was last asked."""
        with self._lock:
            found, self._counts = self._counts, Counter()
        return found


@contextmanager
def counting(emulator: str) -> Iterator[Wire]:
    """A proxy on a free port of 127.0.0.1. Every thread of it keeps one connection to the emulator."""
    behind = urlsplit(emulator)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body leave in one packet

        def setup(self) -> None:
            super().setup()
            self.upstream = HTTPConnection(behind.hostname or "", behind.port, timeout=300)

        def finish(self) -> None:
            self.upstream.close()
            super().finish()

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            wire.saw(operation(self.command, self.path, self.headers.get("Authorization", ""), body))
            self.upstream.request(self.command, self.path, body, dict(self.headers))
            answer = self.upstream.getresponse()
            content = answer.read()
            self.send_response(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = pass_on

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        wire = Wire(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            server.shutdown()
            thread.join()


def operation(method: str, target: str, authorization: str, body: bytes) -> str:
    """AWS's name of a call; in front of it the service, where that is not API Gateway."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", authorization)
    service = scope[1] if scope else "unsigned"
    path, _, query = target.partition("?")
    if service != "apigateway":
        action = parse_qs(body.decode(errors="replace")).get("Action", [f"{method} {path}"])[0]
        return f"{service}:{action}"
    given = parse_qs(query)
    for name, verb, pattern, wanted in _operations():
        if verb == method and pattern.fullmatch(path) and wanted.items() <= given.items():
            return name
    return f"{method} {path}"


@cache
def _operations() -> list[tuple[str, str, re.Pattern[str], dict[str, list[str]]]]:
    """API Gateway's operations by method and path, those with most literal text first."""
    model = Session().get_service_model("apigateway")
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        parts = re.split(r"(\{[^}]*\})", path)
        pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
        literal = sum(len(part) for part in parts if not part.startswith("{"))
        found.append((len(query), literal, (name, http["method"], re.compile(pattern), parse_qs(query))))
    return [entry for _, _, entry in sorted(found, key=lambda one: one[:2], reverse=True)]
