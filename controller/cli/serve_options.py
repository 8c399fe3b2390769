"""The options of `reconcile run`, each with its environment variable."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.cli.durations import seconds


OVERRIDES = "reconciler-overrides"
"""The ConfigMap of a release of the chart that is named reconciler."""


class LogFormat(StrEnum):
    """How log lines look."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


def _option(name: str, words: str, metavar: str = "", *short: str, **more: Any) -> Any:
    variable = f"RECONCILE_{name.strip('-').partition('/')[0].replace('-', '_').upper()}"
    return typer.Option(*short, name, metavar=metavar or None, envvar=variable, help=words, **more)


_file: Any = {"exists": True, "dir_okay": False}

Git = Annotated[str, _option("--git", "The repository to follow: an https or ssh URL.", "URL")]
Ref = Annotated[str, _option("--ref", "The branch or tag to follow.", "NAME")]
Below = Annotated[str, _option("--path", "The folder of the repository that has reconcile.yaml or specs/.", "DIR")]
Directory = Annotated[
    Path | None,
    _option("--directory", "A folder to follow instead, which git-sync or a ConfigMap keeps up to date.", "DIR"),
]
GitInterval = Annotated[
    float, _option("--git-interval", "How often git is asked for news.", "DURATION", parser=seconds)
]
SshKey = Annotated[Path | None, _option("--git-ssh-key", "A deploy key.", "FILE", **_file)]
KnownHosts = Annotated[
    Path | None, _option("--git-known-hosts", "The host keys that are believed; needed with ssh.", "FILE", **_file)
]
Token = Annotated[Path | None, _option("--git-token-file", "A token for https, read each time.", "FILE", **_file)]
AppId = Annotated[str, _option("--git-github-app-id", "A GitHub App that may read the repository.", "ID")]
Installation = Annotated[
    int, _option("--git-github-app-installation-id", "The App's installation in the organisation.", "ID")
]
AppKey = Annotated[Path | None, _option("--git-github-app-key", "The App's private key.", "FILE", **_file)]
Signers = Annotated[
    Path | None,
    _option("--git-allowed-signers", "Only commits that one of these signed are believed.", "FILE", **_file),
]
Interval = Annotated[
    float, _option("--interval", "How often each root is looked at for drift.", "DURATION", parser=seconds)
]
Observe = Annotated[bool, _option("--observe", "Tell of drift, change nothing.")]
AtOnce = Annotated[int, _option("--parallelism", "Roots in one pass.", "N", min=1)]
Http = Annotated[str, _option("--http", "Where probes and the status API answer; empty: nowhere.", "HOST:PORT")]
Metrics = Annotated[str, _option("--metrics", "Where Prometheus finds metrics; empty: nowhere.", "HOST:PORT")]
DropLabels = Annotated[
    list[str] | None, _option("--metrics-drop-labels", "A label that metrics go without. Repeatable.", "NAME")
]
Webhook = Annotated[
    str, _option("--webhook", "Where git servers may announce pushes. Nowhere by default.", "HOST:PORT")
]
WebhookSecrets = Annotated[
    list[Path] | None,
    _option("--webhook-secret-file", "The secret of the webhook. Twice while it is exchanged.", "FILE", **_file),
]
Queue = Annotated[
    str, _option("--events-queue", "An SQS queue that EventBridge feeds with API Gateway's calls.", "URL")
]
Lease = Annotated[str, _option("--lease", "The Lease by which one of several replicas is chosen.", "NAME")]
LeaseDuration = Annotated[
    float, _option("--lease-duration", "How long it holds when its holder is silent.", "DURATION", parser=seconds)
]
LeaseRenew = Annotated[
    float, _option("--lease-renew", "When its holder gives up, unrenewed.", "DURATION", parser=seconds)
]
LeaseRetry = Annotated[float, _option("--lease-retry", "How often it is tried.", "DURATION", parser=seconds)]
Shards = Annotated[int, _option("--shard-count", "Into how many parts all accounts are divided.", "N", min=1)]
Shard = Annotated[int, _option("--shard-index", "Which of them this is, from 0.", "I", min=0)]
Overrides = Annotated[
    str, _option("--overrides", "The ConfigMap with what operators have suspended.", "NAME")
]
KubeEvents = Annotated[
    bool | None, _option("--kube-events/--no-kube-events", "Write Kubernetes Events. By default in a cluster only.")
]
Notify = Annotated[Path | None, _option("--notify", "Who is told of changes of state.", "FILE", **_file)]
Publish = Annotated[
    str,
    _option(
        "--publish-snapshot",
        "Where snapshots for plans without credentials are put: a path, s3://bucket/key or an https URL.",
        "DEST",
    ),
]
SnapshotKey = Annotated[str, _option("--snapshot-key", "A file with the Ed25519 key that signs them.", "FILE")]
PublishInterval = Annotated[
    float, _option("--publish-interval", "How often there may be a new one.", "DURATION", parser=seconds)
]
LogLevel = Annotated[str, _option("--log-level", "The least important lines that are logged.", "LEVEL")]
Root = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The name of a root, such as orders; or kind and name, 'UsagePlan gold'."),
]
For = Annotated[float, _option("--for", "For how long.", "DURATION", parser=seconds)]
Reason = Annotated[str, _option("--reason", "Why; it is shown wherever the root is.", "TEXT")]
By = Annotated[str, _option("--by", "Who says so. By default whom the cluster, or this machine, knows.", "NAME")]
Namespace = Annotated[
    str, _option("--namespace", "The controller's namespace, if it is not the current one.", "NAME", "-n")
]
Context = Annotated[str, _option("--context", "The context of kubectl, if it is not the current one.", "NAME")]
LogFormatOption = Annotated[LogFormat, _option("--log-format", "JSON, unless it is a terminal.")]
