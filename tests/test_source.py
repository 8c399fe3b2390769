"""Specs to documents: shape, metadata, overrides, variables, secrets, targets, files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.errors import NotFoundError
from controller.source import Document, Loaded, Secret, files, load


VARIABLES = {"target": "dev", "backend": "dev.internal", "port": 80, "on": True, "none": None}
KEY = "s3cr3t-value"


def spec(body: str = "", *, name: str = "photos", metadata: str = "", kind: str = "RestApi") -> str:
    extra = f", {metadata}" if metadata else ""
    return f"apiVersion: apigateway/v1\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\n{body}\n"


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def read(
    folder: Path,
    texts: Mapping[str, str] | str,
    *,
    variables: Mapping[str, Any] = VARIABLES,
    secrets: Callable[[str], str] | None = None,
) -> Loaded:
    write(folder, {"a.yaml": texts} if isinstance(texts, str) else texts)
    environ = {"ACME_API_KEY": KEY}
    return load([folder], checkout=folder, variables=variables, environ=environ, secrets=secrets)


def problems(folder: Path, texts: Mapping[str, str] | str, **options: Any) -> list[str]:
    return [str(problem) for problem in read(folder, texts, **options).problems]


def one(folder: Path, texts: Mapping[str, str] | str, **options: Any) -> Document:
    loaded = read(folder, texts, **options)
    assert not loaded.problems
    (document,) = loaded.documents
    return document


def test_a_document(tmp_path: Path) -> None:
    text = spec("spec: {description: hi}", metadata="protect: true, adopt: abc123")
    document = one(tmp_path, text)
    assert (document.kind, document.name) == ("RestApi", "photos")
    assert document.metadata == {"name": "photos", "protect": True, "adopt": "abc123"}
    assert document.spec == {"description": "hi"}


@pytest.mark.parametrize("body", ["", "spec:", "spec: {}"])
def test_a_spec_may_be_absent(tmp_path: Path, body: str) -> None:
    document = one(tmp_path, spec(body))
    assert document.spec == {}
    assert document.marks.at(("spec", "paths")).file == "a.yaml"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: RestApi\nmetadata: {name: a}", ["a.yaml:1:1: apiVersion is missing"]),
        ("apiVersion: apigateway/v1\nmetadata: {name: a}", ["a.yaml:1:1: kind is missing"]),
        ("apiVersion: apigateway/v1\nkind: A", ["a.yaml:1:1: metadata is missing"]),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: a}",
            ['a.yaml:1:1: apiVersion must be "apigateway/v1"'],
        ),
        (
            "apiVersion: apigateway/v1\nkind: [A]\nmetadata: {name: a}",
            ["a.yaml:2:1: kind must be the name of a kind"],
        ),
        (
            "apiVersion: apigateway/v1\nkind: A\nmetdata: {name: a}",
            ['a.yaml:3:1: unknown field "metdata" (did you mean "metadata"?)'],
        ),
        ("apiVersion: apigateway/v1\nkind: A\nmetadata: a", ["a.yaml:3:1: metadata must be a"]),
        (spec("extra: 1"), ['a.yaml:4:1: unknown field "extra"']),
        (spec("spec: [a]"), ["a.yaml:4:1: spec must be a mapping"]),
        (spec("overrides: [a]"), ["a.yaml:4:1: overrides must be a mapping"]),
        (
            spec("overrides: {dev: 1}"),
            ["a.yaml:4:13: the overrides of dev must be a mapping"],
        ),
        (
            "just: data",
            [
                (
                    "a.yaml:1:1: not a spec: apiVersion and kind are missing (files that are no"
                    " specs can be moved out of the directory, or hidden)"
                )
            ],
        ),
        ("- list", ["a.yaml:1:1: not a spec: apiVersion and kind are missing"]),
    ],
)
def test_the_shape_of_a_document(tmp_path: Path, text: str, told: list[str]) -> None:
    found = problems(tmp_path, text)
    assert len(found) >= len(told)
    assert all(line.startswith(start) for line, start in zip(found, told, strict=False))


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ("targets: dev", "metadata.targets must be a list of target names"),
        ("targets: [1]", "metadata.targets must be a list of target names"),
        ("onDelete: keep", 'metadata.onDelete must be "delete" or "retain"'),
        ("onDelete: [delete]", 'metadata.onDelete must be "delete" or "retain"'),
        ("protect: yes", "metadata.protect must be true or false"),
        ("suspend: true", "metadata.suspend must be {reason: text, until: time such as"),
        ("suspend: {reason: a}", "metadata.suspend must be"),
        ("suspend: {reason: a, until: 2026-12-01}", "metadata.suspend must be"),
        ('suspend: {reason: a, until: "2026-13-01T12:00:00Z"}', "metadata.suspend must be"),
        ('suspend: {reason: a, until: "2026-12-01T12:00:00"}', "metadata.suspend must be"),
        ("adopt: 12", "metadata.adopt must be the AWS id to take over"),
        ("protected: true", 'unknown field "protected" in metadata (did you mean "protect"?)'),
    ],
)
def test_metadata_is_checked(tmp_path: Path, metadata: str, told: str) -> None:
    assert problems(tmp_path, spec(metadata=metadata)) == [
        next(line for line in problems(tmp_path, spec(metadata=metadata)) if told in line)
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        "targets: [dev, prod]",
        "onDelete: retain",
        "protect: false",
        'suspend: {reason: incident 42, until: "2026-12-01T12:00:00Z"}',
        "suspend: {reason: a, until: 2026-12-01T12:00:00.5+01:00}",
        'protect: "{{ on }}"',
    ],
)
def test_good_metadata(tmp_path: Path, metadata: str) -> None:
    assert not problems(tmp_path, spec(metadata=metadata))


@pytest.mark.parametrize("name", ["-a", "''", "a b", "12", "a" * 129, "[a]", "é"])
def test_bad_names(tmp_path: Path, name: str) -> None:
    (told,) = problems(tmp_path, spec(name=name))
    assert told.startswith("a.yaml:3:12: metadata.name must be text of up to 128 letters")


def test_a_name_is_required(tmp_path: Path) -> None:
    text = "apiVersion: apigateway/v1\nkind: A\nmetadata: {}"
    assert problems(tmp_path, text) == ["a.yaml:3:1: metadata.name is missing"]


def test_a_name_may_hold_a_variable(tmp_path: Path) -> None:
    assert one(tmp_path, spec(name='"photos-{{ target }}"')).name == "photos-dev"


# --- variables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ port }}", 80),
        ("{{on}}", True),
        ("{{ none }}", None),
        ("{{ tags }}", {"a": ["b", 1]}),
        ("https://{{ backend }}:{{ port }}/{{ on }}", "https://dev.internal:80/true"),
        (" {{ port }}", " 80"),
        (
            "{{ }} {id} ${port} {{#if}} {{ a b }} {{{port}}",
            "{{ }} {id} ${port} {{#if}} {{ a b }} {80",
        ),
        ("$context.x #set($a = {{port}})", "$context.x #set($a = 80)"),
    ],
)
def test_variables(tmp_path: Path, text: str, value: object) -> None:
    variables = {**VARIABLES, "tags": {"a": ["b", 1]}}
    document = one(tmp_path, spec(f"spec: {{v: ['{text}']}}"), variables=variables)
    assert document.spec == {"v": [value]}
    assert type(document.spec["v"][0]) is type(value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ bakend }}", 'unknown variable "bakend" (did you mean "backend"?)'),
        ("x {{ zzz }}", 'unknown variable "zzz"'),
        ("x {{ tags }}", 'variable "tags" cannot stand inside longer text (only text, numbers,'),
        ("x {{ none }}", 'variable "none" cannot stand inside longer text'),
    ],
)
def test_wrong_variables(tmp_path: Path, text: str, told: str) -> None:
    loaded = read(
        tmp_path, spec(f"spec: {{v: '{text}'}}"), variables={**VARIABLES, "tags": {"a": "b"}}
    )
    (problem,) = loaded.problems
    assert str(problem).startswith(f"a.yaml:4:8: {told}")
    assert loaded.documents[0].spec == {"v": text}
    assert loaded.broken == {("RestApi", "photos")}


def test_variables_are_neither_in_keys_nor_in_other_values_of_variables(tmp_path: Path) -> None:
    variables = {"a": "{{ b }}", "b": {"$env": "HOME"}}
    document = one(
        tmp_path, spec("spec: {'{{ a }}': '{{ a }}', b: '{{ b }}'}"), variables=variables
    )
    assert document.spec == {"{{ a }}": "{{ b }}", "b": {"$env": "HOME"}}


def test_a_value_from_a_variable_has_the_place_of_the_variable(tmp_path: Path) -> None:
    document = one(tmp_path, spec("spec:\n  v: '{{ tags }}'"), variables={"tags": {"a": [1]}})
    assert str(document.marks.at(("spec", "v", "a", 0))) == "a.yaml:5:3"


# --- secrets


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    document = one(tmp_path, spec("spec: {value: {$env: ACME_API_KEY}}"))
    secret = document.spec["value"]
    assert secret == Secret("$env ACME_API_KEY", KEY)
    shown = f"{secret} {secret!r} {document} {document!r} {[secret]}"
    assert "$env ACME_API_KEY" in shown
    assert KEY not in shown


def test_secrets_from_aws(tmp_path: Path) -> None:
    asked = []

    def secrets(name: str) -> str:
        asked.append(name)
        return KEY

    text = spec("spec: {a: {$secret: 'key/{{ target }}'}, b: {$secret: key/dev}}")
    document = one(tmp_path, text, secrets=secrets)
    assert document.spec["a"] == document.spec["b"] == Secret("$secret key/dev", KEY)
    assert asked == ["key/dev"]


def _missing(name: str) -> str:
    message = f"no secret called {name}"
    raise NotFoundError(message)


@pytest.mark.parametrize(
    ("text", "secrets", "told"),
    [
        ("{$env: NOPE}", None, "environment variable NOPE is not set"),
        ("{$env: [a]}", None, "the value of $env must be a name"),
        ("{$env: {$env: ACME_API_KEY}}", None, "the value of $env must be a name"),
        ("{$env: 'A_{{ zzz }}'}", None, 'unknown variable "zzz"'),
        ("{$secret: a}", None, "{$secret: …} needs access to AWS; not available here"),
        ("{$secret: a}", {}.__getitem__, "there is no secret a"),
        ("{$secret: a}", _missing, "secret a cannot be read: no secret called a"),
        ("{$envv: A}", None, 'unknown reference "$envv" (did you mean "$env"?)'),
        ("{$flie: A}", None, 'unknown reference "$flie" (did you mean "$file"?)'),
        ("{$secrets: A}", None, 'unknown reference "$secrets" (did you mean "$secret"?)'),
    ],
)
def test_wrong_references(
    tmp_path: Path, text: str, secrets: Callable[[str], str] | None, told: str
) -> None:
    loaded = read(tmp_path, spec(f"spec: {{v: {text}}}"), secrets=secrets)
    (problem,) = loaded.problems
    assert str(problem).endswith(told)
    assert str(problem.where) in ("a.yaml:4:8", "a.yaml:4:12")
    assert KEY not in f"{loaded}"


@pytest.mark.parametrize(
    "word",
    [
        "$ref",
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "$anchor",
        "$vocabulary",
        "$dynamicRef",
        "$set",
    ],
)
def test_words_of_json_schema_are_left_alone(tmp_path: Path, word: str) -> None:
    assert one(tmp_path, spec(f"spec: {{s: {{{word}: x}}}}")).spec == {"s": {word: "x"}}


def test_a_variable_that_is_a_secret_stays_one(tmp_path: Path) -> None:
    variables = {"key": Secret("$env X", KEY)}
    loaded = read(tmp_path, spec("spec: {a: '{{ key }}', b: 'x {{ key }}'}"), variables=variables)
    assert loaded.documents[0].spec["a"] == Secret("$env X", KEY)
    assert "cannot stand inside longer text" in str(loaded.problems[0])
    assert KEY not in f"{loaded}"


# --- targets and overrides


def test_documents_of_other_targets_are_left_out_but_checked(tmp_path: Path) -> None:
    theirs = spec(
        "spec: {a: '{{ only_there }}', b: {$env: THERE}, c: {$file: '{{ only_there }}.txt'}}",
        name='"x-{{ only_there }}"',
        metadata="targets: [prod], suspend: {reason: a, until: '{{ only_there }}'}",
    )
    assert read(tmp_path, theirs).documents == ()
    assert problems(tmp_path, theirs) == []
    wrong = spec("spec: {a: {$file: nope.txt}}\nextra: 1", metadata="targets: [prod], protect: 1")
    assert problems(tmp_path, wrong) == [
        "a.yaml:3:43: metadata.protect must be true or false",
        "a.yaml:4:8: nope.txt does not exist",
        'a.yaml:5:1: unknown field "extra"',
    ]


def test_without_a_target_all_documents_are_there(tmp_path: Path) -> None:
    text = spec("overrides: {dev: {a: 1}}", metadata="targets: [prod]")
    assert one(tmp_path, text, variables={}).spec == {}


def test_overrides_are_a_merge_patch(tmp_path: Path) -> None:
    body = """
spec:
  keep: 1
  gone: 2
  deep: {a: 1, b: {c: 1, d: 2}, list: [1, 2]}
  backend: '{{ only_in_prod }}'
  key: {$env: ONLY_IN_PROD}
overrides:
  dev:
    gone: null
    deep: {b: {c: null, e: 5}, list: [3]}
    new: {x: null, y: 1}
    backend: '{{ backend }}'
    key: {$env: ACME_API_KEY}
  prod:
    keep: '{{ only_in_prod }}'
"""
    document = one(tmp_path, spec(body))
    assert document.spec == {
        "keep": 1,
        "deep": {"a": 1, "b": {"d": 2, "e": 5}, "list": [3]},
        "new": {"y": 1},
        "backend": "dev.internal",
        "key": Secret("$env ACME_API_KEY", KEY),
    }
    assert str(document.marks.at(("spec", "deep", "a"))) == "a.yaml:8:10"
    assert str(document.marks.at(("spec", "deep", "b", "e"))) == "a.yaml:14:25"
    assert str(document.marks.at(("spec", "backend"))) == "a.yaml:16:5"


def test_an_override_merges_into_an_included_file(tmp_path: Path) -> None:
    body = "spec: {policy: {$file: .p.json}}\noverrides: {dev: {policy: {b: 3}}}"
    document = one(tmp_path, {"a.yaml": spec(body), ".p.json": '{"a": 1,\n"b": 2}'})
    assert document.spec == {"policy": {"a": 1, "b": 3}}
    assert str(document.marks.at(("spec", "policy", "a"))) == ".p.json:1:2"
    assert str(document.marks.at(("spec", "policy", "b"))) == "a.yaml:5:28"


def test_the_same_root_twice(tmp_path: Path) -> None:
    texts = {
        "a.yaml": spec(),
        "b/c.yaml": spec(kind="ApiKey") + "---\n" + spec(),
    }
    assert problems(tmp_path, texts) == [
        "b/c.yaml:6:1: RestApi photos is there already, at a.yaml:1:1"
    ]


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("", "targets: [prod]", True),
        ("targets: [prod]", "", True),
        ("targets: [dev, prod]", "targets: [prod]", True),
        ("targets: [dev]", "targets: [prod]", False),
    ],
)
def test_the_same_root_for_different_targets(
    tmp_path: Path, first: str, second: str, *, clash: bool
) -> None:
    told = problems(tmp_path, spec(metadata=first) + "---\n" + spec(metadata=second))
    assert bool(told) is clash


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
        (
            "folder:1:1: a link to a directory is not followed"
            " (name the directory itself among the specs)"
        ),
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
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
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
