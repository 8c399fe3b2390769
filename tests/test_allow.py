"""Refused plans through the command, and leave for exactly one of them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from controller.cli import main
from tests.accounts import Account, FakeEngine, checkout
from tests.cases.verdicts import spec


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on one account with these specs: exit code, stdout, stderr."""
    for name in os.environ:
        if name.startswith("RECONCILE_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    account, folder = Account(), checkout(tmp_path / "co", spec())
    monkeypatch.chdir(folder)

    def runner(specs: str, *words: str) -> tuple[int, str, str]:
        (folder / "specs" / "all.yaml").write_text(specs)
        code = main(words, FakeEngine({"default": account}))
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    runner.account = account  # type: ignore[attr-defined]
    return runner


def many(count: int) -> str:
    return "".join(spec(name=f"k{number:02}") for number in range(count))


def live_keys(command: Any) -> int:
    return len(command.account.fake.world.api_keys)


def test_a_refused_plan_is_carried_out_only_under_its_digest(command: Any) -> None:
    assert command(many(12), "--yes")[0] == 0
    code, out, err = command(many(6), "--yes", "--prune")
    assert (code, live_keys(command)) == (4, 12)
    assert "refused: 6 of 12 live resources would be deleted; the limit is 30%" in out
    (line,) = [line for line in out.splitlines() if line.startswith("To allow exactly this plan: --allow ")]
    digest = line.split()[-1]
    assert err == ""

    code, out, err = command(many(6), "--yes", "--prune", "--allow", "0123456789ab")
    assert (code, live_keys(command)) == (4, 12)
    assert err == "--allow 0123456789ab is for another plan: review this one\n"
    # The same digest does not do for another plan.
    code, _, err = command(many(5), "--yes", "--prune", "--allow", digest)
    assert (code, live_keys(command)) == (4, 12)
    assert f"--allow {digest} is for another plan" in err

    code, out, _ = command(many(6), "--yes", "--prune", "--allow", digest)
    assert (code, live_keys(command)) == (0, 6)
    assert "Applied: 0 created, 0 updated, 0 replaced, 0 renamed, 6 deleted" in out


def test_a_dry_run_of_a_refused_plan_ends_with_4_too(command: Any) -> None:
    command(many(12), "--yes")
    code, out, _ = command(many(6), "--dry-run", "--prune", "-o", "json")
    assert code == 4
    (target,) = json.loads(out)["targets"]
    assert target["refusals"] == ["6 of 12 live resources would be deleted; the limit is 30%"]
    assert len(target["digest"]) == 12
    assert command(many(6), "--dry-run", "--prune", "--allow", target["digest"])[0] == 0


def test_allow_does_not_matter_where_nothing_is_refused(command: Any) -> None:
    assert command(many(2), "--yes", "--allow", "0123456789ab")[0] == 0
    assert live_keys(command) == 2


def test_what_is_protected_is_refused_with_its_name(command: Any) -> None:
    command(spec("protect: true"), "--yes")
    assert command(spec("protect: true"), "--dry-run", "--detailed-exitcode")[0] == 0
    tags = {"aws:cloudformation:stack-name": "x"}
    (key,) = command.account.fake.world.api_keys.values()
    key["tags"] |= tags
    code, out, _ = command(spec("protect: true", body="{description: new}"), "--yes")
    assert code == 4
    assert "refused: ApiKey acme carries the mark of CloudFormation stack x" in out
