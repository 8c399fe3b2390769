"""What can be said of the specs alone: whether they are right, what rights they need, an API as a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from controller.address import Address
from controller.aws import index, usage
from controller.aws.client import environment
from controller.aws.routes import partition_of, routes
from controller.aws.secrets import right
from controller.errors import Problem, UsageError
from controller.gateway import Environment
from controller.iam import policy
from controller.kinds.rest.openapi.export import exported
from controller.request import Request, connection, desired
from controller.source import unread


@dataclass(frozen=True)
class Checked:
    """What a check of the specs found, if they are right: how many roots, and what AWS ignores of them."""

    roots: int
    warnings: tuple[Problem, ...] = ()


def validate(request: Request) -> Checked:
    """Checks the specs without AWS. Raises SpecErrors."""
    where = Environment(request.aim.account or "0" * 12, request.aim.region or "us-east-1")
    state = desired(request, where, unread)
    return Checked(len(state.roots()), state.warnings)


def iam_policy(request: Request, *, read_only: bool) -> dict[str, Any]:
    """What a run on these specs has to be allowed. AWS is asked for the account only if the target has none."""
    where = _where(request)
    asked: set[str] = set()

    def look_up(reference: str) -> str:
        asked.add(reference)
        return unread(reference)

    state = desired(request, where, look_up)
    more = [index.RIGHT, *map(right, sorted(asked)), *(usage.RIGHTS if request.usage else ())]
    return policy(state, routes(), where, more, read_only=read_only)


def _where(request: Request) -> Environment:
    """The place of a target. AWS is asked only for what the target does not say."""
    aim = request.aim
    if aim.account and aim.region:
        return Environment(aim.account, aim.region, partition_of(aim.region), request.owner)
    return environment(connection(request), request.owner)


def export(request: Request, name: str, stage: str = "") -> dict[str, Any]:
    """The OpenAPI document of an API of the specs. Raises SpecErrors, and UsageError if there is no such API."""
    where = _where(request)
    state = desired(request, where, unread)
    root = Address("RestApi", name)
    for at, what in ((root, "API"), (root.child("Stage", stage), "stage")):
        known = sorted(other.key for other in state.resources if (other.kind, other.parent) == (at.kind, at.parent))
        if at.key and at not in state.resources:
            msg = f"there is no {what} {at.key!r} in the specs; there are: {', '.join(known) or 'none'}"
            raise UsageError(msg)
    return exported(root, state.resources, where, stage)
