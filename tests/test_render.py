"""Reports as text, JSON and progress. Golden files are rewritten with UPDATE_GOLDEN=1."""

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from controller.render.formats import FORMATS
from controller.render.frame import Frame
from controller.render.json import document
from controller.render.progress import Log, progress_display
from controller.render.text import render
from controller.render.writer import Writer, visible
from controller.report import Progress, Report
from tests.cases.reports import REPORTS, conflict
from tests.golden import assert_golden
from tests.stub_engine import change, report


POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["execute-api:Invoke"]}],
}
DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["execute-api:Invoke", "other:Call"]}],
}
SCHEMA = {"type": "object", "properties": {name: {"type": "string"} for name in "abcdefgh"}}
OTHER_SCHEMA = {"type": "object", "properties": {name: {"type": "number"} for name in "abcdefgh"}}
TEMPLATE = '#set($root = $input.path("$"))\n{\n  "id": "$root.id",\n  "size": 1\n}\n'
NONSENSE = "[bold red]not markup[/] \x1b[31m \u202ereversed :smile: \x07"


@pytest.fixture(autouse=True, scope="module")
def _no_wishes_of_the_caller() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            patch.delenv(name, raising=False)
        yield


def test_warnings_stand_in_the_plan_and_in_the_json() -> None:
    warning = {"message": "links are ignored", "file": "a.yaml", "line": 3, "column": 5, "hint": "no use"}
    told = "a.yaml:3:5: warning: links are ignored (no use)\n"
    planned = report(warnings=(warning,))
    assert told in text(planned)
    assert told not in text(planned.model_copy(update={"dryRun": False}))
    assert json.loads(document([planned]))["targets"][0]["warnings"] == [warning]


def plan(**facts: object) -> Report:
    """One change of every kind."""
    return report(
        change(
            action="update",
            fields=(
                {"field": "description", "old": "Photos", "new": "Photo upload"},
                {"field": "minimumCompressionSize", "old": None, "new": 1024},
                {"field": "policy", "old": POLICY, "new": DENY},
            ),
        ),
        change(
            "Model Photo",
            action="update",
            fields=({"field": "schema", "old": SCHEMA, "new": OTHER_SCHEMA},),
        ),
        change(
            "Path /old > Method GET > Integration",
            action="replace",
            reason="type cannot be changed in place",
            fields=(
                {"field": "type", "old": "HTTP", "new": "MOCK"},
                {
                    "field": "requestTemplates",
                    "old": {"application/json": TEMPLATE},
                    "new": {"application/json": TEMPLATE.replace("1", "2")},
                },
            ),
        ),
        change("Path /photos"),
        change(
            "Path /photos > Method GET",
            fields=(
                {"field": "apiKeyRequired", "new": True},
                {
                    "field": "requestParameters",
                    "new": {f"method.request.querystring.{n}": True for n in "abcd"},
                },
            ),
        ),
        change("Path /photos/{id}", action="rename", was="Path /photos/{key}"),
        change("Stage prod", action="update", status="held", error="suspended"),
        change("Path /gone", action="delete"),
        change("Path /gone > Method GET", action="delete"),
        change("Path /gone > Method GET > Integration", action="delete"),
        change(
            root="ApiKey acme",
            action="replace",
            reason="value cannot be changed in place",
            fields=({"field": "value", "old": "(sensitive)", "new": "(sensitive)"},),
        ),
        seconds=7.2,
        unreadable={"RestApi broken": "GetStages: AccessDenied"},
        held={"RestApi lost": "live, but no spec: left alone; --prune deletes it"},
        **facts,
    )


def outcome() -> Report:
    """What became of such a plan."""
    done = change(status="applied")
    failed = change("Path /photos", status="failed", error="CreateResource: BadRequest: no such parent")
    blocked = change("Path /photos > Method GET", status="blocked", error="waits for: create Path /photos")
    stage = {"api": "photos", "stage": "prod", "url": "https://abc.execute-api.eu-west-1.amazonaws.com/prod/"}
    return report(done, failed, blocked, dryRun=False, stages=(stage,))


def text(shown: Report, *, width: int = 100, verbose: bool = False, encoding: str = "utf-8") -> str:
    """The report as it arrives at a stream without a terminal."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    render(shown, console=Console(file=stream, width=width), verbose=verbose)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


# ── golden files ─────────────────────────────────────────────────────────────────────────────────


GOLDEN = {
    "plan": lambda: text(plan()),
    "plan-verbose": lambda: text(plan(), verbose=True),
    "plan-40-columns": lambda: text(plan(), width=40),
    "plan-ascii": lambda: text(plan(), encoding="ascii"),
    "outcome": lambda: text(outcome()),
    "conflict-verbose": lambda: text(conflict(), verbose=True),
    **{name: lambda made=made: "\n".join(map(text, made())) for name, made in REPORTS.items()},
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    assert_golden(f"{name}.txt", GOLDEN[name]())


@pytest.mark.parametrize("name", ["html", "json", "junit", "markdown"])
def test_every_format_tells_of_every_report(name: str) -> None:
    for made in REPORTS.values():
        reports = made()
        shown = FORMATS[name](reports, Frame())
        assert all(one.target in shown for one in reports)
        assert shown == FORMATS[name](reports, Frame())


# ── the lines that scripts rely on ───────────────────────────────────────────────────────────────


def test_the_closing_lines_of_a_plan() -> None:
    lines = text(plan(calls=14)).splitlines()
    assert lines[-2] == "Plan: 2 to create, 2 to update, 2 to replace, 1 to rename, 3 to delete; 12 unchanged."
    assert lines[-1] == "14 calls to AWS, at least 8 s under its quotas (reading took 9 calls)."


def test_a_base_adds_to_the_closing_line_and_its_absence_nothing() -> None:
    told = text(conflict(), width=200).splitlines()[-2]
    assert told.endswith("to delete; 12 unchanged; 1 drifted, 1 in conflict.")
    without = text(conflict().model_copy(update={"base": ""}), width=200).splitlines()[-2]
    assert without.endswith("to delete; 12 unchanged.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "calls to AWS (reading"),
        (1, "at least 1 s under"),
        (60, "at least 1 min under"),
        (61.5, "1 min 2 s"),
    ],
)
def test_the_least_time(seconds: float, words: str) -> None:
    assert words in text(report(change(), seconds=seconds)).splitlines()[-1]


def test_what_a_plan_waits_for() -> None:
    last = text(plan(waits=("VpcLink a", "DomainName a.example"))).splitlines()[-1]
    assert last == "Waits until AWS has finished with VpcLink a, DomainName a.example: minutes each, as a rule."


def test_nothing_to_do() -> None:
    expected = "No changes: 12 resources are as declared (reading took 9 calls)."
    assert text(report()).splitlines()[-1] == expected


def test_nothing_to_do_as_far_as_can_be_told() -> None:
    shown = text(report(unreadable={"RestApi broken": "AccessDenied"}))
    assert "RestApi broken could not be read and is left alone: AccessDenied" in shown
    assert "1 root could not be read" in shown.splitlines()[-1]


def test_the_closing_lines_of_an_outcome() -> None:
    shown = text(outcome())
    assert "Applied: 1 created, 0 updated, 0 replaced, 0 renamed, 0 deleted; 12 unchanged.\n" in shown
    assert "Failed: 1 failed, 1 blocked.\n" in shown


# ── colour, width and encoding ───────────────────────────────────────────────────────────────────


def terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system="standard")


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    coloured = terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = terminal()
    for console in (coloured, plain):
        render(plan(), console=console)
    assert "\x1b[1;32m+" in written(coloured)
    assert "\x1b[1m+" in written(plain)
    assert "32m" not in written(plain)


@pytest.mark.parametrize("width", [1, 5, 20, 40])
def test_no_width_loses_a_symbol(width: int) -> None:
    lines = [line.strip() for line in text(plan(), width=width).splitlines()]
    for symbol in "~±→-+!":
        assert any(line.startswith(symbol) for line in lines), symbol


def test_forty_columns_are_kept() -> None:
    assert max(map(len, text(plan(), width=40).splitlines())) <= 40


def test_a_url_stays_in_one_piece() -> None:
    assert "https://abc.execute-api.eu-west-1.amazonaws.com/prod/" in text(outcome(), width=30)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_marks_of_other_encodings(encoding: str) -> None:
    shown = text(report(change(action="replace", reason="ü ✓")), encoding=encoding)
    assert "-/+ replace" in shown
    assert "\\u2713" in shown


# ── values of strangers ──────────────────────────────────────────────────────────────────────────


def test_values_cannot_act_on_a_ci_system_that_reads_along() -> None:
    hostile = "a\n::stop-commands::x\n   ::add-mask::y\nb ##[add-mask]z\nc\n"
    shown = text(
        report(
            change(action="update", fields=({"field": "template", "old": hostile, "new": f"{hostile}d"},)),
            change("Path /b", action="update", fields=({"field": "::error::f", "old": 1, "new": 2},)),
            held={"::error::root": "##[error]"},
        ),
        verbose=True,
    )
    assert not [line for line in shown.splitlines() if line.strip().startswith("::") or "##[" in line]
    assert "\\x3a:add-mask::y" in shown


def test_values_cannot_act_on_the_terminal() -> None:
    hostile = report(
        change(
            f"Path {NONSENSE}",
            reason=NONSENSE,
            action="update",
            fields=(
                {"field": NONSENSE, "old": NONSENSE, "new": "\n".join([NONSENSE] * 3)},
                {"field": "tags", "old": {NONSENSE: 1}, "new": {NONSENSE: 2}},
            ),
        ),
        change("Path /b", fields=({"field": "f", "new": NONSENSE},)),
        held={NONSENSE: NONSENSE},
        unreadable={NONSENSE: NONSENSE},
        errors=(NONSENSE,),
        revision=NONSENSE,
    )
    for verbose in (False, True):
        shown = text(hostile, verbose=verbose)
        assert not {"\x1b", "\u202e", "\x07"} & set(shown)
        assert "[bold red]not markup[/]" in shown
        assert ":smile:" in shown
        assert "\\u202e" in shown


@given(st.text())
def test_what_is_visible_stays_and_nothing_else(value: str) -> None:
    shown = visible(value)
    assert shown.isprintable() or any(not char.isprintable() and char in shown for char in value)
    assert "\x1b" not in shown
    assert visible(shown) == shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.lists(st.fixed_dictionaries({"field": st.text(), "old": JSON, "new": JSON}), max_size=3)
CHANGES = st.builds(
    lambda path, action, fields, note: change(path, action=action, fields=fields, reason=note, was=note),
    st.text(),
    st.sampled_from(["create", "update", "replace", "rename", "delete"]),
    FIELDS,
    st.text(),
)


@settings(deadline=None)
@given(
    st.lists(CHANGES, max_size=4),
    st.integers(1, 200),
    st.booleans(),
    st.sampled_from(["utf-8", "ascii", "cp1252"]),
)
def test_every_report_can_be_shown(changes: list, width: int, verbose: bool, encoding: str) -> None:
    shown = report(*changes)
    text(shown, width=width, verbose=verbose, encoding=encoding)
    text(shown.model_copy(update={"dryRun": False}), width=width, encoding=encoding)


def test_spaces_at_the_end_are_shown() -> None:
    fields = ({"field": "t", "old": "a\nb", "new": "a \nb"},)
    shown = text(report(change(action="update", fields=fields)))
    assert "-a\n" in shown
    assert "+a\\x20\n" in shown


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_has_all_reports_in_a_fixed_order() -> None:
    shown = document([plan(), outcome()])
    parsed = json.loads(shown)
    assert list(parsed) == ["formatVersion", "targets", "problems"]
    assert [Report.model_validate(target) for target in parsed["targets"]] == [plan(), outcome()]
    assert shown == document([plan(), outcome()])


@settings(deadline=None)
@given(FIELDS)
def test_every_document_is_json_and_ascii(fields: list) -> None:
    shown = document([report(change(fields=fields))])
    assert shown.isascii()
    json.loads(shown, parse_constant=pytest.fail)


# ── progress ─────────────────────────────────────────────────────────────────────────────────────


def step(done: int, *, status: str = "done", root: str = "RestApi photos", error: str = "") -> Progress:
    title = f"create {root} > Path /{done}"
    return Progress.model_validate(
        {"root": root, "title": title, "status": status, "done": done, "total": 3, "error": error}
    )


def test_progress_in_a_log() -> None:
    console = Console(file=io.StringIO(), width=200)
    with progress_display(console, {"RestApi photos": 3}) as listen:
        listen(step(1))
        listen(step(2, status="failed", error="[red]no[/red] \x1b"))
        listen(step(3, status="blocked", error="waits"))
    assert written(console).splitlines() == [
        "✗ failed create RestApi photos > Path /2: [red]no[/red] \\x1b",
        "RestApi photos: ended with errors (3 steps)",
    ]


def test_a_sign_of_life_every_ten_seconds() -> None:
    console = Console(file=io.StringIO(), width=200)
    times = iter([0.0, 9.0, 10.0, 19.0, 25.0])
    log = Log(Writer(console), {"A": 3, "B": 3, "C": 1, "D": 1, "E": 1}, lambda: next(times))
    log.beat()
    log.step(step(2, root="B"))
    log.beat()
    log.beat()
    log.beat()
    assert written(console).splitlines() == [
        "still working on B (2/3), A (0/3), C (0/1), 2 more after 10 s",
        "still working on B (2/3), A (0/3), C (0/1), 2 more after 25 s",
    ]


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("ci", "live"), [("", True), ("true", False)])
def test_bars_are_for_terminals(monkeypatch: pytest.MonkeyPatch, ci: str, live: bool) -> None:
    monkeypatch.setenv("TERM", "xterm")
    console = Console(file=Tty(), width=80)
    with progress_display(console, {"RestApi [photos]": 3}, environ={"CI": ci}) as listen:
        listen(step(3, root="RestApi [photos]"))
    assert ("━" in written(console)) is live
    assert "RestApi [photos]" in written(console)
