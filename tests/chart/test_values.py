"""What values.yaml, its schema and the README say, and which values are refused."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.chart.chart import CASES, CHART, MINIMAL, helm_python, render


generate = runpy.run_path(str(CHART.parent / "generate.py"))


def test_what_is_generated_is_up_to_date() -> None:
    for file, text in generate["generated"]().items():
        assert file.read_text() == text, f"{file.name} is old: make generate"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads((CHART / "values.schema.json").read_text()))


def test_a_key_without_a_description_is_an_error() -> None:
    with pytest.raises(SystemExit, match=r"a\.b has no"):
        list(generate["values"]("# -- Fine.\na:\n  b: 1\n"))


def test_defaults_alone_are_refused() -> None:
    """What the controller does, and on which specs, has to be said."""
    with pytest.raises(helm_python.HelmError) as refused:
        render({})
    assert "/mode" in str(refused.value)


REFUSED = yaml.safe_load((Path(__file__).parent / "refused.yaml").read_text())


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    values, where = REFUSED[case]["values"], REFUSED[case]["where"]
    with pytest.raises(helm_python.HelmError) as refused:
        render(MINIMAL | values)
    words = str(refused.value)
    assert where in words, words
    assert "nil pointer" not in words


@pytest.mark.parametrize("key", yaml.safe_load((CHART / "values.yaml").read_text()))
def test_null_is_refused_with_a_sentence(key: str) -> None:
    """Helm takes away what is null; a template that looks inside would fail with a nil pointer."""
    with pytest.raises(helm_python.HelmError) as refused:
        render(MINIMAL | {key: None})
    assert key in str(refused.value)
    assert "nil pointer" not in str(refused.value)


LEAVES = [value.path for value in generate["values"]((CHART / "values.yaml").read_text()) if value.opaque]


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_every_value_has_an_effect(path: tuple[str, ...]) -> None:
    """Some ci file sets each value; without it the file renders to something else, or is refused."""
    having = [values for values in CASES.values() if _has(values, path)]
    assert having, f"no ci file sets {'.'.join(path)}"
    assert any(_objects(values) != _objects(_without(values, path)) for values in having)


def _has(values: Any, path: tuple[str, ...]) -> bool:
    return not path or (isinstance(values, dict) and path[0] in values and _has(values[path[0]], path[1:]))


def _without(values: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    return {
        key: _without(value, tuple(rest)) if key == name else value
        for key, value in values.items()
        if key != name or rest
    }


def _objects(values: dict[str, Any]) -> Any:
    try:
        return render(values)
    except helm_python.HelmError:
        return "refused"


DOCS = (CHART.parents[1] / "docs" / "kubernetes.md").read_text()


def test_the_documentation_names_values_that_exist() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    dotted = re.findall(r"`([a-zA-Z]+(?:\.[a-zA-Z]+)+)", DOCS)
    named = {name for name in dotted if name.split(".")[0] in schema["properties"]}
    assert {"aws.roleArn", "aws.podIdentity", "sharding.count", "source.git.path"} <= named
    for name in named:
        inside = schema
        for part in name.split("."):
            assert part in inside["properties"], name
            inside = inside["properties"][part]


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL))
def test_the_values_of_the_documentation_are_accepted(block: str) -> None:
    assert render(MINIMAL | yaml.safe_load(block))
