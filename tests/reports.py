"""Reports to render: of passes on the fake, in every state, and made up of what a stranger could write."""

import threading
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from controller.errors import GatewayError, InvalidError
from controller.report import ChangeView, FieldChange, ImpactView, ProblemView, Report, WarningView
from tests.engine import converge, open_pass
from tests.fake import FakeGateway
from tests.stub_engine import ROOT, change, report


MOCK = {"type": "MOCK", "requestTemplates": {"application/json": "{}"}, "responses": {"200": {}}}
GET = {"integration": MOCK, "responses": {"200": {}}}
WORLD: Mapping[str, Any] = {
    "RestApi shop": {
        "description": "one",
        "paths": {"/pets": {"methods": {"GET": GET}}, "/toys/{id}": {"methods": {"GET": GET}}},
        "stages": {"prod": {"variables": {"a": "1"}}},
    },
    "ApiKey acme": {"description": "one"},
}


def _world(**fields: Any) -> dict[str, Any]:
    found = deepcopy(dict(WORLD))
    found["RestApi shop"] |= fields
    return found


def _broken(number: int, operation: str, params: Mapping[str, Any]) -> GatewayError | None:
    return InvalidError("no such thing") if operation == "CreateResource" else None


@cache
def real() -> dict[str, Report]:
    """By what they are: a plan, an outcome of each sort, and one that knows why things differ."""
    fake = FakeGateway()
    found = {"new": open_pass(fake, WORLD).plan(), "applied": converge(fake, WORLD)}
    found["in sync"] = open_pass(fake, WORLD).plan()
    found["explained"] = open_pass(fake, _world(description="three"), base=_world(description="two")).plan()
    found["held"] = open_pass(fake, _world(description="four"), policy="create-only").plan()
    found["refused"] = open_pass(fake, {}).plan()
    broken = FakeGateway()
    one = open_pass(broken, WORLD)
    one.plan()
    broken.fail = _broken
    found["failed"] = one.apply(lambda _: None, threading.Event())
    return found


def explained() -> Report:
    """Made by hand: one of everything that a finding can be about."""
    place = {"file": "specs/photos.yaml", "line": 7, "column": 3}
    impact = {"rule": "method-removed", "severity": "breaking", "message": "GET /gone answers no more", **place}
    opened = {"rule": "auth-removed", "severity": "exposure", "message": "anybody may call it", "field": "auth"}
    drift = {"field": "description", "old": "by hand", "new": "Photos", "origin": "drift", "base": "Photos"}
    both = {"field": "timeout", "old": 3, "new": 2, "origin": "conflict", "base": 1}
    return report(
        change(action="update", origin="intended", **place, fields=({"field": "name", "origin": "intended"},)),
        change("Model A", action="update", origin="drift", fields=(drift,), file="specs/a b.yaml", line=2),
        change("Model B", action="update", origin="conflict", fields=(both, drift), **place),
        change("Model C", action="create", origin="drift"),
        change("Model D", action="delete", origin="drift"),
        change("Path /gone > Method GET", action="delete", origin="intended", impacts=(impact,)),
        change("Path /open > Method GET", action="update", origin="intended", impacts=(opened,), **place),
        change("Path /kept", action="delete", status="held", error="suspended", impacts=(impact,)),
        change(root="ApiKey a", action="create", status="failed", error="BadRequest: no\nreally"),
        change(root="ApiKey b", action="create", status="blocked", error="waits for: create ApiKey a"),
        change(root="ApiKey c", action="replace", status="applied"),
        unreadable={"RestApi broken": "GetStages: AccessDenied"},
        held={"RestApi lost": "live, but no spec", ROOT: "suspended: incident 42"},
        refusals=("8 of 10 live resources would be deleted; the limit is 30%",),
        digest="0123456789ab",
        errors=("the trail could not be read",),
        warnings=(WarningView(file="openapi.yaml", line=3, column=5, message="links are ignored", hint="no use"),),
    )


def some() -> dict[str, tuple[Report, ...]]:
    """Documents by what is in them."""
    found = {name: (one,) for name, one in real().items()}
    found["by hand"] = (explained(),)
    found["several"] = (explained(), explained().model_copy(update={"target": "dev"}))
    return found | {"none": ()}


# ── strangers' ───────────────────────────────────────────────────────────────────────────────────

_NASTY = (
    "\n::set-output name=x::y", "\r\n::add-mask::a", "##[error]x", "::stop-commands::t", "%0A", "%", ":", ",",
    "](https://evil.example)", "<script>", "&amp;", "]]>", '"', "'", "\\", "\x00", "\x1b[31m", "\x0b", "\x85",
    "\u2028", "\u202e", "\ufffe", "\uffff", "\U0001f600", "é", "{0}", "../", "/", " ", "a", "\ud800",
)  # fmt: skip
nasty = st.lists(st.sampled_from(_NASTY), max_size=4).map("".join)
lines = st.integers(-1, 50)
value = st.none() | st.integers(-5, 10**20) | nasty | st.dictionaries(nasty, st.lists(nasty, max_size=2))
origin = st.sampled_from([None, "intended", "drift", "conflict"])
place: dict[str, st.SearchStrategy[Any]] = {"file": nasty, "line": lines, "column": lines}
impacts = st.builds(
    ImpactView, rule=nasty, severity=st.sampled_from(["breaking", "exposure"]), message=nasty, field=nasty, **place
)
fields = st.builds(FieldChange, field=nasty, old=value, new=value, origin=origin, base=value)
changes = st.builds(
    ChangeView,
    root=nasty,
    path=nasty,
    kind=nasty,
    key=nasty,
    action=st.sampled_from(["create", "update", "replace", "rename", "delete", "adopt"]),
    reason=nasty,
    was=nasty,
    fields=st.lists(fields, max_size=2),
    status=st.sampled_from(["planned", "applied", "failed", "blocked", "skipped", "held"]),
    error=nasty,
    origin=origin,
    impacts=st.lists(impacts, max_size=2),
    requests=st.none() | st.integers(0, 9),
    **place,
)
hostile = st.builds(
    Report,
    version=st.just("1.0.0"),
    target=nasty,
    account=nasty,
    region=nasty,
    owner=nasty,
    dryRun=st.booleans(),
    changes=st.lists(changes, max_size=4),
    unreadable=st.dictionaries(nasty, nasty, max_size=2),
    held=st.dictionaries(nasty, nasty, max_size=2),
    refusals=st.lists(nasty, max_size=2),
    errors=st.lists(nasty, max_size=2),
    warnings=st.lists(st.builds(WarningView, message=nasty, hint=nasty, **place), max_size=2),
)
wrong = st.builds(
    ProblemView, message=nasty, hint=nasty, severity=st.sampled_from(["error", "warning"]), target=nasty, **place
)
