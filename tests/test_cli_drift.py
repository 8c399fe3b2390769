"""`reconcile drift`, --base and --fail-on: on a stub engine, and real git where the base comes from."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.cli import main
from controller.errors import AccessError
from tests.git_remotes import Repository
from tests.stub_engine import StubEngine, StubPass, change, report


Run = Callable[..., tuple[int, str, str]]

DRIFT = change(action="update", origin="drift", fields=({"field": "description", "old": "a", "new": "b"},))
INTENDED = change("Path /a", origin="intended")
GONE = change("Path /b", action="delete", origin="intended")
OLD = change("Deployment 0123", action="delete", origin="intended")
HELD = change("Path /c", action="delete", origin="drift", status="held", error="suspended")
REPLACED = change("Path /d > Method GET > Integration", action="replace", origin="intended")


def impact(severity: str) -> dict[str, object]:
    return {"rule": "a-rule", "severity": severity, "message": "callers see it"}


BREAKING = change("Path /e", origin="intended", impacts=(impact("breaking"),))
EXPOSED = change("Path /f", origin="intended", impacts=(impact("exposure"),))


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in os.environ:
        if name.startswith(("RECONCILE_", "AWS_", "GITHUB_", "CI_")):
            monkeypatch.delenv(name)
    found = Repository(tmp_path / "checkout")
    found.commit({"specs/a.yaml": "kind: RestApi\n"})
    monkeypatch.chdir(found.folder)
    return found


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def runner(*arguments: str, engine: StubEngine) -> tuple[int, str, str]:
        code = main(arguments, engine)
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return runner


def engine(*changes: object, **facts: object) -> StubEngine:
    planned = report(*changes, **facts)  # type: ignore[arg-type]
    return StubEngine({"default": StubPass(planned, ())})


@pytest.mark.parametrize(
    ("finding", "changes", "code"),
    [
        ("drift", [INTENDED], 0),
        ("drift", [DRIFT], 2),
        ("drift", [HELD], 2),
        ("drift", [change(action="update", origin="conflict")], 2),
        ("delete", [INTENDED, DRIFT, OLD, HELD], 0),
        ("delete", [GONE], 2),
        ("delete", [REPLACED], 2),
        ("replace", [GONE], 0),
        ("replace", [REPLACED], 2),
        ("breaking", [EXPOSED, GONE], 0),
        ("breaking", [BREAKING], 2),
        ("exposure", [BREAKING], 0),
        ("exposure", [EXPOSED], 2),
        ("changes", [HELD], 0),
        ("changes", [INTENDED], 2),
        ("any", [], 0),
        ("any", [INTENDED], 2),
        ("any", [HELD], 2),
    ],
)
def test_fail_on(run: Run, finding: str, changes: list[object], code: int) -> None:
    for command in (["drift"], ["--dry-run"]):
        assert run(*command, "--fail-on", finding, engine=engine(*changes))[0] == code
        assert run(*command, engine=engine(*changes))[0] == 0


def test_several_findings_are_any_of_them(run: Run) -> None:
    both = ["--fail-on", "delete", "--fail-on", "breaking"]
    assert run("drift", *both, engine=engine(BREAKING))[0] == 2
    assert run("drift", *both, engine=engine(DRIFT))[0] == 0


def test_trouble_outweighs_a_finding(run: Run) -> None:
    unread = engine(DRIFT, unreadable={"RestApi b": "GetStages: AccessDenied"})
    assert run("drift", "--fail-on", "drift", engine=unread)[0] == 1
    refused = engine(DRIFT, refusals=("too many deletes",), digest="0123")
    assert run("drift", "--fail-on", "drift", engine=refused)[0] == 4


def test_fail_on_is_for_previews(run: Run) -> None:
    code, _, err = run("--yes", "--fail-on", "any", engine=engine(INTENDED))
    assert code == 64
    assert "it goes with --dry-run" in err


def test_drift_never_applies(run: Run) -> None:
    one = engine(DRIFT)
    code, out, _ = run("drift", engine=one)
    assert code == 0
    assert "Plan: 0 to create, 1 to update" in out
    assert "Applied" not in out


# ── the base ─────────────────────────────────────────────────────────────────────────────────────


def test_a_clean_checkout_is_its_own_head(run: Run, repository: Repository) -> None:
    one = engine()
    run("drift", engine=one)
    (request,) = one.requests
    assert request.base is not None
    assert request.base.folder == request.checkout
    assert repository.git("rev-parse", "HEAD").startswith(request.base.revision)


def test_edits_are_compared_with_head(run: Run, repository: Repository) -> None:
    (repository.folder / "specs/a.yaml").write_text("kind: Other\n")
    one = engine()
    run("drift", engine=one)
    (request,) = one.requests
    assert request.base is not None
    assert request.base.folder != request.checkout


def test_a_plan_has_no_base_unless_told(run: Run) -> None:
    one = engine()
    run("--dry-run", engine=one)
    assert one.requests[0].base is None
    run("--dry-run", "--base", "main", engine=one)
    assert one.requests[1].base is not None


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_unknown_base_costs_no_plan(run: Run, form: str) -> None:
    one = engine(INTENDED)
    code, out, err = run("drift", "--base", "nope", "-o", form, engine=one)
    assert code == 1
    assert err == "error: there is no revision 'nope' in this repository\n"
    assert "/a" in out


def test_the_base_is_gone_after_a_failure(run: Run, repository: Repository) -> None:
    (repository.folder / "specs/a.yaml").write_text("kind: Other\n")
    one = StubEngine({"default": AccessError("no credentials")})
    assert run("drift", engine=one)[0] == 1
    base = one.requests[0].base
    assert base is not None
    assert not base.folder.exists()
