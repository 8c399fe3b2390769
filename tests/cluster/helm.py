"""The chart on a server, as either helm brings it there: Helm 4 as a library, or the binary that HELM_BIN names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Protocol

from controller.kube import Api
from tests.chart.chart import CHART, HELM_BIN, helm_python
from tests.cluster.apiserver import Cluster


PLURALS = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}
CORE = re.compile(r"^v\d+$")
GONE_SINCE = (1, 25)
"""The chart asks for this Kubernetes."""


class Helm(Protocol):
    """What brings a release to a namespace, and takes it away."""

    def install(self, name: str, values: dict[str, Any]) -> None:
        """A new release."""

    def upgrade(self, name: str, values: dict[str, Any]) -> None:
        """Other values."""

    def uninstall(self, name: str) -> None:
        """Nothing of it any more."""


class Library:
    """Helm 4."""

    def __init__(self, cluster: Cluster, namespace: str, chart: Path) -> None:
        self._chart = str(chart)
        self._config = helm_python.Config(
            kube_apiserver=cluster.url,
            kube_token=cluster.token,
            kube_ca_file=cluster.authority,
            namespace=namespace,
        )

    def install(self, name: str, values: dict[str, Any]) -> None:
        self._config.install(self._chart, name, values)

    def upgrade(self, name: str, values: dict[str, Any]) -> None:
        self._config.upgrade(self._chart, name, values, reset_values=True)

    def uninstall(self, name: str) -> None:
        self._config.uninstall(name)


class Binary:
    """Helm 3, as a rule."""

    def __init__(self, cluster: Cluster, namespace: str, chart: Path) -> None:
        self._chart, self._folder = str(chart), chart.parent
        self._where = ["--namespace", namespace, "--kube-apiserver", cluster.url, "--kube-token", cluster.token]
        if cluster.authority:
            self._where += ["--kube-ca-file", str(cluster.authority)]

    def install(self, name: str, values: dict[str, Any]) -> None:
        self._run("install", name, self._chart, "--values", self._values(values))

    def upgrade(self, name: str, values: dict[str, Any]) -> None:
        self._run("upgrade", name, self._chart, "--values", self._values(values), "--reset-values")

    def uninstall(self, name: str) -> None:
        self._run("uninstall", name)

    def _values(self, values: dict[str, Any]) -> str:
        file = self._folder / "values.json"
        file.write_text(json.dumps(values))
        return str(file)

    def _run(self, *words: str) -> None:
        home = {"HOME": str(self._folder)}
        done = subprocess.run(
            [HELM_BIN, *words, *self._where], capture_output=True, text=True, check=False, env=home
        )
        assert done.returncode == 0, done.stderr


ENGINES: dict[str, type[Library | Binary]] = {"library": Library, "binary": Binary}


def version(api: Api) -> tuple[int, int]:
    """The server's."""
    told = api.request("GET", "/version")
    return int(told["major"]), int(told["minor"].rstrip("+"))


def chart_for(api: Api, folder: Path) -> Path:
    """The chart; for an older server than it asks for, without that wish: what is tried here works there too."""
    copy = folder / "reconciler"
    shutil.copytree(CHART, copy)
    if version(api) < GONE_SINCE:
        about = copy / "Chart.yaml"
        text, count = re.subn(r"^kubeVersion: .*\n", "", about.read_text(), flags=re.MULTILINE)
        assert count == 1
        about.write_text(text)
    return copy


def values_for(api: Api, values: dict[str, Any]) -> dict[str, Any]:
    """The values without what the server does not know yet: policy/v1 came with 1.21."""
    return values if version(api) >= (1, 21) else values | {"podDisruptionBudget": {"enabled": False}}


def path(namespace: str, document: dict[str, Any]) -> str:
    """Where the server has an object of the chart."""
    kind, group = document["kind"], document["apiVersion"]
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    prefix = f"/api/{group}" if CORE.match(group) else f"/apis/{group}"
    return f"{prefix}/namespaces/{namespace}/{plural}/{document['metadata']['name']}"
