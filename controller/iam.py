"""The IAM policy that a run on these specs needs, and no more: a pure function of the desired state.

API Gateway's actions are HTTP verbs on paths; what its operations are there is given as `routes`. Everything may
be read, since a pass looks for all kinds of roots; written is what the specs have. Facts: Service Authorization
Reference, "Actions, resources, and condition keys for Amazon API Gateway Management".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from controller.call import resolve
from controller.gateway import Environment
from controller.model import KINDS, Resource
from controller.state import State
from controller.terms import Right


Routes = Mapping[str, tuple[str, str]]
Grants = dict[str, set[str]]
"""The ARNs by action."""

_ALWAYS = frozenset({"GetAccount"})


def policy(
    desired: State, routes: Routes, where: Environment, more: Iterable[Right] = (), *, read_only: bool
) -> dict[str, Any]:
    """The policy document; with `read_only`, one that allows to plan and not to apply.

    `more` are rights that the specs need beside those of their resources, such as reading secrets.
    """
    grants: Grants = {}
    for operation in sorted(_operations(desired, read_only=read_only)):
        verb, path = routes[operation]
        arn = f"arn:{where.partition}:apigateway:{where.region}::{path}"
        grants.setdefault(f"apigateway:{verb}", set()).add(arn)
    own = (right for at, resource in desired.resources.items() for right in resource.rights(at))
    for right in (*own, *more):
        if not (read_only and right.writes):
            grants.setdefault(right.action, set()).add(resolve(right.arn, {}, where))
    return {"Version": "2012-10-17", "Statement": list(_statements(grants))}


def _operations(desired: State, *, read_only: bool) -> frozenset[str]:
    roots = {at.kind for at in desired.roots()}
    found = _ALWAYS
    for kind in KINDS.values():
        reads, writes = kind.operations()
        found |= reads
        if not read_only and _root(kind).kind in roots:
            found |= writes
    return found


def _root(kind: type[Resource]) -> type[Resource]:
    return _root(KINDS[kind.container]) if kind.container else kind


def _statements(grants: Grants) -> Iterator[dict[str, Any]]:
    """A statement for each set of ARNs, with all actions on it."""
    actions: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(grants):
        actions.setdefault(tuple(_shortest(grants[action])), []).append(action)
    for arns, names in actions.items():
        yield {"Effect": "Allow", "Action": names, "Resource": list(arns)}


def _shortest(arns: Iterable[str]) -> Iterator[str]:
    """The ARNs without those that another one covers: a star goes across slashes."""
    known = sorted(set(arns))
    for arn in known:
        if not any(other != arn and fnmatchcase(arn, other) for other in known):
            yield arn
