"""The small values that kinds and the core say things with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from controller.address import Address
from controller.call import RAW_ID, Call, Text


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Listing:
    """The call that lists a kind: its operation, the member of the answer, and the parameters it wants.

    An `optional` one is not known everywhere: where it is not found, there are none.
    """

    operation: str
    items: str = "items"
    params: Mapping[str, Any] = field(default_factory=dict)
    paged: bool = True
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Where resources of a kind sit inside their container.

    spec     the field of the container's spec
    payload  the member of the container's payload, if the kind is not listed by a call of its own
    shape    map: key to content · one: a single content without a key · names: a list of keys
    """

    spec: str
    payload: str = ""
    shape: Literal["map", "one", "names"] = "map"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as desired. Values are canonical data; secrets are hidden."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Context:
    """What turning a payload into resources may need to know.

    name           the logical name of a kind's AWS id, or `id:…` for what is not managed here
    throttle       the account's own limits (burst, rate per second): what AWS puts where a stage sets none
    root           the AWS id of the root that the payload belongs to
    """

    ids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    throttle: tuple[int, float] = (5000, 10000.0)
    root: str = ""

    def name(self, kind: str, aws_id: str) -> str:
        return self.ids.get((kind, aws_id), f"{RAW_ID}{aws_id}")


@dataclass(frozen=True, slots=True)
class Import:
    """One call that replaces all that is importable below a root, and the operations that read it back."""

    call: Call
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Right:
    """An IAM action that a run needs on a resource's ARN, beyond the operations of API Gateway itself."""

    action: str
    arn: Text
    writes: bool = True


@dataclass
class Scope:
    """What expanding and folding shorthands may need to know, and where it says what is wrong.

    `log_groups` are those that are known to be there, and how many days they keep what they are given (None: for
    ever): nothing else is folded into a name.
    """

    account: str
    region: str
    partition: str
    log_groups: Mapping[str, int | None] = field(default_factory=dict)
    problems: list[tuple[tuple[str | int, ...], str]] = field(default_factory=list)


class Family(dict[Address, Any]):
    """The resources of one root. What looks for others looks here: among all roots it would take ages.

    everywhere   those of a kind in all roots, for what has to be right between roots
    """

    def __init__(
        self,
        resources: Mapping[Address, Any] | None = None,
        everywhere: Callable[[str], Mapping[Address, Any]] = lambda _: {},
    ) -> None:
        super().__init__(resources or {})
        self.everywhere = everywhere

    def beside(self, at: Address) -> list[Address]:
        """Those of the same kind in the same container, `at` included; as of the first time that it is asked."""
        return self._beside[at.kind, at.parent]

    def once(self, work: Callable[[Family], _T]) -> _T:
        """What is worked out from these resources, as of the first time that it is asked."""
        if work not in self._known:
            self._known[work] = work(self)
        found: _T = self._known[work]
        return found

    @cached_property
    def _known(self) -> dict[Any, Any]:
        return {}

    @cached_property
    def _beside(self) -> Mapping[tuple[str, Address | None], list[Address]]:
        found = defaultdict(list)
        for at in self:
            found[at.kind, at.parent].append(at)
        return found


@dataclass(frozen=True)
class Turn:
    """A root before and after a plan, for what its callers notice.

    live, desired   its resources on both sides, by the addresses that they have afterwards
    was             the former addresses of what is renamed
    heirs           what takes the place of something that makes room for it
    """

    live: Family
    desired: Family
    was: Mapping[Address, Address] = field(default_factory=dict)
    heirs: Mapping[Address, Address] = field(default_factory=dict)
