"""Several targets in one run: at once, told of in order, and none stops another."""

import json
import threading
import time
from pathlib import Path

import pytest

from controller.errors import AccessError, SpecErrors
from controller.request import Request
from tests.accounts import Account, FakeEngine, checkout
from tests.conftest import Run
from tests.stub_engine import StubEngine, StubPass, change, report
from tests.test_cli import at_terminal
from tests.test_targets import API


pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the targets a, b and c."""
    settings = "targets:\n" + "".join(f"  {name}: {{region: eu-west-1, owner: {name}}}\n" for name in "abc")
    folder = checkout(tmp_path / "co", API, settings)
    monkeypatch.chdir(folder)
    return folder


def test_targets_run_at_once_and_are_told_of_in_order(three: Path, command: Run) -> None:
    meeting = threading.Barrier(3, timeout=60)

    def together(request: Request) -> None:
        meeting.wait()
        time.sleep({"a": 0.4, "b": 0.2, "c": 0}[request.target])

    accounts = {name: Account(f"{number}" * 12) for number, name in enumerate("abc", 1)}
    code, out, err = command("--yes", engine=FakeEngine(accounts, before=together))
    assert code == 0
    lines = [line for line in out.splitlines() if line.startswith(("Target", "Plan", "Applied"))]
    assert [line.split()[:2] for line in lines] == [
        *(part for name in "abc" for part in (["Target", name], ["Plan:", "5"])),
        *(part for name in "abc" for part in (["Target", name], ["Applied:", "5"])),
    ]
    assert sorted(err.splitlines()) == [f"{name}: RestApi photos: done (5 steps)" for name in "abc"]
    assert [len(account.fake.world.apis) for account in accounts.values()] == [1, 1, 1]


@pytest.mark.parametrize("broken", [AccessError("no role"), SpecErrors([]), ZeroDivisionError("oops")])
def test_one_that_fails_does_not_stop_the_others(three: Path, command: Run, broken: Exception) -> None:
    accounts = {name: Account(f"{number}" * 12) for number, name in enumerate("abc", 1)}

    def fail(request: Request) -> None:
        if request.target == "b":
            raise broken

    code, out, _ = command("--yes", engine=FakeEngine(accounts, before=fail))
    assert code == 1
    assert [len(account.fake.world.apis) for account in accounts.values()] == [1, 0, 1]
    assert out.count("Target b") == 0


def test_one_that_breaks_while_it_is_applied_does_not_stop_the_others(three: Path, command: Run) -> None:
    accounts = {name: Account(f"{number}" * 12) for number, name in enumerate("abc", 1)}
    accounts["a"].fake.fail = lambda _, operation, params: (
        ZeroDivisionError("oops") if operation == "PutMethod" else None
    )
    code, out, err = command("--yes", engine=FakeEngine(accounts))
    assert code == 1
    assert "unexpected: ZeroDivisionError: oops" in err
    assert out.count("Applied: 5 created") == 2


def passes(**ends: tuple[str, ...]) -> StubEngine:
    planned = {name: report(change(), change("Path /b"), target=name, owner=name) for name in ends}
    return StubEngine({name: StubPass(planned[name], end) for name, end in ends.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ((("applied", "applied"),) * 3, 0),
        ((("applied", "applied"), ("applied", "failed"), ("applied", "applied")), 3),
        ((("applied", "failed"), ("failed", "blocked"), ("applied", "applied")), 1),
    ],
)
def test_the_worst_counts(three: Path, command: Run, ends: tuple[tuple[str, ...], ...], code: int) -> None:
    ended, out, _ = command("--yes", "-o", "json", engine=passes(a=ends[0], b=ends[1], c=ends[2]))
    assert ended == code
    assert [target["target"] for target in json.loads(out)["targets"]] == ["a", "b", "c"]


def test_one_that_is_refused_does_not_stop_the_others(three: Path, command: Run) -> None:
    engine = passes(a=(), b=(), c=())
    held = report(change(), target="b", owner="b", refusals=("too many",), digest="0123456789ab")
    engine.passes["b"].planned = held  # type: ignore[union-attr]
    code, out, _ = command("--yes", engine=engine)
    assert code == 4
    assert out.count("Applied: 2 created") == 2
    assert "refused: too many" in out
    code, out, _ = command("--yes", "--allow", "0123456789ab", engine=engine)
    assert code == 0
    assert out.count("Applied:") == 3


def test_targets_that_are_one_and_the_same_place_are_refused(three: Path, command: Run) -> None:
    engine = passes(a=(), b=(), c=())
    engine.passes["b"].planned = report(change(), target="b", owner="a")  # type: ignore[union-attr]
    code, out, err = command("--yes", engine=engine)
    assert code == 64
    assert "error: targets a, b are one and the same place (account 111111111111, eu-west-1, owner a)" in err
    assert out.count("Applied:") == 1


def test_without_a_terminal_it_is_said_once(three: Path, command: Run) -> None:
    code, out, err = command(engine=passes(a=(), b=(), c=()))
    assert code == 64
    assert err.count("refusing to change anything without a terminal") == 1
    assert out.count("Plan: 2 to create") == 3


@pytest.mark.parametrize(("answer", "code", "times"), [(b"yes\n", 0, 2), (b"no\n", 2, 0)])
def test_the_question_is_asked_once(
    answer: bytes, code: int, times: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = "targets: {a: {region: eu-west-1, owner: a}, b: {region: eu-west-1, owner: b}}"
    monkeypatch.chdir(checkout(tmp_path / "co", API, settings))
    monkeypatch.setenv("STUB_TARGETS", "a,b")
    ended, out, terminal = at_terminal(answer)
    assert ended == code
    assert terminal.count("Apply these changes?") == 1
    assert out.index("Target b") < (out + "Applied").index("Applied")
    assert out.count("Applied: 2 created") == times


def test_ctrl_c_while_planning_ends_the_command(three: Path, command: Run) -> None:
    def interrupt(request: Request) -> None:
        raise KeyboardInterrupt

    code, out, _ = command("--yes", "-o", "json", engine=FakeEngine({}, before=interrupt))
    assert code == 130
    assert json.loads(out)["targets"] == []
