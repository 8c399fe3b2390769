"""Whether a JSON Schema refuses what another one took: what makes a change of a model matter to callers.

The judgement is on the safe side: nothing is told only where everything that was valid certainly still is. One
thing is left out on purpose: a property that the old schema does not name beside those that it does, since nobody
sends what was never asked for. AWS validates by draft 4 of JSON Schema (developer guide, "Data models"), so what
draft 4 does not know constrains nothing; nor does `format`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.facets import inside
from controller.kinds.rest.schema_words import (
    BOUNDS,
    Schema,
    bound,
    choice,
    enumerated,
    kinds,
    listed,
    matching,
    named,
    of_property,
    references,
    text,
    widened,
)


Models = Mapping[str, Schema]
"""The schemas of an API's models by name; `#/models/Name` refers to them."""

_MODELS, _OWN = "#/models/", "#/definitions/"
_DEEPEST = 40
"""So deep do the members of `allOf` go at most; what is deeper promises nothing."""


@dataclass(frozen=True)
class Reason:
    """What is refused now: the model whose schema says so, empty for none, and words."""

    model: str
    text: str


@dataclass(frozen=True)
class _Side:
    """A schema with what its references mean."""

    schema: Schema
    models: Models
    model: str = ""

    @property
    def words(self) -> Mapping[str, Any]:
        return self.schema if isinstance(self.schema, dict) else {}

    def at(self, schema: Schema) -> _Side:
        """Another schema in the same document."""
        return replace(self, schema=schema)

    def resolved(self) -> _Side:
        """The schema that a reference means; itself if it is none."""
        side, seen = self, set()
        while isinstance(ref := side.words.get("$ref"), str) and (side.model, ref) not in seen:
            seen.add((side.model, ref))
            if ref.startswith(_MODELS):
                name = ref.removeprefix(_MODELS)
                side = _Side(side.models.get(name, {}), side.models, name)
            elif ref.startswith(_OWN):
                own = inside(side.models.get(side.model), "definitions")
                side = side.at(own.get(ref.removeprefix(_OWN), {}))
        return side

    def members(self, depth: int = 0) -> list[_Side]:
        """The schema without `allOf`, and each member of that."""
        side = self.resolved()
        own = side.at({key: value for key, value in side.words.items() if key != "allOf"})
        further = listed(side.words, "allOf") if depth < _DEEPEST else []
        return [own, *(inner for part in further for inner in side.at(part).members(depth + 1))]

    def knowing(self, names: set[str]) -> _Side:
        """The schema with what it promises of these properties written out."""
        if not names:
            return self
        properties = {name: of_property(self.words, name) for name in sorted(names)}
        return self.at({**self.words, "properties": properties})


def tightened(
    old: Schema, new: Schema, before: Models, after: Models, *, names: tuple[str, str] = ("", "")
) -> list[Reason]:
    """Why the new schema refuses something that the old one takes; empty if it certainly does not.

    `names` are the models that they are the schemas of; `before` and `after` are all models.
    """
    found = _Walk().compared(_Side(old, before, names[0]), _Side(new, after, names[1]), "")
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class _Walk:
    """How two schemas are compared.

    above    what is being compared further up: a schema that refers to itself is looked at once
    strict   whether properties that the old schema does not name count
    """

    above: frozenset[tuple[str, str, str, str]] = frozenset()
    strict: bool = False

    def compared(self, old: _Side, new: _Side, at: str) -> Iterator[Reason]:
        """Why `new` refuses what `old` takes, a reason for each place in a body."""
        old, new = old.resolved(), new.resolved()
        pair = (old.model, text(old.schema), new.model, text(new.schema))
        if pair in self.above:
            return
        walk = replace(self, above=self.above | {pair})
        members = old.members()
        branches = [
            (member, branch)
            for member in members
            for word in ("anyOf", "oneOf")
            if (branch := listed(member.words, word))
        ]
        inner = [m for member, found in branches for branch in found for m in member.at(branch).members()]
        names = {name for member in (*members, *inner) for name in inside(member.words, "properties")}
        promises = [member.knowing(names) for member in members]
        for part in new.members():
            for words, check in _CHECKS:
                one = part.at({word: part.words[word] for word in words if word in part.words})
                reasons = walk.least(promises, one, at, check) if one.words else []
                if reasons and any(walk.each(old, branch, one, at) for _, branch in branches):
                    continue
                yield from reasons

    def least(self, promises: list[_Side], new: _Side, at: str, check: Check) -> list[Reason]:
        """The reasons against what is promised best: one of several promises is enough."""
        possible = frozenset.intersection(*(kinds(promise.words) for promise in promises))
        return min((list(check(self, promise, new, at, possible)) for promise in promises), key=len)

    def each(self, old: _Side, branches: list[Schema], new: _Side, at: str) -> bool:
        """Whether each of these alternatives, with all else that the old schema says, is enough."""
        rest = {word: value for word, value in old.words.items() if word not in ("anyOf", "oneOf")}
        return not any(
            reason for branch in branches for reason in self.compared(old.at({"allOf": [rest, branch]}), new, at)
        )

    def same(self, old: _Side, new: _Side, word: str) -> bool:
        """Whether a keyword says the same on both sides, by what its references mean there."""
        if text(old.words.get(word)) != text(new.words.get(word)):
            return False
        strictly = replace(self, strict=True)
        pairs = [(old.at({"$ref": ref}), new.at({"$ref": ref})) for ref in references(new.words.get(word))]
        ways = (way for one, other in pairs for way in ((one, other), (other, one)))
        return not any(reason for one, other in ways for reason in strictly.compared(one, other, ""))


Check = Callable[[_Walk, _Side, _Side, str, frozenset[str]], Iterator[Reason]]
"""Why a part of a schema refuses what a promise takes, at a place, where only these types are possible."""


def _types(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if more := possible - widened(kinds(new.words)):
        yield Reason(new.model, f"{at or 'the body'} may no longer be {choice(more, possible)}")


def _values(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    yield from (Reason(new.model, f"{at or 'the body'} {told}") for told in enumerated(old.words, new.words))


def _bounds(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    for kind, words in BOUNDS.items():
        told = (bound(word, old.words, new.words) for word in words) if possible & widened({kind}) else ()
        yield from (Reason(new.model, f"{at or 'the body'} {words}") for words in told if words)


def _items(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    before, after = old.words.get("items", {}), new.words.get("items")
    if "array" not in possible or after is None:
        return
    if not isinstance(before, list) and not isinstance(after, list):
        yield from walk.compared(old.at(before), new.at(after), f"{at}[]")
    elif not (walk.same(old, new, "items") and walk.same(old, new, "additionalItems")):
        yield Reason(new.model, f"{at}[] is described otherwise")


def _required(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if "object" in possible:
        for name in sorted(named(new.words) - named(old.words)):
            yield Reason(new.model, f"{_inner(at, name)} is required")


def _properties(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if "object" not in possible:
        return
    known, wanted = inside(old.words, "properties"), inside(new.words, "properties")
    closed = old.words.get("additionalProperties", True) is False
    for name in sorted(wanted):
        strange = name not in known and matching(old.words, name) == []
        if strange and (closed or (known and not walk.strict)):
            continue
        yield from walk.compared(old.at(of_property(old.words, name)), new.at(wanted[name]), _inner(at, name))
    patterned = "patternProperties"
    lost = inside(old.words, patterned).keys() - inside(new.words, patterned).keys()
    open_ended = new.words.get("additionalProperties", True) is True
    kept = not inside(new.words, patterned) or walk.same(old, new, patterned)
    if not kept or (lost and not open_ended):
        yield Reason(new.model, f"{at or 'the body'} has other patternProperties")
    if not open_ended:
        yield from _closed(walk, old, new, at)


def _closed(walk: _Walk, old: _Side, new: _Side, at: str) -> Iterator[Reason]:
    """What is refused of the properties that the new schema does not name."""
    further = new.words["additionalProperties"]
    for name, schema in sorted(inside(old.words, "properties").items()):
        if name in inside(new.words, "properties") or matching(new.words, name):
            continue
        if further is False:
            yield Reason(new.model, f"{_inner(at, name)} is refused")
        else:
            yield from walk.compared(old.at(schema), new.at(further), _inner(at, name))
    rest = old.words.get("additionalProperties", True)
    if rest is False:
        return
    if further is False:
        yield Reason(new.model, f"{at or 'the body'} takes no further properties")
    else:
        yield from walk.compared(old.at({} if rest is True else rest), new.at(further), _inner(at, "*"))


def _alternatives(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    branches = listed(new.words, "anyOf")
    if branches and not any(not any(walk.compared(old, new.at(branch), at)) for branch in branches):
        yield Reason(new.model, f"{at or 'the body'} has other alternatives (anyOf)")


def _one(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if not walk.same(old, new, "oneOf"):
        yield Reason(new.model, f"{at or 'the body'} has other alternatives (oneOf)")


def _not(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    strictly = replace(walk, strict=True)
    before, after = old.words.get("not"), new.words["not"]
    if before is None or any(strictly.compared(new.at(after), old.at(before), at)):
        yield Reason(new.model, f"{at or 'the body'} is forbidden more (not)")


def _dependencies(walk: _Walk, old: _Side, new: _Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if "object" in possible and not walk.same(old, new, "dependencies"):
        yield Reason(new.model, f"{at or 'the body'} has other dependencies")


def _inner(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


_CHECKS: tuple[tuple[tuple[str, ...], Check], ...] = (
    (("type",), _types),
    (("enum",), _values),
    (("exclusiveMinimum", "exclusiveMaximum", *(word for words in BOUNDS.values() for word in words)), _bounds),
    (("items", "additionalItems"), _items),
    (("required",), _required),
    (("properties", "patternProperties", "additionalProperties"), _properties),
    (("anyOf",), _alternatives),
    (("oneOf",), _one),
    (("not",), _not),
    (("dependencies",), _dependencies),
)
"""The keywords that go together, and what is held against them."""
