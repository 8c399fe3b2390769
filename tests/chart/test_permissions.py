"""What the pods may do: in Kubernetes, in AWS, and on the network."""

from typing import Any

from tests.chart.chart import CASES, MINIMAL, NAMESPACE, Document, of_kind, only, options, pod, render


def test_the_role_is_the_least_that_works() -> None:
    assert only(render(MINIMAL), "Role")["rules"] == [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "resourceNames": ["test-reconciler"],
            "verbs": ["get", "update"],
        },
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["test-reconciler-overrides"],
            "verbs": ["get", "patch"],
        },
    ]
    assert not {"ClusterRole", "ClusterRoleBinding"} & {document["kind"] for document in render(CASES["all"])}


def test_a_role_for_the_lease_of_each_shard() -> None:
    documents = render(MINIMAL | {"sharding": {"count": 4}})
    names = [f"{options(documents)['--lease'][0]}-{index}" for index in range(4)]
    assert only(documents, "Role")["rules"][1]["resourceNames"] == names


def test_the_binding_joins_the_role_and_the_pods_account() -> None:
    for case in ("ha", "minimal", "all"):
        documents = render(CASES[case])
        account = pod(documents)["serviceAccountName"]
        namespace = CASES[case].get("namespaceOverride", NAMESPACE)
        binding = only(documents, "RoleBinding")
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]
        assert binding["roleRef"]["name"] == only(documents, "Role")["metadata"]["name"]
        assert only(documents, "ServiceAccount")["metadata"]["name"] == account


def test_the_token_is_mounted_only_where_it_is_used() -> None:
    assert pod(render(MINIMAL))["automountServiceAccountToken"] is True
    without = render(CASES["observe"])
    assert pod(without)["automountServiceAccountToken"] is False
    assert not of_kind(without, "Role")
    parts = {"leaderElection": "leases", "kubernetesEvents": "events", "overrides": "configmaps"}
    for part, resource in parts.items():
        alone = render(MINIMAL | {other: {"enabled": False} for other in parts if other != part})
        assert {name for rule in only(alone, "Role")["rules"] for name in rule["resources"]} == {resource}
        assert pod(alone)["automountServiceAccountToken"] is True


def test_irsa() -> None:
    annotations = only(render(CASES["ha"]), "ServiceAccount")["metadata"]["annotations"]
    assert annotations == {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/reconciler"}


def test_pod_identity_may_reach_its_agent() -> None:
    def agents(documents: list[Document]) -> list[str]:
        blocks = [rule.get("to", []) for rule in only(documents, "NetworkPolicy")["spec"]["egress"]]
        return [peer["ipBlock"]["cidr"] for peers in blocks for peer in peers if "23/" in peer["ipBlock"]["cidr"]]

    assert agents(render(CASES["sharded"])) == ["169.254.170.23/32", "fd00:ec2::23/128"]
    assert agents(render(MINIMAL)) == []


def out(documents: list[Document]) -> set[int]:
    return {port["port"] for rule in only(documents, "NetworkPolicy")["spec"]["egress"] for port in rule["ports"]}


def test_only_what_is_needed_goes_out() -> None:
    assert out(render(MINIMAL)) == {53, 443, 6443}
    assert out(render(CASES["ha"])) == {22, 53, 443, 6443}
    alone = {part: {"enabled": False} for part in ("leaderElection", "kubernetesEvents", "overrides")}
    assert out(render(MINIMAL | alone)) == {53, 443}


def test_the_api_is_closed_unless_it_is_exposed() -> None:
    def callers(values: dict[str, Any]) -> list[Any]:
        rules = only(render(values), "NetworkPolicy")["spec"]["ingress"]
        return [rule.get("from") for rule in rules if rule["ports"][0]["port"] == "http"]

    test = only(render(MINIMAL), "Pod")["metadata"]["labels"]
    ((tester,),) = callers(MINIMAL)
    assert test.items() >= tester["podSelector"]["matchLabels"].items()
    assert callers(CASES["all"])[1] == [{"podSelector": {"matchLabels": {"app": "auth-proxy"}}}]


def test_the_webhook_has_a_service_of_its_own() -> None:
    documents = render(CASES["all"])
    (service,) = [item for item in of_kind(documents, "Service") if item["metadata"]["name"].endswith("-webhook")]
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["webhook"]
    backend = only(documents, "Ingress")["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": service["metadata"]["name"], "port": {"name": "webhook"}}
    (reference,) = only(documents, "HTTPRoute")["spec"]["rules"][0]["backendRefs"]
    assert reference == {"name": service["metadata"]["name"], "port": service["spec"]["ports"][0]["port"]}
