"""The chart as its tests see it: rendered by Helm's own engine, and read from its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml


helm_python = pytest.importorskip("helm_python", reason="needs Helm's engine: pip install --group chart")

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "reconciler"
HELM_BIN = os.environ.get("HELM_BIN", "")
NAME, NAMESPACE = "test", "gateway"
MINIMAL = {"mode": "apply", "source": {"git": {"url": "https://git.example.com/apis.git"}}}
CASES: dict[str, dict[str, Any]] = {
    file.name.removesuffix("-values.yaml"): yaml.safe_load(file.read_text())
    for file in sorted((CHART / "ci").glob("*-values.yaml"))
}
# A histogram's series have three names, and its own is none of them
METRIC = re.compile(r"\b((?:reconciler|workqueue)_[a-z_]+?)(?:_bucket|_sum|_count)?\b(?=[{\[) ]|$)", re.MULTILINE)

Document = dict[str, Any]

_chart = helm_python.Chart.load(str(CHART))


def render(values: dict[str, Any]) -> list[Document]:
    """The objects that `helm install` would make. Raises helm_python's errors."""
    files = _chart.render(values, name=NAME, namespace=NAMESPACE)
    return _documents(text for name, text in files.items() if not name.endswith("NOTES.txt"))


def notes(values: dict[str, Any]) -> str:
    """What `helm install` would say at the end."""
    files = _chart.render(values, name=NAME, namespace=NAMESPACE)
    return next(text for name, text in files.items() if name.endswith("NOTES.txt"))


def rendered_by_binary(values: dict[str, Any]) -> list[Document]:
    """The same by the binary that HELM_BIN names."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(values, file)
        file.flush()
        command = [HELM_BIN, "template", NAME, str(CHART), "--namespace", NAMESPACE, "--values", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return _documents([done.stdout])


def _documents(texts: Iterator[str] | list[str]) -> list[Document]:
    return [document for text in texts for document in yaml.load_all(text, yaml.CSafeLoader) if document]


def of_kind(documents: list[Document], kind: str) -> list[Document]:
    """The objects of a kind."""
    return [document for document in documents if document["kind"] == kind]


def only(documents: list[Document], kind: str) -> Document:
    """The one object of a kind."""
    (document,) = of_kind(documents, kind)
    return document


def workload(documents: list[Document]) -> Document:
    """The Deployment or StatefulSet."""
    (document,) = of_kind(documents, "Deployment") + of_kind(documents, "StatefulSet")
    return document


def pod(documents: list[Document]) -> Document:
    """The spec of the controller's pods."""
    return workload(documents)["spec"]["template"]["spec"]


def container(documents: list[Document]) -> Document:
    """The controller's own container."""
    return next(item for item in pod(documents)["containers"] if item["name"] == "reconciler")


def options(documents: list[Document]) -> dict[str, list[str]]:
    """The options of the command line, each with its values in order."""
    found: dict[str, list[str]] = {}
    for word in container(documents)["args"][1:]:
        name, _, value = word.partition("=")
        found.setdefault(name, []).append(value)
    return found


def metrics_in(text: str) -> set[str]:
    """The names of the metrics that PromQL asks for, histograms by their own name."""
    return set(METRIC.findall(text))


def metrics_used() -> set[str]:
    """The names of all metrics that the chart's alerts and dashboard ask the controller for.

    Compare with what the controller serves: an alert on a name that nobody serves never fires.
    """
    rules = only(render(CASES["ha"]), "PrometheusRule")
    expressions = [rule["expr"] for group in rules["spec"]["groups"] for rule in group["rules"]]
    return metrics_in("\n".join(expressions + queries()))


def queries() -> list[str]:
    """The PromQL of the dashboard's panels."""
    panels = json.loads((CHART / "files" / "dashboard.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]
