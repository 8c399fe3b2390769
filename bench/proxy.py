"""A reverse proxy that makes an emulator as far away and as strict as AWS, and counts what passes.

Each call takes the time of the way more, and one above AWS's control-plane quotas is refused as AWS refuses it.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from bench.operations import Request, operation
from bench.quotas import Quotas


LATENCY = 0.05
"""Seconds that the way to AWS and back takes."""

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


TAGGING = "tagging"
"""What calls of AWS's index of tags are signed for."""

Index = Callable[[Mapping[str, Any]], dict[str, Any]]
"""GetResources of the Resource Groups Tagging API: the answer to these parameters."""


class Proxy:
    """A running proxy. `url` is what the tools are given as AWS's."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self.quotas = Quotas()
        self._calls: Counter[str] = Counter()
        self._refused = 0

    def begin(self) -> None:
        """Counts from nothing again, for an account where nobody has called."""
        with self._lock:
            self._begin()

    def saw(self, name: str, *, refused: bool) -> None:
        """Notes a call, made in vain or not."""
        with self._lock:
            self._calls[name] += 1
            self._refused += refused

    def seen(self) -> tuple[dict[str, int], int]:
        """The calls since the beginning by operation, most often first, and how many of them were refused."""
        with self._lock:
            return dict(self._calls.most_common()), self._refused


class Server(ThreadingHTTPServer):
    """Many callers at once."""

    daemon_threads = True
    request_queue_size = 128


@contextmanager
def proxy(behind: str, *, tagged: Index | None = None, latency: float = LATENCY) -> Iterator[Proxy]:
    """A proxy on a free port of 127.0.0.1, in front of what is behind.

    `tagged` answers the index of tags, where what is behind keeps none of API Gateway's.
    """
    place = urlsplit(behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body leave in one packet

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, self.headers, body)
            name = operation(request)
            wait = running.quotas.ask(name) if request.service == "apigateway" else 0.0
            running.saw(name, refused=wait > 0)
            time.sleep(latency)
            if wait:
                self.refuse(wait)
                return
            if request.service == TAGGING and tagged:
                found = json.dumps(tagged(json.loads(body))).encode()
                self.answer(200, {"Content-Type": "application/x-amz-json-1.1"}, found)
                return
            upstream = HTTPConnection(place.hostname or "", place.port, timeout=300)
            try:
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
            except (OSError, HTTPException) as error:
                self.answer(502, {"Content-Type": "text/plain"}, str(error).encode())
                return
            finally:
                upstream.close()
            kept = {key: value for key, value in answer.getheaders() if key.lower() not in _HOP_BY_HOP}
            self.answer(answer.status, kept, content)

        def refuse(self, wait: float) -> None:
            content = json.dumps({"message": "Too Many Requests"}).encode()
            headers = {
                "Content-Type": "application/json",
                "x-amzn-ErrorType": "TooManyRequestsException",
                "Retry-After": str(math.ceil(wait)),
            }
            self.answer(429, headers, content)

        def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = pass_on

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        running = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
