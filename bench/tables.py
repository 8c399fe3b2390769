"""The figures as Markdown, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.figures import OURS, SCENARIOS, Figure, Figures


BODY, OBJECTS = "terraform-body", "terraform-objects"
NONE = "–"


def table(rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table that is one for the eye too; words stand to the left, numbers to the right."""
    head, *body = rows
    widths = [max(len(row[column]) for row in (head, *body)) for column in range(len(head))]
    left = [any(row[column][:1].isalpha() for row in body) for column in range(len(head))]
    rule = [f"{'-' * (width - 1)}{'-' if to_left else ':'}" for width, to_left in zip(widths, left, strict=True)]

    def line(cells: Sequence[str]) -> str:
        aligned = zip(cells, widths, left, strict=True)
        return f"| {' | '.join(c.ljust(w) if to_left else c.rjust(w) for c, w, to_left in aligned)} |"

    return "\n".join(line(row) for row in (head, rule, *body))


def compared(figures: Figures, size: int) -> Iterator[list[str]]:
    """All tools at one size, ours first. A ratio is the figure of that tool divided by that of the first."""
    yield [
        *("scenario", "tool", "calls", "ratio", "429s", "seconds", "ratio"),
        *("CPU seconds", "peak MB", "template seen", "route seen"),
    ]
    measured = dict.fromkeys(tool for tool, at, _ in figures.by_key if at == size)
    tools = sorted(measured, key=lambda tool: not tool.startswith(OURS))
    for scenario, title in SCENARIOS.items():
        own = figures.get(tools[0], size, scenario)
        for tool in tools:
            found = figures.by_key.get((tool, size, scenario))
            yield [title, tool, *_cells(found, own)]


def _cells(found: Figure | None, own: Figure | None) -> list[str]:
    if found is None:
        return ["not measured", *[NONE] * 8]
    if found.error:
        return ["failed", *[NONE] * 8]
    seen = [("no", "yes")[found.seen[what]] if what in found.seen else "" for what in ("template", "route")]
    return [
        *(str(found.calls), _ratio(found, own, "calls"), str(found.refused)),
        *(f"{found.seconds:.1f}", _ratio(found, own, "seconds")),
        *(f"{found.cpu:.1f}", f"{found.peak_mb:.0f}", *seen),
    ]


def _ratio(found: Figure, own: Figure | None, what: str) -> str:
    return f"{_short(getattr(found, what) / getattr(own, what))}×" if own else NONE


def operations(figures: Figures, size: int) -> Iterator[str]:
    """The calls behind the figures, a line for each."""
    for scenario, title in SCENARIOS.items():
        for (tool, at, which), found in figures.by_key.items():
            if at == size and which == scenario and found.operations:
                calls = ", ".join(f"{count} {name}" for name, count in found.operations.items())
                yield f"- {title}, {tool}: {calls}"


# ── goals ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Goal:
    """Something to reach: `value` finds the figure, None if it was not measured, and it is to be `most` at most."""

    title: str
    value: Callable[[Figures], float | None]
    most: float


GOAL_SIZE = 300
OVER_OBJECTS = 1 / 20


def _calls(scenario: str) -> Callable[[Figures], float | None]:
    """Our calls in a scenario."""

    def value(figures: Figures) -> float | None:
        own = figures.get(OURS, GOAL_SIZE, scenario)
        return own.calls if own else None

    return value


def _share(scenario: str, tool: str) -> Callable[[Figures], float | None]:
    """Our seconds in a scenario, as a share of another tool's."""

    def value(figures: Figures) -> float | None:
        own, other = figures.get(OURS, GOAL_SIZE, scenario), figures.get(tool, GOAL_SIZE, scenario)
        return own.seconds / other.seconds if own and other else None

    return value


def _unseen(figures: Figures) -> float | None:
    found = figures.get(OURS, GOAL_SIZE, "drift")
    return None if found is None else sum(not seen for seen in found.seen.values())


def _peak(figures: Figures) -> float | None:
    found = [figures.get(OURS, GOAL_SIZE, scenario) for scenario in SCENARIOS]
    return max((one.peak_mb for one in found if one), default=None)


def _idle(figures: Figures) -> float | None:
    return 1 - float(figures.fleet[-1]["busy"]) if figures.fleet else None


def _growth(figures: Figures) -> float | None:
    """KB for each further API between the smallest and the largest fleet."""
    if len(figures.fleet) < 2:  # noqa: PLR2004
        return None
    few, many = figures.fleet[0], figures.fleet[-1]
    megabytes: float = many["peak_mb"] - few["peak_mb"]
    further: int = many["apis"] - few["apis"]
    return megabytes * 1024 / further


GOALS = (
    Goal("calls of a plan without changes", _calls("plan"), 12),
    Goal("its seconds, as a share of terraform-body's", _share("plan", BODY), 1),
    Goal("its seconds, as a share of terraform-objects'", _share("plan", OBJECTS), OVER_OBJECTS),
    Goal("calls to create", _calls("create"), 20),
    Goal("its seconds, as a share of terraform-body's", _share("create", BODY), 1),
    Goal("its seconds, as a share of terraform-objects'", _share("create", OBJECTS), OVER_OBJECTS),
    Goal("calls to change one method", _calls("one"), 16),
    Goal("kinds of drift not seen", _unseen, 0),
    Goal("peak MB of all scenarios", _peak, 150),
    Goal("seconds of reconcile --help", lambda figures: figures.help_seconds, 0.3),
    Goal("fleet: share of the time that no quota was waited for", _idle, 0.05),
    Goal("fleet: KB of memory for each further API", _growth, 50),
)


def goals(figures: Figures) -> Iterator[list[str]]:
    """What was to be reached, and what was."""
    yield ["goal", "at most", "measured", "reached"]
    for goal in GOALS:
        found = goal.value(figures)
        reached = NONE if found is None else "yes" if found <= goal.most else "no"
        yield [goal.title, f"{goal.most:g}", NONE if found is None else _short(found), reached]


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= _WHOLE else f"{value:.3g}"


_WHOLE = 100


# ── the whole ────────────────────────────────────────────────────────────────────────────────────


def fleet(figures: Figures) -> Iterator[list[str]]:
    """A pass without changes over many APIs."""
    yield ["APIs", "calls", "429s", "seconds", "least seconds", "limiter busy", "CPU seconds", "peak MB"]
    for one in figures.fleet:
        yield [
            *(str(one["apis"]), str(one["calls"]), str(one["refused"])),
            *(f"{one['seconds']:.0f}", f"{one['least']:.0f}", f"{one['busy']:.1%}"),
            *(f"{one['cpu']:.0f}", f"{one['peak_mb']:.0f}"),
        ]


def report(figures: Figures) -> str:
    """The text of results.md."""
    sizes = sorted({size for _, size, _ in figures.by_key})
    parts = ["# Results", "Written by `make bench`. What is measured, and how: [README.md](README.md)."]
    about = {**figures.about, **{name: f"measured on {then}" for name, then in sorted(figures.older.items())}}
    parts.append("\n".join(f"- {name}: {value}" for name, value in about.items()))
    if figures.loads:
        parts.append(f"The machine's load was {min(figures.loads):.1f} to {max(figures.loads):.1f}.")
    parts += [f"## Goals, with {GOAL_SIZE} endpoints", table(goals(figures))]
    for size in sizes:
        parts += [f"## {size} endpoints", table(compared(figures, size))]
        parts += [f"{one.tool}, {SCENARIOS[one.scenario]}: {one.error}" for one in _failed(figures, size)]
    if figures.fleet:
        parts += ["## A fleet, plan without changes", table(fleet(figures))]
    for size in sizes:
        parts += [f"## Calls with {size} endpoints", "\n".join(operations(figures, size))]
    return "\n\n".join(parts) + "\n"


def _failed(figures: Figures, size: int) -> list[Figure]:
    return [one for one in figures.by_key.values() if one.size == size and one.error]
