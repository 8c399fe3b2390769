"""What stands in specs for values: variables and secrets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controller.errors import NotFoundError
from controller.source import Secret
from tests.cases.sources import KEY, VARIABLES, one, read, spec


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
    loaded = read(tmp_path, spec(f"spec: {{v: '{text}'}}"), variables={**VARIABLES, "tags": {"a": "b"}})
    (problem,) = loaded.problems
    assert str(problem).startswith(f"a.yaml:4:8: {told}")
    assert loaded.documents[0].spec == {"v": text}
    assert loaded.broken == {("RestApi", "photos")}


def test_variables_are_neither_in_keys_nor_in_other_values_of_variables(tmp_path: Path) -> None:
    variables = {"a": "{{ b }}", "b": {"$env": "HOME"}}
    document = one(tmp_path, spec("spec: {'{{ a }}': '{{ a }}', b: '{{ b }}'}"), variables=variables)
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
def test_wrong_references(tmp_path: Path, text: str, secrets: Callable[[str], str] | None, told: str) -> None:
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
