"""How often what a plan breaks or opens was called lately, as CloudWatch and the usage plans counted it.

A number is given only where it is certain to be the right one: of single methods, only where every stage keeps
detailed metrics of them; of an API, only if no other one of the account has its name, by which CloudWatch knows it.
Facts: API Gateway developer guide, "Amazon API Gateway dimensions and metrics"; CloudWatch API reference,
GetMetricData: 500 metrics in a call, 100800 values; API Gateway API reference, GetUsage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from controller.address import Address
from controller.call import RAW_ID, Call, Fact, Text
from controller.callers import Impacts
from controller.diff import Action, Change
from controller.errors import GatewayError, Problem
from controller.kinds.rest.method import VERBS
from controller.kinds.rest.method_setting import STAR
from controller.kinds.rest.renames import moved
from controller.kinds.rest.routes import ANY, route
from controller.retry import Patient
from controller.state import State
from controller.terms import Right


DAYS = 7
_METRICS, _HOUR = 500, 3600

Series = tuple[tuple[str, str], ...]
"""The dimensions of a metric."""

RIGHTS = (
    Right("cloudwatch:GetMetricData", Text(("*",)), writes=False),
    Right(
        "apigateway:GET",
        Text(("arn:", Fact.PARTITION, ":apigateway:", Fact.REGION, "::/usageplans/*/usage")),
        writes=False,
    ),
)
"""What counting has to be allowed, besides what a plan reads anyway."""


@dataclass(frozen=True)
class Usage:
    """What was counted.

    requests   by change, where it is known
    words      since when, and of what there is less than one would want to know
    problems   what could not be asked, and why
    """

    requests: Mapping[tuple[Address, Action], int] = field(default_factory=dict)
    words: str = ""
    problems: tuple[Problem, ...] = ()


def counted(patient: Patient, impacts: Impacts, changes: Iterable[Change], live: State, now: datetime) -> Usage:
    """How many requests came in the last days to what these changes are about. Never raises GatewayError.

    `now` is in UTC, by whose days usage plans count.
    """
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    renames = [(change.was, change.at) for change in changes if change.was]
    subjects = {key: _subjects(key[0], items) for key, items in impacts.items()}
    counter = _Counter(patient, live, renames, since, now)
    numbers = counter.numbers({subject for found in subjects.values() for subject in found})
    requests = {
        key: sum(numbers[subject] for subject in found)
        for key, found in subjects.items()
        if found and all(subject in numbers for subject in found)
    }
    told = [f"since {since:%Y-%m-%d} (UTC)", *counter.overall] if requests or counter.overall else []
    return Usage(requests, "; ".join(told), tuple(counter.problems))


def _subjects(at: Address, items: Sequence[Any]) -> frozenset[Address]:
    """Whose requests a change is about: the whole of what changes, or the methods that it is told of."""
    if any(not item.callers for item in items):
        return frozenset({_method(at) or at})
    return frozenset(_method(caller) or caller for item in items for caller in item.callers)


def _method(at: Address) -> Address | None:
    """The method that this is, or is inside of."""
    return next((above for above in at.lineage if above.kind == "Method"), None)


class _Counter:
    """Asks for the numbers of one account.

    overall    in words, what is known only of a whole API, or not at all
    problems   what could not be asked
    """

    def __init__(
        self,
        patient: Patient,
        live: State,
        renames: Sequence[tuple[Address, Address]],
        since: datetime,
        until: datetime,
    ) -> None:
        self._patient, self._live, self._renames = patient, live, renames
        self._since, self._until = since, until
        self._stages: dict[Address, dict[Address, Any]] = {}
        for at, stage in live.resources.of_kind("Stage").items():
            self._stages.setdefault(at.root, {})[at] = stage
        self.overall: list[str] = []
        self.problems: list[Problem] = []

    def numbers(self, subjects: set[Address]) -> dict[Address, int]:
        """The requests that came to each of these, where that is known."""
        apis = {at for at in subjects if at.root.kind == "RestApi"}
        found = self._tried("requests were not counted", self._of_apis, apis)
        keys = {at for at in subjects if at.kind in ("ApiKey", "UsagePlan", "UsagePlanKey")}
        return found | self._tried("requests of API keys were not counted", self._of_keys, keys)

    def _tried(self, told: str, ask: Any, subjects: set[Address]) -> dict[Address, int]:
        try:
            found: dict[Address, int] = ask(subjects) if subjects else {}
        except GatewayError as error:
            self.problems.append(Problem(f"{told}: {error}"))
            return {}
        return found

    # ── CloudWatch ──
    def _of_apis(self, subjects: set[Address]) -> dict[Address, int]:
        names = self._names()
        known = {at for at in subjects if at.root in names}
        wanted = {at: list(self._series(at, names[at.root])) for at in known}
        whole = {at.root for at, series in wanted.items() if not series}
        wanted |= {root: [(("ApiName", names[root]),)] for root in whole}
        sums = self._sums({one for series in wanted.values() for one in series})
        found = {at: sum(sums[one] for one in series) for at, series in wanted.items() if series}
        for root in sorted(whole):
            why = "its stages do not count each route"
            self.overall.append(f"API {root.key} had {found[root]} in all: {why}")
        for root in sorted({at.root for at in subjects - known}):
            why = "what came to it is not known"
            self.overall.append(f"API {root.key} has its name in common with another one: {why}")
        return {at: number for at, number in found.items() if at in subjects}

    def _names(self) -> dict[Address, str]:
        """What CloudWatch calls each live API, of those that it can tell from all others."""
        listed = {str(item["id"]): _ascii(item) for item in self._patient.pages(Call("GetRestApis"), "items")}
        often = Counter(listed.values())
        ids = ((at, self._live.ids.get(at, "")) for at in self._live.resources.of_kind("RestApi"))
        return {at: listed[aws_id] for at, aws_id in ids if often[listed.get(aws_id, "")] == 1}

    def _series(self, at: Address, name: str) -> Iterator[Series]:
        """The metrics whose sum is the number of an API, of a stage or of a method; none if there are none."""
        own: dict[Address, Any] = self._stages.get(at.root, {})
        api = ("ApiName", name)
        if at == at.root:
            yield (api,)
        elif at in own and not own[at].canarySettings:
            yield (api, ("Stage", at.key))
        elif at.kind == "Method" and own and all(_detailed(stage, route(at)) for stage in own.values()):
            path = self._former(at).lineage[1].key
            for stage in sorted(own):
                for verb in self._verbs(at):
                    yield (api, ("Method", verb), ("Resource", path), ("Stage", stage.key))

    def _verbs(self, at: Address) -> list[str]:
        """The verbs that a method may be counted by: what answers ANY is counted by that, or by what was sent."""
        free = (verb for verb in VERBS if Address(at.kind, verb, at.parent) not in self._live.resources)
        return [ANY, *free] if at.key == ANY else [at.key]

    def _former(self, at: Address) -> Address:
        for was, new in reversed(self._renames):
            at = moved(at, new, was)
        return at

    def _sums(self, wanted: set[Series]) -> Counter[Series]:
        found: Counter[Series] = Counter()
        ordered = sorted(wanted)
        for start in range(0, len(ordered), _METRICS):
            batch = ordered[start : start + _METRICS]
            queries = [_query(f"q{number}", series) for number, series in enumerate(batch)]
            params = {"MetricDataQueries": queries, "StartTime": self._since, "EndTime": self._until}
            more: dict[str, Any] = {}
            while True:
                answer = self._patient.perform(Call("GetMetricData", {**params, **more}, "cloudwatch"))
                for result in answer.get("MetricDataResults") or []:
                    found[batch[int(result["Id"][1:])]] += round(sum(result.get("Values") or []))
                if not answer.get("NextToken"):
                    break
                more = {"NextToken": answer["NextToken"]}
        return found

    # ── usage plans ──
    def _of_keys(self, subjects: set[Address]) -> dict[Address, int]:
        """What the plans counted: of all their keys, of one in one of them, of one in all that it is in."""
        found = {}
        for at in sorted(subjects):
            if at.kind == "UsagePlan":
                found[at] = self._used(self._id(at)).total()
            elif at.kind == "UsagePlanKey":
                key = self._id(Address("ApiKey", at.key))
                found[at] = self._used(self._id(at.root), key)[key]
            else:
                key = self._id(at)
                plans = self._patient.pages(Call("GetUsagePlans", {"keyId": key}), "items")
                found[at] = sum(self._used(str(plan["id"]), key)[key] for plan in plans)
        return found

    def _used(self, plan_id: str, key_id: str = "") -> Counter[str]:
        """The requests by the id of a key: of all keys of a plan, or of one."""
        days = {"startDate": f"{self._since:%Y-%m-%d}", "endDate": f"{self._until:%Y-%m-%d}"}
        params = {"usagePlanId": plan_id, **days} | ({"keyId": key_id} if key_id else {})
        found: Counter[str] = Counter()
        more: dict[str, Any] = {}
        while True:
            answer = self._patient.perform(Call("GetUsage", {**params, "limit": 500, **more}))
            for key, by_day in (answer.get("items") or {}).items():
                found[key] += sum(used for used, *_ in by_day)
            if not answer.get("position"):
                return found
            more = {"position": answer["position"]}

    def _id(self, at: Address) -> str:
        return at.key.removeprefix(RAW_ID) if at.key.startswith(RAW_ID) else self._live.ids.get(at, "")


def _ascii(item: Mapping[str, Any]) -> str:
    """What CloudWatch makes of an API's name: without what is not ASCII, and the id if nothing is left."""
    return str(item.get("name", "")).encode("ascii", "ignore").decode() or str(item["id"])


def _detailed(stage: Any, name: str) -> bool:
    setting = stage.methodSettings.get(name) or stage.methodSettings.get(STAR)
    return bool(setting and setting.metricsEnabled and not stage.canarySettings)


def _query(name: str, series: Series) -> dict[str, Any]:
    dimensions = [{"Name": dimension, "Value": value} for dimension, value in series]
    metric = {"Namespace": "AWS/ApiGateway", "MetricName": "Count", "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": _HOUR, "Stat": "Sum"}}
