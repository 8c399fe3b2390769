"""Which URLs a remote may have. git understands many more, and some of them run programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from controller.errors import SourceError


PROTOCOLS = frozenset({"https", "ssh"})

# git@host:path, as people copy it from the page of a repository.
SCP_LIKE = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^:-][^:]*")
HOST = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*")
REF = re.compile(r"[A-Za-z0-9_.@+][A-Za-z0-9_.@+/-]{0,250}")


@dataclass(frozen=True)
class Url:
    """A URL that git may be given: its text, its protocol, and the origin that credentials are bound to."""

    text: str
    protocol: str
    origin: str

    def __str__(self) -> str:
        return self.text


def checked_url(text: str, protocols: frozenset[str] = PROTOCOLS) -> Url:
    """The URL, if it has one of the protocols, and no password. Raises SourceError, which does not quote it."""
    known = " or ".join(sorted(protocols))
    if any(not "\x21" <= letter <= "\x7e" for letter in text) or "\\" in text:
        raise SourceError("the URL of the git remote holds spaces, control characters or a backslash")
    if SCP_LIKE.fullmatch(text) and "ssh" in protocols:
        return Url(text, "ssh", f"ssh://{text.partition(':')[0]}")
    scheme, divider, _ = text.partition("://")
    if not divider or scheme not in protocols:
        raise SourceError(f"the URL of the git remote must begin with {known}://, or be like git@host:path")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SourceError("the URL of the git remote has no valid host or port") from None
    if parts.password is not None or (parts.username and scheme != "ssh"):
        raise SourceError("the URL of the git remote holds credentials; name a token file instead")
    if scheme != "file" and (not HOST.fullmatch(host) or (parts.username or "").startswith("-")):
        raise SourceError("the URL of the git remote has no valid host or port")
    return Url(text, scheme, f"{scheme}://{host}" + (f":{port}" if port else ""))


def checked_ref(text: str) -> str:
    """The name of a branch or tag, or a full commit id, if git could have such. Raises SourceError."""
    is_odd = any(part in text for part in ("..", "@{", "//")) or text.endswith(("/", ".lock", "."))
    if is_odd or not REF.fullmatch(text):
        raise SourceError(f"{text!r} is not the name of a branch or tag, nor a commit id")
    return text


def checked_path(text: str) -> str:
    """A folder inside the repository, without slashes around it; "" is all of it. Raises SourceError."""
    path = text.strip("/")
    if path in {"", "."}:
        return ""
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in path.split("/")) or "\0" in path:
        raise SourceError(f"{text!r} is not a folder inside the repository")
    return path
