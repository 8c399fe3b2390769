"""Snapshots that the controller publishes: when, where to, and what happens if it cannot."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from controller.cli.assembly import Assembly, Listening, Wishes
from controller.cli.publishing import Publishing
from controller.errors import SnapshotError, UnavailableError, UsageError
from controller.loop.following import Directory
from controller.loop.happenings import Looked
from controller.loop.publishing import FIRST, LONGEST, Publisher
from controller.report import Report
from controller.snapshot import Content, opened, place
from tests.engine import HERE
from tests.fake import FakeGateway
from tests.snapshots import content
from tests.stub_engine import change, report
from tests.test_assembly import until, write


KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PAUSE = 1800.0
ROOT = "RestApi photos"


def looked(found: Report) -> Looked:
    return Looked("prod", "interval", frozenset({ROOT}), "r1", 1.0, datetime(2026, 1, 1, tzinfo=UTC), found)


class Bench:
    """A publisher with a clock to turn and places to fail."""

    def __init__(self) -> None:
        self.now, self.published, self.counted = 0.0, 0, list[str]()
        self.trouble: Exception | None = None
        self.leads, self.content = True, content()
        self.publisher = Publisher(
            lambda: self.content,
            self._put,
            pause=PAUSE,
            may_write=lambda: self.leads,
            count=self.counted.append,
            clock=lambda: self.now,
        )

    def _put(self, _content: Content) -> None:
        if self.trouble:
            raise self.trouble
        self.published += 1

    def at(self, now: float) -> int:
        """How many were published by then."""
        self.now = now
        self.publisher.step()
        return self.published


def test_the_first_comes_a_while_after_the_start():
    bench = Bench()
    assert (bench.at(0), bench.at(FIRST - 1), bench.at(FIRST)) == (0, 0, 1)
    assert bench.counted == ["success"]


def test_one_comes_when_something_changed_but_not_too_often():
    bench = Bench()
    bench.at(FIRST)
    bench.publisher.observe(looked(report(change(status="applied"))))
    assert (bench.at(FIRST + PAUSE - 1), bench.at(FIRST + PAUSE)) == (1, 2)


def test_none_comes_when_nothing_changed_until_the_last_is_old():
    bench = Bench()
    bench.at(FIRST)
    bench.publisher.observe(looked(report()))
    assert (bench.at(FIRST + LONGEST - 1), bench.at(FIRST + LONGEST)) == (1, 2)


def test_drift_that_stays_is_no_news():
    bench = Bench()
    bench.at(FIRST)
    drifted = looked(report(change(action="update")))
    bench.publisher.observe(drifted)
    assert bench.at(FIRST + PAUSE) == 2
    bench.publisher.observe(drifted)
    assert bench.at(FIRST + 2 * PAUSE) == 2
    bench.publisher.observe(looked(report()))
    assert bench.at(FIRST + 2 * PAUSE) == 3


@pytest.mark.parametrize("trouble", [SnapshotError("no"), UnavailableError("no"), ZeroDivisionError("secret")])
def test_what_fails_is_counted_and_tried_again(trouble: Exception):
    bench = Bench()
    bench.trouble = trouble
    bench.at(FIRST)
    assert bench.counted == ["failure"]
    bench.trouble = None
    assert (bench.at(FIRST + PAUSE - 1), bench.at(FIRST + PAUSE)) == (0, 1)


def test_only_who_leads_publishes():
    bench = Bench()
    bench.leads = False
    assert bench.at(FIRST) == 0
    bench.leads = True
    assert bench.at(FIRST) == 1


# ── places ───────────────────────────────────────────────────────────────────────────────────────


def test_an_object_of_s3_is_written():
    calls = []

    def caller(operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        calls.append((service, operation, params))
        return {}

    place("s3://acme/live/prod.json", lambda: caller)("{}")
    wanted = {"Bucket": "acme", "Key": "live/prod.json", "Body": b"{}", "ContentType": "application/json"}
    assert calls == [("s3", "PutObject", wanted)]


def test_a_url_is_put_to_and_is_in_no_error():
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, str(request.url), request.read()))
        return httpx.Response(200 if len(asked) == 1 else 403)

    put = place("https://example.com/x?signature=secret", transport=httpx.MockTransport(answer))
    put("{}")
    assert asked == [("PUT", "https://example.com/x?signature=secret", b"{}")]
    with pytest.raises(SnapshotError) as error:
        put("{}")
    assert str(error.value) == "the snapshot was not taken by example.com: it answered 403"


@pytest.mark.parametrize("destination", ["http://example.com/x", "s3://bucket", "ftp://x/y", "https://"])
def test_other_places_are_refused(destination: str):
    with pytest.raises(UsageError):
        place(destination)


# ── the whole ────────────────────────────────────────────────────────────────────────────────────


def test_the_controller_publishes_what_it_made(tmp_path: Path):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    write(checkout, "one")
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = tmp_path / "live.json"
    fake = FakeGateway()
    wishes = Wishes(interval=0.2, publishing=Publishing(str(file), pem, pause=0.1), listening=Listening())
    whole = Assembly(Directory(checkout), wishes, arriving=lambda _: (fake, HERE))
    assert whole.publisher
    whole.start()
    try:

        def is_published() -> bool:
            whole.publisher.step()
            return file.exists() and "shop" in file.read_text()

        until(is_published)
    finally:
        whole.end()
    snapshot = opened(file, [KEY.public_key()])
    assert list(snapshot.content.targets) == ["default"]
    assert json.loads(file.read_text())["signature"]


def test_what_nobody_would_believe_is_not_published():
    wishes = Wishes(publishing=Publishing("live.json"))
    with pytest.raises(UsageError, match="--snapshot-key"):
        Assembly(Directory(Path()), wishes, arriving=lambda _: (FakeGateway(), HERE))
