"""The webhook over HTTP: who is believed, who is not, and what abuse comes to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from controller.errors import UsageError
from controller.web.secret_files import SecretFiles, path_of
from controller.web.server import Server
from controller.web.webhook import LARGEST, READERS, Seen, Webhook

from .client import Answer, ask, say, served


SECRET, NEXT = b"correct horse battery staple", b"another secret, for rotation"
NOW = 1_800_000_000.0
PUSH = json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": "https://evil.example/x.git"}}).encode()


class Site:
    """A webhook, what it counted, and how often it looked."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.files = [folder / "one"]
        self.files[0].write_bytes(SECRET + b"\n")
        self.counts: Counter[tuple[str, str]] = Counter()
        self.looks, self.looked = 0, threading.Event()
        self.now = NOW
        options = {"debounce": 0.05, "now": lambda: self.now, "count": self._count} | options
        self.secrets = SecretFiles(options.pop("files", self.files))
        self.hook = Webhook(self.secrets, self._look, **options)

    def _count(self, provider: str, result: str) -> None:
        self.counts[provider, result] += 1

    def _look(self) -> None:
        self.looks += 1
        self.looked.set()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def http(site: Site) -> Iterator[Server]:
    with served(site.hook.routes) as running:
        yield running


def path(provider: str, secret: bytes = SECRET) -> str:
    return f"/hook/{path_of(secret)}/{provider}"


def sha256(secret: bytes, *parts: bytes) -> str:
    return hmac.new(secret, b"".join(parts), hashlib.sha256).hexdigest()


def github(http: Server, body: bytes = PUSH, secret: bytes = SECRET, at: str = "", **headers: str) -> Answer:
    given = {
        "X_GitHub_Event": "push",
        "X_Hub_Signature_256": f"sha256={sha256(secret, body)}",
        "Content_Type": "application/json",
    } | headers
    return ask(http, at or path("github"), "POST", body, **{name: value for name, value in given.items() if value})


def gitlab(http: Server, body: bytes = PUSH, **headers: str) -> Answer:
    return ask(http, path("gitlab"), "POST", body, **({"X_Gitlab_Event": "Push Hook"} | headers))


def standard(key: bytes, body: bytes = PUSH, id: str = "m-1", at: float = NOW) -> dict[str, str]:  # noqa: A002
    digest = hmac.new(key, f"{id}.{at:.0f}.".encode() + body, hashlib.sha256).digest()
    return {
        "Webhook_Id": id,
        "Webhook_Timestamp": f"{at:.0f}",
        "Webhook_Signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def generic(http: Server, body: bytes = b"", at: float = NOW, signed: float | None = None) -> Answer:
    stamp = f"{at if signed is None else signed:.0f}".encode()
    headers = {"X_Signature": f"sha256={sha256(SECRET, stamp, b'.', body)}", "X_Signature_Timestamp": f"{at:.0f}"}
    return ask(http, path("generic"), "POST", body, **headers)


# ── who is believed ──────────────────────────────────────────────────────────────────────────────


def test_a_push_of_github_makes_it_look(site: Site, http: Server):
    answer = github(http)
    assert (answer.status, answer.text) == (202, "accepted\n")
    assert site.looked.wait(5)
    assert site.counts == {("github", "accepted"): 1}


def test_gitlabs_token_is_the_secret(site: Site, http: Server):
    assert gitlab(http, X_Gitlab_Token=SECRET.decode()).status == 202
    assert site.looked.wait(5)
    assert gitlab(http, b"{}", X_Gitlab_Token="wrong").status == 401
    assert gitlab(http).text == "X-Gitlab-Token or webhook-signature is missing\n"


def test_gitlabs_signature_is_that_of_standard_webhooks(site: Site, http: Server):
    assert gitlab(http, **standard(SECRET)).status == 202
    assert site.looked.wait(5)


def test_a_secret_in_the_notation_of_standard_webhooks(tmp_path: Path):
    key = b"0123456789abcdef0123456789abcdef"
    secret = b"whsec_" + base64.b64encode(key)
    (tmp_path / "two").write_bytes(secret)
    site = Site(tmp_path, files=[tmp_path / "two"])
    with served(site.hook.routes) as http:
        answer = ask(http, path("gitlab", secret), "POST", PUSH, **standard(key))
        assert answer.status == 202
        answer = ask(http, path("gitlab", secret), "POST", PUSH, **standard(secret, id="m-2"))
        assert answer.status == 401


def test_of_several_signatures_one_must_hold(http: Server):
    good = standard(SECRET)
    bad = base64.b64encode(b"x" * 32).decode()
    both = {**good, "Webhook_Signature": f"v1,{bad} v1a,{bad} {good['Webhook_Signature']}"}
    assert gitlab(http, **both).status == 202


def test_a_token_does_not_make_up_for_a_wrong_signature(site: Site, http: Server):
    wrong = standard(NEXT)
    assert gitlab(http, X_Gitlab_Token=SECRET.decode(), **wrong).status == 401
    assert site.counts == {("gitlab", "bad_signature"): 1}


def test_anybody_else_signs_time_and_body(site: Site, http: Server):
    assert generic(http).status == 202
    assert site.looked.wait(5)
    assert generic(http, b"x", signed=NOW - 1).status == 401


# ── rotation ─────────────────────────────────────────────────────────────────────────────────────


def test_two_secrets_are_good_at_once(tmp_path: Path):
    two = tmp_path / "two"
    two.write_bytes(NEXT)
    site = Site(tmp_path, files=[tmp_path / "one", two])
    with served(site.hook.routes) as http:
        for number, (where, signed) in enumerate([(SECRET, SECRET), (NEXT, NEXT), (SECRET, NEXT), (NEXT, SECRET)]):
            assert github(http, b"%d" % number, signed, at=path("github", where)).status == 202


def test_a_secret_that_changed_is_read_again(site: Site, http: Server):
    site.files[0].write_bytes(NEXT)
    assert github(http).status == 404
    assert github(http, secret=NEXT, at=path("github", NEXT)).status == 202


def test_a_secret_that_went_away_stays_as_it_was(site: Site, http: Server):
    with structlog.testing.capture_logs() as logs:
        site.files[0].unlink()
        assert github(http).status == 202
        site.files[0].write_bytes(b"short")
        assert github(http, b"{}").status == 202
    reasons = [log["reason"] for log in logs if "reason" in log]
    assert [reason.split(str(site.files[0]))[1] for reason in reasons] == [
        ": No such file or directory",
        " has 5 characters; at least 16 are needed",
    ]


@pytest.mark.parametrize("content", [b"", b"short", b"   \n            "])
def test_a_secret_worth_guessing_is_refused_at_the_start(tmp_path: Path, content: bytes):
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(UsageError, match=r"has \d characters; at least 16 are needed"):
        SecretFiles([tmp_path / "secret"])


def test_without_a_secret_there_is_no_webhook(tmp_path: Path):
    with pytest.raises(UsageError, match="the webhook needs a secret"):
        SecretFiles([])
    with pytest.raises(UsageError, match=r"cannot be read from .*: No such file"):
        SecretFiles([tmp_path / "none"])


# ── who is not ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "result", "words"),
    [
        ({"X_Hub_Signature_256": ""}, "no_signature", "X-Hub-Signature-256 is missing"),
        (
            {"X_Hub_Signature_256": "", "X_Hub_Signature": "sha1=" + "0" * 40},
            "no_signature",
            "X-Hub-Signature-256 is missing (X-Hub-Signature is SHA-1, which is not accepted)",
        ),
        ({"X_Hub_Signature_256": "sha256=" + "0" * 64}, "bad_signature", "the signature or token is wrong"),
        ({"X_Hub_Signature_256": "sha256="}, "bad_signature", "the signature or token is wrong"),
        ({"X_Hub_Signature_256": "sha256=zz"}, "bad_signature", "the signature is not sha256=HEX"),
        ({"X_Hub_Signature_256": "sha1=" + "0" * 40}, "bad_signature", "the signature is not sha256=HEX"),
        ({"X_Hub_Signature_256": sha256(SECRET, PUSH)}, "bad_signature", "the signature is not sha256=HEX"),
    ],
)
def test_whoever_cannot_show_the_secret_is_refused(
    site: Site, http: Server, headers: dict[str, str], result: str, words: str
):
    answer = github(http, **headers)
    assert (answer.status, answer.text) == (401, f"{words}\n")
    assert site.counts == {("github", result): 1}
    assert site.looks == 0


@pytest.mark.parametrize("signature", ["v1,", "v1,not base64", "v2,AAAA", "v1", ",", "v1," + "A" * 5000])
def test_a_signature_that_is_none(http: Server, signature: str):
    assert gitlab(http, **(standard(SECRET) | {"Webhook_Signature": signature})).status == 401


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1e9", "٣", "9" * 400, f"{NOW - 301:.0f}", f"{NOW + 301:.0f}"])
def test_a_time_that_is_not_now_is_refused(http: Server, stamp: str):
    signature = f"sha256={sha256(SECRET, stamp.encode(), b'.')}"
    headers = {"X_Signature": signature, "X_Signature_Timestamp": stamp.encode().decode("latin-1")}
    assert ask(http, path("generic"), "POST", b"", **headers).status == 401
    headers = standard(SECRET) | {"Webhook_Timestamp": stamp.encode().decode("latin-1")}
    assert gitlab(http, **headers).status == 401


@pytest.mark.parametrize(
    "where",
    [
        path("github", b"some other secret that is long"),
        path("bitbucket"),
        path("github") + "/",
        path("github").replace("hook", "hooks"),
        path("github").upper(),
        f"/hook/{path_of(SECRET)}",
        f"/hook/{path_of(SECRET)}/github/../../etc/passwd",
        f"/hook/..%2f..%2fetc/{path_of(SECRET)}/github",
        f"/hook/{path_of(SECRET)}%2f..%2fx/github",
        "/hook//github",
        "/",
        "/livez",
        "/metrics",
        "/api/v1/roots",
    ],
)
def test_nothing_else_is_there(site: Site, http: Server, where: str):
    assert github(http, at=where).status == 404
    assert site.looks == 0


def test_a_head_that_says_not_who_it_is_gets_no_body_read(site: Site, http: Server):
    # The body is announced and never sent: an answer can only come from the head.
    for where, headers in [
        ("/hook/x/github", b""),
        (path("github"), b""),
        (path("generic"), b"X-Signature: x\r\n"),
    ]:
        head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n%s\r\n" % (where.encode(), headers)
        assert say(http, head, 5).split(b" ")[1] in (b"404", b"401")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_only_post_is_answered(site: Site, http: Server, method: str):
    answer = ask(http, path("github"), method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert site.looks == 0


# ── repetition ───────────────────────────────────────────────────────────────────────────────────


def test_a_delivery_counts_once(site: Site, http: Server):
    assert github(http, X_GitHub_Delivery="d-1").text == "accepted\n"
    assert github(http, X_GitHub_Delivery="d-1").text == "repeated\n"
    assert github(http, b'{"ref": "refs/heads/main"}', X_GitHub_Delivery="d-1").text == "repeated\n"


def test_another_id_on_the_same_delivery_does_not_help(site: Site, http: Server):
    assert github(http, X_GitHub_Delivery="d-1").text == "accepted\n"
    assert github(http, X_GitHub_Delivery="d-2").text == "repeated\n"
    # Nor does it use up the id for whoever may have it.
    assert github(http, b"{}", X_GitHub_Delivery="d-2").text == "accepted\n"


def test_a_wrong_signature_does_not_use_up_an_id(http: Server):
    assert github(http, X_GitHub_Delivery="d-1", X_Hub_Signature_256="sha256=" + "0" * 64).status == 401
    assert github(http, X_GitHub_Delivery="d-1").text == "accepted\n"


def test_repetition_with_times_and_tokens(http: Server):
    assert [generic(http).text, generic(http).text] == ["accepted\n", "repeated\n"]
    signed = standard(SECRET)
    assert [gitlab(http, **signed).text, gitlab(http, **signed).text] == ["accepted\n", "repeated\n"]
    token = {"X_Gitlab_Token": SECRET.decode(), "X_Gitlab_Event_UUID": "u-1"}
    assert [gitlab(http, **token).text, gitlab(http, **token).text] == ["accepted\n", "repeated\n"]
    token = {"X_Gitlab_Token": SECRET.decode()}
    assert [gitlab(http, b"{}", **token).text, gitlab(http, b"{}", **token).text] == ["accepted\n", "repeated\n"]


def test_deliveries_are_remembered_for_a_while_and_not_without_end():
    seen = Seen(10, most=3)
    assert [seen.before(["a"], 0), seen.before(["a"], 9), seen.before(["a"], 10)] == [False, True, False]
    assert not any(seen.before([name], 11) for name in "bcde")
    assert seen.before(["a"], 11) is False


# ── what is in it ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("event", "body", "result"),
    [
        ("push", {"ref": "refs/heads/main"}, "accepted"),
        ("push", {"ref": "refs/heads/other"}, "ignored"),
        ("push", {"ref": "refs/tags/main"}, "ignored"),
        ("push", {"ref": ["refs/heads/main"]}, "accepted"),
        ("push", ["refs/heads/other"], "accepted"),
        ("push", {}, "accepted"),
        ("create", {"ref": "main"}, "accepted"),
        ("ping", {"zen": "…"}, "ignored"),
        ("issues", {"ref": "refs/heads/main"}, "ignored"),
        ("", {}, "accepted"),
    ],
)
def test_only_pushes_of_the_ref_matter_and_doubt_is_a_reason_to_look(
    tmp_path: Path, event: str, body: Any, result: str
):
    site = Site(tmp_path, ref="refs/heads/main")
    with served(site.hook.routes) as http:
        assert github(http, json.dumps(body).encode(), X_GitHub_Event=event).text == f"{result}\n"


@pytest.mark.parametrize(
    ("event", "ref", "result"),
    [
        ("Push Hook", "refs/heads/main", "accepted"),
        ("Push Hook", "refs/heads/other", "ignored"),
        ("Tag Push Hook", "refs/tags/v1", "ignored"),
        ("System Hook", "refs/heads/main", "accepted"),
        ("Pipeline Hook", "main", "ignored"),
    ],
)
def test_the_same_of_gitlab(tmp_path: Path, event: str, ref: str, result: str):
    site = Site(tmp_path, ref="refs/heads/main")
    body = json.dumps({"ref": ref}).encode()
    with served(site.hook.routes) as http:
        answer = gitlab(http, body, X_Gitlab_Event=event, X_Gitlab_Token=SECRET.decode())
        assert answer.text == f"{result}\n"


def test_without_a_ref_every_push_matters(http: Server):
    assert github(http, b'{"ref": "refs/heads/any"}').text == "accepted\n"


def test_a_payload_in_a_form(tmp_path: Path):
    site = Site(tmp_path, ref="refs/heads/main")
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    with served(site.hook.routes) as http:
        assert github(http, b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fother%22%7D", **form).text == "ignored\n"
        assert github(http, b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D", **form).text == "accepted\n"
        assert github(http, b"other=1", **form).text == "accepted\n"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"null", b"9" * 5000])
def test_a_signed_payload_that_cannot_be_read_is_a_reason_to_look(tmp_path: Path, body: bytes):
    site = Site(tmp_path, ref="refs/heads/main")
    with served(site.hook.routes) as http:
        assert github(http, body).text == "accepted\n"


def test_many_requests_make_one_look(tmp_path: Path):
    site = Site(tmp_path, debounce=0.4)
    with served(site.hook.routes) as http:
        for number in range(10):
            assert github(http, b"%d" % number).status == 202
        assert site.looked.wait(5)
        assert site.looks == 1
        site.looked.clear()
        github(http, b"more")
        assert site.looked.wait(5)
        assert site.looks == 2


# ── abuse ────────────────────────────────────────────────────────────────────────────────────────


def test_a_body_that_is_announced_as_huge_is_not_read(site: Site, http: Server):
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: %d\r\n\r\n"
    assert b" 413 " in say(http, head % (path("github").encode(), LARGEST + 1), 5)
    assert site.counts == {("github", "too_large"): 1}


def test_a_body_that_turns_out_huge_is_not_read_to_its_end(site: Site, http: Server):
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=00\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (1 << 20, b"x" * (1 << 20))
    # It may hang up while we still talk.
    with suppress(ConnectionResetError, BrokenPipeError):
        assert b" 413 " in say(http, head % path("github").encode() + chunk * 8, 10)
    assert site.counts == {("github", "too_large"): 1}


def test_the_largest_body_that_is_good(site: Site, http: Server):
    assert github(http, b" " * LARGEST).status == 202


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path):
    site = Site(tmp_path, patience=0.2)
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: 100\r\n\r\nslow"
    with served(site.hook.routes) as http:
        assert b" 408 " in say(http, head % path("github").encode(), 5)
        assert github(http).status == 202
    assert site.counts["github", "too_slow"] == 1


def test_a_body_that_breaks_off(site: Site, http: Server):
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: 100\r\n\r\nhalf"
    with socket.create_connection(("127.0.0.1", http.port)) as connection:
        connection.sendall(head % path("github").encode())
    until = time.monotonic() + 5
    while not site.counts and time.monotonic() < until:
        time.sleep(0.01)
    assert site.counts == {("github", "broken_off"): 1}
    assert github(http).status == 202


def test_more_bodies_at_once_than_memory_is_meant_for_are_sent_away(tmp_path: Path):
    site = Site(tmp_path, patience=1.0)
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: 100\r\n\r\n"
    answers: list[bytes] = []
    with served(site.hook.routes) as http:
        slow = [
            threading.Thread(target=lambda: answers.append(say(http, head % path("github").encode(), 10)))
            for _ in range(READERS + 3)
        ]
        for thread in slow:
            thread.start()
        for thread in slow:
            thread.join()
        assert Counter(answer.split(b" ")[1] for answer in answers) == {b"408": READERS, b"429": 3}
        assert all(b"retry-after: 10" in answer.lower() for answer in answers if b" 429 " in answer)
        assert github(http).status == 202


def test_a_flood_of_wrong_signatures_does_not_keep_the_right_one_out(site: Site, http: Server):
    for number in range(200):
        assert github(http, b"%d" % number, NEXT).status == 401
    assert github(http).status == 202
    assert site.counts["github", "bad_signature"] == 200


def test_nothing_of_the_secret_is_in_the_log(
    site: Site, http: Server, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    with structlog.testing.capture_logs() as logs, caplog.at_level("DEBUG"):
        github(http)
        github(http, secret=NEXT)
        github(http, at=path("nobody"))
        gitlab(http, X_Gitlab_Token=SECRET.decode())
        gitlab(http, X_Gitlab_Token="wrong token")
        generic(http, at=0)
        ask(http, path("github") + "?x=" + SECRET.decode().replace(" ", "+"), "GET")
        say(http, b"POST " + path("github").encode() + b" HTTP/9\r\n\r\n", 5)
    told = capsys.readouterr()
    text = told.out + told.err + caplog.text + repr(logs)
    assert logs
    for secret in (SECRET.decode(), path_of(SECRET), sha256(SECRET, PUSH), "wrong token", "evil.example"):
        assert secret not in text


def test_answers_say_nothing_of_the_secret_either(http: Server):
    for answer in (github(http), github(http, secret=NEXT), github(http, at=path("nobody"))):
        assert SECRET.decode() not in answer.text
        assert path_of(SECRET) not in answer.text
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("wanted", "moved", "result"),
    [
        ("main", "refs/heads/main", "accepted"),
        ("v1", "refs/tags/v1", "accepted"),
        ("main", "refs/heads/team/main", "ignored"),
    ],
)
def test_a_ref_may_be_given_by_its_short_name(tmp_path: Path, wanted: str, moved: str, result: str):
    site = Site(tmp_path, ref=wanted)
    with served(site.hook.routes) as http:
        answer = github(http, json.dumps({"ref": moved}).encode(), X_GitHub_Event="push")
    assert answer.text == f"{result}\n"
