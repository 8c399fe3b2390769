"""`reconcile drift` and `reconcile report`: what is said of a change, and where."""

from __future__ import annotations

import typer

from controller.cli import options as o
from controller.cli import preview_options as p
from controller.cli.session import Session


def drift(
    ctx: typer.Context,
    *,
    base: p.BaseOption = "HEAD",
    specs: o.Specs = None,
    target: o.Targets = None,
    detailed_exitcode: o.DetailedExitcode = False,
    fail_on: p.FailOn = None,
    output: o.OutputOption = None,
    endpoint_url: o.EndpointUrl = None,
    local: o.Local = False,
    quota_share: o.QuotaShare = None,
    prune: o.Prune = None,
    warnings_as_errors: o.WarningsAsErrors = False,
    live: p.Live = None,
    live_key: p.LiveKeys = None,
    live_unsigned: p.LiveUnsigned = False,
    live_max_age: p.LiveMaxAge = p.A_DAY,
    usage: p.Usage = False,
    comment: p.Comment = False,
    comment_mode: p.CommentModeOption = p.CommentMode.UPDATE,
    comment_name: p.CommentName = "",
    status: p.StatusOption = False,
    issue: p.IssueOption = False,
    forge: p.ForgeOption = None,
    forge_url: p.ForgeUrl = "",
    repo: p.Repository = "",
    pr: p.PullRequest = 0,
    sha: p.Commit = "",
    token_file: p.TokenFile = None,
    verbose: o.Verbose = False,
) -> int:
    """Say what differs on AWS, and why: because of the changes since a base revision, or because it drifted."""
    from controller.cli import run  # noqa: PLC0415
    from controller.cli.frozen import Live  # noqa: PLC0415
    from controller.cli.lanes import Posting, Wishes  # noqa: PLC0415
    from controller.cli.outputs import outputs  # noqa: PLC0415

    session: Session = ctx.obj
    session.specs, session.targets = list(specs or session.specs), list(target or session.targets)
    session.local |= local
    session.strict |= warnings_as_errors
    session.outputs = list(output or session.outputs)
    usual = o.NO_PACING if session.local else o.SHARE
    wishes = Wishes(
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
        usage=usage,
        posting=Posting(
            comment=comment,
            status=status,
            issue=issue,
            mode=comment_mode.value,
            name=comment_name,
            forge=forge.value if forge else None,
            repository=repo,
            number=pr,
            sha=sha,
            api=forge_url,
            token_file=token_file,
        ),
    )
    return run.run(session, wishes)


def report(
    ctx: typer.Context,
    file: o.ReportFile,
    *,
    output: o.OutputOption = None,
    comment: p.Comment = False,
    comment_mode: p.CommentModeOption = p.CommentMode.UPDATE,
    comment_name: p.CommentName = "",
    status: p.StatusOption = False,
    issue: p.IssueOption = False,
    forge: p.ForgeOption = None,
    forge_url: p.ForgeUrl = "",
    repo: p.Repository = "",
    pr: p.PullRequest = 0,
    sha: p.Commit = "",
    token_file: p.TokenFile = None,
    verbose: o.Verbose = False,
) -> int:
    """Render a report that was kept as JSON, in any format, or post it, without AWS."""
    from controller.cli.lanes import Posting  # noqa: PLC0415
    from controller.cli.report import run  # noqa: PLC0415

    session: Session = ctx.obj
    posting = Posting(
        comment=comment,
        status=status,
        issue=issue,
        mode=comment_mode.value,
        name=comment_name,
        forge=forge.value if forge else None,
        repository=repo,
        number=pr,
        sha=sha,
        api=forge_url,
        token_file=token_file,
    )
    return run(session, file, output or session.outputs, posting, verbose=verbose)
