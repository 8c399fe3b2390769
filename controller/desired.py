"""Documents → the desired state, with everything that is wrong in them, each at its place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

from pydantic import SecretStr

from controller.address import Address
from controller.call import RAW_ID
from controller.errors import Problem, Where
from controller.facets import Unread, canonical, facets, secrets
from controller.families import Families
from controller.model import KINDS, Resource, target
from controller.openapi import compiled
from controller.packing import pack, unpack
from controller.source import Document, Marks, Secret
from controller.standing import Standing, from_metadata, marks
from controller.state import State
from controller.terms import Family, Scope
from controller.tree import Fault, Trail, from_spec


@dataclass(frozen=True)
class _Written:
    """Where the resources of a document stand in it: its marks, and the way to each. Packed: few are asked for."""

    content: bytes

    @property
    def trails(self) -> Mapping[Address, Trail]:
        """The way to each resource from the document's root."""
        return _unpacked(self.content)[1]

    def at(self, at: Address, fields: Sequence[str | int]) -> Where | None:
        """The place of a field of a resource, or of the closest thing around it."""
        marks, trails = _unpacked(self.content)
        parts = [part for part in fields if part != ""]
        return marks.at([*trails[at], *parts]) if at in trails else None


@lru_cache(maxsize=2)
def _unpacked(content: bytes) -> tuple[Marks, Mapping[Address, Trail]]:
    marks, trails = unpack(content)
    return marks, trails


@dataclass
class _Draft:
    """The resources so far, and where those of each root were written."""

    resources: Families[Resource] = field(default_factory=Families)
    written: dict[Address, _Written] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    faulty: set[Address] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    standing: dict[Address, Standing] = field(default_factory=dict)
    unknown: dict[Address, str] = field(default_factory=dict)

    def wrote(self, at: Address) -> bool:
        """True for what somebody wrote, right or wrong."""
        return at in self.resources or (at.root in self.written and at in self.written[at.root].trails)

    def beside(self, at: Address) -> Iterator[str]:
        """The keys of what was written of this kind in the same place."""
        places = self.written[at.root].trails if at.parent else self.written
        return (place.key for place in places if (place.kind, place.parent) == (at.kind, at.parent))

    def say(self, at: Address, fields: Sequence[str | int], message: str, hint: str = "") -> None:
        """Notes a problem at a field of a resource."""
        self.problems.append(Problem(message, self.written[at.root].at(at, fields), hint))
        self.unknown.setdefault(at.root, message)


def build(documents: Iterable[Document], scope: Scope, revision: str) -> tuple[State, list[Problem]]:
    """The desired state of these documents; not to be used if there are problems: `unknown` roots have them."""
    draft = _Draft()
    for document in documents:
        _expand(document, scope, draft)
    everywhere = cache(draft.resources.of_kind)
    for root in draft.written:
        family = Family(draft.resources.of(root), everywhere)
        _check(root, family, draft)
        if root not in draft.unknown:
            for kind in KINDS.values():
                kind.derive(family, revision, scope)
        draft.resources.put(root, family)
        draft.secrets.update(value for resource in family.values() for value in secrets(resource))
    state = State(
        draft.resources,
        unknown=draft.unknown,
        standing=draft.standing,
        written=dict(draft.written),
        secrets=frozenset(draft.secrets),
        revision=revision,
        warnings=tuple(dict.fromkeys(draft.warnings)),
    )
    return state, draft.problems


def sound(
    documents: Sequence[Document], broken: Collection[tuple[str, str]], scope: Callable[[], Scope], revision: str
) -> tuple[State, list[Problem]]:
    """The desired state of those documents that nothing is wrong with, and what is wrong with the others.

    The others, and whoever refers to them, are `unknown` in it. `broken` names those that could not be read whole.
    """
    unknown = {_root(kind, name): "its spec could not be read" for kind, name in broken}
    out = set(broken)
    problems: list[Problem] = []
    while True:
        left = (document for document in documents if (document.kind, document.name) not in out)
        state, found = build(left, scope(), revision)
        if not found:
            state.unknown = unknown
            return state, problems
        problems += [problem for problem in found if problem not in problems]
        unknown |= state.unknown
        names = {(document.kind, document.name) for document in documents}
        wrong = {(kind, name) for kind, name in names if _root(kind, name) in state.unknown} - out
        # What is wrong with none of them in particular is wrong with all of them.
        out |= wrong or names


def _root(kind: str, name: str) -> Address:
    return Address(kind, KINDS[kind].canonical_key(name) if kind in KINDS else name)


def _expand(document: Document, scope: Scope, draft: _Draft) -> None:
    roots = [name for name, kind in KINDS.items() if kind.container is None]
    if document.kind not in roots:
        message = f"unknown kind {document.kind!r}; there are {', '.join(sorted(roots))}"
        where = document.marks.at(["kind"])
        draft.problems.append(Problem(message, where, _near(document.kind, roots)))
        draft.unknown[Address(document.kind, document.name)] = message
        return
    root = _root(document.kind, document.name)
    if root in draft.standing:
        draft.problems.append(Problem(f"{root} is described twice", document.marks.at(["metadata", "name"])))
        draft.unknown[root] = "described twice"
        return
    if "openapi" in KINDS[document.kind].shorthands:
        written_out = compiled(document, scope)
        document = written_out.document
        draft.problems += written_out.problems
        draft.warnings += written_out.warnings
        if written_out.problems:
            draft.faulty.add(root)
            draft.unknown.setdefault(root, written_out.problems[0].message)
    resources, places, faults = from_spec(root, _plain(document.spec), scope)
    draft.standing[root] = _standing(root, document, draft)
    if root in resources:
        resources[root] = resources[root].marked(marks(draft.standing[root]))
    draft.resources.put(root, resources)
    draft.written[root] = _Written(pack((document.marks, places)))
    # Of what came of an OpenAPI document, the first word on a place is the one in its own terms.
    told = {problem.where for problem in draft.problems}
    found = [_problem(document, fault) for fault in faults]
    draft.problems += [problem for problem in found if problem.where not in told]
    if faults:
        draft.faulty.add(root)
        draft.unknown.setdefault(root, faults[0].message)


def _standing(root: Address, document: Document, draft: _Draft) -> Standing:
    where = document.marks.at(["metadata", "adopt"])
    standing = replace(from_metadata(document.metadata), place=str(where))
    if standing.adopt and KINDS[root.kind].singleton:
        message = f"there is one {root.kind}, which needs no adopting: take adopt out"
        draft.problems.append(Problem(message, where))
    for other, theirs in draft.standing.items():
        if standing.adopt and (other.kind, theirs.adopt) == (root.kind, standing.adopt):
            message = f"{standing.adopt} is adopted by {other} already, at {theirs.place}"
            draft.problems.append(Problem(message, where))
    return standing


def _problem(document: Document, fault: Fault) -> Problem:
    hint = _near(fault.unknown, fault.known) if fault.unknown else ""
    return Problem(fault.message, document.marks.at(list(fault.trail)), hint)


def _plain(value: Any) -> Any:
    """Secrets as what pydantic knows how to hide."""
    match value:
        case Secret():
            return SecretStr(value.value) if value.is_known else Unread(value.value)
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def _check(root: Address, family: Family, draft: _Draft) -> None:
    # Where something is missing because it is wrong in itself, that one problem is enough.
    is_whole = root not in draft.faulty
    for at, resource in family.items():
        _references(at, resource, draft)
        for name, message in resource.check(at, family) if is_whole else ():
            draft.say(at, [name], message)


def _references(at: Address, resource: Resource, draft: _Draft) -> None:
    for name in sorted(resource.refs(at)):
        # What was written but is wrong in itself is told of there.
        if draft.wrote(name) or name.key in KINDS[name.kind].builtins:
            continue
        missing = name if draft.wrote(name.root) else name.root
        near = list(draft.beside(missing))
        message = f"there is no {missing.kind} {missing.key.removeprefix(RAW_ID)!r}"
        message += f" in {missing.parent}" if missing.parent else ""
        draft.say(at, list(_fields(at, resource, name)), message, _near(missing.key, near))


def _fields(at: Address, resource: Resource, name: Address) -> Iterator[str]:
    """The field in which a resource names another."""
    for field_name, facet in facets(type(resource)).items():
        value = getattr(resource, field_name)
        if facet.ref and facet.ref.kind == name.kind and value:
            keys = value.items() if isinstance(value, dict) else [("", value)]
            for key, item in keys:
                if target(facet.ref, at, item) == name:
                    yield field_name
                    yield key
                    return
        if isinstance(value, tuple) and any(name.root.key in canonical(item).values() for item in value):
            yield field_name
            return
