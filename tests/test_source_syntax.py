"""Reading YAML and JSON safely: positions, scalars, and files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controller.source import Loaded, load, load_yaml
from controller.source.compose import scalar


HEAD = "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: photos}\n"


def read(folder: Path, content: str | bytes, name: str = "a.yaml") -> Loaded:
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    return load([folder / name], checkout=folder, variables={}, environ={})


def problems(folder: Path, content: str | bytes, name: str = "a.yaml") -> list[str]:
    return [str(problem) for problem in read(folder, content, name).problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("012", "012"),
        ("012.5", "012.5"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("0b1", "0b1"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("nuLL", "nuLL"),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quoted_and_string_tagged_scalars_are_text(tmp_path: Path) -> None:
    text = HEAD + "spec: {a: '12', b: \"true\", c: !!str 12, d: ! 12, e: ''}\n"
    (document,) = read(tmp_path, text).documents
    assert document.spec == {"a": "12", "b": "true", "c": "12", "d": "12", "e": ""}


def test_keys_are_text(tmp_path: Path) -> None:
    (document,) = read(tmp_path, HEAD + "spec: {200: a, true: b, ~: c, 1.50: d}\n").documents
    assert document.spec == {"200": "a", "true": "b", "~": "c", "1.50": "d"}


def test_aliases_are_the_same_value_at_their_own_place(tmp_path: Path) -> None:
    text = HEAD + "spec:\n  a: &x {k: [1]}\n  b: *x\n  c: [*x]\n"
    (document,) = read(tmp_path, text).documents
    assert document.spec == {"a": {"k": [1]}, "b": {"k": [1]}, "c": [{"k": [1]}]}
    assert str(document.marks.at(("spec", "b"))) == "a.yaml:6:3"
    assert str(document.marks.at(("spec", "b", "k"))) == "a.yaml:5:10"
    assert str(document.marks.at(("spec", "c", 0))) == "a.yaml:7:7"


def test_marks_fall_back_to_the_longest_known_prefix(tmp_path: Path) -> None:
    text = HEAD + "spec:\n  paths:\n    /é: {methods: {GET: {list: [a,\n      b]}}}\n"
    (document,) = read(tmp_path, text).documents
    at = document.marks.at
    assert str(at(())) == "a.yaml:1:1"
    assert str(at(("spec", "paths", "/é", "methods", "GET"))) == "a.yaml:6:20"
    assert str(at(("spec", "paths", "/é", "methods", "PUT", "x"))) == "a.yaml:6:10"
    assert str(at(("spec", "paths", "/é", "methods", "GET", "list", 1))) == "a.yaml:7:7"
    assert str(at(("spec", "paths", "/é", "methods", "GET", "list", 9))) == "a.yaml:6:26"
    assert str(at(("metadata", "name"))) == "a.yaml:3:12"
    assert repr(document.marks) == "Marks(a.yaml:1:1)"


@pytest.mark.parametrize("text", ["\ufeff" + HEAD, HEAD.replace("\n", "\r\n")])
def test_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path, text: str) -> None:
    (document,) = read(tmp_path, text).documents
    assert str(document.marks.at(("kind",))) == "a.yaml:2:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.yaml:1:1: the file is empty"),
        ("# only a comment\n", "a.yaml:1:1: the file is empty"),
        ("---\n---\n", "a.yaml:1:1: the file is empty"),
        ("a: 1\nb: 2\na: 3\n", 'a.yaml:3:1: duplicate key "a", first used at a.yaml:1:1'),
        ("200: 1\n'200': 2\n", 'a.yaml:2:1: duplicate key "200", first used at a.yaml:1:1'),
        (
            "a:\n\tb: 1\n",
            "a.yaml:2:1: tab character used for indentation; YAML wants spaces",
        ),
        (
            "a:\n  b: x\n  \tc: 1\n",
            "a.yaml:3:3: tab character used for indentation; YAML wants spaces",
        ),
        (
            "a: [1, 2\nb: 3\n",
            ('a.yaml:2:2: the list opened with "[" at line 1, column 4 is not closed, or a comma is missing'),
        ),
        (
            "a: {b: 1\n",
            ('a.yaml:2:1: the mapping opened with "{" at line 1, column 4 is not closed, or a comma is missing'),
        ),
        ("a: 'x\n", "a.yaml:2:1: the quoted text that begins at line 1, column 4 is not closed"),
        (
            "a: 1\n b: 2\n",
            (
                'a.yaml:2:3: a ":" is not expected here'
                ' (check the indentation, and put text that contains ": " in quotes)'
            ),
        ),
        ("a: @x\n", 'a.yaml:1:4: "@" cannot begin a value (put the value in quotes)'),
        (
            "- a\nb: 1\n",
            ("a.yaml:2:1: this does not fit into the list that begins at line 1, column 1 (check the indentation)"),
        ),
        (
            'a: "\\d"\n',
            (
                'a.yaml:1:5: unknown escape after "\\" in quoted text'
                ' (write "\\\\" for a backslash, or use single quotes)'
            ),
        ),
        ("a: ]\n", "a.yaml:1:4: a value is expected here"),
        ("a: \x00\n", "a.yaml:1:4: control character U+0000 is not allowed"),
        ("a: b\n\x07", "a.yaml:2:1: control character U+0007 is not allowed"),
        (b"a: \xc3\xa9\nb: \xff", "a.yaml:2:4: not UTF-8 text (save the file as UTF-8)"),
        (b"\xef\xbb\xbfa: \xff", "a.yaml:1:4: not UTF-8 text (save the file as UTF-8)"),
        ("a: !foo b\n", "a.yaml:1:4: tags such as !foo are not supported"),
        (
            "!!python/object/apply:os.system [x]\n",
            "a.yaml:1:1: tags such as !!python/object/apply:os.system are not supported",
        ),
        ("%TAG ! tag:x,1:\n---\na: b\n", "a.yaml:1:1: %TAG directives are not supported"),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            "a.yaml:3:3: merge keys are not supported (use variables, $file or an alias)",
        ),
        ("a: *x\n", 'a.yaml:1:4: anchor "&x" is not defined before this alias'),
        ("a: &x [*x]\n", 'a.yaml:1:8: anchor "&x" contains itself'),
        (
            "a: {{ b }}\n",
            'a.yaml:1:5: a key must be plain text (a variable needs quotes: "{{ name }}")',
        ),
        ("[a]: b\n", "a.yaml:1:1: a key must be plain text"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert any(line.startswith(message) for line in problems(tmp_path, text))


def test_a_quoted_merge_key_is_a_key(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + "spec: {'<<': 1}\n").documents[0].spec == {"<<": 1}


def test_documents_before_a_syntax_error_are_checked_too(tmp_path: Path) -> None:
    told = problems(tmp_path, HEAD + "more: 1\n---\na: [\n")
    assert [line.split(": ")[0] for line in told] == ["a.yaml:4:1", "a.yaml:7:1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,}', "a.json:1:9: not valid JSON:"),
        ('{"a": tru}', "a.json:1:7: not valid JSON: expecting value"),
        ("{'a': 1}", "a.json:1:2: not valid JSON:"),
        ('{"a": NaN}', "a.json:1:7: not valid JSON: NaN"),
        ('{"a": -Infinity}', "a.json:1:7: not valid JSON: -Infinity"),
        ('{"a": "\\ud800"}', "a.json:1:7: text with half of a surrogate pair"),
        ('{"a": 1,\n "a": 2}', 'a.json:2:2: duplicate key "a", first used at a.json:1:2'),
        ("", "a.json:1:1: the file is empty"),
        ("null", "a.json:1:1: the file is empty"),
    ],
)
def test_json_is_strict(tmp_path: Path, text: str, message: str) -> None:
    assert any(line.startswith(message) for line in problems(tmp_path, text, "a.json"))


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, -2.5, 1e10, True, False, None, ""], "b": {}, "c": []},
        {"é😀": '"quoted" \\ / \t \n {}[],:', "<<": "*x &y !z # w", "k" * 2000: "no"},
    ],
)
@pytest.mark.parametrize("options", [{}, {"indent": "\t"}, {"ensure_ascii": False}])
def test_json_reads_as_json(tmp_path: Path, value: object, options: dict[str, Any]) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value, **options))
    assert load_yaml(path, tmp_path)[::2] == (value, [])


def test_load_yaml_takes_a_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "reconcile.yaml"
    path.write_text('owner: me\nlist: ["{{ x }}", {$file: y}]\n')
    value, marks, told = load_yaml(path, tmp_path)
    assert (value, told) == ({"owner": "me", "list": ["{{ x }}", {"$file": "y"}]}, [])
    assert str(marks.at(("list", 1))) == "reconcile.yaml:2:19"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n---\nb: 2\n", "reconcile.yaml:3:1: only one document is expected here"),
        ("a: [", "reconcile.yaml:1:5: a value is expected here"),
        (None, "reconcile.yaml:1:1: reconcile.yaml does not exist"),
    ],
)
def test_load_yaml_tells_problems(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "reconcile.yaml"
    if text is not None:
        path.write_text(text)
    value, marks, told = load_yaml(path, tmp_path)
    assert value is None
    assert str(told[0]).startswith(message)
    assert marks.at(("a",)).file == "reconcile.yaml"
