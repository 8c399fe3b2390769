"""What was counted: `world.requests` by the dimensions of a metric, `world.used` by the ids of a plan and a key."""

from __future__ import annotations

from datetime import timedelta

from controller.errors import InvalidError
from tests.fake.kinds import answers
from tests.fake.patch import Record
from tests.fake.world import World


OPERATIONS = frozenset({"GetMetricData"})
_MOST, _PAGE = 500, 100


@answers("GetMetricData")
def metric_data(world: World, params: Record) -> Record:
    queries = params["MetricDataQueries"]
    if len(queries) > _MOST:
        raise InvalidError("The collection MetricDataQueries must not have a size greater than 500.")
    start = int(params.get("NextToken", "0"))
    results = [_result(world, params, query) for query in queries[start : start + _PAGE]]
    answer: Record = {"MetricDataResults": results}
    if start + _PAGE < len(queries):
        answer["NextToken"] = str(start + _PAGE)
    return answer


def _result(world: World, params: Record, query: Record) -> Record:
    metric = query["MetricStat"]["Metric"]
    asked = (metric["Namespace"], metric["MetricName"], query["MetricStat"]["Stat"])
    assert asked == ("AWS/ApiGateway", "Count", "Sum")
    series = frozenset((item["Name"], item["Value"]) for item in metric["Dimensions"])
    total = world.requests.get(series, 0)
    # Nothing is counted where nothing came.
    values = [total - 1.0, 1.0] if total else []
    times = [params["EndTime"] - timedelta(hours=1), params["StartTime"]][: len(values)]
    return {"Id": query["Id"], "Values": values, "Timestamps": times, "StatusCode": "Complete"}


@answers("GetUsage")
def usage(world: World, params: Record) -> Record:
    plan = params["usagePlanId"]
    assert plan in world.usage_plans
    items = {
        key: [[used - 1, 0], [1, 0]]
        for (where, key), used in world.used.items()
        if where == plan and params.get("keyId", key) == key
    }
    return {name: params[name] for name in ("usagePlanId", "startDate", "endDate")} | {"items": items}
