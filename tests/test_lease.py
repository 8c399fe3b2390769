"""Leader election: judged with clocks of the test's own against an API that may be slow, absent or wrong."""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import KubeError, UsageError
from controller.kube import Connection, Election, Timing
from controller.kube.api import Api
from tests.kube_api import KubeApi, kube_api


@pytest.fixture
def api() -> Iterator[KubeApi]:
    with kube_api() as server:
        yield server


class Candidate:
    """An election with a clock that stands until the test moves it, and its callbacks written down."""

    def __init__(self, api: KubeApi, identity: str, clock: Callable[[], float], **more: Any) -> None:
        self.told: list[str] = []
        self.election = Election(
            api.connection(),
            "controller",
            identity=identity,
            clock=clock,
            on_gain=lambda: self.told.append("gain"),
            on_loss=lambda: self.told.append("loss"),
            **more,
        )
        api.at_end.append(self.election._api.close)

    def round(self) -> float:
        return self.election.round()

    @property
    def leads(self) -> bool:
        return self.election.still_leader()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def lease(api: KubeApi) -> dict[str, Any]:
    (found,) = api.all("leases")
    return found["spec"]


def test_the_first_leads_and_the_second_waits(api: KubeApi) -> None:
    clock = Clock()
    a, b = Candidate(api, "a", clock), Candidate(api, "b", clock)
    assert a.round() == 2.0
    assert 2.0 <= b.round() <= 2.4
    assert (a.leads, b.leads) == (True, False)
    assert (a.told, b.told) == (["gain"], [])
    assert b.election.holder == "a"
    spec = lease(api)
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"]) == ("a", 15, 0)


def test_a_renewed_lease_does_not_run_out(api: KubeApi) -> None:
    clock = Clock()
    a, b = Candidate(api, "a", clock), Candidate(api, "b", clock)
    for _ in range(20):
        a.round()
        b.round()
        clock.now += 2
    assert a.leads
    assert b.told == []
    assert api.requests.count(("get", "leases")) == 21, "who leads writes without reading"


def test_a_leader_that_is_gone_is_followed_after_the_duration(api: KubeApi) -> None:
    clock = Clock()
    a, b = Candidate(api, "a", clock), Candidate(api, "b", clock)
    a.round()
    b.round()
    clock.now += 15
    b.round()
    assert not b.leads
    clock.now += 0.1
    b.round()
    assert b.leads
    assert not a.leads, "it stopped believing in itself before that"
    assert (lease(api)["holderIdentity"], lease(api)["leaseTransitions"]) == ("b", 1)
    a.round()
    assert a.told == ["gain", "loss"]


def test_the_duration_counts_from_when_a_change_was_seen(api: KubeApi) -> None:
    """The times in the record may be of a clock that is years off."""
    a = Candidate(api, "a", Clock())
    a.round()
    with api.lock:
        next(iter(api.objects.values()))["spec"]["renewTime"] = "1999-01-01T00:00:00.000000Z"
    clock = Clock()
    b = Candidate(api, "b", clock)
    b.round()
    assert not b.leads
    clock.now += 14
    a.round()
    b.round()
    clock.now += 14
    b.round()
    assert not b.leads, "the renewal in between counts"


def test_the_duration_is_that_of_the_holder(api: KubeApi) -> None:
    clock = Clock()
    patient, hasty = Candidate(api, "a", clock, timing=Timing(60, 40, 5)), Candidate(api, "b", clock)
    patient.round()
    hasty.round()
    clock.now += 35
    hasty.round()
    assert patient.leads
    assert not hasty.leads


def test_a_leader_that_cannot_renew_stops_at_the_deadline(api: KubeApi) -> None:
    clock = Clock()
    a = Candidate(api, "a", clock)
    a.round()
    api.down = True
    clock.now += 5
    assert a.round() == 2.0
    assert a.leads
    clock.now += 4.5
    assert a.round() == pytest.approx(0.5)
    clock.now += 0.5
    assert not a.leads, "even before its own thread has noticed"
    a.round()
    assert a.told == ["gain", "loss"]


def test_a_leader_that_can_renew_again_in_time_goes_on(api: KubeApi) -> None:
    clock = Clock()
    a = Candidate(api, "a", clock)
    a.round()
    api.errors = 2
    for _ in range(3):
        clock.now += 2
        a.round()
    clock.now += 8
    assert a.leads
    assert a.told == ["gain"]


@pytest.mark.parametrize("moment", ["create", "renew", "take over"])
def test_an_answer_that_is_lost_does_no_harm(api: KubeApi, moment: str) -> None:
    clock = Clock()
    a, b = Candidate(api, "a", clock), Candidate(api, "b", clock)
    if moment == "create":
        api.lost = 1
        a.round()
        assert not a.leads
    a.round()
    assert a.leads
    if moment == "renew":
        api.lost = 1
        a.round()
        a.round()
        assert a.told == ["gain"]
    if moment == "take over":
        b.round()
        clock.now += 16
        api.lost = 1
        b.round()
        assert not b.leads
        b.round()
        assert b.leads


def test_a_conflict_loses_the_round_only(api: KubeApi) -> None:
    clock = Clock()
    a = Candidate(api, "a", clock)
    a.round()
    with api.lock:
        (key,) = api.objects
        api.keep(key, {**api.objects[key], "metadata": {**api.objects[key]["metadata"], "labels": {"x": "y"}}})
    clock.now += 2
    a.round()
    clock.now += 2
    a.round()
    clock.now += 9
    assert a.leads
    (found,) = api.all("leases")
    assert found["metadata"]["labels"] == {"x": "y"}, "what others wrote is left alone"


def test_two_that_take_over_at_once(api: KubeApi) -> None:
    clock = Clock()
    gone, b, c = (Candidate(api, name, clock) for name in "abc")
    for one in (gone, b, c):
        one.round()
    clock.now += 16
    api.latency = 0.05
    threads = [threading.Thread(target=one.round) for one in (b, c)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted([b.leads, c.leads]) == [False, True]


def test_a_lease_taken_away_by_hand_is_lost_at_once(api: KubeApi) -> None:
    clock = Clock()
    a = Candidate(api, "a", clock)
    a.round()
    with api.lock:
        (key,) = api.objects
        api.keep(key, {**api.objects[key], "spec": {**api.objects[key]["spec"], "holderIdentity": "admin"}})
    a.round()
    a.round()
    assert a.told == ["gain", "loss"]
    assert not a.leads


def test_a_released_lease_is_taken_at_once(api: KubeApi) -> None:
    clock = Clock()
    a, b = Candidate(api, "a", clock), Candidate(api, "b", clock)
    a.round()
    b.round()
    a.election.stop()
    assert not a.leads
    assert a.told == ["gain"]
    assert "holderIdentity" not in lease(api)
    b.round()
    assert b.leads


def test_who_does_not_lead_releases_nothing(api: KubeApi) -> None:
    clock = Clock()
    a, b = Candidate(api, "a", clock), Candidate(api, "b", clock)
    a.round()
    b.round()
    b.election.stop()
    assert lease(api)["holderIdentity"] == "a"


def test_a_deleted_lease_is_made_again(api: KubeApi) -> None:
    clock = Clock()
    a = Candidate(api, "a", clock)
    a.round()
    with api.lock:
        api.objects.clear()
    a.round()
    a.round()
    assert a.leads
    assert lease(api)["holderIdentity"] == "a"


def test_without_permission_nobody_leads(api: KubeApi) -> None:
    api.forbidden = {("create", "leases")}
    a = Candidate(api, "a", Clock())
    a.round()
    assert not a.leads


def test_an_answer_that_comes_too_late_is_worth_nothing(api: KubeApi) -> None:
    ticks = iter([0.0, 0.0, 11.0, 11.0, 11.0, 11.0])
    slow = Candidate(api, "a", lambda: next(ticks))
    slow.round()
    assert lease(api)["holderIdentity"] == "a"
    assert slow.told == []


@pytest.mark.parametrize("bad", [(10, 10, 2), (15, 10, 9), (15, 2.4, 2), (15, 10, 0), (5, 10, 2), (15, 10, 2, 0.5)])
def test_timings_that_would_not_work_are_refused(bad: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError):
        Timing(*bad)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["round", "wait", "down", "lost"])), max_size=40))
def test_never_two_leaders(steps: list[tuple[int, str]]) -> None:
    clock = Clock()
    with kube_api() as api:
        candidates = [Candidate(api, name, clock) for name in "abc"]
        for number, what in steps:
            match what:
                case "round":
                    candidates[number].round()
                case "wait":
                    clock.now += (1.0, 4.0, 11.0)[number]
                case "down":
                    api.down = not api.down
                case _:
                    api.lost = 1
            assert sum(one.leads for one in candidates) <= 1


# --- with threads and real time, at a fraction of the scale


QUICK = Timing(duration=1, renew=0.7, retry=0.1)


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


def test_replicas_follow_one_another(api: KubeApi) -> None:
    candidates = [Candidate(api, f"replica-{n}", time.monotonic, timing=QUICK) for n in range(4)]
    for one in candidates:
        one.election.start()
    left = list(candidates)
    while left:
        until(lambda: any(one.leads for one in left))
        (leader,) = [one for one in left if one.leads]
        leader.election.stop()
        left.remove(leader)
    assert [one.told for one in candidates] == [["gain"]] * 4


def test_a_leader_cut_off_tells_of_it(api: KubeApi) -> None:
    a = Candidate(api, "a", time.monotonic, timing=QUICK)
    a.election.start()
    until(lambda: a.leads)
    api.latency = 30.0
    until(lambda: a.told == ["gain", "loss"])
    a.election.stop()


def test_a_callback_that_fails_does_not_end_the_election(api: KubeApi) -> None:
    def fail() -> None:
        raise RuntimeError

    election = Election(api.connection(), "controller", identity="a", timing=QUICK, on_gain=fail)
    election.start()
    until(lambda: len(api.requests) > 5)
    assert election.still_leader()
    election.stop()


def test_stop_before_start_and_twice(api: KubeApi) -> None:
    election = Election(api.connection(), "controller", spread=random.Random(1).uniform)
    election.stop()
    assert not election.still_leader()


# --- the connection


def test_a_pod_finds_its_api_and_reads_its_token_each_time(api: KubeApi, tmp_path: Any) -> None:
    (tmp_path / "namespace").write_text("mine\n")
    (tmp_path / "token").write_text("t0ken\n")
    found = Connection.in_cluster(
        tmp_path, {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
    )
    assert (found.url, found.namespace, found.authority) == ("https://10.0.0.1:6443", "mine", tmp_path / "ca.crt")
    assert Connection.in_cluster(tmp_path, {"KUBERNETES_SERVICE_HOST": "fd00::1"}).url == "https://[fd00::1]:443"
    with pytest.raises(KubeError, match="KUBERNETES_SERVICE_HOST is not set"):
        Connection.in_cluster(tmp_path, {})
    client = Api(api.connection(token=tmp_path / "token"))
    path = "/apis/coordination.k8s.io/v1/namespaces/here/leases/none"
    for token, status in (("t0ken", 404), ("old", 401), ("t0ken", 404)):
        (tmp_path / "token").write_text(token)
        with pytest.raises(KubeError) as error:
            client.request("GET", path)
        assert error.value.status == status
        assert "\n" not in str(error.value)
    (tmp_path / "token").unlink()
    with pytest.raises(KubeError, match="token cannot be read: No such file"):
        client.request("GET", path)
    client.close()


def test_an_authority_that_is_none_is_told(tmp_path: Any) -> None:
    (tmp_path / "ca.crt").write_text("nonsense")
    for name in ("ca.crt", "missing"):
        with pytest.raises(KubeError, match="cannot be used as an authority"):
            Api(Connection("https://api.invalid", "here", authority=tmp_path / name))
    assert isinstance(ssl.SSLError(), OSError)


def test_a_token_is_not_in_the_words_of_a_connection(api: KubeApi) -> None:
    assert "t0ken" not in repr(api.connection())
