"""A process as in a pod: with the files of its service account where they are in a container, seen by it alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from controller.kube import Api
from controller.kube.api import ACCOUNT
from tests.cluster.apiserver import Cluster


ENTER = f'mount -t tmpfs none /var/run && mkdir -p {ACCOUNT} && cp "$0"/* {ACCOUNT} && exec "$@"'


def token(admin: Api, account: str) -> str:
    """A token of a service account, as the kubelet asks for one."""
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    where = f"/api/v1/namespaces/{admin.namespace}/serviceaccounts/{account}/token"
    return str(admin.request("POST", where, wanted)["status"]["token"])


def inside(cluster: Cluster, admin: Api, account: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """The words that put a command into such a place, and its environment. Skips where Linux does not let us."""
    unshare = [shutil.which("unshare") or "unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("needs a mount namespace of its own: unshare --user --mount")
    assert cluster.authority
    folder.mkdir()
    (folder / "token").write_text(token(admin, account))
    (folder / "namespace").write_text(admin.namespace)
    shutil.copy(cluster.authority, folder / "ca.crt")
    at = urlsplit(cluster.url)
    environ = {
        "KUBERNETES_SERVICE_HOST": str(at.hostname),
        "KUBERNETES_SERVICE_PORT": str(at.port),
        "POD_NAME": "reconciler-0",
        "POD_NAMESPACE": admin.namespace,
    }
    return [*unshare, "sh", "-c", ENTER, str(folder)], environ


def kubeconfig(cluster: Cluster, namespace: str, file: Path) -> Path:
    """A file by which kubectl finds the cluster, with the rights to do everything."""
    trust = f", certificate-authority: {cluster.authority}" if cluster.authority else ""
    file.write_text(
        f"""\
apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: {cluster.url}{trust}}}}}]
users: [{{name: admin, user: {{token: {cluster.token}}}}}]
contexts: [{{name: test, context: {{cluster: test, user: admin, namespace: {namespace}}}}}]
"""
    )
    return file
