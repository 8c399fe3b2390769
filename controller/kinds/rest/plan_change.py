"""What the holders of API keys notice when a usage plan changes: stages that are lost, and lower limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.address import Address
from controller.impact import Impact
from controller.kinds.rest.throttling import Limits, lowered
from controller.terms import Family, Turn


_PERIODS: Mapping[tuple[str, str], int] = {("DAY", "WEEK"): 7, ("DAY", "MONTH"): 31, ("WEEK", "MONTH"): 6}
"""How many periods of the one kind one of the other may touch."""


def limits(at: Address, old: Any, new: Any) -> Iterator[Impact]:
    """Where a plan lets fewer requests through."""
    if words := lowered(_limits(old.throttle), _limits(new.throttle)):
        yield Impact("throttle-lowered", f"usage plan {at.key} lets through {words}", "throttle")
    before = {stage.address: stage.throttle for stage in old.apiStages}
    for stage in new.apiStages:
        known = before.get(stage.address, {})
        for route, limit in sorted(stage.throttle.items() if stage.address in before else ()):
            if words := lowered(_limits(known.get(route)), _limits(limit)):
                told = f"usage plan {at.key} lets through to {route} of {stage.api}/{stage.stage} {words}"
                yield Impact("throttle-lowered", told, "apiStages")
    if new.quota and _fewer(old.quota, new.quota):
        given = f"{new.quota.limit} requests a {new.quota.period.lower()}"
        was = f"{old.quota.limit} a {old.quota.period.lower()}" if old.quota else "no limit"
        yield Impact("quota-lowered", f"usage plan {at.key} lets through {given} ({was} before)", "quota")


def _limits(throttle: Any) -> Limits:
    return Limits(throttle.rateLimit, throttle.burstLimit) if throttle else Limits()


def _fewer(old: Any, new: Any) -> bool:
    """Whether some pattern of calls that one quota allows is too much for another one."""
    if old is None:
        return True
    return bool(new.limit < old.limit * _PERIODS.get((old.period, new.period), 1))


# ── access ───────────────────────────────────────────────────────────────────────────────────────


def lost(at: Address, new: Any, turn: Turn) -> Iterator[Impact]:
    """The stages that the keys of a plan lose because it goes, or lets go of them."""
    keys = [member for member in turn.live if member.kind == "UsagePlanKey"]
    staying = [member for member in keys if member in turn.desired or new is None]
    gone = {stage for member in staying for stage in _lost(member, turn)}
    stages = _spoken(gone)
    if gone and new is None:
        told = f"usage plan {at.key} is deleted: its keys are no longer good for {stages}"
        yield Impact("plan-removed", told)
    elif gone:
        told = f"the keys of usage plan {at.key} are no longer good for {stages}"
        yield Impact("plan-stage-removed", told, "apiStages")


def left(at: Address, turn: Turn) -> Iterator[Impact]:
    """The stages that a key loses because it leaves a plan."""
    if gone := _lost(at, turn):
        told = f"API key {at.key} leaves usage plan {at.root.key}, and is no longer good for {_spoken(gone)}"
        yield Impact("plan-key-removed", told)


def _spoken(stages: set[Address] | frozenset[Address]) -> str:
    return ", ".join(sorted(f"{stage.root.key}/{stage.key}" for stage in stages))


def _lost(member: Address, turn: Turn) -> frozenset[Address]:
    """The stages that the key of a member of this plan was good for by this plan, and will not be by any.

    A key or a stage that is deleted tells of that itself.
    """
    plan, key = turn.live.get(member.root), Address("ApiKey", member.key)
    heir = turn.heirs.get(key, key)
    deleted_key = key in turn.live.everywhere("ApiKey") and heir not in turn.desired.everywhere("ApiKey")
    if plan is None or deleted_key:
        return frozenset()
    before = {stage.address for stage in plan.apiStages}
    live, desired = (family.everywhere("Stage") for family in (turn.live, turn.desired))
    deleted = {stage for stage in before if stage in live and stage not in desired}
    return frozenset(before - deleted - _access(heir.key, turn.desired))


def _access(key: str, family: Family) -> set[Address]:
    """The stages that a key is good for."""
    plans = family.everywhere("UsagePlan")
    members = (at.root for at in family.everywhere("UsagePlanKey") if at.key == key)
    return {stage.address for plan in members if plan in plans for stage in plans[plan].apiStages}
