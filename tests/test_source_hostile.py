"""Files that are made to do harm: deep, long, or larger than they look."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from controller.source import compose
from tests.test_source_syntax import HEAD, problems


def _nest(template: str) -> str:
    letters = "abcdefghij"
    levels = (
        f"{name}: &{name} " + template.replace("X", ",".join(["*" + before] * 9))
        for before, name in pairwise(letters)
    )
    return "a: &a {k: v}\n" + "\n".join(levels)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_nest("[X]"), "aliases expand to more than 2,000,000 values"),
        (_nest("{<<: [X]}"), "merge keys are not supported"),
        ("[" * 200_000, "nested more than 100 deep"),
        ("{a: " * 50_000, "nested more than 100 deep"),
        ("- " * 100_000, "nested more than 100 deep"),
        ("%TAG !a! b\n" * 500_000 + "---\na", "%TAG directives are not supported"),
    ],
    ids=["aliases", "merge keys", "lists", "mappings", "block lists", "tag directives"],
)
def test_hostile_files_are_refused_at_once(tmp_path: Path, text: str, message: str) -> None:
    assert message in problems(tmp_path, text)[0]


def test_hostile_json_is_refused_at_once(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "[" * 200_000, "a.json")
    assert told == "a.json:1:101: nested more than 100 deep"


def test_nesting_counts_through_aliases(tmp_path: Path) -> None:
    def nested(depth: int, inner: str) -> str:
        return "[" * depth + inner + "]" * depth

    fine = f"{HEAD}spec:\n  a: &a {nested(40, '')}\n  b: {nested(58, '*a')}\n"
    assert not problems(tmp_path, fine)
    assert "nested more than 100 deep" in problems(tmp_path, fine.replace("b: ", "b: ["))[0]


def test_long_text_repeated_by_aliases_counts(tmp_path: Path) -> None:
    text = HEAD + f"spec:\n  a: &a {'x' * 1_000_000}\n  b: [{','.join(['*a'] * 1000)}]\n"
    assert "aliases expand to more than" in problems(tmp_path, text)[0]


def test_values_of_one_file_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "MAX_NODES", 100)
    assert "more than 100 values in one file" in problems(tmp_path, "a: [" + "x, " * 100 + "]")[0]
