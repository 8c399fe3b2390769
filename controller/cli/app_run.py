"""`reconcile run` and what is said to a running controller: from options to what they ask for."""

from __future__ import annotations

import typer

from controller.cli import options as o
from controller.cli import serve_options as s
from controller.cli.session import Session


def run_for_ever(
    ctx: typer.Context,
    *,
    git: s.Git = "",
    ref: s.Ref = "main",
    path: s.Below = "",
    directory: s.Directory = None,
    git_interval: s.GitInterval = 60.0,
    git_ssh_key: s.SshKey = None,
    git_known_hosts: s.KnownHosts = None,
    git_token_file: s.Token = None,
    git_github_app_id: s.AppId = "",
    git_github_app_installation_id: s.Installation = 0,
    git_github_app_key: s.AppKey = None,
    git_allowed_signers: s.Signers = None,
    target: o.Targets = None,
    interval: s.Interval = 300.0,
    observe: s.Observe = False,
    parallelism: s.AtOnce = 50,
    endpoint_url: o.EndpointUrl = None,
    local: o.Local = False,
    quota_share: o.QuotaShare = None,
    prune: o.Prune = None,
    http: s.Http = "0.0.0.0:8080",
    metrics: s.Metrics = "0.0.0.0:9090",
    metrics_drop_labels: s.DropLabels = None,
    webhook: s.Webhook = "",
    webhook_secret_file: s.WebhookSecrets = None,
    events_queue: s.Queue = "",
    lease: s.Lease = "",
    lease_duration: s.LeaseDuration = 15.0,
    lease_renew: s.LeaseRenew = 10.0,
    lease_retry: s.LeaseRetry = 2.0,
    shard_count: s.Shards = 1,
    shard_index: s.Shard = 0,
    kube_events: s.KubeEvents = None,
    overrides: s.Overrides = "",
    notify: s.Notify = None,
    publish_snapshot: s.Publish = "",
    snapshot_key: s.SnapshotKey = "",
    publish_interval: s.PublishInterval = 1800.0,
    log_level: s.LogLevel = "info",
    log_format: s.LogFormatOption = s.LogFormat.AUTO,
) -> int:
    """Reconcile for ever: follow a repository or a folder, and undo drift."""
    from controller import log  # noqa: PLC0415
    from controller.cli import assembly as a  # noqa: PLC0415
    from controller.cli import serve  # noqa: PLC0415
    from controller.cli.publishing import Publishing  # noqa: PLC0415
    from controller.kube import Shards, Timing  # noqa: PLC0415

    session: Session = ctx.obj
    session.targets, session.local = list(target or session.targets), session.local or local
    log.configure(log_level, console=None if log_format is s.LogFormat.AUTO else log_format is s.LogFormat.CONSOLE)
    source = serve.Source(
        git,
        ref,
        path,
        directory,
        git_ssh_key,
        git_known_hosts,
        git_token_file,
        git_github_app_id,
        git_github_app_installation_id,
        git_github_app_key,
        git_allowed_signers,
    )
    wishes = a.Wishes(
        frozenset(session.targets),
        endpoint_url=endpoint_url,
        share=o.quota_share(quota_share or (o.NO_PACING if session.local else o.SHARE)),
        prune=prune,
        observe=observe,
        interval=interval,
        poll=git_interval if git else None,
        at_once=parallelism,
        queue=events_queue,
        notify=notify,
        publishing=Publishing(publish_snapshot, snapshot_key, publish_interval),
        listening=a.Listening(
            http,
            metrics,
            webhook,
            tuple(webhook_secret_file or ()),
            ref if git else "",
            tuple(metrics_drop_labels or ()),
        ),
        cluster=a.Cluster(
            lease,
            Timing(int(lease_duration), lease_renew, lease_retry),
            Shards(shard_count, shard_index),
            kube_events,
            overrides,
        ),
    )
    return serve.run(session, source, wishes)


def healthcheck(*, http: s.Http = "127.0.0.1:8080", local: o.Local = False) -> int:
    """Ask the controller of this machine whether it lives; for container runtimes without probes."""
    from controller.web.healthcheck import healthcheck as ask  # noqa: PLC0415

    if wrong := ask(http):
        typer.echo(wrong, err=True)
    return 1 if wrong else 0


def suspend(
    name: s.Root,
    *,
    duration: s.For,
    reason: s.Reason,
    target: o.Targets = None,
    by: s.By = "",
    overrides: s.Overrides = s.OVERRIDES,
    namespace: s.Namespace = "",
    context: s.Context = "",
) -> int:
    """Have the controller in a cluster write nothing in an API for a time."""
    from controller.cli import suspend as verb  # noqa: PLC0415

    place = verb.Place(overrides, namespace, context)
    return verb.suspend(place, name, duration, reason, targets=tuple(target or ()), by=by)


def resume(
    name: s.Root,
    *,
    target: o.Targets = None,
    overrides: s.Overrides = s.OVERRIDES,
    namespace: s.Namespace = "",
    context: s.Context = "",
) -> int:
    """End what `reconcile suspend` began, before its time."""
    from controller.cli import suspend as verb  # noqa: PLC0415

    return verb.resume(verb.Place(overrides, namespace, context), name, targets=tuple(target or ()))
