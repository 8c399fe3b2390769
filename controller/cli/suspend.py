"""`reconcile suspend` and `reconcile resume`: an operator's word to the controller of a cluster."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from controller.errors import ControllerError, KubeError, UsageError
from controller.kube import Api, Connection
from controller.kube.kubectl import by_kubectl
from controller.kube.overrides import POLL, Store
from controller.suspension import Suspension


REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
"""Where the API says who asks: since Kubernetes 1.28."""


@dataclass(frozen=True)
class Place:
    """The ConfigMap, its namespace and the context of kubectl; empty for what is current."""

    overrides: str
    namespace: str = ""
    context: str = ""


def suspend(
    place: Place, name: str, seconds: float, reason: str, *, targets: tuple[str, ...] = (), by: str = ""
) -> int:
    """Writes it down, and says until when it holds."""
    if seconds <= 0 or not reason.strip() or not name.strip():
        raise UsageError("a suspension needs a name, a reason and some time")
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        until = now + timedelta(seconds=seconds)
    except OverflowError:
        raise UsageError("--for: that is longer than the calendar goes") from None
    with _api(place) as api:
        store = Store(api, place.overrides)
        who = by or _who(api)
        one = Suspension(
            name=name.strip(), until=until, reason=reason.strip(), by=who, since=now, targets=tuple(sorted(targets))
        )
        store.put(one)
        # What has ended by itself is cleared away by whoever comes by.
        if old := [key for key, found in store.read().items() if found.until <= now]:
            store.take(old)
    print(f"{_titled(one)}: {one.words}", file=sys.stdout)  # noqa: T201
    print(  # noqa: T201
        f"Written to {store.place}: a controller sees it within {POLL:.0f} s, and finishes a root it has begun.",
        file=sys.stderr,
    )
    return 0


def resume(place: Place, name: str, *, targets: tuple[str, ...] = ()) -> int:
    """Takes back what was said of this name; if targets are given, only what was said of exactly those."""
    with _api(place) as api:
        store = Store(api, place.overrides)
        entries = store.read()
        wanted = {
            key: one
            for key, one in entries.items()
            if name.strip() in (one.name, one.name.partition(" ")[2])
            and (not targets or sorted(targets) == sorted(one.targets))
        }
        if not wanted:
            others = ", ".join(sorted(_titled(one) for one in entries.values())) or "nothing"
            raise ControllerError(f"{name} is not suspended in {store.place}; suspended there: {others}")
        store.take(wanted)
    for one in wanted.values():
        print(f"{_titled(one)}: resumed")  # noqa: T201
    return 0


def _titled(one: Suspension) -> str:
    return f"{one.name} in {', '.join(one.targets)}" if one.targets else one.name


@contextmanager
def _api(place: Place) -> Iterator[Api]:
    """The API as this pod sees it, or as kubectl does: for who asks for a context, and outside of pods."""
    asked = place.context or os.environ.get("KUBECONFIG")
    if os.environ.get("KUBERNETES_SERVICE_HOST") and not asked:
        connection = Connection.in_cluster()
        if place.namespace:
            connection = replace(connection, namespace=place.namespace)
        with closing(Api(connection)) as api:
            yield api
        return
    with by_kubectl(place.context, place.namespace) as connection, closing(Api(connection)) as api:
        yield api


def _who(api: Api) -> str:
    """The name by which the cluster knows who asks; before it says so, that of this machine."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        return str(api.request("POST", REVIEWS, review)["status"]["userInfo"]["username"])
    except (KubeError, KeyError):
        return f"{getpass.getuser()}@{socket.gethostname()}"
