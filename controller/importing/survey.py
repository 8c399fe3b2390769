"""What there is in an account, whoever made it, and which of it is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.aws.reader import listed, one, roots
from controller.call import Call
from controller.errors import ControllerError, UsageError
from controller.kinds.rest.dialect import NAME_TAG, OWNER_TAG, RootKind
from controller.retry import Patient
from controller.standing import Standing, from_tags
from controller.terms import Context


@dataclass(frozen=True)
class Found:
    """A live root, and what its tags say of it."""

    kind: type[RootKind]
    item: Mapping[str, Any]

    @property
    def aws_id(self) -> str:
        """What `metadata.adopt` names it by; empty for what there is one of."""
        return "" if self.kind.singleton else self.kind.identity(self.item)

    @property
    def tags(self) -> Mapping[str, str]:
        return self.item.get("tags") or {}

    @property
    def owner(self) -> str:
        """Whose it is, if its tags say so."""
        return self.tags.get(OWNER_TAG, "") if self.tags.get(NAME_TAG) else ""

    @property
    def standing(self) -> Standing:
        return from_tags(self.tags)

    @property
    def wished_name(self) -> str:
        """What it is called on AWS, or else after what it is."""
        item = self.item
        known = item.get("name") or item.get("domainName") or item.get("description")
        return str(known or f"{self.kind.kind}-{self.aws_id}".lower().rstrip("-"))

    @property
    def title(self) -> str:
        """What a person reads: kind, name and id."""
        name = self.item.get("name") or self.item.get("domainName") or ""
        told = name if name == self.aws_id else f"{name} ({self.aws_id})" if self.aws_id else ""
        return f"{self.kind.kind} {told}".strip()


def survey(patient: Patient, kinds: tuple[str, ...], ids: tuple[str, ...]) -> Iterator[Found]:
    """All live roots of these kinds (of all, if none are given), or those with these ids. Raises UsageError."""
    known = {kind.kind: kind for kind in roots()}
    if unknown := sorted(set(kinds) - known.keys()):
        msg = f"there is no kind {unknown[0]!r} to import; there are {', '.join(sorted(known))}"
        raise UsageError(msg)
    missing = set(ids)
    for kind in known.values():
        if kinds and kind.kind not in kinds:
            continue
        for item in _items(patient, kind):
            if ids and (kind.singleton or kind.identity(item) not in ids):
                continue
            found = Found(kind, item)
            if not found.tags and kind.read_one and not kind.singleton:
                found = Found(kind, {**item, **patient.perform(one(kind, item))})
            missing.discard(found.aws_id)
            yield found
    if missing:
        what = f"a {' or '.join(kinds)}" if kinds else "an API, or another root,"
        msg = f"there is no {what} with the id {min(missing)} in this account and region"
        raise ControllerError(msg)


def _items(patient: Patient, kind: type[RootKind]) -> Iterator[dict[str, Any]]:
    if kind.listing:
        yield from (item for item in listed(patient, kind.listing) if kind.managed(item))
    elif kind.singleton:
        item = patient.perform(Call(kind.read_one))
        # As AWS makes it, it is nobody's wish.
        if kind.from_aws(item, Context()) != kind():
            yield item
