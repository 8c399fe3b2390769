"""Reports as a comment on a pull request: what it says, how long it is, and that nothing in a value acts."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from controller.render.frame import Frame
from controller.render.markdown import RESERVED, document
from controller.render.markup import code, fenced, prose
from controller.report import Report
from tests.cases.reports import REPORTS, SPEC, destructive, large, nothing
from tests.golden import assert_golden
from tests.rendered import Rendered, as_github
from tests.strangers import EVERYTHING, HARMLESS, HOSTILE, NAMES, SHAPES, strange
from tests.stub_engine import change, report


RUN = "https://github.test/o/r/actions/runs/1"
SOURCE = "https://github.test/o/r/blob/0123abc/"
FRAME = Frame(run=RUN, source=SOURCE)

OURS = {
    "p", "strong", "em", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "h3", "h4", "ul", "li",
    "a", "details", "summary", "hr",
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_golden(name: str) -> None:
    shown = document(REPORTS[name](), FRAME)
    assert_golden(f"{name}.md", shown)
    _check(as_github(shown))


def test_nothing_to_do_is_one_line() -> None:
    first, *rest = document([nothing()]).split("\n\n")
    assert first == "**Nothing to do, 12 resources are as declared** · `prod (eu-west-1)`"
    assert rest[0] == "---"


def test_without_a_base_nothing_is_said_of_drift() -> None:
    assert "drift" not in document([destructive()])
    assert "no drift" in document([destructive().model_copy(update={"base": "def5678"})])


def test_long_parts_are_closed_at_first_and_no_danger_is_in_one() -> None:
    shown = document(REPORTS["conflict"](), FRAME)
    assert "<details>\n<summary><code>RestApi photos</code>" in shown
    assert "<details open>" in document(REPORTS["foreign"]())
    assert shown.index("#### Danger") < shown.index("<details")


def test_places_lead_to_the_source_only_where_there_is_one() -> None:
    assert f"[`{SPEC}:12`]({SOURCE}{SPEC}#L12)" in document([destructive()], FRAME)
    assert f"`{SPEC}:12`" in document([destructive()])
    assert as_github(document([destructive()])).links == []


@pytest.mark.parametrize("file", ["../../etc/passwd", "/etc/passwd", "a/../../b"])
def test_what_is_not_of_the_checkout_has_no_link(file: str) -> None:
    shown = document([report(change("Stage a", action="delete", file=file, line=1))], FRAME)
    assert as_github(shown).links == [RUN]


@pytest.mark.parametrize("run", ["javascript:alert(1)", "data:text/html,x", "//evil.test", "https://[", "x"])
def test_only_the_web_is_linked(run: str) -> None:
    assert as_github(document([nothing()], Frame(run=run, source=run))).links == []


# ── how long it is ───────────────────────────────────────────────────────────────────────────────


def fits(reports: list[Report], frame: Frame) -> Rendered:
    """The comment as it is shown, within its limit in characters and bytes."""
    shown = document(reports, frame)
    assert len(shown) <= len(shown.encode()) <= frame.limit - RESERVED
    assert frame.limit != FRAME.limit or len(shown.encode()) < 65_000
    rendered = as_github(shown)
    _check(rendered)
    return rendered


def test_two_thousand_differences_fit_with_every_danger() -> None:
    rendered = fits([large()], FRAME)
    for number in range(20):
        assert f"RestApi api{number} > Stage prod" in rendered.code
    assert rendered.plain.count("Shortened to fit") == 1
    # What fits is used.
    assert len(document([large()], FRAME)) > 50_000
    for number, more in re.findall(r"RestApi api(\d+).*?(\d+) more\n", rendered.code, flags=re.DOTALL):
        assert rendered.code.count(f"api{number}") >= 1
        assert 0 < int(more) < 100


@pytest.mark.parametrize(
    ("limit", "note"),
    [
        (1_000_000, ""),
        (275_000, "around each difference"),
        (170_000, "without values"),
        (30_000, "only some changes of each root"),
        (1_100, "without details"),
    ],
)
def test_the_rungs(limit: int, note: str) -> None:
    same = "\n".join(letter * 40 for letter in "abcdefg")
    fields = [{"field": "template", "old": f"{same}\n{'h' * 80}", "new": f"{same}\n{'i' * 80}"}]
    many = report(*(change(f"Model M{n}", action="update", fields=fields) for n in range(1000)))
    rendered = fits([many], Frame(limit=limit))
    assert note in rendered.plain
    assert ("Shortened" in rendered.plain) is bool(note)
    assert ("hhh" in rendered.code) is (limit > 270_000)
    assert ("template" in rendered.code) is (limit > 20_000)


def test_with_no_room_for_all_dangers_the_gravest_are_told_and_the_others_counted() -> None:
    exposure = {"rule": "opened", "severity": "exposure", "message": "anybody may call it"}
    changes = [change(f"Stage s{n}", action="delete") for n in range(3000)]
    changes.append(change("Path /x > Method GET", action="update", impacts=(exposure,)))
    rendered = fits([report(*changes)], FRAME)
    assert "Danger (3001)" in rendered.plain
    told = rendered.plain.count("is deleted")
    assert told > 100
    assert f"{3000 - told} more, none graver than these" in rendered.plain
    assert rendered.plain.index("exposure") < rendered.plain.index("is deleted")
    assert RUN in rendered.links


def test_a_table_of_hostile_names_fits() -> None:
    changes = [change(root=f"RestApi {'|`@x ' * 12}{n}", action="update") for n in range(1000)]
    rendered = fits([report(*changes)], FRAME)
    assert rendered.tags.count("table") == 1
    assert re.search(r"\d+ more roots: ", rendered.plain)


def test_the_limit_is_one_of_bytes_too() -> None:
    fields = ({"field": "description", "old": "🙂" * 50, "new": "🙃" * 50},)
    many = report(*(change(f"Model M{n}", action="update", fields=fields) for n in range(300)))
    assert "Shortened" in fits([many], FRAME).plain


def test_many_targets_fit() -> None:
    many = [destructive().model_copy(update={"target": f"t{n}"}) for n in range(1000)]
    rendered = fits(many, FRAME)
    assert rendered.plain.startswith("1000 targets: 1000 with changes")
    assert re.search(r"\d+ more targets with \d+ dangers", rendered.plain)


# ── values of strangers ──────────────────────────────────────────────────────────────────────────


COUNTED = ("table", "tr", "td", "details", "summary", "pre", "ul", "h3", "h4", "hr")


@settings(deadline=None, max_examples=150)
@given(SHAPES, st.lists(NAMES, min_size=1, max_size=9))
@example(EVERYTHING, HOSTILE)
@example(EVERYTHING, ["".join(HOSTILE)])
def test_nothing_in_a_value_becomes_markup(shape: dict[str, Any], names: list[str]) -> None:
    shown = document([strange(shape, names)], FRAME)
    rendered, harmless = as_github(shown), as_github(document([strange(shape, HARMLESS)], FRAME))
    _check(rendered)
    _check_tokens(shown)
    if "Shortened" not in rendered.plain:
        assert {tag: rendered.tags.count(tag) for tag in COUNTED} == {
            tag: harmless.tags.count(tag) for tag in COUNTED
        }


def _check(shown: Rendered) -> None:
    """What holds of every comment, whatever is in it."""
    assert set(shown.tags) <= OURS
    assert shown.attributes <= {"href", "open", "align", "lang"}
    assert all(link == RUN or link.startswith(SOURCE) for link in shown.links), shown.links
    assert (shown.open, shown.strays, shown.comments) == ([], [], [])
    assert not re.search(r"@\w|#\d|\bGH-\d|://|www\.|\b[0-9a-f]{7,}\b", shown.plain), shown.plain
    assert not re.search(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00\x1b]", shown.plain + shown.code)


def _check_tokens(markdown: str) -> None:
    """A second opinion: the same by another parser."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").parse(markdown)
    inline = [child for token in tokens for child in token.children or ()]
    html = "".join(token.content for token in [*tokens, *inline] if token.type.startswith("html"))
    assert set(re.findall(r"</?(\w+)", html)) <= {"details", "summary", "code"}
    assert not {"image", "s_open", "hardbreak", "softbreak"} & {child.type for child in inline}
    assert {token.type for token in tokens if token.type.endswith("_open")} <= {
        f"{name}_open"
        for name in (
            "paragraph", "table", "thead", "tbody", "tr", "th", "td", "heading", "bullet_list", "list_item",
        )
    }  # fmt: skip
    assert all(
        str(child.attrs["href"]) == RUN or str(child.attrs["href"]).startswith(SOURCE)
        for child in inline
        if child.type == "link_open"
    )


@given(NAMES)
@example("a`b``c")
@example("`")
@example(" a ")
@example("ends with \\")
def test_code_is_code(text: str) -> None:
    rendered = as_github(code(text))
    assert (rendered.tags, rendered.plain.strip()) == (["p", "code"], "")


@given(NAMES)
def test_prose_is_words_and_code(text: str) -> None:
    rendered = as_github(f"- **word** {prose(text)}")
    assert set(rendered.tags) <= {"ul", "li", "strong", "code"}
    _check(rendered)


def test_a_fence_is_longer_than_any_inside() -> None:
    rendered = as_github(fenced(["a", "```", "<b>`````` @team", "~~~"]))
    assert (rendered.tags, rendered.code) == (["pre", "code"], "a\n```\n<b>`````` @team\n~~~\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_prose_around_what_acts(text: str) -> None:
    rendered = as_github(f"- **word** {prose(f'see {text} and ({text}), {text}')}")
    assert set(rendered.tags) <= {"ul", "li", "strong", "code"}
    _check(rendered)


def test_prose_reads_as_it_was_written() -> None:
    sentence = "GET /photos/{id} needs no API key (30% of 12 methods); see https://x.test, @team (or #7)."
    rendered = as_github(prose(sentence))
    assert rendered.html == (
        "<p>GET <code>/photos/{id}</code> needs no API key (30% of 12 methods); see "
        "<code>https://x.test, @team</code> (or <code>#7</code>).</p>\n"
    )


def test_a_look_without_a_change_speaks_of_no_merge() -> None:
    drifted = change(action="update", origin="drift", fields=({"field": "description", "old": "a", "new": "b"},))
    one = report(drifted, base="abc1234", revision="abc1234")
    assert "Drift: 1 resource differed from the specs, and the next run reverts it" in document([one])
    assert "merging this reverts it" in document([one.model_copy(update={"base": "ba5e000"})])
