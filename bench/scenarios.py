"""What one tool is put through, from nothing to nothing, and what each part of it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.figures import SCENARIOS, Figure
from bench.process import CommandError, Spent
from bench.proxy import Proxy
from bench.tools import Tool
from bench.truth import Truth, WrongError
from bench.world import ROGUE, World


@dataclass
class Course:
    """One tool on an emulator of its own, empty at first. Each scenario starts from what the last has left."""

    tool: Tool
    truth: Truth
    way: Proxy
    size: int
    _world: World = field(init=False)

    def __post_init__(self) -> None:
        self._world = World(self.size)

    def run(self, name: str, wanted: Sequence[str]) -> Iterator[Figure]:
        """The figures of the wanted scenarios, up to the first that fails. There is an API in any case."""
        for scenario in SCENARIOS:
            if scenario in wanted or scenario == "create":
                found = self._figure(name, scenario)
                yield found
                if found.error:
                    return

    def _figure(self, name: str, scenario: str) -> Figure:
        parts: dict[str, Callable[[], tuple[Spent, dict[str, bool]]]] = {
            "create": lambda: self._change(World(self.size)),
            "plan": self._plan,
            "one": lambda: self._change(World(self.size, 2, self._world.rest)),
            "all": lambda: self._change(World(self.size, 3, 3)),
            "drift": self._drift,
            "delete": self._delete,
        }
        self.way.begin()
        try:
            spent, seen = parts[scenario]()
        except (CommandError, WrongError) as error:
            return Figure(name, self.size, scenario, error=str(error))
        calls, refused = self.way.seen()
        return Figure(
            name,
            self.size,
            scenario,
            calls=sum(calls.values()),
            refused=refused,
            seconds=round(spent.seconds, 3),
            cpu=round(spent.cpu, 2),
            peak_mb=round(spent.peak_mb, 1),
            operations=calls,
            seen=seen,
        )

    def _change(self, world: World) -> tuple[Spent, dict[str, bool]]:
        spent = self.tool.apply(world)
        self.truth.holds(world)
        self._world = world
        return spent, {}

    def _plan(self) -> tuple[Spent, dict[str, bool]]:
        spent, changes = self.tool.plan(self._world)
        if changes:
            raise WrongError(f"a plan without changes has some: {changes[:_SOME]}")
        return spent, {}

    def _drift(self) -> tuple[Spent, dict[str, bool]]:
        self.truth.tamper(self._world)
        spent, changes = self.tool.plan(self._world)
        return spent, {"template": self._world.victim in changes, "route": ROGUE in changes}

    def _delete(self) -> tuple[Spent, dict[str, bool]]:
        self.tool.forget()
        self.way.begin()
        spent = self.tool.delete()
        self.truth.is_empty()
        return spent, {}


_SOME = 500
"""Characters of a long text that are told."""
