"""Where results go: formats and files by -o, reports rendered again, and nothing but the result on stdout."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from controller.cli import outputs as module
from controller.cli.outputs import Outputs, outputs
from controller.errors import AccessError, Problem, SpecErrors, Where
from controller.render.formats import FORMATS, OF_PROBLEMS
from controller.render.frame import Frame
from controller.render.json import document
from tests.conftest import Run
from tests.reports import explained
from tests.stub_engine import StubEngine, StubPass, change, report, two_changes


ROOT = Path(__file__).parents[1]
SPEC = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: photos}
spec:
  paths:
    /photos:
      methods:
        GET: {integration: {type: MOCK, requestTemplates: {application/json: "{}"}}}
"""


@pytest.fixture(autouse=True)
def checkout(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("GITHUB_", "GITLAB_", "CI_")):
            monkeypatch.delenv(name)
    folder = tmp_path / "checkout"
    (folder / "specs").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "specs" / "photos.yaml").write_text(SPEC)
    monkeypatch.chdir(folder)
    return folder


def wrong() -> StubEngine:
    problem = Problem("unknown field 'x'", Where("specs/photos.yaml", 5, 2), "did you mean 'y'?")
    return StubEngine({"default": SpecErrors([problem])})


# ── what is asked for ────────────────────────────────────────────────────────────────────────────


def test_formats_and_files(checkout: Path) -> None:
    assert outputs([]) == Outputs("text", ())
    assert outputs(["json"]) == Outputs("json", ())
    assert outputs(["json=-"]) == Outputs("json", ())
    assert outputs(["json=a.json"]) == Outputs("text", ((checkout / "a.json", "json"),))
    both = ((checkout / "x.sarif", "sarif"), (Path("/dev/stderr"), "github"))
    assert outputs(["sarif=x.sarif", "junit", "github=/dev/stderr"]) == Outputs("junit", both)
    assert outputs(["json=a=b.json"]).files[0][0].name == "a=b.json"


USAGE = {
    "unknown": (["sari"], "there is no format 'sari': did you mean sarif? known are github, "),
    "unknown with a file": (["xml=a.xml"], "there is no format 'xml': known are "),
    "two on stdout": (["json", "sarif"], "only one format can go to stdout, not json and sarif"),
    "no file": (["json="], "-o json=: which file is missing"),
    "one file twice": (["json=a", "sarif=./b/../a"], "-o sarif=./b/../a: json goes to this file already"),
    "no name": (["=a"], "there is no format ''"),
}


@pytest.mark.parametrize("name", USAGE)
@pytest.mark.parametrize("verb", [["--dry-run"], ["drift"], ["report", "-"], ["validate"]])
def test_what_cannot_be_asked_for(name: str, verb: list[str], command: Run) -> None:
    words, why = USAGE[name]
    options = [part for word in words for part in ("-o", word)]
    code, out, err = command(*verb, *options, engine=two_changes())
    assert (code, out) == (64, "")
    assert err.startswith(f"error: {why}")


def test_validate_has_the_formats_that_tell_problems(command: Run) -> None:
    code, _, err = command("validate", "-o", "gitlab-terraform", engine=two_changes())
    assert code == 64
    assert set(re.findall(r"[\w-]+", err.partition("known are ")[2])) == {"text", *OF_PROBLEMS}


def test_help_names_all_formats(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = command("--help")
    # Words are broken at hyphens.
    told = "".join(out.partition("text if none is.")[2].split())
    assert all(name in told for name in ("text", *FORMATS))


# ── where it goes ────────────────────────────────────────────────────────────────────────────────


def test_several_at_once(checkout: Path, command: Run) -> None:
    names = {"json": "plan.json", "sarif": "x.sarif", "junit": "j.xml", "text": "plan.txt"}
    options = [part for name, file in names.items() for part in ("-o", f"{name}={file}")]
    code, out, err = command("--dry-run", *options, engine=two_changes())
    assert (code, err) == (0, "")
    assert "Plan: 2 to create" in out
    assert (checkout / "plan.txt").read_text() == out
    assert json.loads((checkout / "plan.json").read_text())["targets"][0]["summary"]["create"] == 2
    assert json.loads((checkout / "x.sarif").read_text())["version"] == "2.1.0"
    assert ET.parse(checkout / "j.xml").getroot().tag == "testsuites"
    assert sorted(path.name for path in checkout.iterdir()) == [".git", *sorted([*names.values(), "specs"])]


def test_what_was_applied_is_in_the_files(checkout: Path, command: Run) -> None:
    code, _, _ = command("--yes", "-o", "json=a.json", engine=two_changes("applied", "failed"))
    (target,) = json.loads((checkout / "a.json").read_text())["targets"]
    assert code == 3
    assert [item["status"] for item in target["changes"]] == ["applied", "failed"]


def test_the_environment_has_its_say(
    checkout: Path, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILE_OUTPUT", "json junit=j.xml")
    for verb in ("--dry-run", "drift", "validate"):
        _, out, _ = command(verb, engine=two_changes())
        assert list(json.loads(out)) == ["formatVersion", "targets", "problems"]
        ET.parse(checkout / "j.xml")
        (checkout / "j.xml").unlink()
    _, out, _ = command("--dry-run", "-o", "gitlab-terraform", engine=two_changes())
    assert json.loads(out) == {"create": 2, "update": 0, "delete": 0}


FAILING: dict[str, Callable[[], StubEngine]] = {
    "wrong specs": wrong,
    "no access": lambda: StubEngine({"default": AccessError("no credentials")}),
    "broken": lambda: StubEngine({"default": ZeroDivisionError("oops")}),
}


@pytest.mark.parametrize("name", FAILING)
def test_who_reads_files_hears_of_failures(name: str, checkout: Path, command: Run) -> None:
    options = ("-o", "json=a.json", "-o", "sarif=a.sarif", "-o", "junit=a.xml", "-o", "gitlab-codequality=q.json")
    code, out, _ = command("--dry-run", *options, engine=FAILING[name]())
    assert (code, out) == (1, "")
    (problem,) = json.loads((checkout / "a.json").read_text())["problems"]
    assert problem["severity"] == "error"
    (found,) = json.loads((checkout / "a.sarif").read_text())["runs"][0]["results"]
    assert found["ruleId"] == ("spec-error" if name == "wrong specs" else "run-error")
    assert ET.parse(checkout / "a.xml").getroot().find(".//*[@message]") is not None
    assert json.loads((checkout / "q.json").read_text())[0]["severity"] == "critical"


def test_a_run_that_makes_no_sense_leaves_files_too(checkout: Path, command: Run) -> None:
    code, _, _ = command("--dry-run", "--target", "nowhere", "-o", "json=a.json", engine=two_changes())
    assert code == 64
    assert "nowhere" in json.loads((checkout / "a.json").read_text())["problems"][0]["message"]


def test_what_cannot_be_written_costs_nothing_else(checkout: Path, command: Run) -> None:
    options = ("-o", "sarif=none/x.sarif", "-o", "junit=specs", "-o", "json=a.json")
    code, out, err = command("--dry-run", *options, engine=two_changes())
    assert code == 1
    assert "Plan: 2 to create" in out
    assert json.loads((checkout / "a.json").read_text())
    assert err.splitlines() == [
        f"error: {checkout}/none/x.sarif cannot be written: No such file or directory",
        f"error: {checkout}/specs cannot be written: Is a directory",
    ]


def test_a_renderer_that_breaks_costs_nothing_else(
    checkout: Path, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr(module, "FORMATS", {**FORMATS, "junit": broken})
    code, _, err = command("--dry-run", "-o", "junit=a.xml", "-o", "json=a.json", engine=two_changes())
    assert code == 1
    assert err.startswith("error: unexpected: RecursionError: too deep")
    assert (checkout / "a.json").exists()
    assert not (checkout / "a.xml").exists()


def test_a_file_is_replaced_at_once(checkout: Path, command: Run) -> None:
    old = checkout / "a.json"
    old.write_text("old")
    link = checkout / "link.json"
    link.symlink_to(old)
    with old.open() as reader:
        assert command("--dry-run", "-o", "json=link.json", engine=two_changes())[0] == 0
        assert reader.read() == "old"
    assert link.is_symlink()
    assert json.loads(old.read_text())
    assert [path.name for path in checkout.glob(".a.json*")] == []


def test_streams_and_pipes_are_written_to(checkout: Path) -> None:
    ours, theirs = os.pipe()
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    words = ["validate", "-o", "json", "-o", "junit=/dev/stderr", "-o", f"gitlab-codequality=/dev/fd/{theirs}"]
    command = [sys.executable, "-m", "tests.stub_engine", *words]
    with (checkout / "err.xml").open("w") as err:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=err, env=here, pass_fds=[theirs], check=True)
    os.close(theirs)
    assert json.loads(done.stdout)["problems"] == []
    assert json.loads(os.read(ours, 1000)) == []
    os.close(ours)
    assert ET.parse(checkout / "err.xml").getroot().tag == "testsuites"


def test_files_are_told_from_the_top_of_the_repository(checkout: Path, command: Run, tmp_path: Path) -> None:
    (checkout / ".git").rmdir()
    (tmp_path / ".git").mkdir()
    (checkout / "reconcile.yaml").write_text("targets: {default: {region: eu-west-1}}\n")
    _, out, _ = command("validate", "-o", "github", engine=wrong())
    assert out.startswith("::error file=checkout/specs/photos.yaml,line=5,col=2,")


@pytest.mark.parametrize("event", ["", "none.json"])
def test_links_of_ci_stand_around(
    event: str, checkout: Path, command: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (checkout / ".git").rmdir()
    (tmp_path / ".git").mkdir()
    (checkout / "reconcile.yaml").write_text("targets: {default: {region: eu-west-1}}\n")
    known = {"SERVER_URL": "https://github.com", "REPOSITORY": "o/r", "SHA": "abc", "RUN_ID": "7"}
    known["EVENT_PATH"] = event
    for name, value in known.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)

    def around(_: object, frame: Frame) -> str:
        return f"{frame.run} {frame.source}"

    monkeypatch.setattr(module, "FORMATS", {**FORMATS, "json": around})
    _, out, _ = command("--dry-run", "-o", "json", engine=two_changes())
    told = "https://github.com/o/r/actions/runs/7 https://github.com/o/r/blob/abc/checkout/\n"
    # What says nothing of itself costs the links, and nothing else.
    assert out == (told if not event else " \n")


# ── validate ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", OF_PROBLEMS)
def test_validate_tells_problems_in_every_format(name: str, command: Run) -> None:
    code, out, err = command("validate", "-o", name, engine=wrong())
    assert code == 1
    assert "unknown field 'x'" in out
    assert err.startswith("specs/photos.yaml:5:2: error: unknown field 'x'\n")
    code, out, err = command("validate", "-o", name, engine=two_changes())
    assert (code, err) == (0, "")
    assert "unknown field" not in out


def test_validate_tells_warnings(command: Run) -> None:
    engine = two_changes()
    engine.warnings = (Problem("links are ignored", Where("openapi.yaml", 7, 9)),)
    code, out, _ = command("validate", "-o", "github", engine=engine)
    place = "file=openapi.yaml,line=7,col=9,title=Questionable spec"
    assert (code, out) == (0, f"::warning {place}::links are ignored\n")


# ── rendering again ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [*FORMATS, "text"])
def test_a_report_is_rendered_again(name: str, checkout: Path, command: Run) -> None:
    engine = StubEngine({"default": StubPass(explained(), ())})
    _, direct, _ = command("--dry-run", "-o", name, "-o", "json=plan.json", engine=engine)
    assert command("report", "plan.json", "-o", name) == (0, direct, "")


def test_a_report_of_a_failed_run_is_rendered_again(command: Run) -> None:
    command("--dry-run", "-o", "json=plan.json", engine=wrong())
    code, out, err = command("report", "plan.json")
    assert (code, out) == (0, "")
    assert err == "specs/photos.yaml:5:2: error: unknown field 'x'\n"
    _, out, _ = command("report", "plan.json", "-o", "github")
    assert out.startswith("::error file=specs/photos.yaml,line=5")


def test_no_file_that_a_report_names_is_shown(checkout: Path, command: Run) -> None:
    whole = json.loads(document([]))
    (checkout / "secret").write_text("hunter2\n")
    whole["problems"] = [{"file": str(checkout / "secret"), "line": 1, "column": 1, "message": "look"}]
    (checkout / "plan.json").write_text(json.dumps(whole))
    _, out, err = command("report", "plan.json")
    assert "look" in err
    assert "hunter2" not in out + err


UNREADABLE = {
    "missing": (None, "plan.json cannot be read: No such file or directory"),
    "cut off": ('{"formatVersion": 1, "tar', "plan.json cannot be rendered: it is not JSON: "),
    "another's": ('{"planned_values": {}}', "plan.json cannot be rendered: it is not a report of reconcile: "),
    "later": ('{"formatVersion": 2}', "plan.json cannot be rendered: its format is 2, this version of reconcile"),
    "deep": ("[" * 100_000, "plan.json cannot be rendered: it is nested deeper than"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_rendered_again(name: str, checkout: Path, command: Run) -> None:
    content, why = UNREADABLE[name]
    if content is not None:
        (checkout / "plan.json").write_text(content)
    code, out, err = command("report", "plan.json", "-o", "sarif=x.sarif")
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {why}")
    assert err.count("\n") == 1
    assert not (checkout / "x.sarif").exists()


# ── stdout is for machines ───────────────────────────────────────────────────────────────────────


def _commands(out: str) -> None:
    assert all(re.match(r"::(error|warning|notice)[ :]", line) for line in out.splitlines())


PARSERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "sarif": json.loads,
    "junit": ET.fromstring,
    "github": _commands,
    "gitlab-terraform": json.loads,
    "gitlab-codequality": json.loads,
}
VERBS = [["--dry-run"], ["--yes"], [], ["drift"], ["validate"], ["report", "plan.json"]]


def test_every_format_has_a_parser() -> None:
    assert {name for name in FORMATS if name not in PARSERS} == {"markdown", "html", "github-summary"}


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_stdout_is_one_document_of_every_format(verb: list[str], checkout: Path) -> None:
    (checkout / "plan.json").write_text(document([explained(), report(change())]))
    (checkout / "openapi.yaml").write_text("x: 1\n")
    here = os.environ | {"PYTHONPATH": str(ROOT), "RECONCILE_LOG": "debug"}
    for name, parse in PARSERS.items():
        if verb == ["validate"] and name not in OF_PROBLEMS:
            continue
        command = [sys.executable, "-m", "tests.stub_engine", *verb, "-o", name]
        done = subprocess.run(
            command, capture_output=True, text=True, env=here, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode == (64 if not verb else 0), done.stderr
        parse(done.stdout)


OTHERS = [["schema"], ["schema", "--report"], ["iam-policy"], ["export", "photos", "-o", "json"]]


@pytest.mark.parametrize("words", OTHERS, ids=" ".join)
def test_stdout_of_the_other_verbs_is_json(words: list[str], command: Run) -> None:
    code, out, err = command(*words, engine=two_changes())
    assert (code, err) == (0, "")
    assert json.loads(out)
