"""What each set of values renders to: valid for Kubernetes, of the restricted profile, and whole in itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.chart.chart import (
    CASES,
    CHART,
    HELM_BIN,
    MINIMAL,
    NAMESPACE,
    Document,
    helm_python,
    of_kind,
    render,
    rendered_by_binary,
    workload,
)


kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="pip install --group chart")

CRDS = yaml.safe_load((Path(__file__).parent / "crds.yaml").read_text())
VERSIONS = ("1.25", "1.32", "1.37")
# What the restricted Pod Security Standard allows
VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip

each_case = pytest.mark.parametrize("case", CASES)


def pods(documents: list[Document]) -> Iterator[Document]:
    for document in documents:
        if document["kind"] in {"Deployment", "StatefulSet"}:
            yield document["spec"]["template"]["spec"]
        elif document["kind"] == "Pod":
            yield document["spec"]


def containers(documents: list[Document]) -> Iterator[Document]:
    for pod in pods(documents):
        yield from pod.get("initContainers", []) + pod["containers"]


def for_version(values: dict[str, Any], version: str) -> dict[str, Any]:
    """The value that docs ask for on a Kubernetes that does not know the field yet."""
    return values | {"podDisruptionBudget": {"unhealthyPodEvictionPolicy": ""}} if version == "1.25" else values


@each_case
@pytest.mark.parametrize("version", VERSIONS)
def test_valid_for_kubernetes(case: str, version: str) -> None:
    for document in render(for_version(CASES[case], version)):
        if document["kind"] in CRDS:
            assert document["apiVersion"] == CRDS[document["kind"]]["apiVersion"]
            jsonschema.validate(document["spec"], CRDS[document["kind"]]["spec"])
        else:
            kubernetes_validate.validate(document, version, strict=True)


def test_the_matrix_has_every_kind_of_object() -> None:
    made = {document["kind"] for values in CASES.values() for document in render(values)}
    assert made >= CRDS.keys() | {
        "ConfigMap", "Deployment", "Ingress", "NetworkPolicy", "Pod", "PodDisruptionBudget", "Role", "RoleBinding",
        "Service", "ServiceAccount", "StatefulSet",
    }  # fmt: skip


@each_case
def test_restricted_pod_security(case: str) -> None:
    documents = render(CASES[case])
    for pod in pods(documents):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 65532
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert {key for volume in pod.get("volumes", []) for key in volume} <= VOLUMES | {"name"}
        assert pod["enableServiceLinks"] is False
    for container in containers(documents):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
        assert "cpu" not in container["resources"]["limits"]
        assert not container["image"].endswith(":latest")
        assert ":" in container["image"].rpartition("/")[2]
        assert not any("hostPort" in port for port in container.get("ports", []))


@each_case
def test_temporary_files_are_bounded(case: str) -> None:
    for pod in pods(render(CASES[case])):
        for volume in pod.get("volumes", []):
            assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"]


@each_case
def test_what_is_mounted_is_there(case: str) -> None:
    for pod in pods(render(CASES[case])):
        names = [volume["name"] for volume in pod.get("volumes", [])]
        assert len(names) == len(set(names))
        for container in pod["containers"]:
            mounts = container.get("volumeMounts", [])
            assert {mount["name"] for mount in mounts} <= set(names)
            assert len({mount["mountPath"] for mount in mounts}) == len(mounts)
            assert not any("subPath" in mount for mount in mounts), "files mounted so are never renewed"


@each_case
def test_names_labels_and_namespace(case: str) -> None:
    values = CASES[case]
    documents = [item for item in render(values) if "labels" in item["metadata"]]
    keys = [(item["kind"], item["metadata"]["name"]) for item in documents]
    assert len(keys) == len(set(keys))
    for document in documents:
        labels = document["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/instance"] == "test"
        assert labels["helm.sh/chart"].startswith("reconciler-")
        assert labels.items() >= values.get("commonLabels", {}).items()
        assert document["metadata"]["namespace"] == values.get("namespaceOverride", NAMESPACE)
        assert len(document["metadata"]["name"]) <= 63


@each_case
def test_every_selector_finds_the_controllers_pods_and_no_others(case: str) -> None:
    documents = render(CASES[case])
    chosen = workload(documents)["spec"]["selector"]["matchLabels"]
    assert workload(documents)["spec"]["template"]["metadata"]["labels"].items() >= chosen.items()
    (test,) = of_kind(documents, "Pod")
    assert not test["metadata"]["labels"].items() >= chosen.items()
    for document in documents:
        spec = document.get("spec", {})
        selector = spec.get("podSelector", spec.get("selector"))
        if document["kind"] in {"Service", "NetworkPolicy", "PodDisruptionBudget", "ServiceMonitor", "PodMonitor"}:
            assert selector.get("matchLabels", selector) == chosen, document["kind"]


def test_selectors_never_change() -> None:
    """A Deployment's selector cannot be changed: an upgrade with another one fails."""
    for values in (MINIMAL, CASES["ha"], MINIMAL | {"commonLabels": {"a": "b"}, "podLabels": {"c": "d"}}):
        assert workload(render(values))["spec"]["selector"]["matchLabels"] == {
            "app.kubernetes.io/name": "reconciler",
            "app.kubernetes.io/instance": "test",
            "app.kubernetes.io/component": "controller",
        }


def test_long_names_are_cut() -> None:
    documents = render(MINIMAL | {"fullnameOverride": "x" * 80})
    assert {len(item["metadata"]["name"]) for item in of_kind(documents, "Deployment")} == {52}


@each_case
@pytest.mark.skipif(not HELM_BIN, reason="HELM_BIN names no helm")
def test_the_helm_binary_renders_the_same(case: str) -> None:
    def in_order(documents: list[Document]) -> list[Document]:
        return sorted(documents, key=lambda item: (item["kind"], item["metadata"]["name"]))

    ours, theirs = in_order(render(CASES[case])), in_order(rendered_by_binary(CASES[case]))
    assert ours == theirs


def test_lint() -> None:
    assert helm_python.lint(str(CHART), MINIMAL, strict=True)["messages"] == []
