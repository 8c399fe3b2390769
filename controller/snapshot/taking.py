"""Taking a snapshot of a target: a read like any other, of which is kept what a plan looks at.

Rules that do not bend:
1. Kept is what is named here, and nothing else: of a root and what is in it what its kinds look at (`bare`), of
   other services' answers the part that is looked at (`Glance`).
2. What is not this owner's, and is not adopted by its specs, is not in it.
3. No value of a SENSITIVE field is in it, wherever it stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any

from pydantic import ValidationError

from controller.aws import index
from controller.aws.reader import listing_call, one, read, roots, tags_call
from controller.call import Call
from controller.errors import GatewayError, NotFoundError
from controller.facets import secrets
from controller.gateway import Caller, Environment
from controller.kinds.rest.dialect import NAME_TAG, OWNER_TAG, RootKind
from controller.masking import Mask
from controller.model import children
from controller.retry import Patient
from controller.snapshot.document import Answer, Place, Target, question
from controller.state import State
from controller.tree import bare


@dataclass(frozen=True)
class Taken:
    """What is live in a target, and which roots could not be read and why: those are not in it."""

    target: Target
    unread: Mapping[str, str] = field(default_factory=dict)


class Recorder(Patient):
    """A Patient that notes what it was answered. A listing is noted whole, under the call without its pages."""

    def __init__(self, caller: Caller, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(caller, sleep)
        self._pager = Patient(caller, sleep)
        self.glanced: dict[str, Call] = {}
        self._answers: dict[str, dict[str, Any] | None] = {}

    def perform(self, call: Call, stop: Event | None = None) -> dict[str, Any]:
        """The answer. The index of tags is not asked: a snapshot has all kinds, whether there are any or not."""
        if call.service == index.SERVICE:
            raise GatewayError("everything is listed", operation=call.operation)
        perform = super().perform
        return self._noted(call, lambda: perform(call, stop))

    def pages(self, call: Call, items: str, *, paged: bool = True) -> Iterator[dict[str, Any]]:
        """The items of a listing."""
        answer = self._noted(call, lambda: {items: list(self._pager.pages(call, items, paged=paged))})
        yield from answer[items]

    def has(self, call: Call) -> bool:
        """True if the call was answered, were it that there is nothing."""
        return question(call) in self._answers

    def answer(self, call: Call) -> dict[str, Any] | None:
        """What was answered; None for "not found", or where nobody asked."""
        return self._answers.get(question(call))

    def _noted(self, call: Call, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        asked = question(call)
        if call.glance:
            self.glanced[asked] = call
        try:
            answer = self._answers[asked] = ask()
        except NotFoundError:
            self._answers[asked] = None
            raise
        return answer


def take(caller: Caller, where: Environment, desired: State, sleep: Callable[[float], None] = time.sleep) -> Taken:
    """Reads all of this owner's roots, and of what is around them whatever these and the specs name.

    Raises GatewayError if the account as a whole cannot be read.
    """
    recorder = Recorder(caller, sleep)
    live = read(recorder, where, desired)
    for kind in roots():
        if kind.singleton:
            recorder.perform(Call(kind.read_one))
    mask = Mask()
    both = (*live.resources.values(), *desired.resources.values())
    mask.learn(value for resource in both for value in secrets(resource))
    answers = [answer.model_copy(update=_plain(answer, mask)) for answer in _kept(recorder, where, desired)]
    place = Place(account=where.account, region=where.region, partition=where.partition, owner=where.owner)
    unread = {str(at): reason for at, reason in sorted(live.unknown.items())}
    return Taken(Target(place=place, answers=tuple(sorted(answers, key=_order))), unread)


def _order(answer: Answer) -> tuple[str, str, str, str]:
    return answer.service, answer.operation, str(answer.params), answer.about


def _kept(recorder: Recorder, where: Environment, desired: State) -> Iterator[Answer]:
    for kind in roots():
        if kind.singleton:
            call = Call(kind.read_one)
            yield _answer(call, bare(kind, recorder.answer(call) or {}))
        if kind.listing:
            yield from _roots(kind, recorder, where, desired)
    for call in recorder.glanced.values():
        if recorder.has(call):
            yield _answer(call, recorder.answer(call))


def _roots(kind: type[RootKind], recorder: Recorder, where: Environment, desired: State) -> Iterator[Answer]:
    """The listing of a kind without others' roots, and what reads of those that are left."""
    assert kind.listing
    listing = listing_call(kind.listing)
    wishes = {item.adopt for at, item in desired.standing.items() if at.kind == kind.kind}
    items = []
    for item in (recorder.answer(listing) or {}).get(kind.listing.items, []):
        whole = item if item.get("tags") else item | (recorder.answer(one(kind, item)) or {})
        tags = whole.get("tags") or {}
        own = tags.get(OWNER_TAG) == where.owner and tags.get(NAME_TAG)
        if kind.managed(item) and (own or kind.identity(item) in wishes):
            items.append(bare(kind, whole))
            yield from _inside(kind, items[-1], recorder, where)
    yield _answer(listing, {kind.listing.items: items} if recorder.answer(listing) is not None else None)


def _inside(
    kind: type[RootKind], item: Mapping[str, Any], recorder: Recorder, where: Environment
) -> Iterator[Answer]:
    """What is asked of a root that was listed: its tags, itself if these are missing, and what is listed in it."""
    tags = item.get("tags") or {}
    if not tags and kind.read_one:
        yield _answer(one(kind, item), dict(item))
    try:
        call = tags_call(kind, item, where)
    except ValidationError:
        # What this version does not know is left alone, whatever its tags.
        return
    yield _answer(call, {"tags": ((recorder.answer(call) or {}).get("tags") or tags)})
    for child in children(kind):
        if not child.listing or not recorder.has(call := listing_call(child.listing, kind.reading(item))):
            continue
        answer = recorder.answer(call)
        found = None if answer is None else [bare(child, content) for content in answer[child.listing.items]]
        yield _answer(call, None if found is None else {child.listing.items: found})


def _answer(call: Call, answer: dict[str, Any] | None) -> Answer:
    about = call.glance.about if call.glance else ""
    return Answer(
        service=call.service, operation=call.operation, params=dict(call.params), about=about, answer=answer
    )


def _plain(answer: Answer, mask: Mask) -> dict[str, Any]:
    return {"params": _masked(answer.params, mask), "answer": _masked(answer.answer, mask)}


def _masked(value: Any, mask: Mask) -> Any:
    """The value as JSON has it, without a secret in any text of it."""
    match value:
        case str():
            return mask(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case Mapping():
            return {mask(str(key)): _masked(item, mask) for key, item in value.items()}
        case list() | tuple():
            return [_masked(item, mask) for item in value]
        case _:
            return value
