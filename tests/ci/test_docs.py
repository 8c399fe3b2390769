"""docs/pull-requests.md says what there is."""

from __future__ import annotations

import json
import re
from enum import StrEnum

import pytest
import yaml

from controller.cli.preview_options import Finding
from tests.ci.files import ACTION, ROOT, read


DOCS = ROOT / "docs"
TEXT = (DOCS / "pull-requests.md").read_text()


def table(heading: str) -> dict[str, str]:
    """The rows of the table with this heading: the first cell and the rest."""
    rows = TEXT[TEXT.index(heading) :].partition("\n\n")[0].splitlines()[2:]
    cells = [row.strip("| ").split(" | ", 1) for row in rows]
    return {first: rest[0] if rest else "" for first, *rest in cells}


def blocks(language: str) -> list[str]:
    """What stands between fences, without the indentation of the fence."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", TEXT, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def test_every_input_is_told() -> None:
    told = {name for row in table("| input | |") for name in re.findall(r"`([\w-]+)`", row)}
    assert told == set(read(ACTION)["inputs"])


def test_every_output_is_told() -> None:
    start = TEXT.index("Its outputs are")
    told = set(re.findall(r"`([\w-]+)`", TEXT[start : TEXT.index(".", start)]))
    assert told == set(read(ACTION)["outputs"])


def test_every_finding_is_told() -> None:
    findings: type[StrEnum] = Finding
    assert [row.strip("`") for row in table("| `--fail-on` | if |")] == [one.value for one in findings]


def test_rights_are_told_as_they_are() -> None:
    names = {
        "plan of a pull request": "pull-request",
        "drift": "drift",
        "plan of a fork": "fork-plan",
        "report of a fork": "fork-report",
        "snapshot": "snapshot",
    }
    rows = table("| job | its rights |")
    assert set(rows) == set(names)
    for row, rights in rows.items():
        (job,) = read(ROOT / f"ci/github/{names[row]}.yml")["jobs"].values()
        assert sorted(re.findall(r"`([\w-]+: \w+)`", rights)) == sorted(
            f"{name}: {access}" for name, access in job["permissions"].items()
        )


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT):
        assert target.startswith("https://") or (DOCS / target).exists(), target


@pytest.mark.parametrize("text", blocks("json"))
def test_json_is_json(text: str) -> None:
    assert json.loads(text)


def test_yaml_is_yaml() -> None:
    found = [yaml.safe_load(text) for text in blocks("yaml")]
    assert len(found) == 3
    assert all(found)
