"""Reports as a page: what is in it, and that nothing in a value acts."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.render.frame import Frame
from controller.render.html import document
from controller.report import Report
from tests.cases.reports import REPORTS, large
from tests.golden import assert_golden
from tests.rendered import Rendered
from tests.strangers import EVERYTHING, HARMLESS, HOSTILE, NAMES, SHAPES, strange


RUN = "https://github.test/o/r/actions/runs/1"
SOURCE = "https://github.test/o/r/blob/0123abc/"
FRAME = Frame(run=RUN, source=SOURCE)

OURS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "h4", "nav", "main", "section", "div", "p",
    "ul", "li", "a", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "code", "pre", "span",
    "strong", "footer",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "http-equiv", "aria-label", "href", "id", "class", "scope", "open",
    "role",
    "tabindex",
}  # fmt: skip


def page(*reports: Report, frame: Frame = FRAME) -> Rendered:
    shown = Rendered(document(reports, frame))
    assert set(shown.tags) <= OURS
    assert shown.attributes <= ATTRIBUTES
    assert all(link == RUN or link.startswith((SOURCE, "#t")) for link in shown.links), shown.links
    assert (shown.open, shown.strays, shown.comments) == ([], [], [])
    return shown


@pytest.mark.parametrize("name", ["nothing-to-do", "conflict", "destructive"])
def test_golden(name: str) -> None:
    shown = document(REPORTS[name](), FRAME)
    # The style is a file of its own.
    assert_golden(f"{name}.html", shown[: shown.index("<style>")] + shown[shown.index("</style>") :])


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_a_page(name: str) -> None:
    page(*REPORTS[name]())


def test_it_needs_nothing_else() -> None:
    shown = document(REPORTS["destructive"](), FRAME)
    assert "default-src 'none'" in shown
    assert not {"script", "link", "img", "iframe"} & set(page(*REPORTS["destructive"]()).tags)
    assert "url(" not in shown
    assert "@import" not in shown


def test_all_is_there_however_much_it_is() -> None:
    shown = page(large())
    assert shown.code.count("https://new.test/") == 2000
    assert shown.code.count("specs/api") == 2000


def test_every_entry_of_the_contents_leads_somewhere() -> None:
    shown = document([*REPORTS["targets"](), *REPORTS["destructive"]()], FRAME)
    inner = [link for link in Rendered(shown).links if link.startswith("#")]
    assert len(inner) > 6
    assert all(f'id="{link[1:]}"' in shown for link in inner)


@settings(deadline=None, max_examples=100)
@given(SHAPES, st.lists(NAMES, min_size=1, max_size=9))
@example(EVERYTHING, HOSTILE)
@example(EVERYTHING, ["".join(HOSTILE)])
def test_nothing_in_a_value_becomes_markup(shape: dict[str, Any], names: list[str]) -> None:
    shown = page(strange(shape, names))
    counted = ("table", "tr", "td", "details", "summary", "ul", "h3", "h4", "li", "p")
    harmless = page(strange(shape, HARMLESS))
    assert [shown.tags.count(tag) for tag in counted] == [harmless.tags.count(tag) for tag in counted]
    assert not {"\u202e", "\x00", "\x1b", "\ud800"} & set(shown.plain + shown.code)
