"""Where a snapshot is put: a file, an object of S3, or whatever takes a PUT over HTTPS."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from controller import http
from controller.aws.client import connect
from controller.call import Call
from controller.errors import SnapshotError, UsageError
from controller.gateway import Caller
from controller.retry import Patient


STDOUT = Path("-")
_PUT_SECONDS = 60.0


def place(
    destination: str, caller: Callable[[], Caller] | None = None, transport: httpx.BaseTransport | None = None
) -> Callable[[str], None]:
    """What puts a text to `s3://bucket/key`, an https URL or a path, and raises ControllerError if it cannot.

    `caller` makes a way to AWS, by default with the usual credentials and region. A URL may be a secret, such as
    one that is signed in advance: it is in no error. Raises UsageError for what is none of these.
    """
    parts = urlsplit(destination)
    match parts.scheme:
        case "":
            return lambda text: put(text, Path(destination))
        case "s3" if parts.netloc and parts.path.strip("/"):
            bucket, key = parts.netloc, parts.path.lstrip("/")
            return lambda text: _upload(text, bucket, key, (caller or (lambda: connect(region=None)))())
        case "https" if parts.netloc:
            return lambda text: _send(text, destination, transport)
        case _:
            msg = "a snapshot goes to a path, s3://bucket/key or an https URL"
            raise UsageError(msg)


def put(text: str, path: Path) -> None:
    """Writes a file all at once, so that nobody reads half of it, or stdout. Raises SnapshotError."""
    if path == STDOUT:
        sys.stdout.write(text)
        return
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SnapshotError(f"{path} cannot be written: {error.strerror}") from None


def _upload(text: str, bucket: str, key: str, caller: Caller) -> None:
    params = {"Bucket": bucket, "Key": key, "Body": text.encode("ascii"), "ContentType": "application/json"}
    Patient(caller).perform(Call("PutObject", params, service="s3"))


def _send(text: str, url: str, transport: httpx.BaseTransport | None) -> None:
    host = urlsplit(url).hostname
    try:
        with http.client(_PUT_SECONDS, transport=transport) as client:
            content = text.encode("ascii")
            answer = client.put(url, content=content, headers={"Content-Type": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        told = http.trouble(error) if isinstance(error, httpx.HTTPError) else "no URL"
        raise SnapshotError(f"the snapshot was not taken by {host}: {told}") from None
    if not answer.is_success:
        raise SnapshotError(f"the snapshot was not taken by {host}: it answered {answer.status_code}")
