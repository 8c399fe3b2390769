"""What the pods are told: command line, ports, probes, files, and how many of them there are."""

from typing import Any

import pytest
import typer

from controller import __version__
from controller.cli.app import app
from tests.chart.chart import (
    CASES,
    CHART,
    MINIMAL,
    Document,
    container,
    notes,
    of_kind,
    only,
    options,
    pod,
    render,
    workload,
)


each_case = pytest.mark.parametrize("case", CASES)


def env(documents: list[Document]) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container(documents)["env"]}


def files(documents: list[Document]) -> set[str]:
    """The paths of all files that the pod's volumes put below /etc/reconciler, as far as the chart knows them."""
    found = set()
    for volume in pod(documents)["volumes"]:
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        items = [item for source in sources for item in source.get("secret", {}).get("items", [])]
        found |= {f"/etc/reconciler/{volume['name']}/{item['path']}" for item in items}
        if "configMap" in volume and volume["name"] == "config":
            name = volume["configMap"]["name"]
            (config,) = [item for item in of_kind(documents, "ConfigMap") if item["metadata"]["name"] == name]
            found |= {f"/etc/reconciler/config/{name}" for name in config["data"]}
    return found


def test_minimal() -> None:
    documents = render(MINIMAL)
    assert options(documents) == {
        "--git": ["https://git.example.com/apis.git"],
        "--ref": ["main"],
        "--git-interval": ["1m"],
        "--interval": ["5m"],
        "--quota-share": ["0.85"],
        "--http": ["0.0.0.0:8080"],
        "--metrics": ["0.0.0.0:9090"],
        "--lease": ["test-reconciler"],
        "--lease-duration": ["15s"],
        "--lease-renew": ["10s"],
        "--lease-retry": ["2s"],
        "--kube-events": [""],
        "--log-level": ["info"],
        "--log-format": ["json"],
    }
    assert container(documents)["args"][0] == "run"
    assert container(documents)["image"] == f"apigateway-reconciler:{__version__}"
    assert {document["kind"] for document in documents} == {
        "ConfigMap", "ServiceAccount", "Role", "RoleBinding", "Service", "Deployment", "NetworkPolicy", "Pod",
    }  # fmt: skip


def test_everything() -> None:
    asked = options(render(CASES["all"]))
    assert asked["--target"] == ["dev", "prod", "test"]
    assert asked["--webhook-secret-file"] == ["/etc/reconciler/webhook/0", "/etc/reconciler/webhook/1"]
    assert asked["--webhook"] == ["0.0.0.0:9293"]
    assert asked["--git-github-app-id"] == ["12"]
    assert asked["--git-github-app-installation-id"] == ["3456"]
    assert asked["--events-queue"] == ["https://sqs.eu-west-1.amazonaws.com/111122223333/gateway-changes"]
    assert asked["--notify"] == ["/etc/reconciler/config/notify.yaml"]
    assert asked["--publish-snapshot"] == ["s3://acme-snapshots/live.json"]
    assert asked["--snapshot-key"] == ["/etc/reconciler/snapshots/key.pem"]
    assert asked["--publish-interval"] == ["1h"]
    assert asked["--prune"] == [""]
    assert asked["--parallelism"] == ["6"]
    assert (asked["--lease"], asked["--lease-duration"]) == (["gateway"], ["30s"])


def test_observe() -> None:
    documents = render(CASES["observe"])
    asked = options(documents)
    assert asked["--observe"] == [""]
    assert asked["--directory"] == ["/specs/current"]
    assert asked["--metrics"] == [""]
    assert not {"--git", "--lease", "--prune"} & asked.keys()
    assert "--no-kube-events" in asked
    assert {"name": "aws-keys"} in [source["secretRef"] for source in container(documents)["envFrom"]]


@pytest.mark.parametrize(("prune", "flag"), [(True, "--prune"), (False, "--no-prune")])
def test_prune(prune: bool, flag: str) -> None:
    assert flag in options(render(MINIMAL | {"prune": prune}))


def test_a_value_is_one_word_whatever_is_in_it() -> None:
    nasty = 'x" --observe\n- --prune #'
    documents = render(MINIMAL | {"targets": [nasty], "extraArgs": [nasty]})
    assert container(documents)["args"][-1] == nasty
    assert f"--target={nasty}" in container(documents)["args"]


@each_case
def test_every_option_is_one_of_the_command(case: str) -> None:
    run = getattr(typer.main.get_command(app), "commands", {}).get("run")
    if not run:
        pytest.skip("there is no `reconcile run` yet")
    known = {name for option in run.params for name in (*option.opts, *option.secondary_opts)}
    assert options(render(CASES[case])).keys() <= known


@each_case
def test_ports_agree_with_the_options(case: str) -> None:
    documents = render(CASES[case])
    ports = {port["name"]: port["containerPort"] for port in container(documents)["ports"]}
    asked = {name: options(documents).get(f"--{name}", [""])[0] for name in ("http", "metrics", "webhook")}
    assert ports == {name: int(address.removeprefix("0.0.0.0:")) for name, address in asked.items() if address}
    for service in of_kind(documents, "Service"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports.keys()
    for policy in of_kind(documents, "NetworkPolicy"):
        into = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
        assert into == ports.keys()
    for monitor in of_kind(documents, "ServiceMonitor"):
        assert monitor["spec"]["endpoints"][0]["port"] in ports
    for monitor in of_kind(documents, "PodMonitor"):
        assert monitor["spec"]["podMetricsEndpoints"][0]["port"] in ports


@each_case
def test_probes_ask_the_process_itself(case: str) -> None:
    probes = container(render(CASES[case]))
    assert probes["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}
    assert probes["startupProbe"]["httpGet"] == {"path": "/livez", "port": "http"}
    assert probes["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}


@each_case
def test_every_file_of_the_options_is_mounted(case: str) -> None:
    documents = render(CASES[case])
    given = [value for values in options(documents).values() for value in values]
    asked = {value for value in given if value.startswith("/etc/reconciler")}
    assert asked == files(documents) & asked
    assert len(files(documents)) == len(asked), "a file that no option names"


@pytest.mark.parametrize(
    ("git", "flags"),
    [
        (
            {"url": "git@git.example.com:a.git", "ssh": {"existingSecret": "s"}},
            {"--git-ssh-key": "ssh-key", "--git-known-hosts": "known_hosts"},
        ),
        ({"url": "https://git.example.com/a.git", "token": {"existingSecret": "s"}}, {"--git-token-file": "token"}),
        (
            {
                "url": "https://git.example.com/a.git",
                "githubApp": {"id": "1", "installationId": "2", "existingSecret": "s"},
            },
            {"--git-github-app-key": "github-app.pem"},
        ),
    ],
)
def test_git_credentials_come_from_files(git: dict[str, Any], flags: dict[str, str]) -> None:
    documents = render({"mode": "apply", "source": {"git": git}})
    paths = {name: [f"/etc/reconciler/git/{file}"] for name, file in flags.items()}
    assert options(documents).items() >= paths.items()
    assert files(documents) == {f"/etc/reconciler/git/{file}" for file in flags.values()}


def test_specs_in_a_config_map() -> None:
    volume = {"configMap": {"name": "specs"}}
    documents = render({"mode": "apply", "source": {"directory": {"path": "/specs", "volume": volume}}})
    assert volume | {"name": "specs"} in pod(documents)["volumes"]
    assert {"name": "specs", "mountPath": "/specs", "readOnly": True} in container(documents)["volumeMounts"]


def test_a_changed_config_makes_new_pods() -> None:
    def annotations(signers: str) -> Any:
        values = {"mode": "apply", "source": {"git": MINIMAL["source"]["git"] | {"allowedSigners": signers}}}  # type: ignore[index]
        return workload(render(values))["spec"]["template"]["metadata"]["annotations"]

    assert annotations("a@example.com ssh-ed25519 AAAA") == annotations("a@example.com ssh-ed25519 AAAA")
    assert annotations("a@example.com ssh-ed25519 AAAA") != annotations("b@example.com ssh-ed25519 AAAA")
    assert "annotations" not in workload(render(MINIMAL))["spec"]["template"]["metadata"]


@pytest.mark.parametrize(("case", "name"), [("minimal", "test-reconciler-overrides"), ("all", "gateway-held")])
def test_what_operators_suspend_is_followed(case: str, name: str) -> None:
    documents = render(CASES[case])
    assert env(documents)["RECONCILE_OVERRIDES"] == name
    (made,) = [item for item in of_kind(documents, "ConfigMap") if item["metadata"]["name"] == name]
    # An upgrade would undo what is in it by then.
    assert "data" not in made
    assert f"--overrides {name}" in notes(CASES[case])
    assert "RECONCILE_OVERRIDES" not in env(render(CASES["observe"]))


def test_one_deployment_unless_sharded() -> None:
    assert workload(render(MINIMAL))["kind"] == "Deployment"
    sharded = render(CASES["sharded"])
    assert workload(sharded)["kind"] == "StatefulSet"
    assert workload(sharded)["spec"]["replicas"] == 4
    assert options(sharded)["--shard-count"] == ["4"]
    index = {"fieldRef": {"fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']"}}
    assert options(sharded)["--shard-index"] == ["$(SHARD_INDEX)"]
    assert env(sharded)["SHARD_INDEX"] == index
    headless = next(item for item in of_kind(sharded, "Service") if item["spec"].get("clusterIP") == "None")
    assert workload(sharded)["spec"]["serviceName"] == headless["metadata"]["name"]


def test_without_a_lease_two_pods_never_run_at_once() -> None:
    assert workload(render(CASES["observe"]))["spec"]["strategy"] == {"type": "Recreate"}
    assert workload(render(MINIMAL))["spec"]["strategy"]["type"] == "RollingUpdate"


def test_a_disruption_budget_for_more_than_one_pod() -> None:
    assert not of_kind(render(MINIMAL), "PodDisruptionBudget")
    for values in (CASES["ha"], MINIMAL | {"sharding": {"count": 2}}):
        spec = only(render(values), "PodDisruptionBudget")["spec"]
        assert (spec["maxUnavailable"], spec["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


def test_notes() -> None:
    assert "keeps API Gateway as the specs say" in notes(MINIMAL)
    assert "neither aws.roleArn" in notes(MINIMAL)
    assert "changes nothing" in notes(CASES["observe"])
    assert "arn:aws:iam::111122223333:role/reconciler" in notes(CASES["ha"])
    assert "statefulset/test-reconciler 8080" in notes(CASES["sharded"])


def test_the_chart_is_for_this_version() -> None:
    chart = (CHART / "Chart.yaml").read_text()
    assert f'appVersion: "{__version__}"' in chart
    assert f"image: apigateway-reconciler:{__version__}" in chart
