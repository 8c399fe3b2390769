"""Values kept root by root are a mapping like any other, whether packed or not; and a packed fleet is small."""

from __future__ import annotations

import gc
import json
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.world import World, specs
from controller.address import Address
from controller.desired import build
from controller.families import Families
from controller.packing import Packed
from controller.source import load
from controller.state import State
from controller.terms import Scope


ROOTS = [Address("RestApi", name) for name in ("a", "b")]
PLACES = [*ROOTS, *(root.child("Path", key) for root in ROOTS for key in ("/", "/x"))]
Model = tuple[Families[int], dict[Address, int]]


def _set(model: Model, at: Address, value: int) -> None:
    for side in model:
        side[at] = value


def _take(model: Model, at: Address, _: int) -> None:
    families, plain = model
    assert families.pop(at, None) == plain.pop(at, None)


def _settle(model: Model, at: Address, _: int) -> None:
    model[0].settle(at.root)


def _put(model: Model, at: Address, value: int) -> None:
    families, plain = model
    families.put(at.root, {at: value})
    for other in [other for other in plain if other.root == at.root]:
        del plain[other]
    plain[at] = value


STEPS = st.lists(st.tuples(st.sampled_from([_set, _take, _settle, _put]), st.sampled_from(PLACES), st.integers()))


@given(STEPS)
def test_settled_or_not_it_is_a_mapping(steps: list[tuple[Callable[..., None], Address, int]]) -> None:
    families, plain = Families[int](), dict[Address, int]()
    for step, at, value in steps:
        step((families, plain), at, value)
        assert (families, len(families)) == (plain, len(plain))
        assert all((place in families) == (place in plain) for place in PLACES)
        assert families.roots() == {place.root for place in plain}
        for root in ROOTS:
            assert families.of(root) == {place: plain[place] for place in plain if place.root == root}


@given(STEPS, STEPS)
def test_a_copy_goes_its_own_way(before: list[Any], after: list[Any]) -> None:
    families = Families[int]()
    for step, at, value in before:
        step((families, dict(families)), at, value)
    was, copy = dict(families), families.copy()
    for step, at, value in after:
        step((copy, dict(copy)), at, value)
    assert families == was


def test_what_is_not_there_cannot_be_taken() -> None:
    families = Families({ROOTS[0]: 1})
    families.settle(ROOTS[0])
    with pytest.raises(KeyError):
        del families[ROOTS[1]]
    assert (families, families.roots()) == ({ROOTS[0]: 1}, {ROOTS[0]})


def test_an_address_is_packed_without_what_is_remembered_of_it() -> None:
    at = ROOTS[0].child("Path", "/x")
    fresh = pickle.dumps(at)
    assert (hash(at), str(at), at.lineage) == (hash(at), "RestApi a > Path /x", (ROOTS[0], at))
    assert pickle.dumps(at) == fresh
    assert pickle.loads(fresh) == at


def test_a_packed_sequence_has_its_items_in_order() -> None:
    items = Packed([["a"], ["b"]])
    items.append(["c"])
    assert (list(items), len(items), items[-1], items[:2]) == ([["a"], ["b"], ["c"]], 3, ["c"], [["a"], ["b"]])


def test_each_further_api_takes_a_few_kilobytes(tmp_path) -> None:
    def held(apis: int) -> tuple[State, int]:
        folder = tmp_path / str(apis)
        folder.mkdir()
        for index in range(apis):
            document = specs(World(20))
            document["metadata"]["name"] = f"api{index}"
            (folder / f"api{index}.yaml").write_text(json.dumps(document))
        tracemalloc.start()
        found = load([folder], checkout=folder, variables={}, environ={}, commit="")
        state, problems = build(found.documents, Scope("1", "eu-west-1", "aws"), "")
        assert not problems
        gc.collect()
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return state, now

    held(1)  # what is remembered from one load to the next
    (_, few), (state, many) = held(5), held(15)
    assert len(state.resources) == 15 * 103
    each = (many - few) / 10
    assert each < 20_000
