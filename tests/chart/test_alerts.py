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
OF = '{job="test-reconciler", namespace="gateway"'
LEADER = "reconciler_leader" + OF
API = OF + ', api="orders", target="prod"'


def rules(values: dict[str, Any]) -> dict[str, Any]:
    return {"groups": only(render(values), "PrometheusRule")["spec"]["groups"]}


def promtool(*arguments: str, folder: Path) -> str:
    done = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alert(name: str, values: dict[str, Any] = ALL_ALERTS) -> dict[str, Any]:
    return next(rule for rule in rules(values)["groups"][0]["rules"] if rule.get("alert") == name)


# For each alert: series with a value a minute (`a+bxn` is n steps of b), a time, and the labels that it fires with then.
FIRES: dict[str, list[tuple[dict[str, str], str, list[dict[str, str]]]]] = {
    "ReconcilerNoLeader": [
        ({LEADER + ', pod="a"}': "1x20", LEADER + ', pod="b"}': "1x20"}, "10m", []),
        ({LEADER + ', pod="a"}': "1x20", LEADER + ', pod="b"}': "1x2 0x20"}, "10m", [{}]),
        ({}, "10m", [{}]),
    ],
    "ReconcilerNoSuccess": [
        ({"reconciler_api_last_success_timestamp_seconds" + API + "}": "0+60x60"}, "40m", []),
        ({"reconciler_api_last_success_timestamp_seconds" + API + "}": "0x60"}, "10m", []),
        (
            {"reconciler_api_last_success_timestamp_seconds" + API + "}": "0x60"},
            "20m",
            [{"api": "orders", "target": "prod"}],
        ),
        (
            {
                "reconciler_api_last_success_timestamp_seconds" + API + "}": "0x60",
                "reconciler_suspended" + API + "}": "1x60",
            },
            "20m",
            [],
        ),
        (  # the new leader's success counts, the old one's is forgotten
            {
                "reconciler_api_last_success_timestamp_seconds" + API + ', pod="a"}': "0x60",
                "reconciler_api_last_success_timestamp_seconds" + API + ', pod="b"}': "0+60x60",
            },
            "40m",
            [],
        ),
    ],
    "ReconcilerDrift": [
        (
            {
                "reconciler_drift_since_timestamp_seconds" + API + "}": "60x120",
                "reconciler_drift_fields" + API + "}": "2x120",
            },
            "30m",
            [],
        ),
        (
            {
                "reconciler_drift_since_timestamp_seconds" + API + "}": "60x120",
                "reconciler_drift_fields" + API + "}": "2x120",
            },
            "70m",
            [{"api": "orders", "target": "prod"}],
        ),
        (
            {
                "reconciler_drift_since_timestamp_seconds" + API + "}": "60x120",
                "reconciler_drift_fields" + API + "}": "0x120",
            },
            "70m",
            [],
        ),
    ],
    "ReconcilerErrors": [
        (
            {
                "reconciler_reconcile_total" + API + ', result="error"}': "0+1x60",
                "reconciler_reconcile_total" + API + ', result="success"}': "0+1x60",
            },
            "45m",
            [{"target": "prod"}],
        ),
        (
            {
                "reconciler_reconcile_total" + API + ', result="error"}': "0+1x60",
                "reconciler_reconcile_total" + API + ', result="success"}': "0+9x60",
            },
            "45m",
            [],
        ),
    ],
    "ReconcilerThrottled": [
        ({"reconciler_aws_throttles_total" + OF + "}": "0+1x60", "reconciler_aws_requests_total" + OF + "}": "0+9x60"}, "45m", [{}]),
        ({"reconciler_aws_throttles_total" + OF + "}": "0+1x60", "reconciler_aws_requests_total" + OF + "}": "0+90x60"}, "45m", []),
    ],
    "ReconcilerSourceFetchFails": [
        ({"reconciler_git_fetch_total" + OF + ', source="s", result="error"}': "0+1x60"}, "30m", [{"source": "s"}]),
        (
            {
                "reconciler_git_fetch_total" + OF + ', source="s", result="error"}': "0+1x60",
                "reconciler_git_fetch_total" + OF + ', source="s", result="success"}': "0+1x60",
            },
            "30m",
            [],
        ),
    ],
    "ReconcilerSourceNotVerified": [
        ({"reconciler_source_verify_failures_total" + OF + "}": "0x10 1x50"}, "15m", [{}]),
        ({"reconciler_source_verify_failures_total" + OF + "}": "5x60"}, "15m", []),
    ],
    "ReconcilerSuspended": [
        ({"reconciler_suspended" + API + "}": "1x1600"}, "23h", []),
        ({"reconciler_suspended" + API + "}": "1x1600"}, "25h", [{"api": "orders", "target": "prod"}]),
    ],
    "ReconcilerStuck": [
        ({"workqueue_longest_running_processor_seconds" + OF + ', name="api"}': "0+60x60"}, "50m", [{}]),
        ({"workqueue_longest_running_processor_seconds" + OF + ', name="api"}': "30x60"}, "50m", []),
    ],
}  # fmt: skip


@needs_promtool
@pytest.mark.parametrize("case", ["ha", "sharded", "all"])
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
        for series, at, fires in cases:
            expected = [{"exp_labels": labels | rule["labels"]} for labels in fires]
            tests.append(
                {
                    "name": f"{name} at {at}",
                    "interval": "1m",
                    "input_series": [{"series": key, "values": values} for key, values in series.items()],
                    "alert_rule_test": [{"eval_time": at, "alertname": name, "exp_alerts": expected}],
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
        assert {bool(fires) for _, _, fires in cases} == {True, False}, name


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
    metrics = pytest.importorskip("controller.metrics", reason="the controller has no metrics yet")
    assert metrics_used() <= set(metrics.NAMES)
