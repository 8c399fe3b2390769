"""Models that refer to each other in any way come, change and leave by calls that AWS accepts."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
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


BARE = model(set()) | {"contentType": JSON}
OTHER = model(set()) | {"contentType": "text/json"}


# D moves from what refers to B to B itself, which is replaced: C can go only when D has let go, and B only after C.
@example(
    {"A": BARE, "B": OTHER, "C": BARE | model({"A", "B"}), "D": BARE | model({"C"})},
    {"B": BARE, "D": BARE | model({"B", "D"})},
)
@settings(deadline=None, max_examples=150)
@given(models(), models())
def test_any_references_after_any_others(before: dict[str, Any], after: dict[str, Any]) -> None:
    turn(world(before), world(after))


def test_a_method_moves_from_a_model_that_goes_to_a_replaced_one_below_it() -> None:
    before = {"B": OTHER, "C": BARE | model({"B"}), "D": BARE | model({"C"})}
    steps = turn(
        shop(models=before, paths={"/": get(requestModels={JSON: "D"})}),
        shop(models={"B": BARE}, paths={"/": get(requestModels={JSON: "B"})}),
    )
    assert steps == [
        "UpdateMethod / GET",
        "DeleteModel D",
        "DeleteModel C",
        "DeleteModel B",
        "CreateModel B",
        "UpdateMethod / GET",
    ]


def test_where_nothing_is_replaced_one_update_lets_go_and_takes_hold() -> None:
    before = {"B": BARE, "C": BARE | model({"B"}), "D": BARE | model({"C"})}
    after = {"B": BARE, "D": BARE | model({"B"})}
    assert turn(shop(models=before), shop(models=after)) == ["UpdateModel D", "DeleteModel C"]


@settings(deadline=None, max_examples=50)
@given(models())
def test_only_what_is_in_a_circle_is_loose(found: dict[str, Any]) -> None:
    state = desired(shop(models=found))
    for at, names in loose(state, state.roots()).items():
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
