"""What callers notice of changes: a table of cases, and what is the same for all of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.callers import Impacts, impacts
from controller.diff import diff
from controller.impact import RULES
from controller.succession import succeed
from tests.cases.impacts import ROWS, Row, World
from tests.engine import desired


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def told(old: World, new: World) -> Impacts:
    """What is told of the way from one world to another, as if the old one were live."""
    wanted, live = desired(new), desired(old)
    live.ids.update({at: f"id{number}" for number, at in enumerate(sorted(live.resources))})
    wanted, live = succeed(wanted, live, NOW)
    return impacts(diff(wanted, live), wanted, live)


def lines(found: Impacts) -> list[str]:
    return sorted(
        f"{impact.severity} {impact.rule} {at.name}{f'.{impact.field}' if impact.field else ''}"
        for (at, _), items in found.items()
        for impact in items
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_told(row: Row) -> None:
    assert lines(told(row.old, row.new)) == sorted(row.told)


def test_each_rule_has_a_case() -> None:
    covered = {line.split()[1] for row in ROWS for line in row.told}
    assert covered == RULES.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_sentence_is_one_and_has_no_secret(row: Row) -> None:
    for items in told(row.old, row.new).values():
        for impact in items:
            assert re.fullmatch(r"[^\n]+[^.\n]", impact.message), impact.message
            assert "a" * 20 not in impact.message
            assert "b" * 20 not in impact.message


def test_the_documentation_has_the_table_of_the_rules() -> None:
    head = ["| rule | severity | what it tells of |", "|---|---|---|"]
    rows = [f"| `{name}` | {rule.severity} | {rule.meaning} |" for name, rule in RULES.items()]
    text = (Path(__file__).parents[1] / "docs/impacts.md").read_text()
    assert "\n".join([*head, *rows]) in text
