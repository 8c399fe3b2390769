"""Which files are read: folders, links, limits; and the revision of the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from controller.source import files, load
from tests.cases.sources import problems, read, spec, write


# --- files


def test_directories_are_read_recursively(tmp_path: Path) -> None:
    write(tmp_path, {".hidden.yaml": "[", ".git/x.yaml": "[", "notes.txt": "[", "x.json": "["})
    texts = {f"{name}.yml": spec(name=name.replace("/", "-")) for name in ("b", "a/z", "a/b/c")}
    loaded = read(tmp_path, texts)
    assert not loaded.problems
    assert [document.name for document in loaded.documents] == ["b", "a-z", "a-b-c"]


def test_all_problems_of_all_files_are_told(tmp_path: Path) -> None:
    texts = {
        "a.yaml": "a: [",
        "b.yaml": "",
        "c.yaml": spec("spec: {a: {$file: nope}, b: '{{ nope }}'}"),
        "d.yaml": spec(name="fine"),
    }
    loaded = read(tmp_path, texts)
    assert [problem.where.file for problem in loaded.problems if problem.where] == [
        "a.yaml",
        "b.yaml",
        "c.yaml",
        "c.yaml",
    ]
    assert [document.name for document in loaded.documents] == ["photos", "fine"]
    assert loaded.broken == {("RestApi", "photos")}


def test_a_file_whose_tree_was_let_go_is_the_same_when_it_is_wanted_again(tmp_path: Path) -> None:
    large = f"spec: {{v: [{'1, ' * 3_000}]}}"
    between = {f"b{index}.yaml": spec(large, name=f"b{index}") for index in range(2 * files.MAX_KEPT // 3_000)}
    including = {name: spec("spec: {v: {$file: .shared.yaml}}", name=name[0]) for name in ("a.yaml", "c.yaml")}
    loaded = read(tmp_path, {".shared.yaml": "x:\n  y: 1\n  y: 2\n", **including, **between})
    first, *_, last = loaded.documents
    assert (first.name, last.name, first.spec) == ("a", "c", last.spec)
    places = {str(document.marks.at(["spec", "v", "x", "y"])) for document in (first, last)}
    assert places == {".shared.yaml:2:3"}
    assert [problem.where.line for problem in loaded.problems if problem.where] == [3]
    assert loaded.broken == {("RestApi", "a"), ("RestApi", "c")}


def test_a_document_with_a_duplicate_key_is_broken(tmp_path: Path) -> None:
    assert read(tmp_path, spec("spec: {a: 1, a: 2}")).broken == {("RestApi", "photos")}


def load_paths(*paths: Path, checkout: Path) -> list[str]:
    loaded = load(paths, checkout=checkout, variables={}, environ={})
    return [str(problem) for problem in loaded.problems]


def test_paths_that_lead_to_no_spec(tmp_path: Path) -> None:
    write(tmp_path, {"empty/notes.txt": "x"})
    told = load_paths(tmp_path / "empty", tmp_path / "nope", checkout=tmp_path)
    assert told == [
        "empty:1:1: no specs in this directory",
        "nope:1:1: no such file or directory",
    ]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": spec()})
    assert load_paths(tmp_path, tmp_path / "a.yaml", tmp_path, checkout=tmp_path) == []


def test_positions_outside_of_the_checkout_are_as_given(tmp_path: Path) -> None:
    write(tmp_path, {"out/a.yaml": "x: 1", "checkout/b.txt": ""})
    (told,) = load_paths(tmp_path / "out", checkout=tmp_path / "checkout")
    assert told.startswith(f"{tmp_path}/out/a.yaml:1:1: not a spec")


def test_links_out_of_the_checkout_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"out/a.yaml": spec(), "in/real/a.yaml": spec(), "in/.git/c.yaml": "x"})
    checkout = tmp_path / "in"
    (checkout / "b.yaml").symlink_to(checkout / "real/a.yaml")
    (checkout / "out.yaml").symlink_to("../out/a.yaml")
    (checkout / "git.yaml").symlink_to(".git/c.yaml")
    (checkout / "loop.yaml").symlink_to("loop.yaml")
    (checkout / "folder").symlink_to("real")
    told = load_paths(checkout, checkout=checkout)
    assert told == [
        ("folder:1:1: a link to a directory is not followed (name the directory itself among the specs)"),
        "git.yaml:1:1: this link leads out of the checkout",
        "loop.yaml:1:1: loop.yaml cannot be read: Too many levels of symbolic links",
        "out.yaml:1:1: this link leads out of the checkout",
    ]


def test_the_links_of_a_mounted_volume_are_followed(tmp_path: Path) -> None:
    write(tmp_path, {"..2026/a.yaml": spec()})
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert load_paths(tmp_path, checkout=tmp_path) == []


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert load_paths(tmp_path, checkout=tmp_path) == ["a.yaml:1:1: a.yaml is not a file"]


def test_sizes_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.yaml": "#" * 101, "b.yaml": spec("#" * 10), "c.yaml": spec(name="c")})
    monkeypatch.setattr(files, "MAX_FILE", 100)
    monkeypatch.setattr(files, "MAX_TOTAL", 130)
    told = load_paths(tmp_path, checkout=tmp_path)
    assert told[0].startswith("a.yaml:1:1: a.yaml is larger than")
    assert told[1].startswith("c.yaml:1:1: c.yaml is not read: one load reads at most 2,000 files")


def test_the_number_of_files_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    texts = {f"{name}.yaml": spec(name=name) for name in "abc"}
    assert problems(tmp_path, texts) == [".:1:1: more than 2 spec files"]


# --- revision


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_revision(tmp_path: Path) -> None:
    assert read(tmp_path, spec()).revision == ""
    git(tmp_path, "init", "-q")
    assert read(tmp_path, spec()).revision == ""
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    head = git(tmp_path, "rev-parse", "--short", "HEAD")
    assert read(tmp_path, spec()).revision == head
    assert read(tmp_path, spec("# changed")).revision == f"{head}-dirty"
