"""What values.yaml, its schema and the README say, and which values are refused."""

import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.chart.chart import CASES, CHART, MINIMAL, helm_python, render


GIT = "https://git.example.com/apis.git"
SSH = "git@git.example.com:apis.git"
MINIMAL_GIT: dict[str, Any] = {"mode": "apply", "source": {"git": {"url": GIT}}}
generate = runpy.run_path(str(CHART.parent / "generate.py"))


def test_what_is_generated_is_up_to_date() -> None:
    for file, text in generate["generated"]().items():
        assert file.read_text() == text, f"{file.name} is old: make generate"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads((CHART / "values.schema.json").read_text()))


def test_a_key_without_a_description_is_an_error() -> None:
    with pytest.raises(SystemExit, match=r"a\.b has no"):
        list(generate["values"]("# -- Fine.\na:\n  b: 1\n"))


def test_defaults_alone_are_refused() -> None:
    """What the controller does, and on which specs, has to be said."""
    with pytest.raises(helm_python.HelmError) as refused:
        render({})
    assert "/mode" in str(refused.value)


def _git(**more: Any) -> dict[str, Any]:
    return {"source": {"git": {"url": GIT, **more}}}


REFUSED = {
    "unknown key": ({"replicas": 2}, "replicas"),
    "unknown key inside": ({"metrics": {"enable": True}}, "enable"),
    "unknown mode": ({"mode": "sync"}, "/mode"),
    "no source": ({"source": {"git": {"url": ""}}}, "oneOf"),
    "two sources": (_git() | {"source": {"git": {"url": GIT}, "directory": {"path": "/specs"}}}, "oneOf"),
    "a volume without a path": (_git() | {"source": {"git": {"url": GIT}, "directory": {"volume": {"emptyDir": {}}}}}, "/source"),
    "replicas without a lease": ({"replicaCount": 2, "leaderElection": {"enabled": False}}, "/leaderElection/enabled"),
    "shards without leases": ({"sharding": {"count": 2}, "leaderElection": {"enabled": False}}, "/leaderElection/enabled"),
    "replicas of shards": ({"sharding": {"count": 2}, "replicaCount": 2}, "/replicaCount"),
    "a webhook without a secret": ({"webhook": {"enabled": True}}, "/webhook/existingSecrets"),
    "three secrets": ({"webhook": {"existingSecrets": [{"name": "a", "key": "b"}] * 3}}, "/webhook/existingSecrets"),
    "an ingress without the webhook": ({"webhook": {"ingress": {"enabled": True, "host": "a.example.com"}}}, "/webhook/enabled"),
    "an ingress without a host": (
        {"webhook": {"enabled": True, "existingSecrets": [{"name": "a", "key": "b"}], "ingress": {"enabled": True}}},
        "/webhook/ingress/host",
    ),
    "a route without a gateway": (
        {"webhook": {"enabled": True, "existingSecrets": [{"name": "a", "key": "b"}], "httpRoute": {"enabled": True}}},
        "/webhook/httpRoute/parentRefs",
    ),
    "ssh without a key": ({"source": {"git": {"url": SSH}}}, "/source/git/ssh/existingSecret"),
    "a key for https": (_git(ssh={"existingSecret": "key"}), "/source/git/ssh/existingSecret"),
    "a password in the URL": ({"source": {"git": {"url": "https://me:secret@git.example.com/a.git"}}}, "/source/git/url"),
    "a command as a URL": ({"source": {"git": {"url": "ext::sh -c id"}}}, "/source/git/url"),
    "an App without its ids": (_git(githubApp={"existingSecret": "app"}), "/source/git/githubApp"),
    "an App and a token": (
        _git(githubApp={"existingSecret": "a", "id": "1", "installationId": "2"}, token={"existingSecret": "t"}),
        "/source/git/token/existingSecret",
    ),
    "two kinds of AWS credentials": (
        {"aws": {"roleArn": "arn:aws:iam::111122223333:role/a", "podIdentity": True}},
        "/aws/podIdentity",
    ),
    "keys and Pod Identity": ({"aws": {"existingSecret": "keys", "podIdentity": True}}, "/aws/existingSecret"),
    "not a role": ({"aws": {"roleArn": "reconciler"}}, "/aws/roleArn"),
    "a role for another's account": (
        {"serviceAccount": {"create": False, "name": "x"}, "aws": {"roleArn": "arn:aws:iam::111122223333:role/a"}},
        "/aws/roleArn",
    ),
    "an account without a name": ({"serviceAccount": {"create": False}}, "/serviceAccount/name"),
    "two monitors": ({"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}}, "/metrics/podMonitor"),
    "a monitor of nothing": ({"metrics": {"enabled": False, "podMonitor": {"enabled": True}}}, "/metrics/enabled"),
    "two notification files": ({"notifications": {"config": {"a": 1}, "existingSecret": "b"}}, "/notifications/existingSecret"),
    "an interval without a unit": ({"interval": "300"}, "/interval"),
    "an interval of nothing": ({"interval": "0s"}, "/interval"),
    "too large a share": ({"quotaShare": 1.5}, "/quotaShare"),
    "a share of nothing": ({"quotaShare": 0}, "/quotaShare"),
    "the latest image": ({"image": {"tag": "latest"}}, "/image/tag"),
    "a digest that is none": ({"image": {"digest": "abc"}}, "/image/digest"),
    "a port for root": ({"ports": {"http": 80}}, "/ports/http"),
    "text as a number": ({"replicaCount": "2"}, "/replicaCount"),
    "an unknown log level": ({"log": {"level": "verbose"}}, "/log/level"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    values, where = REFUSED[case]
    with pytest.raises(helm_python.HelmError) as refused:
        render(MINIMAL_GIT | values)
    words = str(refused.value)
    assert where in words, words
    assert "nil pointer" not in words


@pytest.mark.parametrize("key", yaml.safe_load((CHART / "values.yaml").read_text()))
def test_null_is_refused_with_a_sentence(key: str) -> None:
    """Helm takes away what is null; a template that looks inside would fail with a nil pointer."""
    with pytest.raises(helm_python.HelmError) as refused:
        render(MINIMAL | {key: None})
    assert key in str(refused.value)
    assert "nil pointer" not in str(refused.value)


LEAVES = [value.path for value in generate["values"]((CHART / "values.yaml").read_text()) if value.opaque]


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_every_value_has_an_effect(path: tuple[str, ...]) -> None:
    """Some ci file sets each value; without it the file renders to something else, or is refused."""
    having = [values for values in CASES.values() if _has(values, path)]
    assert having, f"no ci file sets {'.'.join(path)}"
    assert any(_objects(values) != _objects(_without(values, path)) for values in having)


def _has(values: Any, path: tuple[str, ...]) -> bool:
    return not path or (isinstance(values, dict) and path[0] in values and _has(values[path[0]], path[1:]))


def _without(values: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    return {
        key: _without(value, tuple(rest)) if key == name else value
        for key, value in values.items()
        if key != name or rest
    }


def _objects(values: dict[str, Any]) -> Any:
    try:
        return render(values)
    except helm_python.HelmError:
        return "refused"


def test_the_documentation_is_there() -> None:
    docs = Path(CHART.parents[1] / "docs" / "kubernetes.md").read_text()
    for word in ("aws.roleArn", "aws.podIdentity", "replicaCount", "sharding.count", "webhook.enabled", "source.git"):
        assert word in docs
