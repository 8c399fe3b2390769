"""Why something differs: on the fake, from three states."""

import os
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr

from controller.diff import Action, Change
from controller.model import KINDS
from controller.origins import Sides, origins
from controller.report import Report
from tests.engine import converge, desired, open_pass
from tests.fake import FakeGateway
from tests.strategies import worlds


OK = {"statusCode": 200}
MOCK = {
    "type": "MOCK",
    "requestTemplates": {"application/json": "{}"},
    "responses": {"200": {"responseTemplates": {"application/json": "1", "text/plain": "1"}}},
}
GET = {"integration": MOCK, "responses": {"200": {}}}
SHOP = {
    "RestApi shop": {
        "description": "one",
        "paths": {"/pets": {"methods": {"GET": GET}}, "/toys/{id}": {"methods": {"GET": GET}}},
        "stages": {"prod": {"variables": {"a": "1", "b": "1"}}},
    },
    "ApiKey acme": {"description": "one"},
}
ANY = settings(
    max_examples=int(os.environ.get("TRIPLES", "15")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def world(**fields: Any) -> dict[str, Any]:
    """The shop with some of its fields replaced."""
    found = deepcopy(SHOP)
    found["RestApi shop"] |= fields
    return found


def paths(*left_out: str, **more: Any) -> dict[str, Any]:
    known = SHOP["RestApi shop"]["paths"]
    return {name: item for name, item in (known | more).items() if name not in left_out}


def looked(base: Mapping[str, Any], head: Mapping[str, Any], live: Mapping[str, Any], **rules: Any) -> Report:
    fake = FakeGateway()
    converge(fake, live)
    return open_pass(fake, head, base=base, **rules).plan()


def told(report: Report) -> dict[str, Any]:
    """The origin of each change, and of each field where it says more; without deployments, which follow."""
    return {
        change.path or change.root: [(item.field, item.origin, item.base) for item in change.fields if item.origin]
        or change.origin
        for change in report.changes
        if change.kind not in ("Deployment", "Stage")
    }


PET, TOY = "Path /pets", "Path /toys/{id}"
DESCRIBED = "RestApi shop"
TWO, HAND = {"description": "two"}, {"description": "hand"}


@pytest.mark.parametrize(
    ("base", "head", "live", "wanted"),
    [
        pytest.param({}, TWO, {}, {DESCRIBED: [("description", "intended", "one")]}, id="edited"),
        pytest.param({}, {}, HAND, {DESCRIBED: [("description", "drift", "one")]}, id="by hand"),
        pytest.param({}, TWO, HAND, {DESCRIBED: [("description", "conflict", "one")]}, id="both"),
        pytest.param({}, HAND, HAND, {}, id="caught up"),
        pytest.param(
            {},
            {"paths": paths("/pets")},
            {},
            {PET: "intended", f"{PET} > Method GET": "intended"},
            id="path removed",
        ),
        pytest.param(
            {"paths": paths("/pets")},
            {"paths": paths("/pets")},
            {},
            {PET: "drift", f"{PET} > Method GET": "drift"},
            id="rogue path",
        ),
        pytest.param(
            {},
            {},
            {"paths": paths("/pets")},
            {PET: "drift", f"{PET} > Method GET": "drift"},
            id="path lost",
        ),
        pytest.param(
            {"paths": paths("/pets")},
            {},
            {"paths": paths("/pets")},
            {PET: "intended", f"{PET} > Method GET": "intended"},
            id="path added",
        ),
    ],
)
def test_why_it_differs(base: Any, head: Any, live: Any, wanted: dict[str, Any]) -> None:
    found = told(looked(world(**base), world(**head), world(**live)))
    # What is inside of a method comes and goes with it.
    inside = ("Integration", "MethodResponse")
    assert {path: why for path, why in found.items() if not any(kind in path for kind in inside)} == wanted


def test_a_mapping_is_told_key_by_key_where_both_touched_it() -> None:
    live = {"prod": {"variables": {"a": "hand", "b": "1", "c": "hand", "d": "2"}}}
    head = {"prod": {"variables": {"a": "2", "b": "2", "d": "2"}}}
    report = looked(world(), world(stages=head), world(stages=live))
    (stage,) = [change for change in report.changes if change.kind == "Stage"]
    assert [(f.field, f.origin, f.base, f.old, f.new) for f in stage.fields] == [
        ('variables["a"]', "conflict", "1", "hand", "2"),
        ('variables["b"]', "intended", "1", "1", "2"),
        ('variables["c"]', "drift", None, "hand", None),
    ]
    assert stage.origin == "conflict"
    assert stage.drifted
    assert (report.summary.intended, report.summary.drift, report.summary.conflict) == (1, 1, 1)


def test_what_was_lost_and_is_edited_is_a_conflict() -> None:
    other = deepcopy(GET) | {"apiKeyRequired": True}
    live = {name: item for name, item in SHOP.items() if name != "ApiKey acme"}
    head = world(paths=paths() | {"/pets": {"methods": {"GET": other}}}) | {"ApiKey acme": {"description": "two"}}
    found = told(looked(SHOP, head, live))
    assert found["ApiKey acme"] == "conflict"
    assert found["Path /pets > Method GET"] == [("apiKeyRequired", "intended", False)]


def test_a_renamed_path_is_known_by_its_new_name() -> None:
    head = world(paths={"/pets": {"methods": {"GET": GET}}, "/toys/{key}": {"methods": {"GET": GET}}})
    assert told(looked(SHOP, head, SHOP)) == {"Path /toys/{key}": "intended"}


def test_what_a_replacement_makes_anew_has_its_reason() -> None:
    other = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "https://example.com"}
    method = {"integration": other | {"responses": {"200": {}}}, "responses": {"200": {}}}
    report = looked(SHOP, world(paths=paths() | {"/pets": {"methods": {"GET": method}}}), SHOP)
    assert {"replace", "create"} <= {change.action for change in report.changes}
    assert all_origins(report) == {"intended"}


def test_what_only_a_replacement_elsewhere_makes_necessary_has_its_reason() -> None:
    def keys(first: str, second: str) -> dict[str, Any]:
        values = {"acme": first * 20, "umbrella": second * 20}
        found = {f"ApiKey {name}": {"value": SecretStr(value)} for name, value in values.items()}
        return found | {"UsagePlan gold": {"apiKeys": list(values)}}

    # No room for heirs: each takes the value that the other gives up, so the plan lets go of both in between.
    swapped = keys("b", "a")
    for base, wanted in ((keys("a", "b"), "intended"), (swapped, "drift")):
        report = looked(base, swapped, keys("a", "b"))
        assert "UsagePlanKey" in {change.kind for change in report.changes}
        assert all_origins(report) == {wanted}


def test_a_spec_that_could_not_be_read_then_says_nothing_of_why() -> None:
    state, live = desired(world(description="two")), desired(SHOP)
    base = desired({})
    (root,) = [at for at in state.resources if at.kind == "RestApi" and at.parent is None]
    base.unknown[root] = "its spec could not be read"
    change = Change(root, Action.UPDATE, live.resources[root], state.resources[root])
    assert origins([change], base, Sides(state, live)).by_address == {}


def test_what_differs_in_a_suspended_root_is_told_with_its_origin() -> None:
    fake = FakeGateway()
    converge(fake, world(description="hand"))
    one = open_pass(fake, SHOP, base=SHOP, policy="create-only")
    report = one.plan()
    (change,) = report.changes
    assert (change.status, change.origin) == ("held", "drift")
    assert report.summary.drift == 1
    assert report.summary.changes == 0
    assert not report.pending


# ── properties ───────────────────────────────────────────────────────────────────────────────────


def all_origins(report: Report) -> set[str | None]:
    """Those of all differences, save for old snapshots, which go by a rule."""
    kept = [c for c in report.changes if not (c.action == "delete" and KINDS[c.kind].snapshot)]
    return {item.origin for change in kept for item in (change, *(f for f in change.fields if f.origin))}


@ANY
@given(worlds(), worlds())
def test_without_drift_all_is_intended(base: dict[str, Any], head: dict[str, Any]) -> None:
    assert all_origins(looked(base, head, base)) <= {"intended"}


@ANY
@given(worlds(), worlds())
def test_without_a_change_all_is_drift(head: dict[str, Any], live: dict[str, Any]) -> None:
    assert all_origins(looked(head, head, live)) <= {"drift"}


@ANY
@given(worlds(), worlds(), worlds())
def test_every_difference_has_an_origin(base: dict[str, Any], head: dict[str, Any], live: dict[str, Any]) -> None:
    report = looked(base, head, live)
    assert None not in all_origins(report)
    for change in report.changes:
        assert all(item.origin for item in change.fields) or change.action != "update"
