"""The status of everything as JSON, read from the book: it never calls AWS, and shows what a report shows."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controller.loop.book import Book, RootStatus, SourceStatus, TargetStatus


VERSION = "v1"


def routes(book: Book) -> Sequence[Route]:
    """The paths. Their endpoints run in threads, since a report may be large."""

    def targets(request: Request) -> Response:
        roots = book.roots()
        found = [_target(status, roots) for status in book.targets()]
        return _document(request, {"source": _source(book.source), "targets": found})

    def all_roots(request: Request) -> Response:
        wanted = {name: request.query_params.getlist(name) for name in ("target", "condition")}
        found = [
            _root(status)
            for status in book.roots()
            if all(not values or getattr(status, name) in values for name, values in wanted.items())
        ]
        return _document(request, {"roots": found})

    def report(request: Request) -> Response:
        target = request.path_params["target"]
        if found := book.report(target):
            return _tagged(request, found.model_dump_json().encode())
        known = any(status.target == target for status in book.targets())
        reason = "no pass of this target has ended yet" if known else "there is no such target"
        return _document(request, {"error": reason}, 404)

    return [
        Route(f"/api/{VERSION}/targets", targets),
        Route(f"/api/{VERSION}/roots", all_roots),
        Route(f"/api/{VERSION}/report/{{target}}", report),
    ]


def _source(status: SourceStatus) -> dict[str, Any]:
    version = status.version
    return {
        "revision": version.revision if version else "",
        "committed": _time(version.committed) if version else None,
        "author": version.author if version else "",
        "error": status.error,
    }


def _target(status: TargetStatus, roots: Sequence[RootStatus]) -> dict[str, Any]:
    return {
        "target": status.target,
        "revision": status.revision,
        "roots": Counter(root.condition.value for root in roots if root.target == status.target),
        "problems": [str(problem) for problem in status.problems],
        "lastPass": {
            "trigger": status.trigger,
            "ended": _time(status.ended),
            "seconds": round(status.seconds, 3),
            "error": status.error,
        },
    }


def _root(status: RootStatus) -> dict[str, Any]:
    return {
        "target": status.target,
        "root": status.root,
        "condition": status.condition.value,
        "since": _time(status.since),
        "message": status.message,
        "revision": status.revision,
        "lastAttempt": _time(status.attempted),
        "lastSuccess": _time(status.succeeded),
        "driftedFields": status.fields,
        "driftedSince": _time(status.differs_since),
        "pending": status.pending,
        "failures": status.failures,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _document(request: Request, content: Mapping[str, Any], status: int = 200) -> Response:
    return _tagged(request, json.dumps({"apiVersion": VERSION, **content}).encode(), status)


def _tagged(request: Request, body: bytes, status: int = 200) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    known = [known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, "application/json")
