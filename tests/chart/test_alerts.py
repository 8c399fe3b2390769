"""The alerts and the dashboard, as Prometheus itself reads them: each alert fires when it should, and only then."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.chart import CASES, MINIMAL, ROOT, metrics_in, metrics_used, only, queries, render


PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool") or str(ROOT / ".promtool/usr/bin/promtool")
needs_promtool = pytest.mark.skipif(
    not Path(PROMTOOL).exists(), reason="there is no promtool: set PROMTOOL, or make .promtool/.installed"
)
ALL_ALERTS = MINIMAL | {"metrics": {"prometheusRule": {"enabled": True}}, "sharding": {"count": 2}}
WORDS = {"API": 'OF, api="orders", target="prod"', "OF": 'job="test-reconciler", namespace="gateway"'}


def rules(values: dict[str, Any]) -> dict[str, Any]:
    return {"groups": only(render(values), "PrometheusRule")["spec"]["groups"]}


def promtool(*arguments: str, folder: Path) -> str:
    done = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alert(name: str, values: dict[str, Any] = ALL_ALERTS) -> dict[str, Any]:
    return next(rule for rule in rules(values)["groups"][0]["rules"] if rule.get("alert") == name)


FIRES = yaml.safe_load((Path(__file__).parent / "alerts.yaml").read_text())


def spelt(series: str) -> str:
    """The series with its words put in."""
    for word, meaning in WORDS.items():
        series = re.sub(rf"\b{word}\b", meaning, series)
    return series


@needs_promtool
@pytest.mark.parametrize("case", ["ha", "sharded", "all", "configmap"])
def test_the_rules_are_prometheus_rules(case: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules(CASES[case])))
    assert "SUCCESS" in promtool("check", "rules", "rules.yaml", folder=tmp_path)


@needs_promtool
def test_the_dashboards_queries_are_promql(tmp_path: Path) -> None:
    """Grafana puts its variables in; the rest has to parse."""
    variables = {"$__rate_interval": "5m", "$job": "a", "$namespace": "b"}
    expressions = queries()
    for name, value in variables.items():
        expressions = [expression.replace(name, value) for expression in expressions]
    assert not any("$" in expression for expression in expressions)
    group = [{"record": f"panel:{index}", "expr": text} for index, text in enumerate(expressions)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": group}]}))
    promtool("check", "rules", "rules.yaml", folder=tmp_path)


@needs_promtool
def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    tests = []
    for name, cases in FIRES.items():
        rule = alert(name)
        for case in cases:
            expected = [{"exp_labels": labels | rule["labels"]} for labels in case["fires"]]
            tests.append(
                {
                    "name": f"{name} at {case['at']}",
                    "interval": "1m",
                    "input_series": [{"series": spelt(key), "values": row} for key, row in case["series"].items()],
                    "alert_rule_test": [{"eval_time": case["at"], "alertname": name, "exp_alerts": expected}],
                }
            )
    # What is asked is whether it fires; promtool would compare the annotations too.
    bare = rules(ALL_ALERTS)
    for rule in bare["groups"][0]["rules"]:
        rule.pop("annotations")
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(bare))
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(document))
    promtool("test", "rules", "tests.yaml", folder=tmp_path)


def test_each_alert_is_tried_both_ways() -> None:
    assert FIRES.keys() == {rule["alert"] for rule in rules(ALL_ALERTS)["groups"][0]["rules"]}
    for name, cases in FIRES.items():
        assert {bool(case["fires"]) for case in cases} == {True, False}, name


def test_alerts_say_what_and_what_to_do() -> None:
    for rule in rules(ALL_ALERTS)["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_an_alert_knows_its_release_only() -> None:
    for rule in rules(ALL_ALERTS)["groups"][0]["rules"]:
        selectors = re.findall(r"(?:reconciler|workqueue)_\w+(\{[^}]*\})?", rule["expr"])
        assert selectors
        assert all('job="test-reconciler", namespace="gateway"' in selector for selector in selectors)


@pytest.mark.parametrize(("interval", "seconds"), [("90s", 90), ("5m", 300), ("2h", 7200)])
def test_the_alert_follows_the_interval(interval: str, seconds: int) -> None:
    assert f"> 3 * {seconds}\n" in alert("ReconcilerNoSuccess", ALL_ALERTS | {"interval": interval})["expr"]


def test_drift_is_no_failure_where_nothing_is_to_be_changed() -> None:
    """There, what differs is never in sync; it has an alert of its own."""
    observing = alert("ReconcilerNoSuccess", ALL_ALERTS | {"mode": "observe"})["expr"]
    left = alert("ReconcilerNoSuccess")["expr"]
    assert re.match(r"\nunless on \(api, target\) max by .*reconciler_drift_fields", observing.removeprefix(left))


def test_alerts_can_be_left_out_and_added() -> None:
    names = [rule.get("alert", rule.get("record")) for rule in rules(CASES["all"])["groups"][0]["rules"]]
    assert "ReconcilerSuspended" not in names
    assert names[-1] == "reconciler:passes:rate5m"
    assert alert("ReconcilerDrift", CASES["all"])["labels"] == {"severity": "warning", "team": "platform"}


def test_names_of_metrics_are_found() -> None:
    text = "sum(rate(reconciler_a_seconds_bucket{x='y'}[5m])) + reconciler_b_total / workqueue_depth{name=\"api\"}"
    assert metrics_in(text) == {"reconciler_a_seconds", "reconciler_b_total", "workqueue_depth"}
    assert metrics_used() >= {"reconciler_leader", "reconciler_commit_to_applied_seconds", "workqueue_depth"}
    assert not {name for name in metrics_used() if name.endswith(("_bucket", "_sum"))}


def test_every_metric_is_one_that_the_controller_serves() -> None:
    catalogue = pytest.importorskip("controller.loop.catalogue", reason="the controller has no metrics yet")
    assert metrics_used() <= catalogue.METRICS.keys()
