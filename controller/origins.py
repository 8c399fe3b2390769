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
from controller.diff import Action, Change, enclosures
from controller.facets import SENSITIVE, canonical, facets, same
from controller.model import KINDS, Resource, Resources
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

    def of(self, change: Change) -> ChangeOrigin | None:
        """Why a change is there, also one that is made only because what it refers to is replaced."""
        found = self.by_address.get(change.at)
        if found or not self.by_address or change.at.root in self.base.unknown:
            return found
        names = {name for item in (change.old, change.new) if item for name in item.refs(change.at)}
        return ChangeOrigin(_gravest(self.by_address[name].origin for name in names & self.by_address.keys()))


@dataclass(frozen=True)
class Sides:
    """The desired and the live state as they were read, before anything was moved to make room for an heir.

    heirs   by the address that something outlived has got, what takes its place
    """

    desired: State
    live: State
    heirs: Mapping[Address, Address] = field(default_factory=dict)


def origins(changes: Iterable[Change], base: State, sides: Sides) -> Origins:
    """Why each of these changes, which lead from live to desired, is there."""
    was, now = base.copy(), sides.live.copy()
    renamed, _ = _renames(sides.desired, was), _renames(sides.desired, now)
    known = [change for change in changes if change.at.root not in base.unknown]
    before, there, wanted = (_at(known, state) for state in (was, now, sides.desired))
    outlived = {change.at for change in known if change.action is Action.DELETE} - there.keys()
    found: dict[Address, ChangeOrigin] = {}
    for change in sorted(known, key=lambda change: (change.at in outlived, len(change.at.lineage))):
        at = change.at
        if change.action is Action.RENAME:
            found[at] = ChangeOrigin("intended" if at in renamed else "drift")
        elif at in outlived:
            found[at] = ChangeOrigin(_of_heirs(change, sides.heirs, found))
        elif around := _made_anew(change, there, found):
            found[at] = around
        else:
            new = wanted.get(at, change.new)
            found[at] = _origin(replace(change, new=new), before.get(at), there.get(at), found)
    return Origins(found, was)


def _at(changes: Iterable[Change], state: State) -> Resources:
    """What this state has where something changes, picked root by root."""
    places = sorted(change.at for change in changes)
    return {at: state.resources[at] for at in places if at in state.resources}


def _renames(desired: State, state: State) -> frozenset[Address]:
    """Gives what was renamed its new address in this state, as if the state were live."""
    found: set[Address] = set()
    for root in desired.roots() & state.roots():
        for kind in KINDS.values():
            found |= {new for _, new in kind.renamed(root, desired.resources.of(root), state)}
    return frozenset(found)


def _gravest(origins: Iterable[Origin], otherwise: Origin = "intended") -> Origin:
    return max(origins, key=GRAVITY.__getitem__, default=otherwise)


def _of_heirs(change: Change, heirs: Mapping[Address, Address], found: Mapping[Address, ChangeOrigin]) -> Origin:
    """What is outlived goes for the reason that its heir came, or the heir of what it refers to."""
    at, old = change.at, change.old
    names = {at, *(old.refs(at) | old.needs(at) if old else ())}
    return _gravest(found[heirs[name]].origin for name in names if heirs.get(name) in found)


def _made_anew(change: Change, live: Resources, found: Mapping[Address, ChangeOrigin]) -> ChangeOrigin | None:
    """The origin of the replacement that takes this along, which is there and as it should be."""
    if change.action is not Action.CREATE or change.at not in live:
        return None
    return next((ChangeOrigin(found[at].origin) for at in enclosures(change.at) if at in found), None)


def _origin(
    change: Change, before: Resource | None, there: Resource | None, found: Mapping[Address, ChangeOrigin]
) -> ChangeOrigin:
    """Of a change to what the base has as `before`, and what is `there` live."""
    at, new = change.at, change.new
    if change.action is Action.ADOPT or (change.action is Action.DELETE and KINDS[at.kind].snapshot):
        # Old snapshots go by a rule, whoever made them.
        return ChangeOrigin("intended")
    if change.action is Action.DELETE or new is None:
        return ChangeOrigin(_gone(before, there))
    if before is None:
        # What was made by hand, and is now in the specs as well; save for what is always there.
        return _alike("conflict" if there and not _is_given(at) else "intended", change.differences)
    if there is None:
        return ChangeOrigin("conflict" if new.differences(before.aligned(new)) else "drift")
    differences = change.differences or new.differences(there.aligned(new))
    follows = _gravest(found[name].origin for name in new.refs(at) | new.needs(at) if name in found)
    fields = tuple(_fields(differences, before, there, new, follows))
    origin = _gravest((item.origin for item in fields), follows)
    return ChangeOrigin(origin, fields if change.differences else ())


def _alike(origin: Origin, differences: Iterable[Difference]) -> ChangeOrigin:
    return ChangeOrigin(origin, tuple(FieldOrigin(item, origin) for item in differences))


def _is_given(at: Address) -> bool:
    kind = KINDS[at.kind]
    return kind.singleton or at.key in kind.builtins


def _gone(before: Resource | None, there: Resource | None) -> Origin:
    if before is None:
        return "drift"
    return "conflict" if there and before.differences(there.aligned(before)) else "intended"


def _fields(
    differences: Iterable[Difference], before: Resource, there: Resource, new: Resource, follows: Origin
) -> Iterator[FieldOrigin]:
    """Each field's own; what differs from neither in itself `follows` what it refers to."""
    wanted = {item.field for item in new.differences(before.aligned(new))}
    drifted = {item.field for item in before.differences(there.aligned(before))}
    known = facets(type(new))
    for item in differences:
        facet = known.get(item.field)
        base = getattr(before, item.field, None)
        shown = "(sensitive)" if facet and SENSITIVE in facet.marks and base is not None else canonical(base)
        if item.field not in drifted:
            yield FieldOrigin(item, "intended" if item.field in wanted else follows, shown)
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
