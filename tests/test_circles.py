"""Models that refer to each other in any way come, change and leave by calls that AWS accepts."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.circles import loose
from tests.cases.steps import get, shop, turn
from tests.engine import desired


NAMES = ("A", "B", "C", "D")
JSON = "application/json"


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    there = draw(st.lists(st.sampled_from(NAMES), unique=True))
    types = st.sampled_from([JSON, "text/json"])
    return {name: model(draw(st.sets(st.sampled_from(there)))) | {"contentType": draw(types)} for name in there}


def model(names: set[str]) -> dict[str, Any]:
    properties = {name: {"$ref": f"#/models/{name}"} for name in sorted(names)}
    return {"schema": {"type": "object", "properties": properties}}


def world(found: dict[str, Any]) -> dict[str, Any]:
    used = {f"/{name}": get(requestModels={JSON: name}) for name in found}
    return shop(models=found, paths=used)


@settings(deadline=None, max_examples=150)
@given(models(), models())
def test_any_references_after_any_others(before: dict[str, Any], after: dict[str, Any]) -> None:
    turn(world(before), world(after))


@settings(deadline=None, max_examples=50)
@given(models())
def test_only_what_is_in_a_circle_is_loose(found: dict[str, Any]) -> None:
    state = desired(shop(models=found))
    for at, names in loose(state).items():
        assert names <= state.resources[at].refs(at)
        assert all(at in reached(state.resources, name) for name in names)


def reached(resources: Any, start: Any) -> set[Any]:
    seen, pending = set(), [start]
    while pending:
        at = pending.pop()
        if at not in seen:
            seen.add(at)
            pending += resources[at].refs(at)
    return seen
