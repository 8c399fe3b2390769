"""The order of the calls: a graph of steps, and what it costs.

Rules that do not bend:
1. A resource comes after what it needs.
2. A resource leaves after whoever needed it has let go: by an update, a deletion, or by leaving with its container.
3. What only one can hold is taken after it was given up.
4. A snapshot comes after every step of the definition that it shows, and what it holds is in use as long as a
   stage serves it.
5. What has an heir leaves after its heir has come.
6. What supports served snapshots from outside comes between the snapshot and whoever serves it, and leaves between
   whoever stops serving it and the snapshot.
7. Of a circle of references, one comes without them and takes them up last, and lets go of them before any leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from controller.address import Address
from controller.call import Call
from controller.diff import Action, Change, enclosures
from controller.errors import ControllerError
from controller.facets import facets
from controller.lower import Chains, is_carried, lower
from controller.model import KINDS, Resource
from controller.state import State
from controller.steps import Phase, Plan, Step
from controller.terms import Import


class _Graph:
    """The steps by address and phase while the edges are found."""

    def __init__(self, chains: Mapping[Address, Chains], desired: State, live: State) -> None:
        self.chains, self.desired, self.live = chains, desired, live
        self.steps: dict[tuple[Address, Phase], list[Step]] = {}
        self.waits: dict[Step, set[Step]] = {}
        self.covered = {inner: top for top, chain in chains.items() for inner in chain.covers}
        for at, chain in sorted(chains.items()):
            for phase, calls in _phases(chain):
                self._add(at, phase, calls, chain)

    def _add(self, at: Address, phase: Phase, calls: list[Call], chain: Chains) -> None:
        creates = phase == "arrive" and (chain.change.action is not Action.UPDATE or bool(chain.leave))
        covers = tuple(sorted(chain.covers)) if phase == "leave" else ()
        steps = [
            Step(at, call, chain.change, phase, creates and index == 0, covers) for index, call in enumerate(calls)
        ]
        self.steps[at, phase] = steps
        for before, step in zip([None, *steps], steps, strict=False):
            self.waits[step] = {before} if before else set()

    def add_imports(self, imports: Mapping[Address, Import]) -> None:
        """Puts one step in the place of all that an import carries."""
        covers: dict[Address, set[Address]] = {root: set() for root in imports}
        for at in self.chains.keys() | self.covered.keys():
            if at.root in imports and is_carried(at, at.root):
                covers[at.root].add(at)
        for root, found in imports.items():
            change = Change(root, Action.UPDATE, self.live.resources.get(root), self.desired.resources[root])
            carried = tuple(sorted(covers[root]))
            step = Step(root, found.call, change, "arrive", covers=carried, proof=found.proof)
            self.waits[step] = self.last(root, "arrive", "settle")
            for inner in (self.chains[at].change for at in carried if at in self.chains):
                if inner.old is not None:
                    self.steps.setdefault((inner.at, "leave"), [step])
                if inner.new is not None or inner.action is Action.RENAME:
                    self.steps[inner.at, "arrive"] = [step]

    def last(self, at: Address, *phases: Phase) -> set[Step]:
        """The last step of each of these phases of an address."""
        return {steps[-1] for phase in phases if (steps := self.steps.get((at, phase)))}

    def after(self, at: Address, phase: Phase, waited: Iterable[Step]) -> None:
        """The phase of that address waits for these steps."""
        if steps := self.steps.get((at, phase)):
            self.waits[steps[0]] |= set(waited) - set(steps)

    def gone(self, at: Address) -> set[Step]:
        """The step that takes an address away, its own or its container's."""
        own = self.last(at, "leave")
        return own or self.last(self.covered.get(at, at), "leave")


def _phases(chain: Chains) -> Iterator[tuple[Phase, list[Call]]]:
    phases: tuple[Phase, ...] = ("loosen", "leave", "arrive", "settle")
    for phase in phases:
        calls: list[Call] = getattr(chain, phase)
        if calls:
            yield phase, calls


def plan(
    changes: tuple[Change, ...], desired: State, live: State, imports: Mapping[Address, Import] | None = None
) -> Plan:
    """The plan that carries out the changes, those of some roots by an import.

    Raises ControllerError if they cannot be put in order.
    """
    imports = imports or {}
    graph = _Graph(lower(changes, desired, live, imports), desired, live)
    graph.add_imports(imports)
    # Who has no step is waited for by nobody.
    roots = sorted({at.root for at in graph.chains})
    live_users = _users(live, roots)
    users = _merged(live_users, _users(desired, roots))
    for at in graph.chains:
        graph.after(at, "leave", graph.last(at, "loosen"))
        graph.after(at, "arrive", graph.last(at, "leave"))
        graph.after(at, "arrive", _needed(graph, at))
        graph.after(at, "settle", graph.last(at, "arrive"))
        graph.after(at, "settle", _used(graph, at, users))
        graph.after(at, "settle", _arrived(graph, graph.chains[at].later))
        graph.after(at, "leave", _let_go(graph, at, live_users))
        graph.after(at, "leave", _inherited(graph, at))
        if KINDS[at.kind].snapshot:
            graph.after(at, "arrive", _definition(graph, at.root))
        if follows := KINDS[at.kind].follows:
            graph.after(at, "arrive", _of_kind(graph, at.root, follows))
    _supports(graph)
    _claims(graph, roots)
    return Plan(changes, _ordered(graph.waits))


def _users(state: State, roots: Iterable[Address]) -> dict[Address, set[Address]]:
    """Who in these roots uses an address on one side."""
    found: dict[Address, set[Address]] = {}
    for at, resource in _inside(state, roots):
        above = KINDS[at.kind].enclosure(at)
        for name in resource.refs(at) | resource.needs(at) | ({above} if above else set()):
            found.setdefault(name, set()).add(at)
    return found


def _inside(state: State, roots: Iterable[Address]) -> Iterator[tuple[Address, Resource]]:
    return (item for root in roots for item in state.resources.of(root).items())


def _merged(*maps: Mapping[Address, set[Address]]) -> dict[Address, set[Address]]:
    names = set().union(*maps)
    return {name: set().union(*(one.get(name, set()) for one in maps)) for name in names}


def _needed(graph: _Graph, at: Address) -> set[Step]:
    """Rule 1. Edges look through what AWS makes by itself to what it comes with."""
    resource = graph.desired.resources.get(at)
    if resource is None:
        return set()
    above = KINDS[at.kind].enclosure(at)
    refs = resource.refs(at) - graph.chains[at].later
    pending = list(refs | resource.needs(at)) + ([above] if above else [])
    found: set[Step] = set()
    while pending:
        name = pending.pop()
        steps = graph.last(name, "arrive")
        found |= steps
        if not steps and name.key in KINDS[name.kind].builtins and name.parent:
            pending.append(name.parent)
    return found


def _arrived(graph: _Graph, names: Iterable[Address]) -> set[Step]:
    return {step for name in names for step in graph.last(name, "arrive")}


def _used(graph: _Graph, at: Address, users: Mapping[Address, set[Address]]) -> set[Step]:
    """What must be done by users before something they used may be dropped."""
    return {step for user in users.get(at, ()) for step in graph.last(user, "arrive", "leave")}


def _let_go(graph: _Graph, at: Address, users: Mapping[Address, set[Address]]) -> set[Step]:
    """Rule 2, for the address and for everything that goes with it."""
    going = {at, *graph.chains[at].covers}
    if graph.chains[at].change.action is Action.UPDATE:
        return set()
    above = set(enclosures(at))
    found: set[Step] = set()
    for name in going:
        direct = users.get(name, set())
        serving = {stage for user in direct if KINDS[user.kind].snapshot for stage in users.get(user, ())}
        for user in direct | serving:
            inside = user in going or graph.covered.get(user) in above
            if user in graph.chains and name in graph.chains[user].loosened:
                found |= graph.last(user, "loosen")
                continue
            own = graph.last(user, "leave")
            found |= own if inside else graph.gone(user) or graph.last(user, "arrive")
    return found


def _inherited(graph: _Graph, at: Address) -> set[Step]:
    """Rule 5, for what was replaced and for what bears its name inside others, such as a key's place in a plan."""
    for old, heir in graph.live.heirs.items():
        if at == old:
            return graph.last(heir, "arrive")
        if at.parent and at.key == old.key:
            return graph.last(at.parent.child(at.kind, heir.key), "arrive")
    return set()


def _of_kind(graph: _Graph, root: Address, kind: str) -> set[Step]:
    return {steps[-1] for (at, _), steps in graph.steps.items() if at.root == root and at.kind == kind}


def _definition(graph: _Graph, root: Address) -> set[Step]:
    """Rule 4."""
    return {steps[-1] for (at, _), steps in graph.steps.items() if at.root == root and KINDS[at.kind].definition}


def _supports(graph: _Graph) -> None:
    """Rule 6. Where nothing is served, support follows the definition alone."""
    for at in graph.chains:
        if not KINDS[at.kind].support:
            continue
        for other in graph.chains:
            if other.root != at.root:
                continue
            if KINDS[other.kind].snapshot:
                graph.after(at, "arrive", graph.last(other, "arrive"))
                graph.after(other, "leave", graph.last(at, "leave"))
            elif _serves(other.kind):
                graph.after(at, "leave", graph.last(other, "arrive", "leave"))
                graph.after(other, "arrive", graph.last(at, "arrive"))


def _serves(kind: str) -> bool:
    return any(facet.ref and KINDS[facet.ref.kind].snapshot for facet in facets(KINDS[kind]).values())


def _claims(graph: _Graph, roots: Iterable[Address]) -> None:
    """Rule 3."""
    holders: dict[Any, Address] = {
        claim: at for at, resource in _inside(graph.live, roots) for claim in resource.claims(at)
    }
    for at, chain in graph.chains.items():
        if chain.change.new is None or chain.change.action is Action.RENAME:
            continue
        for claim in chain.change.new.claims(at):
            holder = holders.get(claim)
            if holder and holder != at:
                graph.after(at, "arrive", graph.gone(holder) or graph.last(holder, "arrive"))


def _ordered(waits: Mapping[Step, set[Step]]) -> dict[Step, frozenset[Step]]:
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError as error:
        circle = " → ".join(dict.fromkeys(step.title for step in error.args[1]))
        msg = f"the changes wait for each other and cannot be put in order: {circle}"
        raise ControllerError(msg) from error
    return {step: frozenset(waits[step]) for step in order}
