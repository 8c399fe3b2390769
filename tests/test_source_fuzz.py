"""Whatever a checkout holds, a load ends, and with problems rather than with an exception."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import SpecErrors
from controller.source import Loaded, load


KEY = "s3cr3t-value"
NAMES = st.sampled_from(["a.yaml", "b.yml", "part.yaml", "part.json", "part.txt", "x/a.yaml"])
YAML_PIECES = st.lists(
    st.sampled_from(
        [
            *"[]{}:,-?&*!|>'\"%@`# \t\n",
            "\n  ",
            "\n    ",
            ": ",
            "- ",
            "a",
            "&a ",
            "*a",
            "<<",
            "---\n",
            "apiVersion: apigateway/v1\n",
            "kind: A\n",
            "metadata: {name: a}\n",
            "spec:\n",
            "{$file: part.yaml}",
            "{$env: KEY}",
            "{{ a }}",
            "é",
            "\r\n",
            "\x85",
            "\u2028",
            "\ufeff",
        ],
    ),
    max_size=40,
).map("".join)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["{{ a }}", "x{{ b }}", "{{ c }}", "{{ tags }}", "dev", "part.json", KEY])
)
WORDS = st.sampled_from(
    ["$file", "$env", "$secret", "$flie", "name", "targets", "suspend", "dev", "reason", "a", "b"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS, inner, max_size=3)
        | WORDS.flatmap(lambda word: inner.map(lambda value: {word: value}))
    ),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [
        "part.json",
        "a.yaml",
        "part.txt",
        "../a.yaml",
        "x/a.yaml",
        "/etc/passwd",
        "{{ a }}",
        "\0",
        ".",
    ]
)
SPECS = st.fixed_dictionaries(
    {"apiVersion": st.just("apigateway/v1"), "kind": st.just("A")},
    optional={
        "metadata": VALUES | st.fixed_dictionaries({"name": st.just("a")}),
        "spec": VALUES | st.dictionaries(WORDS, st.fixed_dictionaries({"$file": PATHS}), max_size=3),
        "overrides": VALUES | st.dictionaries(st.just("dev"), VALUES),
    },
)


def loaded(contents: dict[str, bytes]) -> Loaded:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in contents.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(content)
        variables: dict[str, Any] = {"target": "dev", "a": "part.json", "tags": {"a": [1]}}
        environ = {"KEY": KEY, "a": KEY}
        outcome = load([folder], checkout=folder, variables=variables, environ=environ)
    for problem in outcome.problems:
        assert problem.where is not None
        assert problem.where.line >= 1
        assert problem.where.column >= 1
    for document in outcome.documents:
        document.marks.at(("spec", "a", 0, "b"))
    str(SpecErrors(list(outcome.problems)))
    return outcome


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=4))
def test_any_bytes(contents: dict[str, bytes]) -> None:
    loaded(contents)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(NAMES, st.text(max_size=200) | YAML_PIECES, max_size=4))
def test_any_text(contents: dict[str, str]) -> None:
    loaded({name: text.encode(errors="surrogatepass") for name, text in contents.items()})


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(NAMES, SPECS | VALUES, max_size=4))
def test_any_structure(contents: dict[str, object]) -> None:
    outcome = loaded({name: json.dumps(value).encode() for name, value in contents.items()})
    said = f"{outcome!r}"
    if not any(KEY in json.dumps(value) for value in contents.values()):
        assert KEY not in said
