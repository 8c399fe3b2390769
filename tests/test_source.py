"""Specs to documents: shape, metadata, targets and overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.source import Secret
from tests.cases.sources import KEY, one, problems, read, spec


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


# --- targets and overrides


def test_documents_of_other_targets_are_left_out_but_checked(tmp_path: Path) -> None:
    theirs = spec(
        "spec: {a: '{{ only_there }}', b: {$env: THERE}, c: {$file: '{{ only_there }}.txt'}}",
        name='"x-{{ only_there }}"',
        metadata="targets: [prod], suspend: {reason: a, until: '{{ only_there }}'}",
    )
    assert list(read(tmp_path, theirs).documents) == []
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
    assert problems(tmp_path, texts) == ["b/c.yaml:6:1: RestApi photos is there already, at a.yaml:1:1"]


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("", "targets: [prod]", True),
        ("targets: [prod]", "", True),
        ("targets: [dev, prod]", "targets: [prod]", True),
        ("targets: [dev]", "targets: [prod]", False),
    ],
)
def test_the_same_root_for_different_targets(tmp_path: Path, first: str, second: str, *, clash: bool) -> None:
    told = problems(tmp_path, spec(metadata=first) + "---\n" + spec(metadata=second))
    assert bool(told) is clash
