"""Fixtures: a real Kubernetes API where there is one, and namespaces in it.

KUBEBUILDER_ASSETS     a folder with etcd and kube-apiserver, which are started
TEST_KUBE_APISERVER    a server that runs already, with TEST_KUBE_TOKEN and TEST_KUBE_CA
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.kube import Api, Connection
from tests.cluster.apiserver import Cluster, api_server


SKIPPED = "needs a Kubernetes API server: KUBEBUILDER_ASSETS or TEST_KUBE_APISERVER"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The server, with the rights to do everything."""
    if server := os.environ.get("TEST_KUBE_APISERVER"):
        authority = os.environ.get("TEST_KUBE_CA")
        yield Cluster(server, os.environ.get("TEST_KUBE_TOKEN", ""), Path(authority) if authority else None)
    elif assets := os.environ.get("KUBEBUILDER_ASSETS"):
        with api_server(Path(assets)) as running:
            yield running
    else:
        pytest.skip(SKIPPED)


@pytest.fixture
def admin(cluster: Cluster) -> Iterator[Api]:
    """Requests by somebody who may do everything, in a namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    api = Api(Connection(cluster.url, name, cluster.token, cluster.authority))
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    yield api
    api.request("DELETE", f"/api/v1/namespaces/{name}")
    api.close()
