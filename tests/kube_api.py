"""A Kubernetes API for tests: leases, events, ConfigMaps, with versions, conflicts, and what else can go wrong."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from controller.kube import Connection


PATH = re.compile(r"/apis?/((?:[a-z0-9.]+/)?v1)/namespaces/([a-z0-9-]+)/(leases|events|configmaps)(?:/([^/?]+))?")
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
KINDS = {
    "leases": ("coordination.k8s.io/v1", "Lease"),
    "events": ("events.k8s.io/v1", "Event"),
    "configmaps": ("v1", "ConfigMap"),
}
KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
REQUIRED = ("reportingController", "reportingInstance", "action", "reason", "eventTime")
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "GET": "get"}


class Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class KubeApi(ThreadingHTTPServer):
    """What tests may set:

    token       who does not send it gets 401; empty lets everybody in
    forbidden   pairs of verb and resource that get 403
    latency     seconds before each answer
    down        connections are dropped before anything is done
    lost        so many of the next changes are made, and then not answered
    errors      so many of the next requests get 500
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = Lock()
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.version = 100
        self.requests: list[tuple[str, str]] = []
        self.token, self.forbidden = "t0ken", set[tuple[str, str]]()
        self.latency, self.down, self.lost, self.errors = 0.0, False, 0, 0
        self.at_end: list[Callable[[], None]] = []

    def connection(self, **more: Any) -> Connection:
        return Connection(f"http://127.0.0.1:{self.server_port}", "here", **{"token": self.token, **more})

    def all(self, resource: str) -> list[dict[str, Any]]:
        with self.lock:
            return [thing for (_, kind, _), thing in self.objects.items() if kind == resource]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are part of the tests."""

    def answer(self, verb: str, path: str, body: Any, headers: Any) -> dict[str, Any]:
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, "Unauthorized")
        found = PATH.fullmatch(path)
        if not found or (found[1] != KINDS[found[3]][0]):
            raise Refusal(404, "the server could not find the requested resource")
        _, namespace, resource, name = found.groups()
        with self.lock:
            self.requests.append((verb, resource))
            if (verb, resource) in self.forbidden:
                raise Refusal(403, f'{resource} is forbidden: cannot {verb} resource "{resource}"')
            if self.errors:
                self.errors -= 1
                raise Refusal(500, "etcdserver: leader changed")
            return self.carry_out(verb, (namespace, resource, name or ""), body, headers)

    def carry_out(self, verb: str, key: tuple[str, str, str], body: Any, headers: Any) -> dict[str, Any]:
        namespace, resource, name = key
        if verb == "create":
            name = body["metadata"].get("name", "")
            key = (namespace, resource, name)
            if key in self.objects:
                raise Refusal(409, f'{resource} "{name}" already exists')
            return self.keep(key, body)
        if key not in self.objects:
            raise Refusal(404, f'{resource} "{name}" not found')
        before = self.objects[key]
        if verb == "get":
            return before
        if verb == "patch":
            if headers.get("Content-Type") != "application/merge-patch+json":
                raise Refusal(415, "the body of the request was in an unknown format")
            return self.keep(key, _merged(before, body))
        sent = body["metadata"].get("resourceVersion")
        if sent != before["metadata"]["resourceVersion"]:
            raise Refusal(
                409, f'Operation cannot be fulfilled on {resource} "{name}": the object has been modified'
            )
        return self.keep(key, body)

    def keep(self, key: tuple[str, str, str], thing: dict[str, Any]) -> dict[str, Any]:
        _validate(key[1], thing)
        if not NAME.fullmatch(key[2]) or thing["metadata"].get("namespace") != key[0]:
            raise Refusal(422, f"metadata: Invalid value: {key[2]!r}")
        thing = {part: value for part, value in thing.items() if value is not None}
        if "spec" in thing:
            thing["spec"] = {part: value for part, value in thing["spec"].items() if value is not None}
        self.version += 1
        thing["metadata"] = {**thing["metadata"], "resourceVersion": str(self.version)}
        self.objects[key] = thing
        return thing


def _validate(resource: str, thing: dict[str, Any]) -> None:
    if (thing.get("apiVersion"), thing.get("kind")) != KINDS[resource]:
        raise Refusal(400, "the object does not match the URL")
    if resource == "configmaps":
        if not all(map(KEY.fullmatch, thing.get("data") or {})):
            raise Refusal(422, "data: Invalid value: a valid config key must consist of alphanumeric characters")
        return
    if resource == "leases":
        spec = thing["spec"]
        times = [spec[name] for name in ("renewTime", "acquireTime") if spec.get(name)]
        if not all(map(TIME.fullmatch, times)) or not isinstance(spec.get("leaseDurationSeconds"), int | None):
            raise Refusal(400, "cannot be handled as a Lease")
        if spec.get("leaseDurationSeconds", 1) <= 0:
            raise Refusal(422, "spec.leaseDurationSeconds: must be greater than 0")
        return
    if missing := [name for name in REQUIRED if not thing.get(name)]:
        raise Refusal(422, f"{missing[0]}: Required value")
    if len(thing.get("note", "").encode()) > 1024:
        raise Refusal(422, "note: Invalid value: can have at most 1024 characters")
    if "series" in thing and (
        thing["series"]["count"] < 2 or not TIME.fullmatch(thing["series"]["lastObservedTime"])
    ):
        raise Refusal(422, "series.count: should be at least 2")


def _merged(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(base.get(name) or {}, value) if isinstance(value, dict) else value
    return merged


class _Handler(BaseHTTPRequestHandler):
    server: KubeApi
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self) -> None:
        if self.server.down:
            self.close_connection = True
            return
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        verb = VERBS[self.command]
        try:
            status, content = 200, self.server.answer(verb, self.path, body, self.headers)
        except Refusal as refusal:
            status = refusal.status
            content = {"kind": "Status", "status": "Failure", "message": str(refusal), "code": status}
        time.sleep(self.server.latency)
        if verb != "get" and status == 200 and self.server.lost:
            self.server.lost -= 1
            self.close_connection = True
            return
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = _answer


@contextmanager
def kube_api() -> Iterator[KubeApi]:
    server = KubeApi()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        for finish in server.at_end:
            finish()
        server.shutdown()
        server.server_close()
        thread.join()
