"""Make what follows from the comments of values.yaml: values.schema.json, and the table in the chart's README.md.

python charts/generate.py           writes both
python charts/generate.py --check   says which is old, and exits with 1
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


CHARTS = Path(__file__).parent
CHART = CHARTS / "reconciler"
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
TABLE = re.compile(r"(?<=<!-- values -->\n).*?(?=<!-- /values -->)", re.DOTALL)


@dataclass(frozen=True)
class Value:
    """One key of values.yaml: where it is, its default, and what the comment above it says."""

    path: tuple[str, ...]
    default: Any
    description: str
    schema: dict[str, Any]

    @property
    def opaque(self) -> bool:
        """Whether what is inside is the user's own: then it is neither closed nor listed."""
        return not isinstance(self.default, dict) or not self.default or "additionalProperties" in self.schema


def values(text: str) -> Iterator[Value]:
    """Each key of values.yaml, maps before what is in them. Raises SystemExit for one that has no description."""
    lines = text.splitlines()
    root = yaml.compose(text, yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise SystemExit("values.yaml: expected a map")
    for value in _values(root, (), lines):
        if value.opaque and not value.description:
            raise SystemExit(f"values.yaml: {'.'.join(value.path)} has no `# --` description")
        yield value


def _values(mapping: yaml.MappingNode, above: tuple[str, ...], lines: list[str]) -> Iterator[Value]:
    for key, node in mapping.value:
        description, schema = _comment(lines, key.start_mark.line)
        default = yaml.load(yaml.serialize(node), yaml.CSafeLoader)
        value = Value((*above, key.value), default, description, schema)
        yield value
        if isinstance(node, yaml.MappingNode):
            # In a map of the user's own only what is described is a key of the chart's
            inner = _values(node, value.path, lines)
            yield from (part for part in inner if not value.opaque or part.description)


def _comment(lines: list[str], line: int) -> tuple[str, dict[str, Any]]:
    """The description and the schema in the comment that ends above a line."""
    start = line
    while start and lines[start - 1].lstrip().startswith("# "):
        start -= 1
    comment = [text.strip().removeprefix("# ") for text in lines[start:line]]
    schema = [text.removeprefix("@schema ") for text in comment if text.startswith("@schema ")]
    prose = " ".join(text for text in comment if not text.startswith("@schema "))
    return prose.partition("-- ")[2], yaml.safe_load(schema[0]) if schema else {}


def schema_of(all_values: list[Value], conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """The JSON Schema of the values.

    A closed map requires all of its keys. Defaults bring them, so only `key: null` takes one away: a sentence of
    Helm's validation then stands in the place of a template that fails.
    """
    root: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#", **_closed()}
    known: dict[tuple[str, ...], dict[str, Any]] = {(): root}
    for value in all_values:
        schema: dict[str, Any] = {"description": value.description} if value.description else {}
        schema |= {"type": TYPES[type(value.default)]}
        if not value.opaque:
            schema |= _closed()
        elif any(other.path[:-1] == value.path for other in all_values):
            schema |= {"properties": {}, "required": []}
        elif value.default not in ("", [], {}):
            schema["default"] = value.default
        schema |= value.schema
        above = known[value.path[:-1]]
        above["properties"][value.path[-1]] = known[value.path] = schema
        above["required"].append(value.path[-1])
    return root | {"allOf": conditions}


def _closed() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {}, "required": []}


def table_of(all_values: list[Value]) -> str:
    """The values as a Markdown table."""
    rows = ["| value | default | |", "|---|---|---|"]
    for value in all_values:
        if not value.opaque and not value.description:
            continue
        default = json.dumps(value.default, ensure_ascii=False)
        cells = (f"`{'.'.join(value.path)}`", f"`{default}`", value.description.replace("|", "\\|"))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def generated() -> dict[Path, str]:
    """What each generated file has to hold."""
    readme = CHART / "README.md"
    all_values = list(values((CHART / "values.yaml").read_text()))
    conditions = yaml.safe_load((CHARTS / "conditions.yaml").read_text())
    schema = json.dumps(schema_of(all_values, conditions), indent=2, ensure_ascii=False) + "\n"
    table = table_of(all_values)
    return {
        CHART / "values.schema.json": schema,
        readme: TABLE.sub(lambda _: table, readme.read_text()),
    }


def main() -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 if a file is old")
    check = parser.parse_args().check
    old = [file for file, text in generated().items() if not file.exists() or file.read_text() != text]
    if check and old:
        sys.exit("".join(f"{file} is old: make generate\n" for file in old))
    for file in old:
        file.write_text(generated()[file])


if __name__ == "__main__":
    main()
