"""A forge's API over HTTP: JSON in and out, and each failure as one sentence that says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from controller.errors import ForgeError, SendError
from controller.forge.port import shortened
from controller.sending import Persistent


PAGE = 100
"""Items on a page: the most that both hosts give."""

LONGEST_SAID = 300
NOT_FOUND, UNAUTHORIZED, FORBIDDEN = 404, 401, 403


T = TypeVar("T")


def done(_answer: Any) -> None:
    """What is made of an answer that says nothing new."""


@dataclass(frozen=True)
class Doing:
    """What a request is for: `what` completes "cannot …", and `needs` says what the token must be allowed to."""

    what: str
    needs: str


@dataclass(frozen=True)
class Api:
    """Requests to a host. `headers` authenticate; they are asked for each time, since tokens are renewed."""

    name: str
    base: str
    http: Persistent
    headers: Callable[[], dict[str, str]]

    def request(
        self,
        doing: Doing,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        *,
        into: Callable[[Any], T],
    ) -> T:
        """What `into` makes of the host's answer, which is None if that is empty. Raises ForgeError.

        `path` starts with a slash and stands below the base; an absolute URL stands for itself. Errors of `into`'s
        that come from an answer of another shape (KeyError, TypeError, …) are told as such.
        """
        url = path if path.startswith("http") else self.base + path
        headers = {**self.headers(), "Content-Type": "application/json"}
        body = b"" if content is None else json.dumps(content).encode()
        try:
            answer = self.http.send(method, url, body, headers)
        except SendError as error:
            raise self._failed(doing, error) from None
        try:
            return into(answer.json() if answer.content else None)
        except (ValueError, LookupError, TypeError, AttributeError):
            told = "not as its API does: is the URL of the API right?"
            raise ForgeError(f"cannot {doing.what}: {self._host()} answered, but {told}") from None

    def pages(self, doing: Doing, path: str, *, into: Callable[[Any], T], **query: str) -> Iterator[T]:
        """What `into` makes of each item of a list, page by page.

        By numbers, not by the links in the answer: those lead elsewhere where a proxy stands before the host.
        """
        number = 1
        while True:
            page = urlencode({**query, "per_page": PAGE, "page": number})
            items = self.request(doing, "GET", f"{path}?{page}", into=lambda found: [into(one) for one in found])
            yield from items
            if len(items) < PAGE:
                return
            number += 1

    def _failed(self, doing: Doing, error: SendError) -> ForgeError:
        """The error as a sentence."""
        if not error.status:
            times = f", {error.attempts} times" if error.attempts > 1 else ""
            return ForgeError(f"cannot {doing.what}: {self._host()}: {error}{times}")
        return self.refused(doing, error.status, _said(error.said), self._advice(doing, error))

    def refused(self, doing: Doing, status: int, said: str, advice: str) -> ForgeError:
        """What was tried, what the host answered, and what to do."""
        said = f": {shortened(said, LONGEST_SAID).rstrip('.')}" if said else ""
        return ForgeError(f"cannot {doing.what}: {self.name} answered {status}{said}{advice}", status)

    def _advice(self, doing: Doing, error: SendError) -> str:
        if error.wait:
            until = datetime.fromtimestamp(self.http.clock() + error.wait, UTC)
            return f"; its rate limit is used up until {until:%H:%M:%S} UTC"
        return advice(doing, error.status) or (f"; tried {error.attempts} times" if error.attempts > 1 else "")

    def _host(self) -> str:
        return f"{self.name} at {self.base}"


def advice(doing: Doing, status: int) -> str:
    """What may help, as the end of a sentence."""
    match status:
        case 401:
            return (
                f"; the token is wrong, has expired, or is of a kind that may not do this: it needs {doing.needs}"
            )
        case 403:
            return f"; the token needs {doing.needs}"
        case 404:
            return f"; it does not exist, or the token may not see it and needs {doing.needs}"
        case 301 | 302 | 307 | 308:
            return "; it has moved: name it as it is called now"
        case _:
            return ""


def _said(text: str) -> str:
    """What is meant for people of an error's body.

    GitHub: {"message", "errors": [{"message"}]}; GitLab: {"message"} as text, list or mapping, or {"error"}.
    """
    try:
        found = json.loads(text)
    except ValueError:
        # A page of a proxy's is not worth quoting.
        return "" if text.lstrip().startswith("<") else text
    if not isinstance(found, dict):
        return text
    said = found.get("message") or found.get("error_description") or found.get("error") or ""
    details = found.get("errors")
    # GitHub's may also be plain texts.
    more = (
        [str(one.get("message", "")) if isinstance(one, dict) else str(one) for one in details]
        if isinstance(details, list)
        else []
    )
    said = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return ": ".join(filter(None, [said, *more]))
