"""Probes: whether this process lives, and whether it is ready, in the words of kube-apiserver.

Rules that do not bend:
1. Liveness is the process's own heartbeat and nothing else: when AWS, git or Kubernetes are out of order, a restart
   mends nothing.
2. A standby is ready: or rollouts would wait for a leader that there is already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controller.loop.book import Book
from controller.web.server import plain


Check = Callable[[], str]
"""Empty if all is well, else why it is not."""

class Beating(Protocol):
    """What shows signs of life, by a monotonic clock."""

    @property
    def beat(self) -> float:
        """When it last was seen to be alive."""

    @property
    def patience(self) -> float:
        """Seconds for which it may show none."""


def liveness(
    alive: Callable[[], Mapping[str, Beating]],
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[], Mapping[str, Check]]:
    """A check for each of what is to be alive, by name: its last sign of life is no older than it may be."""

    def check(beating: Beating) -> Check:
        def run() -> str:
            silent = clock() - beating.beat
            return f"no sign of life for {silent:.0f} s" if silent > beating.patience else ""

        return run

    return lambda: {"ping": _ping, **{name: check(beating) for name, beating in alive().items()}}


def readiness(
    book: Book,
    config: Check = lambda: "",
    *,
    ends: Callable[[], bool] = lambda: False,
    overrides: Check | None = None,
) -> Callable[[], Mapping[str, Check]]:
    """The checks of readiness: a valid configuration, a source that was fetched once, and no end in sight.

    With `overrides`, that what operators have suspended was read once, too.
    """

    def source() -> str:
        status = book.source
        if status.version:
            return ""
        return f"nothing was fetched yet: {status.error}" if status.error else "nothing was fetched yet"

    def shutdown() -> str:
        return "shutting down" if ends() else ""

    more = {"overrides": overrides} if overrides else {}
    return lambda: {"ping": _ping, "config": config, "source": source, **more, "shutdown": shutdown}


def _ping() -> str:
    return ""


def routes(livez: Callable[[], Mapping[str, Check]], readyz: Callable[[], Mapping[str, Check]]) -> Sequence[Route]:
    """The three paths. They run in the server's own loop: a check must not wait for anything."""
    return [
        Route("/livez", _endpoint("livez", livez)),
        Route("/readyz", _endpoint("readyz", readyz)),
        Route("/healthz", _endpoint("healthz", livez)),
    ]


def _endpoint(name: str, checks: Callable[[], Mapping[str, Check]]) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        return answer(name, checks(), request.query_params.getlist("exclude"), "verbose" in request.query_params)

    return endpoint


def answer(name: str, checks: Mapping[str, Check], excluded: Sequence[str], verbose: bool) -> Response:  # noqa: FBT001
    """What a probe says of these checks."""
    lines, failed = [], False
    for check, run in checks.items():
        if check in excluded:
            lines.append(f"[+]{check} excluded: ok")
        elif reason := run():
            failed = True
            lines.append(f"[-]{check} failed: {reason}")
        else:
            lines.append(f"[+]{check} ok")
    if unknown := sorted(set(excluded) - checks.keys()):
        lines.append(f"warn: some health checks cannot be excluded: no matches for {', '.join(unknown)!r}")
    if failed:
        return plain("\n".join([*lines, f"{name} check failed", ""]), 500)
    return plain("\n".join([*lines, f"{name} check passed", ""]) if verbose else "ok")
