"""Why something differs: because the change wants it so, because it drifted before, or both.

Three states are told apart: the base that a change starts from, the desired one that it leads to, and what is live.
Rules that do not bend:
1. A difference between base and desired is intended, one between base and live is drift; both are a conflict.
2. A mapping of which the change touches some keys and drift others is two differences, not a conflict.
3. What has no base (its specs could not be read) has no origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from controller.address import Address
from controller.diff import Action, Change, diff, enclosures
from controller.facets import SENSITIVE, canonical, facets, same
from controller.model import KINDS, Resource
from controller.report import Origin
from controller.state import State
from controller.terms import Difference


GRAVITY: Mapping[Origin, int] = {"drift": 0, "intended": 1, "conflict": 2}


@dataclass(frozen=True)
class FieldOrigin:
    """A field that differs, why, and what the base has there."""

    difference: Difference
    origin: Origin
    base: object = None


@dataclass(frozen=True)
class ChangeOrigin:
    """Why a change is there. `fields` stand for the differences of the change, and may be finer."""

    origin: Origin
    fields: tuple[FieldOrigin, ...] = ()


@dataclass(frozen=True)
class Origins:
    """The origins of a plan's changes, by address, and the base's resources under today's addresses."""

    by_address: Mapping[Address, ChangeOrigin] = field(default_factory=dict)
    base: State = field(default_factory=State)


def origins(changes: Iterable[Change], base: State, desired: State, live: State) -> Origins:
    """Why each of these changes, which lead from live to desired, is there."""
    # As if the base were live: what was renamed since goes by its new name.
    was = replace(base, resources=dict(base.resources), ids={})
    renamed = {change.at for change in diff(desired, was) if change.action is Action.RENAME}
    found: dict[Address, ChangeOrigin] = {}
    for change in sorted(changes, key=lambda change: len(change.at.lineage)):
        at = change.at
        if at.root in base.unknown:
            continue
        if change.action is Action.RENAME:
            found[at] = ChangeOrigin("intended" if at in renamed else "drift")
        elif around := _made_anew(change, live, found):
            found[at] = around
        else:
            found[at] = _origin(change, was.resources.get(at), live.resources.get(at))
    return Origins(found, was)


def _made_anew(change: Change, live: State, found: Mapping[Address, ChangeOrigin]) -> ChangeOrigin | None:
    """The origin of the replacement that takes this along, which is there and as it should be."""
    if change.action is not Action.CREATE or change.at not in live.resources:
        return None
    origin = next((found[at].origin for at in enclosures(change.at) if at in found), None)
    return ChangeOrigin(origin) if origin else None


def _origin(change: Change, before: Resource | None, there: Resource | None) -> ChangeOrigin:
    """Of a change to what the base has as `before`, and what is `there` live."""
    new = change.new
    if change.action is Action.ADOPT or (change.action is Action.DELETE and KINDS[change.at.kind].snapshot):
        # Old snapshots go by a rule, whoever made them.
        return ChangeOrigin("intended")
    if change.action is Action.DELETE or new is None:
        return ChangeOrigin(_gone(before, there))
    if before is None:
        # What was made by hand, and is now in the specs as well.
        return ChangeOrigin("conflict" if there else "intended")
    if there is None:
        return ChangeOrigin("conflict" if new.differences(before.aligned(new)) else "drift")
    fields = tuple(_fields(change.differences, before, there, new))
    return ChangeOrigin(max((item.origin for item in fields), key=GRAVITY.__getitem__, default="drift"), fields)


def _gone(before: Resource | None, there: Resource | None) -> Origin:
    if before is None:
        return "drift"
    return "conflict" if there and before.differences(there.aligned(before)) else "intended"


def _fields(
    differences: Iterable[Difference], before: Resource, there: Resource, new: Resource
) -> Iterator[FieldOrigin]:
    wanted = {item.field for item in new.differences(before.aligned(new))}
    drifted = {item.field for item in before.differences(there.aligned(before))}
    known = facets(type(new))
    for item in differences:
        facet = known.get(item.field)
        base = getattr(before, item.field, None)
        shown = "(sensitive)" if facet and SENSITIVE in facet.marks and base is not None else canonical(base)
        if item.field not in drifted:
            yield FieldOrigin(item, "intended", shown)
        elif item.field not in wanted:
            yield FieldOrigin(item, "drift", shown)
        elif isinstance(shown, dict) and isinstance(item.old or {}, dict) and isinstance(item.new or {}, dict):
            yield from _keys(item, shown)
        else:
            yield FieldOrigin(item, "conflict", shown)


def _keys(item: Difference, base: Mapping[str, object]) -> Iterator[FieldOrigin]:
    """The keys of a mapping, each with an origin of its own."""
    old, new = item.old or {}, item.new or {}
    for key in sorted({*old, *new}):
        live, desired, before = old.get(key), new.get(key), base.get(key)
        if same(live, desired):
            continue
        origin: Origin = "conflict"
        if same(before, live):
            origin = "intended"
        elif same(before, desired):
            origin = "drift"
        yield FieldOrigin(Difference(f'{item.field.rstrip("_")}["{key}"]', live, desired), origin, before)
