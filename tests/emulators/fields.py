"""What a field test is: a world that holds one value of one field of one kind, and another that holds the next.

A `Row` lists the values a field takes one after the other; each pair of neighbours is a `Case` with a name of
its own: set, change, grow, shrink or clear. Rows are data (rows_*.py); what emulators do otherwise is too
(deviations.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from controller.facets import DERIVED, INTERNAL, LOCAL, Value, facets
from controller.model import KINDS

from .driver import Account, World


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""The author says nothing about the field."""

ACCOUNT: Final = "123456789012"
"""Stands for the account that a case runs on: AWS wants its own in some ARNs."""

ITSELF: Final = ""
"""Instead of a field: the resource as a whole, by name, in the slot of its container."""

Spec = dict[str, Any]
Given = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """The values of one field, in the order in which a spec takes them.

    given     other fields of the same resource, or what makes them from the value
    beside    what the API needs besides
    around    other roots of the world
    variant   tells rows of the same field apart
    unseen    the steps that change nothing live
    needed    the resource cannot be without the field, which is thus never set or cleared
    prepare   makes what has to be there first, and says which words of the worlds stand for its ids
    """

    kind: str
    field: str
    values: tuple[Any, ...]
    given: Given = field(default_factory=dict)
    beside: Given = field(default_factory=dict)
    around: Mapping[str, Spec] = field(default_factory=dict)
    variant: str = ""
    unseen: frozenset[str] = frozenset()
    needed: bool = False
    prepare: Callable[[Account, World], Mapping[str, str]] = lambda account, world: {}

    def cases(self) -> Iterator[Case]:
        names: dict[str, int] = {}
        for before, after in zip(self.values, self.values[1:], strict=False):
            name = step_name(before, after)
            names[name] = names.get(name, 0) + 1
            number = f"{names[name]}" if names[name] > 1 else ""
            yield Case(self, f"{self.variant}{name}{number}", before, after)


@dataclass(frozen=True)
class Case:
    """One step of a row."""

    row: Row
    step: str
    before: Any
    after: Any

    @property
    def key(self) -> tuple[str, str, str]:
        return self.row.kind, self.row.field, self.step

    @property
    def name(self) -> str:
        return "-".join(part for part in (self.row.kind, self.row.field or "itself", self.step) if part)

    def worlds(self, account: Account) -> tuple[World, World]:
        """Before and after, with the ids of what the row prepares on that account."""
        own = {ACCOUNT: account.environment.account}
        before, after = (_named(_world(self, value), own) for value in (self.before, self.after))
        ids = self.row.prepare(account, before)
        return _named(before, ids), _named(after, ids)


def row(kind: str, name: str, *values: Any, **more: Any) -> Row:
    return Row(kind, name, values, **more)


def step_name(before: Any, after: Any) -> str:
    if before is ABSENT or after is ABSENT:
        return "set" if before is ABSENT else "clear"
    if isinstance(before, dict | list) and type(before) is type(after):
        if all(item in after for item in before) and len(after) > len(before) and _kept(before, after):
            return "grow"
        if all(item in before for item in after) and len(after) < len(before) and _kept(after, before):
            return "shrink"
    return "change"


def _kept(small: Any, large: Any) -> bool:
    return not isinstance(small, dict) or all(large[key] == value for key, value in small.items())


# ── worlds ───────────────────────────────────────────────────────────────────────────────────────

PATH, VERB, STAGE = "/it", "GET", "it"
METHOD = f"{VERB} {PATH}"

SLOTS = {
    "Authorizer": ("authorizers", "it"),
    "Model": ("models", "It"),
    "RequestValidator": ("requestValidators", "it"),
    "GatewayResponse": ("gatewayResponses", "THROTTLED"),
    "Stage": ("stages", STAGE),
    "DocumentationPart": ("documentationParts", "API"),
    "DocumentationVersion": ("documentationVersions", "1.0"),
}
ENTRIES: Mapping[tuple[str, str], str | int] = {
    ("Stage", "methodSettings"): METHOD,
    ("UsagePlan", "apiStages"): 0,
    ("UsagePlan", "apiStages.throttle"): METHOD,
}
"""Where a field holds several of something: which one a row is about."""


DOMAIN: Spec = {
    "endpointConfiguration": {"types": ["REGIONAL"]},
    "regionalCertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a",
}


def api(**more: Any) -> Spec:
    """An API with one method; REGIONAL, since emulators do not agree on what it is by default."""
    method = {"integration": {"type": "MOCK"}, "responses": {"200": {}}}
    return {"endpointConfiguration": {"types": ["REGIONAL"]}, "paths": {PATH: {"methods": {VERB: method}}}} | more


def _world(case: Case, value: Any) -> dict[str, Spec]:
    row, name = case.row, case.name.replace(".", "-")
    own = _own(row, value)
    around = deepcopy(dict(row.around))
    whole = row.field == ITSELF
    if KINDS[row.kind].container is None and row.kind != "RestApi":
        return around if whole and value is ABSENT else {f"{row.kind} {name}": own, **around}
    match row.kind:
        case "UsagePlanKey":
            return {f"UsagePlan {name}": own, **around}
        case "BasePathMapping":
            return {f"DomainName {name}": _domain(name, own if whole else {"v1": own}), **around}
        case "RestApi" if whole:
            return around if value is ABSENT else {f"RestApi {name}": own, **around}
        case _:
            return {f"RestApi {name}": _api(row, value, own), **around}


def _domain(name: str, mappings: Spec) -> Spec:
    return {**DOMAIN, "domainName": f"{name.lower()}.example.com", "basePathMappings": mappings}


def _api(row: Row, value: Any, own: Spec) -> Spec:
    """An API with the value where the row's kind has its place in it."""
    whole = row.field == ITSELF
    spec = api() if row.kind != "RestApi" else {"endpointConfiguration": {"types": ["REGIONAL"]}}
    spec |= deepcopy(dict(_made(row.beside, value)))
    method = spec.get("paths", {}).get(PATH, {}).get("methods", {}).get(VERB, {})
    match row.kind:
        case "RestApi":
            spec |= own
        case "Path":
            spec["paths"] |= own
        case "Method":
            spec["paths"][PATH]["methods"] |= own if whole else {VERB: method | own}
        case "MethodResponse":
            method["responses"] = method["responses"] | own if whole else {"200": own}
        case "Integration":
            method["integration"] = own
        case "IntegrationResponse":
            method["integration"]["responses"] = own if whole else {"200": own}
        case kind:
            slot, key = SLOTS[kind]
            spec[slot] = spec.get(slot, {}) | (own if whole else {key: own})
    return spec


def _named(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, ids) for item in value]
    if isinstance(value, str):
        for placeholder, aws_id in ids.items():
            value = value.replace(placeholder, aws_id)
    return value


def _own(row: Row, value: Any) -> Spec:
    """The resource with the value in it."""
    spec: Spec = deepcopy(dict(_made(row.given, value)))
    if row.field == ITSELF:
        return spec if value is ABSENT else spec | value
    here: Any = spec
    *above, last = row.field.split(".")
    for depth, part in enumerate(above):
        entry = ENTRIES.get((row.kind, ".".join(above[: depth + 1])))
        empty: Any = [{}] if entry == 0 else {}
        here = here.setdefault(part, empty)
        if entry is not None:
            here = here[0] if entry == 0 else here.setdefault(entry, {})
    if value is not ABSENT:
        here[last] = deepcopy(value)
    return spec


def _made(given: Given, value: Any) -> Mapping[str, Any]:
    return given(value) if callable(given) else given


# ── what there is ────────────────────────────────────────────────────────────────────────────────


def authorable() -> dict[tuple[str, str], bool]:
    """Every field an author may give, in structures too (`canarySettings.percentTraffic`): is it required?"""
    return {(name, path): required for name, kind in KINDS.items() for path, required in _fields(kind, "")}


def _fields(model: type[Value], prefix: str) -> Iterator[tuple[str, bool]]:
    for name, facet in facets(model).items():
        if facet.marks & {DERIVED, INTERNAL, LOCAL}:
            continue
        info = model.model_fields[name]
        path = f"{prefix}{info.alias or name}"
        if not isinstance(info.default, Value):
            yield path, info.is_required()
        for inner in _models(info.annotation):
            yield from _fields(inner, f"{path}.")


def _models(annotation: Any) -> Iterator[type[Value]]:
    if isinstance(annotation, type) and issubclass(annotation, Value):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
