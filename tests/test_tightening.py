"""Tightening of schemas, held against a validator: what was valid and is not any more must be told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from controller.kinds.rest.tightening import tightened


NAMES = ("a", "b", "c")
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 5, 10, 1.5, "", "x", "xy", "xyz"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def _some(**words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=words)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    by_name = st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=3)
    ref = st.sampled_from(["One", "Two"]).map(lambda name: {"$ref": f"#/models/{name}"})
    objects = _some(
        type=st.just("object"),
        properties=by_name,
        required=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
        additionalProperties=st.booleans() | inner,
        patternProperties=st.dictionaries(st.sampled_from(["^a", "b$"]), inner, min_size=1, max_size=1),
        minProperties=st.integers(0, 2),
    )
    arrays = _some(type=st.just("array"), items=inner, minItems=st.integers(0, 2), uniqueItems=st.booleans())
    lists = st.fixed_dictionaries({"items": several}, optional={"additionalItems": st.booleans()})
    mixed = _some(allOf=several, anyOf=several, oneOf=several, **{"not": inner}, type=TYPES, properties=by_name)
    return objects | arrays | lists | mixed | ref


WORDS = _some(
    type=TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    enum=st.lists(SCALARS, min_size=1, max_size=4),
    minimum=st.integers(-1, 6),
    exclusiveMinimum=st.booleans(),
    maximum=st.integers(0, 12),
    multipleOf=st.integers(1, 4),
    minLength=st.integers(0, 3),
    maxLength=st.integers(0, 3),
    pattern=st.sampled_from(["^x", "y$"]),
).filter(lambda found: "exclusiveMinimum" not in found or "minimum" in found)
SCHEMAS = st.recursive(WORDS, _grown, max_leaves=6)


def _inlined(schema: Any, models: dict[str, Any]) -> Any:
    """The schema without references to models, which here do not refer to others."""
    match schema:
        case {"$ref": str(ref)}:
            return _inlined(models[ref.removeprefix("#/models/")], models)
        case dict():
            return {key: _inlined(value, models) for key, value in schema.items()}
        case list():
            return [_inlined(value, models) for value in schema]
    return schema


def _names(schema: Any) -> set[str]:
    match schema:
        case dict():
            own = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
            return own.union(*(_names(value) for value in schema.values()))
        case list():
            return set().union(*(_names(value) for value in schema))
    return set()


def _sends(value: Any) -> set[str]:
    match value:
        case dict():
            return set(value).union(*(_sends(inner) for inner in value.values()))
        case list():
            return set().union(*(_sends(inner) for inner in value))
    return set()


@st.composite
def altered(draw: st.DrawFn, schema: Any) -> Any:
    """The schema with a word taken out, or put in, somewhere."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return draw(SCHEMAS)
    inside = [key for key, value in schema.items() if isinstance(value, dict)]
    match draw(st.sampled_from(["out", "in", "inside", "inside"])):
        case "out" if schema:
            gone = draw(st.sampled_from(sorted(schema)))
            return {key: value for key, value in schema.items() if key != gone}
        case "inside" if inside:
            key = draw(st.sampled_from(sorted(inside)))
            if key in ("properties", "patternProperties"):
                name = draw(st.sampled_from(sorted(schema[key])))
                return {**schema, key: {**schema[key], name: draw(altered(schema[key][name]))}}
            return {**schema, key: draw(altered(schema[key]))}
        case _:
            return {**schema, **draw(WORDS)}


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_what_was_valid_and_is_not_any_more_is_told(data: st.DataObject) -> None:
    old = data.draw(SCHEMAS, "old")
    new = data.draw(altered(old) | st.just(old) | SCHEMAS, "new")
    before = {name: data.draw(WORDS, name) for name in ("One", "Two")}
    after = {name: data.draw(st.just(before[name]) | WORDS, name) for name in ("One", "Two")}
    plain = _inlined(old, before)
    is_valid, was_valid = Draft4Validator(_inlined(new, after)).is_valid, Draft4Validator(plain).is_valid
    if tightened(old, new, before, after):
        return
    for value in data.draw(st.lists(VALUES, min_size=12, max_size=12), "values"):
        # Nobody sends a property that was never asked for beside those that were.
        if was_valid(value) and (not _names(plain) or _sends(value) <= _names(plain)):
            assert is_valid(value), value


@settings(max_examples=150, deadline=None)
@given(schema=SCHEMAS, models=st.fixed_dictionaries({"One": WORDS, "Two": WORDS}))
def test_the_same_schema_is_not_tighter(schema: Any, models: dict[str, Any]) -> None:
    assert tightened(schema, schema, models, models) == []


PLAIN = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (PLAIN, {**PLAIN, "required": ["a"]}, "a is required"),
        (PLAIN, {**PLAIN, "properties": {"a": {"type": "integer"}}}, "a may no longer be string"),
        (PLAIN, {**PLAIN, "additionalProperties": False}, "the body takes no further properties"),
        (
            {**PLAIN, "additionalProperties": False},
            {"type": "object", "additionalProperties": False},
            "a is refused",
        ),
        ({"type": "number"}, {"type": "integer"}, "the body may no longer be number"),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, 'the body may no longer be "y"'),
        ({}, {"enum": ["x"]}, 'the body is one of "x" only'),
        ({"minimum": 1}, {"minimum": 2}, "the body has minimum 2 (1 before)"),
        ({"minimum": 1}, {"minimum": 1, "exclusiveMinimum": True}, "the body has minimum 1 exclusively (1 before)"),
        ({"items": {"maxLength": 3}}, {"items": {"maxLength": 2}}, "[] has maxLength 2 (3 before)"),
        ({"not": {"enum": [1]}}, {"not": {"enum": [1, 2]}}, "the body is forbidden more (not)"),
        (
            {"anyOf": [{"type": "string"}]},
            {"anyOf": [{"type": "integer"}]},
            "the body has other alternatives (anyOf)",
        ),
        ({}, {"type": "object"}, "the body has to be object"),
    ],
)
def test_what_is_told(old: Any, new: Any, told: str) -> None:
    assert [reason.text for reason in tightened(old, new, {}, {})] == [told]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PLAIN, {**PLAIN, "description": "all of it", "title": "T", "example": {}}),
        (PLAIN, {**PLAIN, "properties": {"a": {"type": ["string", "null"]}}}),
        (PLAIN, {**PLAIN, "properties": {**PLAIN["properties"], "b": {"type": "integer"}}}),
        ({**PLAIN, "required": ["a"]}, PLAIN),
        ({**PLAIN, "additionalProperties": False}, PLAIN),
        ({"type": "integer"}, {"type": "number"}),
        ({"enum": ["x"]}, {"enum": ["x", "y"], "type": "string"}),
        ({"type": "string"}, {"type": "string", "minimum": 3}),
        ({"multipleOf": 4}, {"multipleOf": 2}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
        (
            {"type": "object", "anyOf": [{"required": ["a"]}]},
            {"type": "object", "anyOf": [{"required": ["a"]}, {}]},
        ),
        ({"allOf": [PLAIN, {"required": ["a"]}]}, {**PLAIN, "required": ["a"]}),
        (PLAIN, {"allOf": [PLAIN]}),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "email"}),
        ({"patternProperties": {"\\p{L}*+": {}}}, {}),
    ],
)
def test_what_is_not_told(old: Any, new: Any) -> None:
    assert tightened(old, new, {}, {}) == []


def _has(name: str, kind: str) -> dict[str, Any]:
    return {"properties": {name: {"type": kind}}}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"allOf": [_has("a", "string"), _has("b", "integer")]}, _has("b", "string")),
        ({**_has("a", "integer"), "anyOf": [_has("b", "string")]}, _has("a", "string")),
        ({"not": _has("b", "integer")}, {"not": _has("a", "string")}),
        (
            {"oneOf": [{"$ref": "#/models/M"}, {"type": "null"}]},
            {"oneOf": [{"$ref": "#/models/M"}, {"type": "null"}]},
        ),
        ({"items": [{"$ref": "#/models/M"}]}, {"items": [{"$ref": "#/models/M"}]}),
    ],
)
def test_what_is_told_though_it_stands_apart(old: Any, new: Any) -> None:
    assert tightened(old, new, {"M": _has("a", "string")}, {"M": {**_has("a", "string"), "required": ["a"]}})


def test_a_schema_that_refers_to_itself_is_looked_at_once() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/models/Tree"}, "a": {"type": "string"}}}
    tighter = {**tree, "required": ["a"]}
    assert tightened(tree, tree, {"Tree": tree}, {"Tree": tree}, names=("Tree", "Tree")) == []
    (reason,) = tightened(tree, tighter, {"Tree": tree}, {"Tree": tighter}, names=("Tree", "Tree"))
    assert (reason.model, reason.text) == ("Tree", "a is required")


def test_models_that_refer_to_each_other_often_are_judged_in_time() -> None:
    levels = 18
    models = {
        f"M{level}": {"properties": {name: {"$ref": f"#/models/M{level + 1}"} for name in NAMES}}
        for level in range(levels)
    }
    old, new = ({**models, f"M{levels}": schema} for schema in ({"maxLength": 5}, {"maxLength": 9}))
    top = models["M0"]
    assert tightened(top, top, old, old, names=("M0", "M0")) == []
    # Looser, which takes too long to show.
    (*_, reason) = tightened(top, top, old, new, names=("M0", "M0"))
    assert reason.text.endswith("is too large a change to judge")


def test_what_a_model_defines_for_itself_counts() -> None:
    use = {"type": "object", "properties": {"a": {"$ref": "#/definitions/a"}}}
    before, after = ({"M": {**use, "definitions": {"a": {"type": kind}}}} for kind in ("string", "integer"))
    (reason,) = tightened(before["M"], after["M"], before, after, names=("M", "M"))
    assert reason.text == "a may no longer be string"
    assert tightened(before["M"], before["M"], before, before, names=("M", "M")) == []


def test_what_is_in_another_model_is_told_of_that_one() -> None:
    old = {"type": "object", "properties": {"pet": {"$ref": "#/models/Pet"}}}
    (reason,) = tightened(old, old, {"Pet": PLAIN}, {"Pet": {**PLAIN, "required": ["a"]}}, names=("Order", "Order"))
    assert (reason.model, reason.text) == ("Pet", "pet.a is required")
