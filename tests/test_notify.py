"""Notifications: judged by what arrives at a server of the test's own."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from controller.address import Address
from controller.errors import SpecErrors, UsageError
from controller.notify import Condition, Notifier, Severity, StateChange, read_notifications


HEALTHY, DRIFTED, FAILING, REFUSED, SUSPENDED = Condition
SHA, OTHER_SHA = "a1" * 20, "b2" * 20


@dataclass
class Arrived:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandIn:
    """A server that keeps what it is sent, and answers as `answers` says, then with 200."""

    url: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)

    def until(self, count: int) -> list[Arrived]:
        end = time.monotonic() + 10
        while len(self.arrived) < count:
            assert time.monotonic() < end, f"{len(self.arrived)} of {count} arrived"
            time.sleep(0.005)
        return self.arrived


@pytest.fixture
def server() -> Iterator[StandIn]:
    found = StandIn()
    found.hang.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.hang.wait(10)
            status, headers, content = found.answers.pop(0) if found.answers else (200, {}, b"{}")
            found.arrived.append(Arrived(self.path, dict(self.headers), body))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        found.url = f"http://127.0.0.1:{http.server_port}"
        yield found
        found.hang.set()
        http.shutdown()
        thread.join()


@pytest.fixture
def notify(tmp_path: Path, server: StandIn) -> Callable[..., Any]:
    environ = {"SLACK": f"{server.url}/services/s3cret", "KEY": "hm4c-key", "TOKEN": "t0ken"}

    @contextmanager
    def notifier(channels: str, collapse: float = 60, **more: Any) -> Iterator[Notifier]:
        file = tmp_path / "notify.yaml"
        file.write_text(f"collapse: {collapse}\nchannels:\n{channels.replace('URL', server.url)}")
        found = Notifier(read_notifications(file, environ), environ=environ, **more)
        try:
            yield found
        finally:
            found.close()

    return notifier


def change(
    before: Condition | None, after: Condition, root: str = "orders", target: str = "prod", **more: Any
) -> StateChange:
    return StateChange(target, Address("RestApi", root), before, after, **{"revision": SHA, **more})


SLACK = "- {name: ops, slack: {url: {$env: SLACK}}}\n"
WEBHOOK = "- {name: hook, webhook: {url: URL/hook, secret: {$env: KEY}}}\n"
GITHUB = "- {name: status, github: {repository: acme/apis, token: {$env: TOKEN}, api: URL/api}}\n"
GITLAB = "- {name: status, gitlab: {project: acme/group/apis, token: {$env: TOKEN}, api: URL/api/v4}}\n"


# --- what is said


def test_slack_gets_one_message_for_a_burst(server: StandIn, notify: Any) -> None:
    with notify(SLACK) as notifier:
        notifier.tell([change(DRIFTED, HEALTHY, "photos")])
        notifier.tell([change(HEALTHY, FAILING, summary="BadRequest: no such model", url="https://d/orders")])
    (message,) = server.arrived
    assert message.path == "/services/s3cret"
    assert message.json["text"].splitlines() == [
        "✗ *prod* RestApi orders healthy → failing at a1a1a1a1a1a1: BadRequest: no such model <https://d/orders|details>",
        "✔ *prod* RestApi photos drifted → healthy at a1a1a1a1a1a1",
    ]


def test_a_long_burst_is_cut_with_the_worst_first(server: StandIn, notify: Any) -> None:
    with notify(SLACK) as notifier:
        notifier.tell(change(HEALTHY, DRIFTED, f"api-{number}") for number in range(40))
        notifier.tell([change(HEALTHY, FAILING, "last")])
    lines = server.arrived[0].json["text"].splitlines()
    assert len(lines) == 21
    assert "RestApi last" in lines[0]
    assert lines[-1] == "and 21 more"


def test_names_cannot_call_people_or_make_links(server: StandIn, notify: Any) -> None:
    with notify(SLACK) as notifier:
        summary = "<!channel> & <https://evil|click>\n\x1b[31m\u202e" + "x" * 500
        notifier.tell([change(None, FAILING, summary=summary, revision="", url="https://d/a|b>")])
    text = server.arrived[0].json["text"]
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; &lt;https://evil|click&gt; [31m xxx" in text
    assert "<https://d/a%7Cb&gt;|details>" in text
    assert "\n" not in text
    assert len(text) < 500


def test_a_webhook_is_signed_over_what_it_sends(server: StandIn, notify: Any) -> None:
    with notify(WEBHOOK) as notifier:
        notifier.tell([change(None, REFUSED, summary="30% deletes", url="https://d/x")])
    (message,) = server.arrived
    expected = hmac.new(b"hm4c-key", message.body, hashlib.sha256).hexdigest()
    assert message.headers["X-Signature"] == f"sha256={expected}"
    assert message.json["timestamp"].endswith("+00:00")
    assert message.json["id"]
    assert message.json["changes"] == [
        {
            "target": "prod",
            "root": "RestApi orders",
            "before": None,
            "after": "refused",
            "severity": "error",
            "revision": SHA,
            "summary": "30% deletes",
            "url": "https://d/x",
        }
    ]


def test_a_webhook_without_a_secret_is_not_signed(server: StandIn, notify: Any) -> None:
    with notify("- {name: hook, webhook: {url: URL/hook}}\n") as notifier:
        notifier.tell([change(HEALTHY, SUSPENDED)])
    assert "X-Signature" not in server.arrived[0].headers


def test_the_status_of_a_commit_is_about_all_its_roots(server: StandIn, notify: Any) -> None:
    with notify(GITHUB, collapse=0) as notifier:
        notifier.tell([change(HEALTHY, HEALTHY, "photos", url="https://d")])
        server.until(1)
        notifier.tell([change(HEALTHY, FAILING)])
        server.until(2)
        notifier.tell([change(FAILING, FAILING)])
        notifier.tell([change(FAILING, HEALTHY)])
        server.until(3)
        notifier.tell([change(HEALTHY, FAILING, target="dev")])
        server.until(4)
    assert {message.path for message in server.arrived} == {f"/api/repos/acme/apis/statuses/{SHA}"}
    assert {message.headers["Authorization"] for message in server.arrived} == {"Bearer t0ken"}
    assert [message.json for message in server.arrived] == [
        {
            "state": "success",
            "context": "reconcile/applied (prod)",
            "description": "1 healthy",
            "target_url": "https://d",
        },
        {
            "state": "failure",
            "context": "reconcile/applied (prod)",
            "description": "1 healthy, 1 failing: RestApi orders",
        },
        {"state": "success", "context": "reconcile/applied (prod)", "description": "2 healthy"},
        {"state": "failure", "context": "reconcile/applied (dev)", "description": "1 failing: RestApi orders"},
    ]


def test_a_status_that_arrived_is_not_sent_again(server: StandIn, notify: Any) -> None:
    with notify(GITHUB, collapse=0) as notifier:
        notifier.tell([change(HEALTHY, FAILING)])
        server.until(1)
        notifier.tell([change(FAILING, FAILING)])
        notifier.tell([change(HEALTHY, FAILING, target="dev")])
        server.until(2)
    assert [message.json["context"] for message in server.arrived] == [
        "reconcile/applied (prod)",
        "reconcile/applied (dev)",
    ]


def test_gitlab_gets_a_status_too(server: StandIn, notify: Any) -> None:
    with notify(GITLAB) as notifier:
        notifier.tell(change(HEALTHY, REFUSED, f"api-{number:03}") for number in range(50))
        notifier.tell([change(HEALTHY, HEALTHY, revision=OTHER_SHA)])
    first, second = server.arrived
    assert first.path == f"/api/v4/projects/acme%2Fgroup%2Fapis/statuses/{SHA}"
    assert first.headers["PRIVATE-TOKEN"] == "t0ken"
    assert first.json["state"] == "failed"
    assert first.json["name"] == "reconcile/applied (prod)"
    assert len(first.json["description"]) == 255
    assert (second.json["state"], second.path[-40:]) == ("success", OTHER_SHA)


def test_without_a_whole_commit_id_there_is_no_status(server: StandIn, notify: Any) -> None:
    with notify(GITHUB) as notifier:
        notifier.tell(change(HEALTHY, FAILING, revision=text) for text in ("", "abc1234", f"{SHA}/../x"))
    assert server.arrived == []


# --- what is told at all


def test_what_is_no_change_is_no_news(server: StandIn, notify: Any) -> None:
    with notify(SLACK + WEBHOOK) as notifier:
        notifier.tell([change(one, one) for one in Condition])
        notifier.tell([change(None, HEALTHY)])
    assert server.arrived == []


def test_what_comes_and_goes_within_a_burst_is_not_told(server: StandIn, notify: Any) -> None:
    with notify(WEBHOOK) as notifier:
        notifier.tell([change(HEALTHY, FAILING, "flaps"), change(FAILING, HEALTHY, "flaps")])
        notifier.tell([change(HEALTHY, DRIFTED, "worse"), change(DRIFTED, FAILING, "worse")])
    (message,) = server.arrived
    (found,) = message.json["changes"]
    assert (found["root"], found["before"], found["after"]) == ("RestApi worse", "healthy", "failing")


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ("severity: error", ["orders", "cured"]),
        ("severity: warning", ["orders", "photos", "cured"]),
        ("targets: [dev*, stage]", ["elsewhere"]),
        ("roots: ['ord*', 'RestApi phot?s']", ["orders", "photos"]),
        ("roots: [nothing]", []),
    ],
)
def test_what_a_channel_is_told(server: StandIn, notify: Any, filters: str, told: list[str]) -> None:
    with notify(f"- {{name: a, webhook: {{url: URL/}}, {filters}}}\n") as notifier:
        notifier.tell(
            [
                change(HEALTHY, FAILING, "orders"),
                change(HEALTHY, DRIFTED, "photos"),
                change(FAILING, HEALTHY, "cured"),
                change(HEALTHY, SUSPENDED, "elsewhere", target="dev-1"),
            ]
        )
    found = [one["root"].removeprefix("RestApi ") for message in server.arrived for one in message.json["changes"]]
    assert found == told


def test_severities() -> None:
    assert change(None, HEALTHY).severity is Severity.INFO
    assert change(DRIFTED, HEALTHY).severity is Severity.WARNING
    assert change(HEALTHY, REFUSED).severity is Severity.ERROR


# --- what goes wrong


def test_trouble_is_waited_out_and_the_same_is_sent_again(server: StandIn, notify: Any) -> None:
    server.answers = [(503, {}, b""), (429, {"Retry-After": "7"}, b""), (500, {}, b"")]
    slept: list[float] = []
    results: list[tuple[str, str]] = []
    with notify(WEBHOOK, collapse=0, sleep=slept.append, on_sent=lambda *told: results.append(told)) as notifier:
        notifier.tell([change(HEALTHY, FAILING)])
        server.until(4)
    assert len({message.body for message in server.arrived}) == 1
    assert len(slept) == 3
    assert slept[1] >= 7
    assert max(slept) <= 60
    assert results == [("hook", "sent")]


def test_after_some_attempts_it_is_given_up(server: StandIn, notify: Any) -> None:
    server.answers = [(503, {}, b"")] * 6
    results: list[tuple[str, str]] = []
    with notify(SLACK, collapse=0, sleep=lambda _: None, on_sent=lambda *told: results.append(told)) as notifier:
        notifier.tell([change(HEALTHY, FAILING)])
        server.until(6)
        notifier.tell([change(FAILING, HEALTHY)])
        server.until(7)
    assert results == [("ops", "failed"), ("ops", "sent")]


def test_a_refusal_is_not_repeated_and_is_told_without_secrets(server: StandIn, notify: Any) -> None:
    server.answers = [(404, {}, f"no {server.url}/services/s3cret here\n".encode())]
    with capture_logs() as logs, notify(SLACK) as notifier:
        notifier.tell([change(HEALTHY, FAILING)])
    (line,) = logs
    assert line["event"] == "notification_failed"
    assert line["error"] == "it answered 404: no (sensitive) here"
    assert len(server.arrived) == 1


def test_a_status_that_did_not_arrive_is_sent_again(server: StandIn, notify: Any) -> None:
    server.answers = [(401, {}, b"")]
    with notify(GITHUB, collapse=0) as notifier:
        notifier.tell([change(HEALTHY, FAILING), change(HEALTHY, FAILING, revision=OTHER_SHA)])
        server.until(2)
        notifier.tell([change(FAILING, FAILING), change(FAILING, FAILING, revision=OTHER_SHA)])
        server.until(3)
    assert [message.path[-40:-38] for message in server.arrived].count("a1") == 2


def test_a_slow_channel_holds_up_nobody(server: StandIn, notify: Any) -> None:
    server.hang.clear()
    with notify(WEBHOOK, collapse=0) as notifier:
        began = time.monotonic()
        notifier.tell(change(HEALTHY, FAILING, f"api-{number}") for number in range(3000))
        assert time.monotonic() - began < 5
        server.hang.set()
    assert server.arrived


def test_nobody_there(notify: Any) -> None:
    with capture_logs() as logs, notify("- {name: a, webhook: {url: 'http://127.0.0.1:1/s3cret'}}\n") as notifier:
        notifier.tell([change(HEALTHY, FAILING)])
    assert [line["event"] for line in logs] == ["notification_failed"]
    assert "s3cret" not in str(logs)


def test_a_secret_in_a_file_is_read_each_time(server: StandIn, notify: Any, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("first\n")
    with notify(f"- {{name: a, webhook: {{url: URL/, secret: {{$file: {file}}}}}}}\n", collapse=0) as notifier:
        for number, key in enumerate(("first", "second"), 1):
            file.write_text(key)
            notifier.tell([change(HEALTHY, FAILING)])
            message = server.until(number)[-1]
            expected = hmac.new(key.encode(), message.body, hashlib.sha256).hexdigest()
            assert message.headers["X-Signature"] == f"sha256={expected}"
        file.unlink()
        with capture_logs() as logs:
            notifier.tell([change(HEALTHY, FAILING)])
            notifier.close()
    assert logs[0]["error"] == f"{file} cannot be read: No such file or directory"


def test_nothing_that_a_token_holds_can_hurt(server: StandIn, notify: Any, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("ünïcode")
    github = GITHUB.replace("$env: TOKEN", f"$file: {file}")
    with capture_logs() as logs, notify(github) as notifier:
        notifier.tell([change(HEALTHY, FAILING)])
    assert logs[0]["error"].endswith(": its URL or token is none that can be used")
    assert "ünïcode" not in str(logs)


# --- the file


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("channels: []", "notify.yaml:1:1: channels: List should have at least 1 item"),
        ("chanels: []", "notify.yaml:1:1: unknown field 'chanels' (did you mean 'channels'?)"),
        (
            "channels:\n- {name: a}",
            "notify.yaml:2:3: channels.0: one of slack, webhook, github and gitlab is expected",
        ),
        (
            "channels:\n- name: a\n  slack: {url: {$evn: X}}",
            "notify.yaml:3:17: unknown field 'channels.0.slack.url.$evn' (did you mean '$env'?)",
        ),
        (
            "channels:\n- name: a\n  slack: {url: {}}",
            "notify.yaml:3:11: channels.0.slack.url: either {$env: NAME} or {$file: PATH} is expected",
        ),
        ("channels:\n- name: a\n  slack: {url: 'https://hooks/s3cret'}", "notify.yaml:3:11: channels.0.slack.url:"),
        ("channels:\n- name: a\n  webhook: {url: 'ftp://x'}", "notify.yaml:3:13: channels.0.webhook.url:"),
        (
            "channels:\n- name: a\n  severity: bad\n  webhook: {url: 'http://x'}",
            "notify.yaml:3:3: channels.0.severity:",
        ),
        (
            "channels:\n- &a {name: a, webhook: {url: 'http://x'}}\n- *a",
            "notify.yaml:1:1: two channels are called 'a'",
        ),
        (
            "channels:\n- {name: a, severity: error, github: {repository: a/b, token: {$env: X}}}",
            "notify.yaml:2:3: channels.0: a commit's status is about all its roots",
        ),
        ("channels:\n- {name: a, github: {repository: a/../b, token: {$env: X}}}", "notify.yaml:2:22: channels.0"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "notify.yaml"
    file.write_text(text)
    with pytest.raises(SpecErrors) as error:
        read_notifications(file, {"X": "x"})
    assert any(line.startswith(told) for line in str(error.value).splitlines()), error.value
    assert "s3cret" not in str(error.value)


def test_a_secret_that_is_missing_is_named_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "notify.yaml"
    file.write_text(f"channels:\n{SLACK}")
    with pytest.raises(UsageError, match="channel 'ops': the environment variable SLACK is not set"):
        read_notifications(file, {})
    (tmp_path / "empty").touch()
    file.write_text(f"channels:\n{SLACK.replace('$env: SLACK', f'$file: {tmp_path}/empty')}")
    with pytest.raises(UsageError, match="empty is empty"):
        read_notifications(file, {})
