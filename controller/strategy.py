"""How the changes of a root are carried out: call by call, or by one import that carries its whole definition.

The changes are the same either way, and so is what the rules say of them; only the calls differ. The cheaper way by
AWS's quotas is taken. Rules that do not bend:
1. An import replaces all that is importable, so it is possible only where all that differs there may be changed.
2. It is possible only where nothing outside of the definition holds an id that an import may renumber.
3. It is read back before anything that shows the definition to callers (`controller/apply.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from controller.address import Address
from controller.call import Text
from controller.diff import Change
from controller.families import Families
from controller.limits import weight
from controller.lower import is_carried, lower
from controller.model import KINDS
from controller.plan import plan
from controller.state import State
from controller.steps import Plan
from controller.terms import Family, Import


Strategy = Literal["auto", "calls", "import"]
Changes = tuple[Change, ...]


def choose(
    changes: Changes, differences: Changes, desired: State, live: State, strategy: Strategy = "auto"
) -> Plan:
    """The plan for the allowed changes out of all differences. Raises ControllerError if they cannot be ordered."""
    imports: dict[Address, Import] = {}
    instead: dict[Address, int] = {}
    for root in [] if strategy == "calls" else _roots(changes, differences, desired, live):
        found = None if any(_pinned(root)) else root.wanted[root.at].importing(root.at, root.wanted, root.there)
        if found is None:
            continue
        chains = lower(root.changes, State(Families(root.wanted)), replace(live, resources=Families(root.there)))
        carried = [chain for at, chain in chains.items() if is_carried(at, root.at)]
        saved = [call.operation for chain in carried for call in chain.calls]
        if strategy == "import" or weight([found.call.operation, *found.proof]) < weight(saved):
            imports[root.at], instead[root.at] = found, len(saved)
    return replace(plan(changes, desired, live, imports), instead=instead)


@dataclass(frozen=True)
class _Root:
    """A root alone, which is enough to price its changes by."""

    at: Address
    changes: Changes
    wanted: Family
    there: Family


def _roots(changes: Changes, differences: Changes, desired: State, live: State) -> Iterator[_Root]:
    """Rule 1."""
    own, different = _by_root(changes), _by_root(differences)
    for at in sorted(own):
        allowed = _carried(own[at])
        if at in desired.resources and allowed and allowed == _carried(different[at]):
            yield _Root(at, tuple(own[at]), Family(desired.resources.of(at)), Family(live.resources.of(at)))


def _by_root(changes: Changes) -> dict[Address, list[Change]]:
    found: dict[Address, list[Change]] = {}
    for change in changes:
        found.setdefault(change.at.root, []).append(change)
    return found


def _carried(changes: Iterable[Change]) -> set[Address]:
    return {change.at for change in changes if KINDS[change.at.kind].importable}


def _pinned(root: _Root) -> Iterator[Address]:
    """Rule 2: what is importable and has its id in something live that is not."""
    for at, resource in root.there.items():
        if at != root.at and not KINDS[at.kind].importable:
            named = {name for call in resource.creating(at) for name in _named(call.params)}
            yield from (name for name in named if KINDS[name.kind].importable and KINDS[name.kind].id_field)


def _named(value: Any) -> Iterator[Address]:
    """The addresses in the parameters of a call."""
    match value:
        case Address():
            yield value
        case Text():
            yield from (part for part in value.parts if isinstance(part, Address))
        case Mapping():
            for item in value.values():
                yield from _named(item)
        case list() | tuple():
            for item in value:
                yield from _named(item)
