"""Probes, status and metrics, over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.routing import Route

from controller.errors import Problem, UsageError, Where
from controller.loop.book import Book
from controller.loop.happenings import Fetched, Loaded, Version
from controller.loop.metrics import Metrics
from controller.reconcile import Request as Wanted
from controller.settings import Settings
from controller.web import exposition, probes, server, status
from controller.web.healthcheck import healthcheck
from controller.web.server import Server, application
from tests.accounts import Account, FakeEngine, checkout
from tests.test_book import START, A, B, change, loaded, looked, report

from .client import alone, ask, say, served


@dataclass
class Worker:
    beat: float
    patience: float = 60.0


class Site:
    """A book, two workers and a clock behind a server."""

    def __init__(self) -> None:
        self.book = Book(today=lambda: START)
        self.workers = {"worker-prod": Worker(100.0), "worker-dev": Worker(100.0)}
        self.now, self.fault, self.ending = 100.0, "", False
        livez = probes.liveness(lambda: self.workers, lambda: self.now)
        readyz = probes.readiness(self.book, lambda: self.fault, ends=lambda: self.ending)
        self.routes = [*probes.routes(livez, readyz), *status.routes(self.book)]

    def tell(self, *happenings: Any) -> None:
        for happening in happenings:
            self.book.observe(happening)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def http(site: Site) -> Iterator[Server]:
    with served(site.routes) as running:
        yield running


# ── probes ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/livez", "/healthz"])
def test_it_lives_while_its_workers_show_signs_of_life(site: Site, http: Server, path: str):
    assert (ask(http, path).status, ask(http, path).text) == (200, "ok")
    site.workers["worker-prod"].beat = 150.0
    site.now = 161.0
    answer = ask(http, path)
    assert answer.status == 500
    name = path.strip("/")
    assert answer.text == (
        "[+]ping ok\n[+]worker-prod ok\n[-]worker-dev failed: no sign of life for 61 s\n" + f"{name} check failed\n"
    )


def test_nothing_outside_is_asked_whether_it_lives(site: Site, http: Server):
    site.tell(Fetched(0.1, error="git is down"), loaded(A), looked("AWS is down"))
    assert ask(http, "/livez").status == 200


def test_verbose_and_exclude_are_those_of_kube_apiserver(site: Site, http: Server):
    assert ask(http, "/livez?verbose").text == (
        "[+]ping ok\n[+]worker-prod ok\n[+]worker-dev ok\nlivez check passed\n"
    )
    site.now = 1000.0
    answer = ask(http, "/livez?verbose&exclude=worker-dev&exclude=worker-prod&exclude=etcd")
    assert answer.status == 200
    assert answer.text == (
        "[+]ping ok\n[+]worker-prod excluded: ok\n[+]worker-dev excluded: ok\n"
        "warn: some health checks cannot be excluded: no matches for 'etcd'\nlivez check passed\n"
    )


def test_it_is_ready_once_the_source_was_fetched_and_stays_so_when_git_goes_away(site: Site, http: Server):
    answer = ask(http, "/readyz")
    assert (answer.status, "[-]source failed: nothing was fetched yet" in answer.text) == (500, True)
    site.tell(Fetched(0.1, error="no route"))
    assert "nothing was fetched yet: no route" in ask(http, "/readyz").text
    site.tell(Fetched(0.1, Version(Path(), "r1")))
    assert ask(http, "/readyz").status == 200
    site.tell(Fetched(0.1, error="no route"))
    assert ask(http, "/readyz").status == 200


def test_a_standby_whose_workers_never_looked_is_ready(site: Site, http: Server):
    site.tell(Fetched(0.1, Version(Path(), "r1")))
    assert site.book.roots() == ()
    assert ask(http, "/readyz").status == 200


def test_it_is_not_ready_with_a_wrong_configuration_or_at_its_end(site: Site, http: Server):
    site.tell(Fetched(0.1, Version(Path(), "r1")))
    site.fault = "reconcile.yaml:3:1: unknown field 'ownr'"
    assert "[-]config failed: reconcile.yaml:3:1" in ask(http, "/readyz").text
    site.fault, site.ending = "", True
    assert "[-]shutdown failed: shutting down" in ask(http, "/readyz").text
    assert ask(http, "/livez").status == 200


def test_probes_are_for_reading(http: Server):
    answer = ask(http, "/livez", "HEAD")
    assert (answer.status, answer.text) == (200, "")
    assert ask(http, "/livez", "POST").status == 405
    assert ask(http, "/livez/").status == 404
    assert ask(http, "/../etc/passwd").status == 404
    assert ask(http, "/livez").headers["cache-control"] == "no-store"


def test_the_health_check_of_a_container(site: Site, http: Server):
    assert healthcheck(f"127.0.0.1:{http.port}") == ""
    assert healthcheck(f"0.0.0.0:{http.port}") == ""
    site.now = 1000.0
    assert "no sign of life for 900 s" in healthcheck(f"127.0.0.1:{http.port}")


def test_the_health_check_where_nobody_answers():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert healthcheck(address).startswith(f"no answer from {address}: ")
    assert healthcheck("127.0.0.1:http").startswith("'127.0.0.1:http' is no address")


def test_the_health_check_of_something_that_hangs():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        assert "timed out" in healthcheck(address, seconds=0.1)


# ── status ───────────────────────────────────────────────────────────────────────────────────────


def test_targets_say_how_many_roots_stand_how(site: Site, http: Server):
    problem = Problem("unknown field 'x'", Where("a.yaml", 3, 7))
    version = Version(Path(), "r1", START, "Ada")
    site.tell(
        Fetched(0.1, version),
        Loaded("t", version, frozenset({A, B}), {}, (problem,)),
        looked(report(change(A)), A, B),
    )
    assert ask(http, "/api/v1/targets").json == {
        "apiVersion": "v1",
        "source": {"revision": "r1", "committed": "2026-01-01T00:00:00+00:00", "author": "Ada", "error": ""},
        "targets": [
            {
                "target": "t",
                "revision": "r1",
                "roots": {"drifted": 1, "in-sync": 1},
                "problems": ["a.yaml:3:7: unknown field 'x'"],
                "lastPass": {
                    "trigger": "interval",
                    "ended": "2026-01-01T00:01:00+00:00",
                    "seconds": 0.5,
                    "error": "",
                },
            }
        ],
    }


def test_roots_can_be_chosen_by_target_and_condition(site: Site, http: Server):
    site.tell(loaded(A, B), loaded(A, target="u"), looked(report(change(A)), A, B))
    assert len(ask(http, "/api/v1/roots").json["roots"]) == 3
    (found,) = ask(http, "/api/v1/roots?condition=drifted&condition=failing&target=t").json["roots"]
    assert found == {
        "target": "t",
        "root": A,
        "condition": "drifted",
        "since": "2026-01-01T00:01:00+00:00",
        "message": "update Path /x",
        "revision": "r1",
        "lastAttempt": "2026-01-01T00:01:00+00:00",
        "lastSuccess": None,
        "driftedFields": 2,
        "driftedSince": "2026-01-01T00:01:00+00:00",
        "pending": {"update": 1},
        "failures": 0,
    }


def test_the_last_report_is_what_the_command_would_print(site: Site, http: Server):
    last = report(change(A, "applied"))
    site.tell(loaded(A), looked(last), looked("down", minute=2))
    assert ask(http, "/api/v1/report/t").json == last.model_dump(mode="json")


def test_a_secret_is_as_hidden_as_in_the_report(site: Site, http: Server, tmp_path: Path):
    spec = "apiVersion: apigateway/v1\nkind: ApiKey\nmetadata: {name: k}\nspec: {value: {$secret: key}}\n"
    here = checkout(tmp_path / "co", spec)
    request = Wanted((here / "specs",), here, Settings(), "default")
    secret = "tr0ub4dor-and-three-more"
    planned = FakeEngine({"default": Account(secrets={"key": secret})}).open_pass(request).plan()
    site.tell(loaded("ApiKey k"), looked(planned, "ApiKey k"))
    answer = ask(http, "/api/v1/report/t")
    (found,) = answer.json["changes"]
    assert (found["root"], found["action"]) == ("ApiKey k", "create")
    for path in ("/api/v1/report/t", "/api/v1/roots", "/api/v1/targets"):
        assert secret not in ask(http, path).text


def test_a_report_that_there_is_not(site: Site, http: Server):
    site.tell(loaded(A))
    answer = ask(http, "/api/v1/report/t")
    assert (answer.status, answer.json["error"]) == (404, "no pass of this target has ended yet")
    assert ask(http, "/api/v1/report/prod").json["error"] == "there is no such target"
    assert ask(http, "/api/v1/report/..%2f..%2fetc").status == 404


def test_what_did_not_change_is_not_sent_again(site: Site, http: Server):
    site.tell(loaded(A))
    tag = ask(http, "/api/v1/roots").headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        answer = ask(http, "/api/v1/roots", If_None_Match=known)
        assert (answer.status, answer.text, answer.headers["etag"]) == (304, "", tag)
    site.tell(looked(report()))
    answer = ask(http, "/api/v1/roots", If_None_Match=tag)
    assert (answer.status, answer.headers["etag"] != tag) == (200, True)


def test_the_status_is_for_reading(http: Server):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask(http, "/api/v1/roots", method).status == 405
    assert ask(http, "/api/v1/roots", "HEAD").status == 200


# ── metrics ──────────────────────────────────────────────────────────────────────────────────────


def test_metrics_in_both_formats():
    with served(exposition.routes(Metrics(Book()).registry)) as running:
        answer = ask(running, "/metrics")
        assert (answer.status, "reconciler_leader 0.0" in answer.text) == (200, True)
        assert answer.headers["content-type"].startswith("text/plain; version=")
        answer = ask(running, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert answer.text.endswith("# EOF\n")
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert ask(running, "/metrics", "POST").status == 405


# ── the server ───────────────────────────────────────────────────────────────────────────────────


def test_a_port_that_is_taken_is_said_in_a_sentence(http: Server):
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{http.port}: Address already in use"):
        Server("again", application("again", []), f"127.0.0.1:{http.port}").start()


@pytest.mark.parametrize("address", ["8080", "localhost:", "localhost:http", ":70000"])
def test_an_address_that_is_none(address: str):
    with pytest.raises(UsageError, match="HOST:PORT or :PORT is expected"):
        Server("x", application("x", []), address).start()


def test_it_listens_everywhere(site: Site):
    running = Server("x", application("x", site.routes), ":0")
    running.start()
    try:
        assert ask(running, "/livez").status == 200
    finally:
        running.stop()


def test_what_is_under_way_at_the_end_is_answered(site: Site):
    arrived, go = threading.Event(), threading.Event()

    def slow(request: Request) -> Any:
        arrived.set()
        go.wait(10)
        return server.plain("done")

    answers: list[str] = []
    with alone([Route("/slow", slow)]) as running:
        asking = threading.Thread(target=lambda: answers.append(ask(running, "/slow").text))
        asking.start()
        arrived.wait(10)
        ending = threading.Thread(target=running.stop)
        ending.start()
        go.set()
        ending.join()
        asking.join()
    assert answers == ["done"]
    with pytest.raises(OSError):  # noqa: PT011
        ask(running, "/slow")


def test_a_bug_shows_nothing_to_a_client(capsys: pytest.CaptureFixture[str]):
    def broken(request: Request) -> Any:
        raise ValueError("the secret is hunter2")

    with served([Route("/broken", broken)]) as running:
        answer = ask(running, "/broken")
    assert (answer.status, answer.text) == (500, "internal error\n")
    told = capsys.readouterr()
    assert "hunter2" not in told.out + told.err


def test_who_never_comes_to_the_point_is_hung_up_on(site: Site):
    with alone(site.routes, patience=0.2) as running, suppress(ConnectionResetError):
        assert say(running, b"GET /livez HTTP/1.1\r\nX-Slow: ", 5) == b""


def test_what_is_no_http_is_refused(http: Server, capsys: pytest.CaptureFixture[str]):
    assert b"400" in say(http, b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", 5)
    told = capsys.readouterr()
    assert told.out + told.err == ""
