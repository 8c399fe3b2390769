"""The parts of `reconcile run`, put together, started and ended in the right order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from controller.aws.client import connect
from controller.aws.events import EventQueue, open_queue
from controller.aws.pacing import Pacers
from controller.cli.publishing import Publishing, publisher
from controller.errors import UsageError
from controller.gateway import Caller
from controller.kube import Api, Connection, Election, Events, Fence, Overrides, Shards, Timing
from controller.loop.book import Book
from controller.loop.following import Origin
from controller.loop.host import Host
from controller.loop.logged import log
from controller.loop.metrics import Metrics
from controller.loop.relayed import Relay
from controller.loop.site import Arrive, AwsSite
from controller.loop.worker import Worker
from controller.notify import Notifier, read_notifications
from controller.request import Request
from controller.settings import Settings, Target
from controller.suspension import Suspension
from controller.web import exposition, probes, status
from controller.web.secret_files import SecretFiles
from controller.web.server import Server, application
from controller.web.webhook import Webhook


GRACE = 75.0
"""Seconds in which what was begun is finished; a pod is given 90, for the last calls and the Lease too."""


@dataclass(frozen=True)
class Listening:
    """Where the process answers; empty for nowhere."""

    http: str = ""
    metrics: str = ""
    webhook: str = ""
    secrets: tuple[Path, ...] = ()
    ref: str = ""
    drop_labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """What there is of Kubernetes: a Lease to lead by, a part of the accounts, Events, and what is suspended."""

    lease: str = ""
    timing: Timing = field(default_factory=Timing)
    shards: Shards = field(default_factory=Shards)
    events: bool | None = None
    overrides: str = ""


@dataclass(frozen=True)
class Wishes:
    """What the options ask of the loop. Times are seconds; `at_once` is how many roots are in one pass."""

    targets: frozenset[str] = frozenset()
    endpoint_url: str | None = None
    share: float | None = 0.85
    prune: bool | None = None
    observe: bool = False
    interval: float = 300.0
    poll: float | None = None
    at_once: int = 50
    queue: str = ""
    notify: Path | None = None
    publishing: Publishing = field(default_factory=Publishing)
    listening: Listening = field(default_factory=Listening)
    cluster: Cluster = field(default_factory=Cluster)


class Assembly:
    """Everything that runs. Raises UsageError, SpecErrors and KubeError for what cannot be put together.

    `arriving` may stand in for the way to AWS, and `connection` for what a pod knows of its cluster.
    """

    def __init__(
        self,
        origin: Origin,
        wishes: Wishes,
        *,
        aimed: Callable[[Request], Request] = lambda request: request,
        arriving: Arrive | None = None,
        connection: Connection | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._wishes, self._aimed, self._arriving, self._pacers = wishes, aimed, arriving, Pacers()
        self.over = threading.Event()
        """Set when the process is to end."""
        self.lost = False
        self._closing = ExitStack()
        connection = connection or _connection(wishes.cluster, environ)
        self.election = self._elected(connection) if connection and wishes.cluster.lease else None
        self.overrides = self._followed(connection) if connection and wishes.cluster.overrides else None
        self.relay = Relay(self._notifier(), self._events(connection, environ))
        self.book = Book(self.relay.changed)
        source = "git" if wishes.poll else "directory"
        self.metrics = Metrics(self.book, source=source, drop=wishes.listening.drop_labels)
        self._sites: dict[str, AwsSite] = {}
        self.publisher = publisher(
            wishes.publishing,
            self._sites,
            lambda: connect(region=None, endpoint_url=wishes.endpoint_url),
            may_write=self._may_write,
            count=self.metrics.snapshot,
        )
        watching = [self.publisher.observe] if self.publisher else []
        self.host = Host(
            origin,
            self._site,
            [self.book.observe, self.metrics.observe, self.relay.observe, log, *watching],
            is_ours=self._is_ours,
            write=not wishes.observe,
            may_write=self._may_write,
            interval=wishes.interval,
            poll=wishes.poll,
            at_once=wishes.at_once,
        )
        self.metrics.watch(self._workers)
        self.metrics.leads(value=self.election is None)
        self.servers = list(self._servers())
        self._queue = self._events_queue()

    # ── life ──
    def start(self) -> None:
        """Begins: first what answers, so that a probe sees a process that lives."""
        for server in self.servers:
            server.start()
        if self.election:
            self.election.start()
        if self.overrides:
            self.overrides.start()
        self.host.start()
        if self.publisher:
            self.publisher.start()
        if self._queue:
            self._queue.start()

    def end(self) -> bool:
        """Ends, in the order in which the next replica can take over; False if not all was finished in time."""
        ended = self.host.end(GRACE)
        if self.publisher:
            self.publisher.close()
        if self.overrides:
            self.overrides.stop()
        if self.election:
            self.election.stop()
        for server in self.servers:
            server.stop()
        self._closing.close()
        return ended and not self.lost

    # ── parts ──
    def _workers(self) -> Iterable[Worker]:
        return self.host.workers.values()

    def _notified(self, channel: str, result: str) -> None:
        self.metrics.notified(channel, result)

    def _may_write(self) -> bool:
        if self.overrides and not self.overrides.known:
            return False
        return self.election is None or self.election.still_leader()

    def _elected(self, connection: Connection) -> Election:
        cluster = self._wishes.cluster
        name = f"{cluster.lease}-{cluster.shards.index}" if cluster.shards.count > 1 else cluster.lease
        return Election(connection, name, timing=cluster.timing, on_gain=self._gained, on_loss=self._lost)

    def _followed(self, connection: Connection) -> Overrides:
        api = Api(connection)
        self._closing.callback(api.close)
        return Overrides(api, self._wishes.cluster.overrides, self._suspended)

    def _suspended(self, now: tuple[Suspension, ...], ended: tuple[Suspension, ...]) -> None:
        self.host.suspend(now, ended)

    def _suspensions(self) -> tuple[Suspension, ...]:
        return self.overrides.active() if self.overrides else ()

    def _gained(self) -> None:
        self.metrics.leads(value=True)
        self.host.wake()

    def _lost(self) -> None:
        # Another replica may write from now on: nothing more is called, and the process begins anew.
        self.lost = True
        self.metrics.leads(value=False)
        self.host.stop.now.set()
        self.over.set()

    def _guarded(self, caller: Caller) -> Caller:
        return Fence(caller, self._may_write)

    def _site(self, target: str, settings: Settings) -> AwsSite:
        wishes = self._wishes
        request = Request(
            (),
            Path(),
            settings,
            target,
            endpoint_url=wishes.endpoint_url,
            quota_share=wishes.share,
            prune=wishes.prune,
            observer=self.metrics.aws(target),
        )
        site = self._sites[target] = AwsSite(
            request,
            self._pacers,
            self._guarded,
            self._aimed,
            arriving=self._arriving,
            suspensions=self._suspensions,
        )
        return site

    def _is_ours(self, name: str, target: Target) -> bool:
        if self._wishes.targets and name not in self._wishes.targets:
            return False
        shards = self._wishes.cluster.shards
        # Where the settings name no account, the target's own name has to do.
        return shards.count == 1 or shards.is_ours(target.account or name, target.region or "")

    def _notifier(self) -> Notifier | None:
        if not self._wishes.notify:
            return None
        notifier = Notifier(read_notifications(self._wishes.notify), on_sent=self._notified)
        self._closing.callback(notifier.close)
        return notifier

    def _events(self, connection: Connection | None, environ: Mapping[str, str]) -> Events | None:
        if connection is None or self._wishes.cluster.events is False:
            return None
        pod = environ.get("POD_NAME", "")
        if not pod:
            if self._wishes.cluster.events:
                raise UsageError("--kube-events needs POD_NAME, the name of the pod, in the environment")
            return None
        regarding = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": pod,
            "namespace": environ.get("POD_NAMESPACE", "") or connection.namespace,
        }
        if uid := environ.get("POD_UID", ""):
            regarding["uid"] = uid
        api = Api(connection)
        events = Events(api, regarding, pod)
        self._closing.callback(api.close)
        self._closing.callback(events.close)
        return events

    def _events_queue(self) -> EventQueue | None:
        if not self._wishes.queue:
            return None
        url = self._wishes.endpoint_url
        return open_queue(self._wishes.queue, self.host.hear, self.host.stop.drain, endpoint_url=url)

    def _servers(self) -> list[Server]:
        listening, found = self._wishes.listening, []
        if listening.http:
            livez = probes.liveness(lambda: self.host.beating)
            overrides = self.overrides.unready if self.overrides else None
            readyz = probes.readiness(self.book, ends=self.host.stop.drain.is_set, overrides=overrides)
            routes = [*probes.routes(livez, readyz), *status.routes(self.book)]
            found.append(Server("http", application("http", routes), listening.http))
        if listening.metrics:
            routes = [*exposition.routes(self.metrics.registry)]
            found.append(Server("metrics", application("metrics", routes), listening.metrics))
        if listening.webhook:
            secrets = SecretFiles(listening.secrets)
            hook = Webhook(secrets, self.host.poke, ref=listening.ref, count=self.metrics.webhook)
            found.append(Server("webhook", application("webhook", [*hook.routes]), listening.webhook))
        return found


def _connection(cluster: Cluster, environ: Mapping[str, str]) -> Connection | None:
    """The cluster's API where it is wanted: for a Lease, for what is suspended, or for Events in a pod."""
    inside = bool(environ.get("KUBERNETES_SERVICE_HOST"))
    if cluster.lease or cluster.overrides or cluster.events or (cluster.events is None and inside):
        return Connection.in_cluster(environ=environ)
    return None
