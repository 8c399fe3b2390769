"""The command on a stub engine: exit codes, what goes to which stream, questions, and the local emulator."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from controller.cli import emulator, local, main
from controller.cli.session import Session
from controller.cli.validate import watch
from controller.errors import AccessError, ControllerError, Problem, RefusedError, SpecErrors, UsageError, Where
from controller.render.json import document
from tests.stub_engine import StubEngine, StubPass, change, report, two_changes


ROOT = Path(__file__).parents[1]
SPEC = "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: photos}\nspec:\n\tdescripton: x\n"


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of one spec as the working directory, and nobody's wishes in the environment."""
    for name in os.environ:
        if name.startswith(("RECONCILE_", "AWS_")) or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RECONCILE_LOCAL_DIR", str(tmp_path / "local"))
    folder = tmp_path / "checkout"
    (folder / "specs").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "specs" / "photos.yaml").write_text(SPEC)
    monkeypatch.chdir(folder)
    return folder


@dataclass
class Ran:
    """How a run of the command ended."""

    code: int
    out: str
    err: str
    engine: StubEngine = field(repr=False)


Run = Callable[..., Ran]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process, without a terminal."""

    def runner(*arguments: str, engine: StubEngine | None = None) -> Ran:
        engine = engine or two_changes()
        code = main(arguments, engine)
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err, engine)

    return runner


def targets(checkout: Path, *names: str) -> None:
    """A reconcile.yaml with these targets."""
    lines = "".join(f"  {name}: {{region: eu-west-1, owner: {name}}}\n" for name in names)
    (checkout / "reconcile.yaml").write_text(f"targets:\n{lines}")


def wrong() -> SpecErrors:
    hint = "did you mean 'description'?"
    place = Where("specs/photos.yaml", 5, 2)
    return SpecErrors([Problem("unknown field 'descripton' in RestApi", place, hint)])


def engine(planned: object) -> StubEngine:
    return StubEngine({"default": planned})  # type: ignore[dict-item]


# ── exit codes ───────────────────────────────────────────────────────────────────────────────────


CODES: dict[str, tuple[Sequence[str], Callable[[], StubEngine], int]] = {
    "nothing to do": (["--yes"], lambda: engine(StubPass(report(), ())), 0),
    "nothing to do, in detail": (
        ["--detailed-exitcode", "--dry-run"],
        lambda: engine(StubPass(report(), ())),
        0,
    ),
    "applied": (["--yes"], two_changes, 0),
    "applied, in detail": (["--yes", "--detailed-exitcode"], two_changes, 0),
    "pending": (["--dry-run"], two_changes, 0),
    "pending, in detail": (["--dry-run", "--detailed-exitcode"], two_changes, 2),
    "all failed": (["--yes"], lambda: two_changes("failed", "blocked"), 1),
    "some failed": (["--yes"], lambda: two_changes("applied", "failed"), 3),
    "some unreadable": (["--yes"], lambda: two_changes(unreadable={"RestApi b": "no"}), 3),
    "unreadable, dry": (
        ["--dry-run", "--detailed-exitcode"],
        lambda: two_changes(unreadable={"RestApi b": "no"}),
        1,
    ),
    "wrong specs": ([], lambda: engine(wrong()), 1),
    "no access": ([], lambda: engine(AccessError("no credentials")), 1),
    "refused": (["--yes"], lambda: engine(RefusedError("too many deletions")), 4),
    "broken": ([], lambda: engine(ZeroDivisionError("oops")), 1),
    "no terminal": ([], two_changes, 64),
    "unknown target": (["--target", "nowhere"], two_changes, 64),
    "unknown option": (["--dry"], two_changes, 64),
    "unknown command": (["sing"], two_changes, 64),
    "unknown format": (["-o", "xml"], two_changes, 64),
    "option without value": (["--target"], two_changes, 64),
    "share too large": (["--quota-share", "1.5"], two_changes, 64),
    "share of nothing": (["--quota-share", "0"], two_changes, 64),
    "bad port": (["local", "start", "--port", "0"], two_changes, 64),
    "not local yet": (["--local", "--dry-run"], two_changes, 64),
    "help": (["--help"], two_changes, 0),
    "version": (["--version"], two_changes, 0),
}


@pytest.mark.parametrize("name", CODES)
def test_exit_codes(name: str, run: Run) -> None:
    arguments, made, code = CODES[name]
    assert run(*arguments, engine=made()).code == code


@pytest.mark.parametrize("name", CODES)
def test_json_is_one_document_and_nothing_else(name: str, run: Run) -> None:
    arguments, made, code = CODES[name]
    ran = run("-o", "json", *arguments, engine=made())
    assert ran.code == code
    if ran.out and name not in ("help", "version"):
        assert list(json.loads(ran.out)) == ["formatVersion", "targets", "problems"]


@pytest.mark.parametrize("name", CODES)
def test_errors_are_sentences(name: str, run: Run) -> None:
    arguments, made, code = CODES[name]
    ran = run(*arguments, engine=made())
    assert "Traceback" not in ran.err
    assert "error:" not in ran.out
    if code in (1, 4, 64) and name not in ("all failed", "unreadable, dry"):
        assert "error: " in ran.err


def test_the_worst_of_several_targets_counts(checkout: Path, run: Run) -> None:
    targets(checkout, "a", "b", "c")
    passes = {
        "a": StubPass(report(change(), target="a", owner="a"), ()),
        "b": RefusedError("no"),
        "c": StubPass(report(change(), change("Path /b"), target="c", owner="c"), ("applied", "failed")),
    }
    ran = run("--yes", engine=StubEngine(passes))
    assert ran.code == 3
    assert ran.out.index("Target a") < ran.out.index("Target c")
    assert ran.err.count("error: no") == 1


# ── streams ──────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_changes_nothing(run: Run) -> None:
    ran = run("--dry-run")
    assert "Plan: 2 to create" in ran.out
    assert "Applied" not in ran.out
    assert ran.err == ""


def test_an_apply_tells_the_plan_then_the_outcome(run: Run) -> None:
    ran = run("--yes")
    assert ran.out.index("Plan: 2 to create") < ran.out.index("Applied: 2 created")
    assert "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/" in ran.out
    assert ran.err == "RestApi photos: done (2 steps)\n"


def test_json_of_an_apply_is_its_outcome(run: Run) -> None:
    ran = run("--yes", "--output", "json", engine=two_changes("applied", "failed"))
    (target,) = json.loads(ran.out)["targets"]
    assert [item["status"] for item in target["changes"]] == ["applied", "failed"]
    assert "failed create Path /photos: failed for a reason" in ran.err


def test_nothing_is_changed_without_a_terminal(run: Run) -> None:
    ran = run()
    assert "Plan: 2 to create" in ran.out
    assert ran.err == (
        "error: refusing to change anything without a terminal: pass --yes to apply or --dry-run to preview\n"
    )


def test_colour_on_demand(run: Run) -> None:
    assert "\x1b[" not in run("--dry-run").out
    assert "\x1b[1;32m+ create" in run("--dry-run", "--color", "always").out


def test_colour_at_no_price(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("--dry-run").out
    assert "\x1b" not in run("--dry-run", "--color", "never").out


def test_problems_are_shown_in_their_place(run: Run) -> None:
    assert run("--dry-run", engine=engine(wrong())).err == (
        "specs/photos.yaml:5:2: error: unknown field 'descripton' in RestApi\n"
        " 5 |  descripton: x\n"
        "   |  ^ did you mean 'description'?\n"
        "\n"
        "1 error.\n"
    )


def test_a_line_with_a_secret_is_not_shown(checkout: Path, run: Run) -> None:
    (checkout / "specs" / "photos.yaml").write_text("value: hunter2\n")
    problem = Problem("a key's value is a secret and does not belong in git", Where("specs/photos.yaml"))
    assert "hunter2" not in run(engine=engine(SpecErrors([problem]))).err


@pytest.mark.parametrize("place", [None, Where("specs/gone.yaml", 3, 1), Where("specs/photos.yaml", 99, 1)])
def test_problems_without_a_line(run: Run, place: Where | None) -> None:
    ran = run(engine=engine(SpecErrors([Problem("bad", place, "mend it")])))
    assert "error: bad\n  mend it\n" in ran.err


def test_targets_share_their_problems(checkout: Path, run: Run) -> None:
    targets(checkout, "a", "b")
    ran = run("--dry-run", engine=StubEngine({"a": wrong(), "b": wrong()}))
    assert ran.err.count("unknown field") == 1
    assert ran.code == 1


def test_an_unexpected_error_has_its_trace_on_demand(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = engine(ZeroDivisionError("[b]oops[/b]"))
    expected = "error: unexpected: ZeroDivisionError: [b]oops[/b]; set RECONCILE_DEBUG=1 for the stack trace\n"
    assert run(engine=broken).err == expected
    monkeypatch.setenv("RECONCILE_DEBUG", "1")
    assert "Traceback" in run(engine=broken).err


# ── what reaches the engine ──────────────────────────────────────────────────────────────────────


def test_what_is_asked_for_by_default(checkout: Path, run: Run) -> None:
    (request,) = run("--dry-run").engine.requests
    assert request.checkout == checkout
    assert request.specs == (checkout / "specs",)
    assert (request.target, request.endpoint_url, request.quota_share, request.prune) == (
        "default",
        None,
        0.85,
        None,
    )


def test_every_option_arrives(run: Run) -> None:
    options = "-f specs/photos.yaml -f specs --target default --quota-share none --no-prune"
    (request,) = run("--dry-run", *options.split(), "--endpoint-url", "http://x").engine.requests
    assert request.specs == (Path("specs/photos.yaml"), Path("specs"))
    assert (request.endpoint_url, request.quota_share, request.prune) == ("http://x", None, False)


def test_every_option_has_a_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes = {
        "SPECS": "specs",
        "TARGET": "default",
        "DRY_RUN": "1",
        "OUTPUT": "json",
        "DETAILED_EXITCODE": "true",
        "ENDPOINT_URL": "http://x",
        "QUOTA_SHARE": "0.5",
        "PRUNE": "1",
    }
    for name, value in wishes.items():
        monkeypatch.setenv(f"RECONCILE_{name}", value)
    ran = run()
    (request,) = ran.engine.requests
    assert ran.code == 2
    assert json.loads(ran.out)
    assert (request.endpoint_url, request.quota_share, request.prune) == ("http://x", 0.5, True)


def test_the_specs_decide_where_the_checkout_is(
    checkout: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (request,) = run("--dry-run", "-f", str(checkout / "specs")).engine.requests
    assert request.checkout == checkout


def test_without_a_checkout_it_is_the_working_directory(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain" / "specs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "plain")
    (request,) = run("--dry-run", "-f", "specs").engine.requests
    assert request.checkout == tmp_path / "plain"


# ── the other verbs ──────────────────────────────────────────────────────────────────────────────


def test_validate_checks_all_targets(checkout: Path, run: Run) -> None:
    targets(checkout, "a", "b")
    passes = {"a": StubPass(report(), ()), "b": StubPass(report(), ())}
    ran = run("validate", engine=StubEngine(passes))
    assert (ran.code, ran.out, ran.err) == (0, "3 documents are valid.\n", "")
    assert [request.target for request in ran.engine.requests] == ["a", "b"]


def test_validate_tells_of_problems(run: Run) -> None:
    ran = run("validate", engine=engine(wrong()))
    assert (ran.code, ran.out) == (1, "")
    assert "unknown field 'descripton'" in ran.err


def test_validate_tells_of_warnings_once_and_goes_on(checkout: Path, run: Run) -> None:
    targets(checkout, "a", "b")
    passes = {"a": StubPass(report(), ()), "b": StubPass(report(), ())}
    warning = Problem("response 'default' is ignored", Where("openapi.yaml", 7, 9), "a hint")
    ran = run("validate", engine=StubEngine(passes, warnings=(warning,)))
    assert (ran.code, ran.out) == (0, "3 documents are valid.\n")
    assert ran.err.startswith("openapi.yaml:7:9: warning: response 'default' is ignored\n  a hint\n")
    assert ran.err.endswith("1 warning.\n")


@pytest.mark.parametrize(
    "words",
    [
        ["validate", "--warnings-as-errors"],
        ["--warnings-as-errors", "validate"],
        ["--warnings-as-errors", "--dry-run"],
    ],
)
def test_warnings_may_be_errors_everywhere(words: list[str], run: Run) -> None:
    (request,) = run(*words).engine.requests
    assert request.strict
    others = [word for word in words if word != "--warnings-as-errors"]
    (request,) = run(*others).engine.requests
    assert not request.strict


def test_watching_checks_again_after_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(engine(wrong()))
    assert watch(session, changes=[None, None]) == 0
    assert capsys.readouterr().err.count("unknown field 'descripton'") == 3


@pytest.mark.parametrize("words", [["-f", "specs", "validate"], ["validate", "-f", "specs"]])
def test_options_before_or_after_the_verb(words: list[str], run: Run) -> None:
    (request,) = run(*words).engine.requests
    assert request.specs == (Path("specs"),)


@pytest.mark.parametrize("words", [["--local", "schema"], ["schema", "--local"], ["validate", "--local"]])
def test_local_goes_with_every_verb(words: list[str], run: Run) -> None:
    assert run(*words).code == 0


def test_help_loads_nothing_slow() -> None:
    """Its time is nearly all imports; seconds would say more of the machine than of them."""
    slow = ["boto3", "controller.reconcile", "deepdiff", "pydantic", "rich", "structlog", "yaml"]
    code = f"import sys; from controller.cli import main; main(['--help']); print(*{{*{slow}}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
    assert "--dry-run" in done.stdout


def test_an_unknown_log_level_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILE_LOG", "loud")
    ran = run("--dry-run", engine=two_changes())
    assert ran.code == UsageError.exit_code
    assert "there is no log level 'loud'" in ran.err


def test_the_schema_is_json(run: Run) -> None:
    assert json.loads(run("schema").out)["type"] == "object"


# ── a terminal, and signals ──────────────────────────────────────────────────────────────────────


def at_terminal(answer: bytes, *arguments: str) -> tuple[int, str, str]:
    """Runs the stub in a process whose stdin and stderr are a terminal: exit code, stdout, terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tests.stub_engine", *arguments]
    here = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb"}
    process = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=here)
    os.close(theirs)
    os.write(ours, answer)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 1024)
        except OSError:  # Linux's way of saying that the other end is closed
            break
        if not piece:
            break
        seen += piece
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, out.decode(), seen.decode()


@pytest.mark.parametrize(
    ("answer", "code", "done"), [("yes", 0, True), ("y", 2, False), ("", 2, False), ("YES", 2, False)]
)
def test_only_yes_is_accepted(answer: str, code: int, done: bool) -> None:
    ended, out, terminal = at_terminal(f"{answer}\n".encode())
    assert 'Apply these changes? Only "yes" is accepted: ' in terminal
    assert ended == code
    assert ("Applied: 2 created" in out) is done
    assert ("Nothing was changed." in terminal) is not done


def test_no_more_input_is_a_no() -> None:
    assert at_terminal(b"\x04")[0] == 2


def test_who_reads_json_sees_the_plan_before_the_question() -> None:
    code, out, terminal = at_terminal(b"yes\n", "-o", "json")
    assert code == 0
    assert terminal.index("Plan: 2 to create") < terminal.index("Apply these changes?")
    assert json.loads(out)["targets"][0]["dryRun"] is False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_running_calls_end(number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "tests.stub_engine", "--yes"]
    here = os.environ | {"PYTHONPATH": str(ROOT), "STUB_WAITS": "1"}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, env=here, text=True)
    assert process.stderr
    assert process.stderr.readline() == "applying\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "stopping: waiting for the calls that are under way" in err
    assert "! blocked create RestApi photos: blocked for a reason" in out


# ── the local emulator ───────────────────────────────────────────────────────────────────────────


def test_local_urls() -> None:
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/"
    plain = report(stages=({"api": "photos", "stage": "prod", "url": url},))
    (stage,) = local.addressed(plain, "http://127.0.0.1:4566").stages
    assert stage.url == "http://127.0.0.1:4566/_aws/execute-api/abc123/prod/"


@pytest.mark.usefixtures("running")
def test_local_is_not_an_endpoint_of_yours(run: Run) -> None:
    ran = run("--local", "--endpoint-url", "http://x", "--dry-run")
    assert ran.code == 64
    assert ran.err == "error: give either --local or --endpoint-url, not both\n"


@pytest.fixture
def running(run: Run) -> Iterator[int]:
    """The emulator, started by the command; its port."""
    if not Path(sys.executable).with_name("ministack").exists():
        pytest.skip("the extra `local` is not installed")
    port = free_port()
    started = run("local", "start", "--port", str(port))
    assert (started.code, started.out) == (0, f"running at http://127.0.0.1:{port}\n"), started.err
    yield port
    assert run("local", "stop").out == "stopped\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_local_from_start_to_stop(run: Run, running: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "x")  # to be restored: the command sets it for its process
    endpoint = f"http://127.0.0.1:{running}"
    assert run("local", "start").out == f"already running at {endpoint}\n"
    assert run("local", "status").out.startswith(f"running at {endpoint} (process ")
    ran = run("--local", "--yes")
    (request,) = ran.engine.requests
    assert (request.endpoint_url, request.quota_share) == (endpoint, None)
    assert (request.aim.region, request.keys) == ("eu-west-1", ("000000000000", "local"))
    assert f"{endpoint}/_aws/execute-api/abc123/prod/" in ran.out
    assert run("local", "stop").out == "stopped\n"
    assert run("local", "status").code == 1
    assert run("local", "stop").out == "not running\n"
    run("local", "start", "--port", str(running))


def test_a_port_in_use_is_said(running: int, tmp_path: Path) -> None:
    with pytest.raises(ControllerError, match=f"port {running} is in use"):
        emulator.spawn(running, tmp_path, tmp_path / "log")


def test_stop_ends_nothing_else(run: Run, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (tmp_path / "local").mkdir()
        noted = {"pid": stranger.pid, "port": 4566, "log": ""}
        (tmp_path / "local" / "local.json").write_text(json.dumps(noted))
        assert run("local", "stop").out == "not running\n"
        assert stranger.poll() is None
        stranger.kill()


def test_the_extra_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    ran = run("local", "start")
    assert ran.code == 64
    assert "pip install 'apigateway-reconciler[local]'" in ran.err


def test_documents_of_no_target() -> None:
    assert json.loads(document([])) == {"formatVersion": 1, "targets": [], "problems": []}


def test_the_iam_policy_is_json(run: Run) -> None:
    ran = run("iam-policy", "--read-only", engine=two_changes())
    assert ran.code == 0
    assert json.loads(ran.out)["Statement"] == [{"Sid": "Read"}]
