"""Which root a live item is: by this owner's tags, or because a spec adopts it by its AWS id."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from controller.address import Address
from controller.gateway import Environment
from controller.kinds.rest.dialect import NAME_TAG, OWNER_TAG, RootKind
from controller.state import Adoption, State


class Seeker:
    """Tells roots by their tags and by what specs adopt; notes in `live` what is adopted."""

    def __init__(self, desired: State, environment: Environment, live: State) -> None:
        self._desired, self._owner, self._live = desired, environment.owner, live
        self.environment = environment
        self._wishes = {(at.kind, item.adopt): at for at, item in desired.standing.items() if item.adopt}
        self._elsewhere: dict[Address, Address] = {}

    def adopter(self, kind: type[RootKind], item: Mapping[str, Any]) -> Address | None:
        """The root whose spec adopts a live item."""
        return self._wishes.get((kind.kind, kind.identity(item)))

    def place(self, kind: type[RootKind], item: Mapping[str, Any]) -> Address | None:
        """The address of a live item, read with its tags; None for what is not this owner's."""
        tags = item.get("tags") or {}
        owner, name = tags.get(OWNER_TAG, ""), tags.get(NAME_TAG, "")
        own = Address(kind.kind, name) if owner == self._owner and name else None
        adopter = self.adopter(kind, item)
        if adopter is None or adopter == own:
            return own
        if own and own in self._desired.standing:
            self._elsewhere[adopter] = own
            return own
        # What is this owner's, but by a name that no spec has any more, gets the new name.
        theirs = f"owner {owner}, as {kind.kind} {name}" if owner and not own else ""
        self._live.adopted[adopter] = Adoption(kind.identity(item), theirs)
        return adopter

    def unmet(self, found: Collection[Address], *, complete: bool) -> dict[Address, str]:
        """Why roots were not adopted, given all that was found; those are left alone.

        Where what was looked through is not `complete`, what was not found may be there.

        What carries the tags was adopted once; it may have been replaced since, and the old id be gone.
        """
        reasons = {}
        for (kind, aws_id), at in self._wishes.items():
            if at in self._elsewhere:
                reasons[at] = f"{aws_id} is managed already, as {self._elsewhere[at]}"
            elif at not in found and not complete:
                reasons[at] = f"{kind} {aws_id} is not in the snapshot, which holds what is this owner's"
            elif at not in found:
                reasons[at] = f"there is no {kind} {aws_id} to adopt"
        return {at: f"{self._desired.standing[at].place}: {reason}" for at, reason in reasons.items()}
