"""The webhook: a request that proves to know the secret makes the controller look for a new revision, and no more.

Rules that do not bend:
1. Nothing is taken from a payload but whether it is about another ref: no URL, no revision, no path.
2. What can be refused by the head alone is: a body is read only after the secret's digest and a claim.
3. Neither the path nor a header of a request comes into a log.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from controller.web.secret_files import SecretFiles
from controller.web.server import plain
from controller.web.signatures import PROVIDERS, Headers, Refused


_log = structlog.get_logger()

LARGEST = 3 * 1024 * 1024
"""Bytes of a body."""

READERS = 8
"""Bodies read at once: what they may take of the memory is this many times the largest."""

DEBOUNCE = 2.0
"""Seconds in which several requests make one look."""

BODY_PATIENCE = 10.0
"""Seconds in which a body must be there."""

REMEMBERED = 3600.0
"""Seconds for which deliveries are known again: longer than a timestamp is good for."""

_STATUS: Mapping[str, int] = {
    "accepted": 202,
    "ignored": 202,
    "repeated": 202,
    "no_signature": 401,
    "bad_signature": 401,
    "too_old": 401,
    "not_found": 404,
    "too_slow": 408,
    "too_large": 413,
    "busy": 429,
    "broken_off": 400,
}

_PUSHES: Mapping[str, tuple[str, frozenset[str]]] = {
    "github": ("x-github-event", frozenset({"push", "create", "delete"})),
    "gitlab": ("x-gitlab-event", frozenset({"Push Hook", "Tag Push Hook", "System Hook"})),
}
"""The header that names the event, and the events after which the ref may have moved."""


class Webhook:
    """The endpoint. `look` is called in a thread, `debounce` seconds after the first of several requests.

    ref     such as main or refs/heads/main: pushes to other refs are ignored; empty: none is
    count   is told the provider and what became of each request
    """

    def __init__(
        self,
        secrets: SecretFiles,
        look: Callable[[], None],
        *,
        ref: str = "",
        count: Callable[[str, str], None] = lambda _provider, _result: None,
        now: Callable[[], float] = time.time,
        debounce: float = DEBOUNCE,
        patience: float = BODY_PATIENCE,
    ) -> None:
        self._secrets, self._look, self._ref, self._count, self._now = secrets, look, ref, count, now
        self._debounce, self._patience = debounce, patience
        self._seen = Seen(REMEMBERED)
        self._reading = 0
        self._pending: asyncio.TimerHandle | None = None

    @property
    def routes(self) -> Sequence[Route]:
        """The one path."""
        return [Route("/hook/{digest}/{provider}", self._endpoint, methods=["POST"])]

    async def _endpoint(self, request: Request) -> Response:
        provider = request.path_params["provider"]
        try:
            result, reason = await self._result(provider, request), ""
        except Refused as refused:
            result, reason = refused.result, str(refused)
        provider = provider if provider in PROVIDERS else "unknown"
        self._count(provider, result)
        status = _STATUS[result]
        log = _log.info if status < 400 else _log.warning  # noqa: PLR2004  where refusals begin
        log("webhook", provider=provider, result=result)
        headers = {"Connection": "close"} | ({"Retry-After": "10"} if result == "busy" else {})
        return plain(f"{reason or result}\n", status, **headers)

    async def _result(self, provider: str, request: Request) -> str:
        if provider not in PROVIDERS or not self._secrets.opens(request.path_params["digest"]):
            raise Refused("not_found", "not found")
        claim = PROVIDERS[provider](request.headers, self._now())
        body = await self._body(request)
        proof = claim.proof(body, self._secrets.current())
        if not proof:
            raise Refused("bad_signature", "the signature or token is wrong")
        if self._seen.before(proof, self._now()):
            return "repeated"
        if not concerns(provider, request.headers, body, self._ref):
            return "ignored"
        self._soon()
        return "accepted"

    async def _body(self, request: Request) -> bytes:
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > LARGEST:
            raise Refused("too_large", f"the body is larger than {LARGEST} bytes")
        if self._reading >= READERS:
            raise Refused("busy", "too many requests at once")
        self._reading += 1
        try:
            async with asyncio.timeout(self._patience):
                return await _read(request)
        except TimeoutError:
            raise Refused("too_slow", "the body did not come in time") from None
        except ClientDisconnect:
            raise Refused("broken_off", "the body broke off") from None
        finally:
            self._reading -= 1

    def _soon(self) -> None:
        if self._pending is None:
            self._pending = asyncio.get_running_loop().call_later(self._debounce, self._fire)

    def _fire(self) -> None:
        self._pending = None
        asyncio.get_running_loop().run_in_executor(None, self._look)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused("too_large", f"the body is larger than {LARGEST} bytes")
    return bytes(body)


class Seen:
    """Deliveries of the last `seconds`, the newest `most` of them: only those that proved true come in here."""

    def __init__(self, seconds: float, most: int = 10_000) -> None:
        self._seconds, self._most = seconds, most
        self._until: OrderedDict[str, float] = OrderedDict()

    def before(self, proofs: Sequence[str], now: float) -> bool:
        """Whether one of these was seen already. If none was, from now on all were."""
        while self._until and (next(iter(self._until.values())) <= now or len(self._until) > self._most):
            self._until.popitem(last=False)
        if any(proof in self._until for proof in proofs):
            return True
        self._until.update(dict.fromkeys(proofs, now + self._seconds))
        return False


def concerns(provider: str, headers: Headers, body: bytes, ref: str) -> bool:
    """Whether the ref may have moved. When in doubt, yes: to look costs little."""
    if provider not in _PUSHES:
        return True
    header, events = _PUSHES[provider]
    event = headers.get(header, "")
    if event and event not in events:
        return False
    moved = _member(body, headers.get("content-type", ""), "ref")
    # Only pushes give the whole name.
    names = {moved, moved.removeprefix("refs/heads/"), moved.removeprefix("refs/tags/")}
    return not (ref and moved.startswith("refs/") and ref not in names)


def _member(body: bytes, content_type: str, name: str) -> str:
    try:
        if content_type.startswith("application/x-www-form-urlencoded"):
            body = parse_qs(body.decode())["payload"][0].encode()
        payload: Any = json.loads(body)
    except (ValueError, KeyError, RecursionError):
        return ""
    found = payload.get(name) if isinstance(payload, dict) else None
    return found if isinstance(found, str) else ""
