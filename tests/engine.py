"""A pass on the fake, as the command makes it on AWS."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from controller.desired import build
from controller.errors import Where
from controller.gateway import Caller, Environment
from controller.reconcile import Pass
from controller.report import Report
from controller.request import Request
from controller.retry import Patient
from controller.settings import Limits, Settings
from controller.source import Document
from controller.state import State
from controller.terms import Scope


HERE = Environment("123456789012", "eu-west-1")


class NoMarks:
    """Positions for documents that were never in a file."""

    def at(self, path: Sequence[str | int]) -> Where:
        return Where("/".join(str(part) for part in path))


def documents(world: Mapping[str, Mapping[str, Any]], adopt: Mapping[str, str] | None = None) -> list[Document]:
    """Documents from `{"RestApi photos": spec}`; `adopt` has the AWS ids that some of them adopt."""
    found = []
    for title, spec in world.items():
        kind, _, name = title.partition(" ")
        metadata = {"name": name} | ({"adopt": adopt[title]} if adopt and title in adopt else {})
        found.append(Document(kind, name, metadata, spec, NoMarks()))  # type: ignore[arg-type]
    return found


def desired(
    world: Mapping[str, Mapping[str, Any]], revision: str = "abc1234", adopt: Mapping[str, str] | None = None
) -> State:
    """The desired state of a world; fails the test if it is not a valid one."""
    state, problems = build(documents(world, adopt), Scope(HERE.account, HERE.region, HERE.partition), revision)
    assert not problems, "\n".join(str(problem) for problem in problems)
    return state


def open_pass(caller: Caller, world: Mapping[str, Mapping[str, Any]], **settings: Any) -> Pass:
    """A pass that may do everything, without waiting between repeats."""
    allow, strategy = settings.pop("allow", ""), settings.pop("strategy", "auto")
    adopt, base = settings.pop("adopt", None), settings.pop("base", None)
    request = Request(
        (Path(),),
        Path(),
        Settings(**{"prune": True, "limits": Limits(deletes=None, updates=None), **settings}),
        "default",
        allow=allow,
        strategy=strategy,
    )
    before = None if base is None else desired(base, "ba5e000")
    return Pass(request, desired(world, adopt=adopt), Patient(caller, sleep=lambda _: None), HERE, base=before)


def converge(caller: Caller, world: Mapping[str, Mapping[str, Any]], **settings: Any) -> Report:
    """Plans and applies a world; a plan that is refused is allowed by its digest."""
    one = open_pass(caller, world, **settings)
    planned = one.plan()
    if planned.refusals:
        one = open_pass(caller, world, **settings, allow=planned.digest)
        one.plan()
    return one.apply(lambda _: None, threading.Event())


def changes(caller: Caller, world: Mapping[str, Mapping[str, Any]], **settings: Any) -> list[str]:
    """What a further pass would change: one line each."""
    report = open_pass(caller, world, **settings).plan()
    return [
        f"{change.action} {change.root} > {change.path}: {[(f.field, f.old, f.new) for f in change.fields]}"
        for change in report.changes
    ]
