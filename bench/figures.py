"""The figures, and the file they are kept in from one scenario to the next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


SCENARIOS: Mapping[str, str] = {
    "create": "create from nothing",
    "plan": "plan without changes",
    "one": "change one method",
    "all": "change all methods",
    "drift": "find the drift",
    "delete": "delete",
}


OURS = "reconcile"
"""What the names of our own tools begin with."""

PASSING = ("date", "commit")
"""What may be another in the middle of a run."""

OWN = ("reconcile",)
"""What only our own figures depend on."""


@dataclass(frozen=True)
class Figure:
    """What one scenario cost one tool at one size.

    `seen` says for each kind of drift whether the tool found it; `operations`, how often each was called;
    `error`, why there are no figures.
    """

    tool: str
    size: int
    scenario: str
    calls: int = 0
    refused: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0
    operations: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, bool] = field(default_factory=dict)
    error: str = ""

    @property
    def key(self) -> tuple[str, int, str]:
        """What it is the figure of."""
        return self.tool, self.size, self.scenario

    @property
    def place(self) -> str:
        """The tool and the size, in words."""
        return f"{self.tool}, {self.size} endpoints"


@dataclass
class Figures:
    """All that was measured so far.

    about   what it depends on besides: versions, machine, settings
    older   by what was measured (tool and size), the date and commit of figures that are from before `about`
    """

    about: dict[str, Any]
    by_key: dict[tuple[str, int, str], Figure] = field(default_factory=dict)
    fleet: list[dict[str, Any]] = field(default_factory=list)
    help_seconds: float | None = None
    loads: list[float] = field(default_factory=list)
    older: dict[str, str] = field(default_factory=dict)

    def get(self, tool: str, size: int, scenario: str) -> Figure | None:
        """The figure, if it was measured and could be."""
        found = self.by_key.get((tool, size, scenario))
        return found if found and not found.error else None

    def of_others(self, about: dict[str, Any]) -> Figures:
        """The figures of other tools, which do not depend on our code, for a run that is about something else."""
        kept = {key: one for key, one in self.by_key.items() if not one.tool.startswith(OURS)}
        then = f"{self.about['date']}, commit {self.about['commit']}"
        older = {one.place: self.older.get(one.place, then) for one in kept.values()}
        return Figures(about, kept, older=older)

    def save(self, file: Path) -> None:
        """Writes all; a reader sees the old file or the new one."""
        content = asdict(self) | {"by_key": [asdict(one) for one in self.by_key.values()]}
        content["figures"] = content.pop("by_key")
        new = file.with_suffix(".new")
        new.write_text(json.dumps(content, indent=1) + "\n")
        new.replace(file)


def load(file: Path) -> Figures | None:
    """What was saved; None without a file."""
    if not file.is_file():
        return None
    content = json.loads(file.read_text())
    figures = [Figure(**one) for one in content.pop("figures")]
    return Figures(**content, by_key={one.key: one for one in figures})


def same(one: Mapping[str, Any], other: Mapping[str, Any], beside: Sequence[str] = ()) -> bool:
    """True if figures of the one may stand beside those of the other, whatever they say `beside`."""
    asked = (one.keys() | other.keys()) - {*PASSING, *beside}
    return all(one.get(name) == other.get(name) for name in asked)
