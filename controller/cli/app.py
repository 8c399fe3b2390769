"""The commands and their options. What they do is in a module each."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from controller.cli import options as o
from controller.cli import preview_options as p
from controller.cli.app_drift import drift, report
from controller.cli.app_run import healthcheck, resume, run_for_ever, suspend
from controller.cli.session import Session


app = typer.Typer(
    rich_markup_mode=None,
    help="Make AWS API Gateway look as the specs of this checkout say.",
    epilog="Exit codes: 0 done, 1 error, 2 changes pending (with --detailed-exitcode), "
    "3 partly applied, 4 refused by a rule, 64 wrong usage, 130 interrupted. "
    "Each option can be set as an environment variable too, such as RECONCILE_DRY_RUN=1.",
)
local_app = typer.Typer(rich_markup_mode=None, help="A local emulator of AWS to try specs on.")
app.add_typer(local_app, name="local")


@app.callback(invoke_without_command=True)
def reconcile(
    ctx: typer.Context,
    *,
    specs: o.Specs = None,
    target: o.Targets = None,
    dry_run: o.DryRun = False,
    yes: o.Yes = False,
    output: o.OutputOption = None,
    detailed_exitcode: o.DetailedExitcode = False,
    base: p.BaseOption = "",
    fail_on: p.FailOn = None,
    endpoint_url: o.EndpointUrl = None,
    local: o.Local = False,
    quota_share: o.QuotaShare = None,
    prune: o.Prune = None,
    allow: o.Allow = "",
    warnings_as_errors: o.WarningsAsErrors = False,
    strategy: o.StrategyOption = None,
    live: p.Live = None,
    live_key: p.LiveKeys = None,
    live_unsigned: p.LiveUnsigned = False,
    live_max_age: p.LiveMaxAge = p.A_DAY,
    color: o.ColourOption = o.ColourChoice.AUTO,
    verbose: o.Verbose = False,
    version: o.Version = False,
) -> int:
    """Make AWS API Gateway look as the specs of this checkout say."""
    from controller import log  # noqa: PLC0415  keeps help fast

    session: Session = ctx.obj
    session.colour = color.value
    log.configure(os.environ.get("RECONCILE_LOG", "warning"))
    session.local = local
    session.strict = warnings_as_errors
    session.specs, session.targets = list(specs or []), list(target or [])
    session.outputs = list(output or [])
    if ctx.invoked_subcommand:
        return 0
    from controller.cli import run  # noqa: PLC0415
    from controller.cli.frozen import Live  # noqa: PLC0415
    from controller.cli.lanes import Wishes  # noqa: PLC0415
    from controller.cli.outputs import outputs  # noqa: PLC0415

    # An emulator has no quotas; what was asked for holds there too.
    usual = o.NO_PACING if local else o.SHARE
    # What it saves is quotas, and the emulator knows no import.
    way = strategy or (o.StrategyChoice.CALLS if local else o.StrategyChoice.AUTO)
    wishes = Wishes(
        dry_run=dry_run,
        yes=yes,
        outputs=outputs(session.outputs),
        detailed=detailed_exitcode,
        base=base,
        fail_on=frozenset(one.value for one in fail_on or ()),
        endpoint_url=endpoint_url,
        share=o.quota_share(quota_share or usual),
        prune=prune,
        allow=allow,
        strategy=way.value,
        verbose=verbose,
        live=Live(live, tuple(live_key or ()), live_max_age, is_unsigned=live_unsigned),
    )
    return run.run(session, wishes)


app.command("run")(run_for_ever)
app.command()(drift)
app.command()(report)
app.command()(healthcheck)
app.command()(suspend)
app.command()(resume)


@app.command()
def validate(
    ctx: typer.Context,
    *,
    specs: o.Specs = None,
    target: o.Targets = None,
    local: o.Local = False,
    warnings_as_errors: o.WarningsAsErrors = False,
    watch: o.Watch = False,
    output: o.ProblemsOutput = None,
) -> int:
    """Check the specs, for all targets, without calling AWS."""
    from controller.cli import validate as verb  # noqa: PLC0415

    session: Session = ctx.obj
    session.specs, session.targets = list(specs or session.specs), list(target or session.targets)
    session.local |= local
    session.strict |= warnings_as_errors
    session.outputs = list(output or session.outputs)
    return verb.watch(session) if watch else verb.run(session)


@app.command()
def schema(*, report: o.OfReports = False, local: o.Local = False) -> int:
    """Print the JSON Schema of specs, for editors, or that of reports."""
    from controller.cli.schema import run  # noqa: PLC0415

    return run(report=report)


@app.command("iam-policy")
def iam_policy(
    ctx: typer.Context,
    *,
    specs: o.Specs = None,
    target: o.Targets = None,
    endpoint_url: o.EndpointUrl = None,
    local: o.Local = False,
    read_only: o.ReadOnly = False,
    usage: p.Usage = False,
) -> int:
    """Print the IAM policy that a run on these specs needs, as JSON."""
    from controller.cli.iam_policy import run  # noqa: PLC0415

    session: Session = ctx.obj
    session.specs, session.targets = list(specs or session.specs), list(target or session.targets)
    session.local |= local
    return run(session, endpoint_url=endpoint_url, read_only=read_only, usage=usage)


@app.command()
def export(
    ctx: typer.Context,
    name: o.ApiName,
    *,
    stage: o.StageName = "",
    form: o.FormOption = o.Form.OPENAPI,
    output: o.NotationOption = o.Notation.YAML,
    specs: o.Specs = None,
    target: o.Targets = None,
    endpoint_url: o.EndpointUrl = None,
    local: o.Local = False,
) -> int:
    """Print an API of the specs as an OpenAPI document."""
    from controller.cli.export import run  # noqa: PLC0415

    session: Session = ctx.obj
    session.specs, session.targets = list(specs or session.specs), list(target or session.targets)
    session.local |= local
    return run(session, name, stage, endpoint_url=endpoint_url, as_json=output is o.Notation.JSON)


@app.command("import")
def import_(
    ctx: typer.Context,
    what: o.What = None,
    *,
    everything: o.Everything = False,
    kind: o.Kinds = None,
    update: o.Update = False,
    overwrite: o.Overwrite = False,
    specs: o.Specs = None,
    target: o.Targets = None,
    endpoint_url: o.EndpointUrl = None,
    quota_share: o.QuotaShare = None,
    local: o.Local = False,
) -> int:
    """Write specs for what is live, so that it can be taken over; or, with --update, accepted drift into specs."""
    from controller.cli import import_ as verb  # noqa: PLC0415

    session: Session = ctx.obj
    session.specs, session.targets = list(specs or session.specs), list(target or session.targets)
    session.local |= local
    usual = o.NO_PACING if session.local else o.SHARE
    wishes = verb.Wishes(
        tuple(what or ()),
        everything=everything,
        kinds=tuple(kind or ()),
        update=update,
        overwrite=overwrite,
        endpoint_url=endpoint_url,
        share=o.quota_share(quota_share or usual),
    )
    return verb.run(session, wishes)


@app.command()
def snapshot(
    ctx: typer.Context,
    *,
    output: o.Into = Path("-"),
    key: o.SigningKey = "",
    specs: o.Specs = None,
    target: o.Targets = None,
    endpoint_url: o.EndpointUrl = None,
    quota_share: o.QuotaShare = None,
    local: o.Local = False,
) -> int:
    """Write down what is live, without secrets: plans without credentials are made from it, with --live."""
    from controller.cli import snapshot as verb  # noqa: PLC0415

    session: Session = ctx.obj
    session.specs, session.targets = list(specs or session.specs), list(target or session.targets)
    session.local |= local
    share = o.quota_share(quota_share or (o.NO_PACING if session.local else o.SHARE))
    return verb.run(session, output, key, endpoint_url=endpoint_url, share=share)


@local_app.command()
def start(ctx: typer.Context, *, port: o.Port = 4566, local: o.Local = False) -> int:
    """Start the emulator in the background."""
    from controller.cli import local as emulator  # noqa: PLC0415

    return emulator.start(ctx.obj, port)


@local_app.command()
def stop(ctx: typer.Context, *, local: o.Local = False) -> int:
    """Stop the emulator; what it held is gone."""
    from controller.cli import local as emulator  # noqa: PLC0415

    return emulator.stop(ctx.obj)


@local_app.command()
def status(ctx: typer.Context, *, local: o.Local = False) -> int:
    """Say whether the emulator runs, and where."""
    from controller.cli import local as emulator  # noqa: PLC0415

    return emulator.status(ctx.obj)
