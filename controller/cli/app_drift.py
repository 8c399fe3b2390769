"""`reconcile drift` and its options."""

from __future__ import annotations

import typer

from controller.cli import options as o
from controller.cli.session import Session


def drift(
    ctx: typer.Context,
    *,
    base: o.BaseOption = "HEAD",
    specs: o.Specs = None,
    target: o.Targets = None,
    detailed_exitcode: o.DetailedExitcode = False,
    fail_on: o.FailOn = None,
    output: o.OutputOption = None,
    endpoint_url: o.EndpointUrl = None,
    local: o.Local = False,
    quota_share: o.QuotaShare = None,
    prune: o.Prune = None,
    warnings_as_errors: o.WarningsAsErrors = False,
    live: o.Live = None,
    live_key: o.LiveKeys = None,
    live_unsigned: o.LiveUnsigned = False,
    live_max_age: o.LiveMaxAge = o.ADAY,
    verbose: o.Verbose = False,
) -> int:
    """Say what differs on AWS, and why: because of the changes since a base revision, or because it drifted."""
    from controller.cli import run  # noqa: PLC0415
    from controller.cli.frozen import Live  # noqa: PLC0415
    from controller.cli.outputs import outputs  # noqa: PLC0415

    session: Session = ctx.obj
    session.specs, session.targets = list(specs or session.specs), list(target or session.targets)
    session.local |= local
    session.strict |= warnings_as_errors
    session.outputs = list(output or session.outputs)
    usual = o.NO_PACING if session.local else o.SHARE
    wishes = run.Wishes(
        dry_run=True,
        outputs=outputs(session.outputs),
        detailed=detailed_exitcode,
        base=base,
        fail_on=frozenset(one.value for one in fail_on or ()),
        endpoint_url=endpoint_url,
        share=o.quota_share(quota_share or usual),
        prune=prune,
        strategy="calls" if session.local else "auto",
        verbose=verbose,
        live=Live(live, tuple(live_key or ()), live_max_age, is_unsigned=live_unsigned),
    )
    return run.run(session, wishes)
