"""Calls: one operation of AWS, written down before the ids it needs exist.

Parameters may hold an `Address` where AWS wants an id, a `Fact` where it wants the account or region,
a `Text` where either is part of a longer string, a `Body` where it is in a document, and a `SecretStr`; `resolve`
puts the values in at the last moment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import SecretStr

from controller.address import Address
from controller.gateway import Environment


RAW_ID = "id:"
"""Prefix of a key that is no logical name but an AWS id of something this owner does not manage."""


class Fact(Enum):
    """A part of the environment, known only when a run starts. Each is an attribute of `Environment`."""

    ACCOUNT = "account"
    REGION = "region"
    PARTITION = "partition"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Text:
    """A string with ids or facts in it."""

    parts: tuple[str | Address | Fact, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON document with ids or facts in it."""

    content: Any


@dataclass(frozen=True, slots=True)
class Probe:
    """How to see whether a create call whose answer was lost did its work.

    Lists with `operation` and `params` (page by page) and takes the item in `items` that holds all of `match`.
    A listing that leaves tags out has each item read singly: operation, parameter and member for its id.
    """

    operation: str
    params: Mapping[str, Any]
    items: str
    match: Mapping[str, Any]
    single: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What AWS finishes only after it has answered: read again and again until it is done.

    operation, params   the call that reads how it stands
    taught              further parameters, each taken from a member of the first answer
    member, done        it is finished when the member has one of these values or is absent; without values, when
                        it is not found
    failed, reason      it never will be, when the member has one of these; the member that says why
    seconds, deadline   from one reading to the next, and all in all
    """

    operation: str
    params: Mapping[str, Any]
    member: str
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    reason: str = ""
    taught: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 5
    deadline: float = 1200


@dataclass(frozen=True, slots=True)
class Glance:
    """How little is looked at of an answer that tells more than is needed here, such as others' business.

    part      what is looked at: all that anybody gets to see of the answer, and all that a snapshot keeps
    assumed   what stands for that part where AWS cannot be asked, in a plan from a snapshot that does not hold it
    told      the sentence about this assumption
    about     whose part it is, where the same call is made for several
    """

    part: Callable[[Mapping[str, Any]], dict[str, Any]]
    assumed: Mapping[str, Any]
    told: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation, named as in botocore's service model.

    `probe` is set on calls that are not repeatable, `wait` on those whose answer comes before their work is done.
    With `present_will_do`, "exists already" is no error. A refusal may pass by itself for `settles` seconds, until
    what was made just before is known everywhere. With a `glance`, the answer is that part alone.
    """

    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    service: str = "apigateway"
    probe: Probe | None = None
    wait: Wait | None = None
    present_will_do: bool = False
    settles: float = 0
    glance: Glance | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The AWS id of an address if there is one; otherwise the parameter is left out."""

    at: Address


def resolve(value: Any, ids: Mapping[Address, str], environment: Environment) -> Any:
    """The same value with ids, facts and secrets in place. Raises KeyError(address) for an unknown id."""
    match value:
        case Address():
            return identify(value, ids)
        case Fact():
            return getattr(environment, value.value)
        case Text():
            return "".join(p if isinstance(p, str) else resolve(p, ids, environment) for p in value.parts)
        case Body():
            content = resolve(value.content, ids, environment)
            return json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        case SecretStr():
            return value.get_secret_value()
        case Mapping():
            return {
                key: resolve(item, ids, environment)
                for key, item in value.items()
                if not isinstance(item, Known) or item.at in ids
            }
        case Known():
            return ids[value.at]
        case list() | tuple():
            return [resolve(item, ids, environment) for item in value]
        case _:
            return value


def identify(at: Address, ids: Mapping[Address, str]) -> str:
    """The AWS id of an address."""
    return at.key.removeprefix(RAW_ID) if at.key.startswith(RAW_ID) else ids[at]
