"""What the options of `reconcile run` ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from controller.kube import Shards, Timing


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
class Publishing:
    """Where snapshots are put (empty for nowhere), what signs them, and the seconds between them at least."""

    destination: str = ""
    key: str = ""
    pause: float = 1800.0


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
