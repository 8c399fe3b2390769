"""`{$file: path}`: what is taken, from where, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from controller.source import Loaded, compose, files, load


HEAD = "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: photos}\n"
VARIABLES = {"target": "dev", "n": 1}


def read(folder: Path, include: str, texts: Mapping[str, str | bytes]) -> Loaded:
    """Load `specs/a.yaml`, which includes `include` at spec.v, beside other files."""
    everything = {"specs/a.yaml": f"{HEAD}spec:\n  v: {{$file: {include}}}\n", **texts}
    for name, text in everything.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load([folder / "specs"], checkout=folder, variables=VARIABLES, environ={})


def problems(folder: Path, include: str, texts: Mapping[str, str | bytes]) -> list[str]:
    return [str(problem) for problem in read(folder, include, texts).problems]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("t.vtl", "#set({{ n }})\n\ta: [", "#set({{ n }})\n\ta: ["),
        ("t.txt", b"\xef\xbb\xbfhi\r\n", "hi\r\n"),
        ("t.txt", "", ""),
        ("t", '{"a": 1}', '{"a": 1}'),
        ("p.json", '{"a":\t["{{ n }}", 012]}'.replace("012", "12"), {"a": [1, 12]}),
        ("p.yaml", "a: '{{ n }}'\nb: no\n", {"a": 1, "b": "no"}),
        ("p.yml", "- x\n- '{{ target }}/y'\n", ["x", "dev/y"]),
        ("P.JSON", "[]", []),
    ],
)
def test_what_is_taken(tmp_path: Path, name: str, text: str | bytes, value: object) -> None:
    loaded = read(tmp_path, f"../parts/{name}", {f"parts/{name}": text})
    assert not loaded.problems
    assert loaded.documents[0].spec == {"v": value}


def test_positions_point_into_the_included_file(tmp_path: Path) -> None:
    texts = {"parts/p.json": '{"a": [1,\n 2]}', "specs/t.txt": "x"}
    loaded = read(tmp_path, "../parts/p.json", texts)
    at = loaded.documents[0].marks.at
    assert str(at(("spec", "v"))) == "specs/a.yaml:5:3"
    assert str(at(("spec", "v", "a"))) == "parts/p.json:1:2"
    assert str(at(("spec", "v", "a", 1))) == "parts/p.json:2:2"


def test_the_whole_spec_may_be_included(tmp_path: Path) -> None:
    text = HEAD + "spec: {$file: .api.yaml}\n"
    loaded = read(tmp_path, "t.txt", {"specs/a.yaml": text, "specs/.api.yaml": "a: {b: 1}"})
    (document,) = loaded.documents
    assert document.spec == {"a": {"b": 1}}
    assert str(document.marks.at(("spec", "a", "b"))) == "specs/.api.yaml:1:5"


def test_includes_of_includes_are_relative_to_their_own_file(tmp_path: Path) -> None:
    texts = {"parts/b.yaml": "x: {$file: deep/c.json}", "parts/deep/c.json": '{"$file": "../t"}'}
    loaded = read(tmp_path, "../parts/b.yaml", {**texts, "parts/t": "text"})
    assert loaded.documents[0].spec == {"v": {"x": "text"}}


def test_a_path_may_hold_variables(tmp_path: Path) -> None:
    texts = {f"specs/parts/{name}.yaml": f"n: {name}" for name in ("dev", "prod")}
    loaded = read(tmp_path, "'parts/{{ target }}.yaml'", texts)
    assert not loaded.problems
    assert loaded.documents[0].spec == {"v": {"n": "dev"}}


def test_an_included_file_among_the_specs_is_no_spec(tmp_path: Path) -> None:
    assert problems(tmp_path, "b.yaml", {"specs/b.yaml": "- 1"}) == []
    assert len(problems(tmp_path, "b.yaml", {"specs/b.yaml": "- 1", "specs/c.yaml": "- 1"})) == 1


def test_a_file_included_for_another_target_is_no_spec(tmp_path: Path) -> None:
    text = HEAD + "overrides: {prod: {v: {$file: b.yaml}}}\n"
    assert problems(tmp_path, "", {"specs/a.yaml": text, "specs/b.yaml": "x: 1"}) == []


def test_a_directory_of_included_files_holds_no_specs(tmp_path: Path) -> None:
    read(tmp_path, "../parts/b.yaml", {"parts/b.yaml": "x: 1"})
    paths = [tmp_path / "specs", tmp_path / "parts"]
    (problem,) = load(paths, checkout=tmp_path, variables={}, environ={}).problems
    assert str(problem).startswith("parts:1:1: no specs in this directory, only files that")


@pytest.mark.parametrize(
    ("include", "told"),
    [
        ("nope.txt", "specs/nope.txt does not exist"),
        (".", "specs is not a file"),
        ("[a]", "the value of $file must be a path"),
        ("''", "the value of $file must be a path"),
        ('"a\\0b"', "the value of $file must be a path"),
        ("/etc/passwd", "/etc/passwd must be relative to the file that includes it, or below /run/secrets"),
        ("../../out.txt", "../../out.txt leads out of the checkout"),
        ("link.txt", "link.txt leads out of the checkout"),
        ("folder/out.txt", "folder/out.txt leads out of the checkout"),
        ("../.git/config", "../.git/config leads out of the checkout"),
        ("a.yaml", "a.yaml includes itself"),
        (f"{'x' * 300}.txt", f"specs/{'x' * 300}.txt cannot be read: File name too long"),
        ("'{{ nope }}.txt'", None),
        ("many.yaml", "specs/many.yaml holds more than one document"),
    ],
)
def test_what_is_refused(tmp_path: Path, include: str, told: str | None) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "specs").mkdir(parents=True)
    (tmp_path / "out.txt").write_text("secret")
    (checkout / "specs/link.txt").symlink_to("../../out.txt")
    (checkout / "specs/folder").symlink_to(tmp_path)
    texts = {".git/config": "token", "specs/many.yaml": "a: 1\n---\nb: 1\n"}
    loaded = read(checkout, include, texts)
    lines = [str(problem) for problem in loaded.problems]
    message = told or 'unknown variable "nope"'
    where = "specs/a.yaml:5:7" if told is None else "specs/a.yaml:5:3"
    assert f"{where}: {message}" in lines
    assert loaded.broken == {("RestApi", "photos")}


def test_problems_of_an_included_file_are_told_once_and_break_all_who_include_it(
    tmp_path: Path,
) -> None:
    second = HEAD.replace("photos", "second") + "spec: [{$file: b.json}, {$file: b.json}]"
    texts = {"specs/b.json": '{"a": 1, "a": 2}', "specs/c.yaml": second.replace("[", "{a: [") + "}"}
    loaded = read(tmp_path, "b.json", texts)
    assert [str(problem) for problem in loaded.problems] == [
        'specs/b.json:1:10: duplicate key "a", first used at specs/b.json:1:2'
    ]
    assert loaded.broken == {("RestApi", "photos"), ("RestApi", "second")}


def test_an_included_file_that_is_no_text(tmp_path: Path) -> None:
    told = problems(tmp_path, "t.txt", {"specs/t.txt": b"ok\nx\xff"})
    assert told == ["specs/t.txt:2:2: not UTF-8 text (save the file as UTF-8)"]


def test_circles_end(tmp_path: Path) -> None:
    texts = {"specs/.b.yaml": "{$file: .c.yaml}", "specs/.c.yaml": "x: {$file: .b.yaml}"}
    assert problems(tmp_path, ".b.yaml", texts) == ["specs/.c.yaml:1:1: .b.yaml includes itself"]


def _chain(length: int) -> dict[str, str]:
    links = {f"specs/.{n}.yaml": f"x: {{$file: .{n + 1}.yaml}}" for n in range(1, length)}
    return {**links, f"specs/.{length}.yaml": "end"}


def test_includes_nest_up_to_ten_deep(tmp_path: Path) -> None:
    assert problems(tmp_path, ".1.yaml", _chain(10)) == []
    (told,) = problems(tmp_path, ".1.yaml", _chain(11))
    assert told == "specs/.10.yaml:1:1: files include each other more than 10 deep"


def test_nesting_counts_across_files(tmp_path: Path) -> None:
    texts = {
        "specs/.b.yaml": "[" * 60 + "{$file: .c.yaml}" + "]" * 60,
        "specs/.c.yaml": "[" * 60 + "]" * 60,
    }
    assert any("nest more than 100 deep" in line for line in problems(tmp_path, ".b.yaml", texts))


def test_every_use_of_an_included_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_EXPANDED", 500)
    texts = {
        "specs/.b.yaml": "[" + "{$file: .c.yaml}, " * 20 + "]",
        "specs/.c.yaml": "[" + "1, " * 30 + "]",
        "specs/z.yaml": HEAD.replace("photos", "fine"),
    }
    loaded = read(tmp_path, ".b.yaml", texts)
    assert "all files together expand to more than" in str(loaded.problems[0])
    assert [document.name for document in loaded.documents] == ["photos", "fine"]
    assert compose.MAX_EXPANDED == 2_000_000
