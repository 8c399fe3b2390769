"""`reconcile run` as the process of a pod, on a real API server: it leads, tells, obeys operators and lets go."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.answers import answering
from controller.kube import Api
from tests.cluster.apiserver import Cluster
from tests.cluster.helm import ENGINES, chart_for, values_for
from tests.cluster.pod import inside, kubeconfig
from tests.engine import HERE
from tests.fake import FakeGateway
from tests.processes import running


NAME = "test-reconciler"
SPEC = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: shop}
spec:
  description: as the spec says
  paths: {/: {methods: {GET: {integration: {type: MOCK}}}}}
  stages: {prod: {}}
"""
MINIMAL = {"mode": "apply", "source": {"git": {"url": "https://git.example.com/apis.git"}}}
NO_KUBECTL = pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl")


def reconcile(*words: str, before: list[str] | None = None, **environ: str) -> str:
    """What a command says."""
    command = [*(before or []), sys.executable, "-m", "controller", *words]
    home = {"PATH": os.environ["PATH"], "HOME": environ.pop("HOME", "/nonexistent")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=home | environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


@NO_KUBECTL
def test_a_pod_leads_tells_obeys_and_lets_go(cluster: Cluster, admin: Api, tmp_path: Path) -> None:
    (tmp_path / "chart").mkdir()
    helm = ENGINES["library"](cluster, admin.namespace, chart_for(admin, tmp_path / "chart"))
    helm.install("test", values_for(admin, MINIMAL))
    before, environ = inside(cluster, admin, NAME, tmp_path / "account")
    file = str(kubeconfig(cluster, admin.namespace, tmp_path / "kubeconfig"))
    checkout = tmp_path / "checkout"
    (checkout / "specs").mkdir(parents=True)
    (checkout / "specs" / "shop.yaml").write_text(SPEC)
    fake = FakeGateway(HERE)

    def lease() -> dict[str, Any]:
        where = f"/apis/coordination.k8s.io/v1/namespaces/{admin.namespace}/leases/{NAME}"
        return dict(admin.request("GET", where)["spec"])

    def events() -> dict[str, str]:
        found = admin.request("GET", f"/apis/events.k8s.io/v1/namespaces/{admin.namespace}/events")["items"]
        assert {item["regarding"]["name"] for item in found} <= {"reconciler-0"}
        return {item["reason"]: item["note"] for item in found}

    def live() -> str:
        (api,) = fake.world.apis.values()
        return str(api.record.get("description", ""))

    with answering(fake) as url:
        held = {**environ, "RECONCILE_OVERRIDES": f"{NAME}-overrides"}
        options = ["--interval", "10m", "--endpoint-url", url, "--kube-events", "--lease", NAME]
        with running(checkout, *options, environ=held, before=before) as controller:
            controller.until(lambda: controller.conditions() == {"RestApi shop": "in-sync"})
            assert lease()["holderIdentity"]
            controller.until(lambda: "ApplySucceeded" in events())

            # By somebody outside of the cluster, as kubectl knows it.
            words = ["suspend", "shop", "--for", "2h", "--reason", "incident 42", "--by", "ada"]
            said = reconcile(*words, "--overrides", f"{NAME}-overrides", KUBECONFIG=file, HOME=str(tmp_path))
            assert said.startswith("shop: suspended until 2")
            controller.until(lambda: controller.conditions() == {"RestApi shop": "suspended"})
            (api,) = fake.world.apis.values()
            api.record["description"] = "by hand"
            controller.signal(signal.SIGHUP)
            controller.until(lambda: controller.get("/api/v1/roots").json()["roots"][0]["driftedFields"] == 1)
            assert live() == "by hand"
            assert controller.conditions() == {"RestApi shop": "suspended"}

            # As `kubectl exec` in the pod would.
            said = reconcile("resume", "shop", before=before, **held)
            assert said == "shop: resumed\n"
            controller.until(lambda: live() == "as the spec says")
            controller.until(lambda: controller.conditions() == {"RestApi shop": "in-sync"})
            controller.until(lambda: {"Suspended", "Resumed"} <= events().keys())
            assert "incident 42 (by ada)" in events()["Suspended"]
    assert controller.code == 0
    assert not lease().get("holderIdentity")
