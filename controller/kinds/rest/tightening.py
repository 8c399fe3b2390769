"""Whether a JSON Schema refuses what another one took: what makes a change of a model matter to callers.

The judgement is on the safe side: nothing is told only where everything that was valid certainly still is. One
thing is left out on purpose: a property that the old schema does not name beside those that it does, since nobody
sends what was never asked for. AWS validates by draft 4 of JSON Schema (developer guide, "Data models"), so what
draft 4 does not know constrains nothing; nor does `format`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from controller.facets import inside
from controller.kinds.rest.schema_sides import MODELS, OWN, Key, Models, Side
from controller.kinds.rest.schema_words import (
    BOUNDS,
    Schema,
    bound,
    enumerated,
    kinds,
    listed,
    matching,
    named,
    narrowed,
    of_property,
    references,
    text,
    widened,
)


_ALTERNATIVES = ("anyOf", "oneOf")
_DEEPEST, _LONGEST = 40, 5_000
"""So deep, and so often, schemas are compared at most; what is not compared by then counts as tighter."""


@dataclass(frozen=True)
class Reason:
    """What is refused now: the model whose schema says so, empty for none, and words."""

    model: str
    text: str


def tightened(
    old: Schema, new: Schema, before: Models, after: Models, *, names: tuple[str, str] = ("", "")
) -> list[Reason]:
    """Why the new schema refuses something that the old one takes; empty if it certainly does not.

    `names` are the models that they are the schemas of; `before` and `after` are all models.
    """
    walk = _Walk(_constant(before, after), iter(range(_LONGEST)))
    found = walk.compared(Side(old, before, names[0]), Side(new, after, names[1]), "")
    return list(dict.fromkeys(found))


def _constant(before: Models, after: Models) -> frozenset[str]:
    """The references to models that mean the same on both sides, with all that these refer to."""
    same = {f"{MODELS}{name}" for name in before.keys() & after.keys() if text(before[name]) == text(after[name])}
    inner = {ref: set(references(before[ref.removeprefix(MODELS)])) for ref in same}
    while moved := {ref for ref in same if any(one.startswith(MODELS) and one not in same for one in inner[ref])}:
        same -= moved
    return frozenset(same)


@dataclass(frozen=True)
class _Walk:
    """How two schemas are compared.

    constant   the references that mean the same on both sides
    left       the comparisons that may still be made
    above      what is being compared further up: a schema that refers to itself is looked at once
    strict     whether properties that the old schema does not name count
    """

    constant: frozenset[str]
    left: Iterator[int]
    above: frozenset[tuple[frozenset[Key], Key, bool]] = frozenset()
    strict: bool = False

    def compared(self, old: Side, new: Side, at: str) -> Iterator[Reason]:
        """Why `new` refuses what `old` takes, a reason for each place in a body."""
        old, new = old.resolved(), new.resolved()
        refs = {f"{MODELS}{old.model}" if ref.startswith(OWN) else ref for ref in references(old.schema)}
        if old.key != new.key or not refs <= self.constant:
            yield from self.held(old.members(), new, at)

    def held(self, old: list[Side], new: Side, at: str) -> Iterator[Reason]:
        """The same, of what takes only what each of several schemas takes."""
        pair = (frozenset(member.key for member in old), new.key, self.strict)
        if pair in self.above:
            return
        if len(self.above) > _DEEPEST or next(self.left, None) is None:
            yield Reason(new.model, f"{at or 'the body'} is too large a change to judge")
            return
        walk = replace(self, above=self.above | {pair})
        branches = [
            [inner for branch in found for inner in [member.at(branch).members()]]
            for member in old
            for word in _ALTERNATIVES
            if (found := listed(member.words, word))
        ]
        parts = [*old, *(member for found in branches for branch in found for member in branch)]
        names = {name for member in parts for name in inside(member.words, "properties")}
        promises = [member.knowing(names) for member in old]
        bare = [member.without(_ALTERNATIVES) for member in old]
        for part in new.members():
            for words, check in _CHECKS:
                one = part.at({word: part.words[word] for word in words if word in part.words})
                reasons = walk.least(promises, one, at, check) if one.words else []
                if reasons and any(walk.each(bare, found, one, at) for found in branches):
                    continue
                yield from reasons

    def least(self, promises: list[Side], new: Side, at: str, check: Check) -> list[Reason]:
        """The reasons against what is promised best: one of several promises is enough."""
        possible = frozenset.intersection(*(kinds(promise.words) for promise in promises))
        return min((list(check(self, promise, new, at, possible)) for promise in promises), key=len)

    def each(self, bare: list[Side], branches: list[list[Side]], new: Side, at: str) -> bool:
        """Whether each of these alternatives, with all else that the old schemas say, is enough."""
        return not any(reason for branch in branches for reason in self.held([*bare, *branch], new, at))

    def same(self, old: Side, new: Side, word: str) -> bool:
        """Whether a keyword says the same on both sides, by what its references mean there."""
        if text(old.words.get(word)) != text(new.words.get(word)):
            return False
        strictly = replace(self, strict=True)
        pairs = [(old.at({"$ref": ref}), new.at({"$ref": ref})) for ref in references(new.words.get(word))]
        ways = (way for one, other in pairs for way in ((one, other), (other, one)))
        return not any(reason for one, other in ways for reason in strictly.compared(one, other, ""))


Check = Callable[[_Walk, Side, Side, str, frozenset[str]], Iterator[Reason]]
"""Why a part of a schema refuses what a promise takes, at a place, where only these types are possible."""


def _types(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if more := possible - kinds(new.words):
        yield Reason(new.model, f"{at or 'the body'} {narrowed(more, possible)}")


def _values(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    yield from (Reason(new.model, f"{at or 'the body'} {told}") for told in enumerated(old.words, new.words))


def _bounds(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    for kind, words in BOUNDS.items():
        told = (bound(word, old.words, new.words) for word in words) if possible & widened({kind}) else ()
        yield from (Reason(new.model, f"{at or 'the body'} {words}") for words in told if words)


def _items(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    before, after = old.words.get("items", {}), new.words.get("items")
    if "array" not in possible or after is None:
        return
    if not isinstance(before, list) and not isinstance(after, list):
        yield from walk.compared(old.at(before), new.at(after), f"{at}[]")
    elif not (walk.same(old, new, "items") and walk.same(old, new, "additionalItems")):
        yield Reason(new.model, f"{at}[] is described otherwise")


def _required(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if "object" in possible:
        for name in sorted(named(new.words) - named(old.words)):
            yield Reason(new.model, f"{_inner(at, name)} is required")


def _properties(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
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


def _closed(walk: _Walk, old: Side, new: Side, at: str) -> Iterator[Reason]:
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


def _alternatives(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    branches = listed(new.words, "anyOf")
    if branches and not any(not any(walk.compared(old, new.at(branch), at)) for branch in branches):
        yield Reason(new.model, f"{at or 'the body'} has other alternatives (anyOf)")


def _one(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    if not walk.same(old, new, "oneOf"):
        yield Reason(new.model, f"{at or 'the body'} has other alternatives (oneOf)")


def _not(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
    strictly = replace(walk, strict=True)
    before, after = old.words.get("not"), new.words["not"]
    if before is None or any(strictly.compared(new.at(after), old.at(before), at)):
        yield Reason(new.model, f"{at or 'the body'} is forbidden more (not)")


def _dependencies(walk: _Walk, old: Side, new: Side, at: str, possible: frozenset[str]) -> Iterator[Reason]:
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
