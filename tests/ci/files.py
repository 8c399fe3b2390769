"""The action and the workflows to copy, as text and as what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((ROOT / "ci/github").glob("*.yml"))
GITLAB = ROOT / "ci/gitlab.yml"


def read(file: Path) -> dict[str, Any]:
    """What a file holds. YAML 1.1 takes the key `on` for true."""
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    if True in found:
        found["on"] = found.pop(True)
    return found


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    return dict(read(file)["jobs"])


def steps(file: Path) -> Iterator[dict[str, Any]]:
    """The steps of the action, or of all jobs of a workflow."""
    if file == ACTION:
        yield from read(file)["runs"]["steps"]
    else:
        for job in jobs(file).values():
            yield from job["steps"]


def scripts(file: Path) -> Iterator[str]:
    """Whatever a shell is given."""
    if file == GITLAB:
        for job in read(file).values():
            yield "\n".join([*job.get("before_script", []), *job.get("script", [])])
    else:
        yield from (step["run"] for step in steps(file) if "run" in step)
