"""Changes → chains of calls: what each change does, before anything is put in order.

An address has up to four chains:
  loosen    it lets go of what refers to it in turn
  leave     it goes, or lets go of something that goes
  arrive    it comes, or becomes what dependants need
  settle    it drops what dependants no longer need
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.address import Address
from controller.call import Call
from controller.circles import loose, without
from controller.diff import Action, Change, enclosures
from controller.model import KINDS, Resource
from controller.state import State


@dataclass
class Chains:
    """The calls of one address, and what the deletion among them takes along.

    later      references that need not be there when it arrives
    loosened   references that it lets go of before it leaves
    """

    change: Change
    loosen: list[Call] = field(default_factory=list)
    leave: list[Call] = field(default_factory=list)
    arrive: list[Call] = field(default_factory=list)
    settle: list[Call] = field(default_factory=list)
    covers: list[Address] = field(default_factory=list)
    later: frozenset[Address] = frozenset()
    loosened: frozenset[Address] = frozenset()

    @property
    def calls(self) -> list[Call]:
        """All of them."""
        return [*self.loosen, *self.leave, *self.arrive, *self.settle]


def lower(
    changes: Iterable[Change], desired: State, live: State, imported: Container[Address] = ()
) -> dict[Address, Chains]:
    """The chains of every address that needs any. What the import of its root carries has no calls of its own."""
    beside = (Action.RENAME, Action.ADOPT)
    by_address = {change.at: change for change in changes if change.action not in beside}
    found: dict[Address, Chains] = {}
    for at, change in (by_address | _let_go(by_address, desired, live)).items():
        cover = _cover(at, by_address)
        if change.action is Action.DELETE and cover and not (change.old and change.old.leaves_first()):
            continue
        found[at] = _chains(change, by_address, live)
    for root in {at.root for at, change in by_address.items() if _leaves(change)}:
        for at, resource in live.resources.of(root).items():
            if (cover := _cover(at, by_address)) and cover in found:
                found[cover].covers.append(at)
                if at in found and not found[at].leave and resource.leaves_first():
                    found[at].leave = resource.deleting(at)
    for change in changes:
        if change.action in beside:
            chains = found.setdefault(change.at, Chains(change))
            chains.arrive = [*_first(change, desired, live), *chains.arrive]
    _retake_claims(found, desired, live)
    _open_circles(found, desired, live)
    return {
        at: Chains(chains.change, leave=_leaves_alone(chains), covers=chains.covers)
        if at.root in imported and is_carried(at, at.root)
        else chains
        for at, chains in found.items()
    }


def is_carried(at: Address, root: Address) -> bool:
    """True for what an import of that root brings about."""
    return at.root == root and KINDS[at.kind].importable


def _leaves_alone(chains: Chains) -> list[Call]:
    """What has to leave by itself does so before an import too."""
    old = chains.change.old
    return chains.leave if _leaves(chains.change) and old is not None and old.leaves_first() else []


def _first(change: Change, desired: State, live: State) -> list[Call]:
    """What comes before anything else is done to an address."""
    resource = desired.resources[change.at]
    if change.action is Action.RENAME:
        return resource.renaming(change.at)
    return resource.adopting(change.at, live.adopted[change.at].tags)


def _cover(at: Address, changes: Mapping[Address, Change]) -> Address | None:
    """The outermost deletion that takes this address along."""
    covering = [top for top in enclosures(at) if _leaves(changes.get(top))]
    return covering[-1] if covering else None


def _leaves(change: Change | None) -> bool:
    return change is not None and change.action in (Action.DELETE, Action.REPLACE)


def _let_go(changes: Mapping[Address, Change], desired: State, live: State) -> dict[Address, Change]:
    """Dependants that stay while what they refer to is replaced: they have to be updated, changed or not."""
    replaced = {at for at, change in changes.items() if change.action is Action.REPLACE}
    found: dict[Address, Change] = {}
    for at, resource in live.resources.items() if replaced else ():
        names = resource.refs(at) & replaced
        if not names or at not in desired.resources or _cover(at, changes) or at in changes:
            continue
        reason = f"refers to {', '.join(name.name for name in sorted(names))}, which is replaced"
        new = desired.resources[at]
        found[at] = Change(at, Action.UPDATE, resource.aligned(new), new, reason=reason)
    return found


def _chains(change: Change, changes: Mapping[Address, Change], live: State) -> Chains:
    chains = Chains(change)
    at, old, new = change.at, change.old, change.new
    match change.action:
        case Action.CREATE if new:
            chains.arrive = new.creating(at)
        case Action.DELETE if old:
            chains.leave = old.deleting(at)
        case Action.REPLACE if old and new:
            chains.leave, chains.arrive = old.deleting(at), new.creating(at)
        case Action.UPDATE if old and new:
            _update(chains, old, new, _going_refs(old, at, changes))
    return chains


def _going_refs(old: Resource, at: Address, changes: Mapping[Address, Change]) -> list[Address]:
    """What to let go beforehand: everything that goes, if something replaced waits for any of it to be gone."""
    going = [name for name in sorted(old.refs(at)) if _leaves(changes.get(name))]
    return going if _hold_up(going, changes) else []


def _hold_up(going: Iterable[Address], changes: Mapping[Address, Change]) -> bool:
    """True if one of these is replaced, or refers to such a one in turn by way of others that go."""
    seen, pending = set(), list(going)
    while pending:
        name = pending.pop()
        change = changes.get(name)
        if name in seen or change is None or change.old is None or not _leaves(change):
            continue
        if change.action is Action.REPLACE:
            return True
        seen.add(name)
        pending += change.old.refs(name)
    return False


def _update(chains: Chains, old: Resource, new: Resource, gone: list[Address]) -> None:
    at = chains.change.at
    released = without(old, gone, at)
    if released is None:
        chains.leave, chains.arrive = old.deleting(at), new.creating(at)
        return
    if gone:
        chains.leave = released.updating(at, old)
    wide = new.widened(released)
    # Some kinds put the whole whatever changed: where nothing did, that is a call for nothing.
    chains.arrive = wide.updating(at, released) if wide != released else []
    chains.settle = new.updating(at, wide) if new != wide else []


def _retake_claims(found: dict[Address, Chains], desired: State, live: State) -> None:
    """An update that takes what another update gives up could be one half of a swap: it goes, then comes anew."""
    holders: dict[tuple[Any, ...], Address] = {
        claim: at for at in found if at in live.resources for claim in live.resources[at].claims(at)
    }
    for at, chains in found.items():
        if chains.change.action is not Action.UPDATE or not chains.change.old or not chains.change.new:
            continue
        taken = chains.change.new.claims(at) - chains.change.old.claims(at)
        others = {holders[claim] for claim in taken if claim in holders} - {at}
        if any(found[other].change.action is Action.UPDATE for other in others):
            chains.leave = chains.change.old.deleting(at)
            chains.arrive, chains.settle = chains.change.new.creating(at), []


def _open_circles(found: Mapping[Address, Chains], desired: State, live: State) -> None:
    roots = {at.root for at in found}
    for at, names in loose(desired, roots).items():
        if at in found and found[at].arrive:
            found[at].later = names
            if any(name in found and _comes(found[name].change) for name in names):
                _come_bare(found[at], names)
    for at, names in loose(live, roots).items():
        chains = found.get(at)
        bare = without(live.resources[at], names, at)
        if chains and chains.leave and _leaves(chains.change) and bare:
            chains.loosen, chains.loosened = bare.updating(at, live.resources[at]), names


def _comes(change: Change) -> bool:
    return change.action in (Action.CREATE, Action.REPLACE)


def _come_bare(chains: Chains, names: Iterable[Address]) -> None:
    """Arrives without these references, and takes them up when it settles."""
    at, old, new = chains.change.at, chains.change.old, chains.change.new
    bare = without(new, names, at) if new else None
    if bare is None or new is None:
        return
    is_update = chains.change.action is Action.UPDATE and old
    chains.arrive = bare.updating(at, old) if is_update and old else bare.creating(at)
    chains.settle = new.updating(at, bare)
