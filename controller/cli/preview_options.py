"""The options of previews: what differences are explained by, taken from and failed on, and where it is posted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.durations import seconds


class Finding(StrEnum):
    """What a preview can fail on."""

    CHANGES = "changes"
    DRIFT = "drift"
    DELETE = "delete"
    REPLACE = "replace"
    BREAKING = "breaking"
    EXPOSURE = "exposure"
    ANY = "any"


class CommentMode(StrEnum):
    """What becomes of the comment that is there."""

    UPDATE = "update"
    HIDE_AND_NEW = "hide-and-new"
    NEW = "new"


class ForgeName(StrEnum):
    """Who hosts the repository."""

    GITHUB = "github"
    GITLAB = "gitlab"


BaseOption = Annotated[
    str,
    typer.Option(
        "--base",
        metavar="REV",
        envvar="RECONCILE_BASE",
        help="A branch, tag or commit of this repository: what differs because of the changes since is told from "
        "what had drifted before.",
    ),
]
FailOn = Annotated[
    list[Finding] | None,
    typer.Option(
        "--fail-on",
        metavar="FINDING",
        envvar="RECONCILE_FAIL_ON",
        help="Without changing anything, exit with 2 if there is such a finding: "
        f"{', '.join(Finding)}. Repeatable.",
    ),
]
Live = Annotated[
    Path | None,
    typer.Option(
        "--live",
        metavar="FILE",
        envvar="RECONCILE_LIVE",
        help="For a preview: take what this snapshot holds for live: no AWS, no credentials, no secrets.",
    ),
]
LiveKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--live-key",
        metavar="PUBLIC-KEY",
        envvar="RECONCILE_LIVE_KEY",
        help="A file with the public key of whoever signs snapshots. Repeatable, while keys are exchanged.",
    ),
]
LiveUnsigned = Annotated[
    bool,
    typer.Option(
        "--live-unsigned",
        envvar="RECONCILE_LIVE_UNSIGNED",
        help="Believe the snapshot, whoever made it.",
    ),
]
LiveMaxAge = Annotated[
    float,
    typer.Option(
        "--live-max-age",
        metavar="DURATION",
        envvar="RECONCILE_LIVE_MAX_AGE",
        parser=seconds,
        show_default=False,
        help="Warn of a snapshot that is older. 24h by default.",
    ),
]
A_DAY = 24 * 3600.0
Usage = Annotated[
    bool,
    typer.Option(
        "--usage",
        envvar="RECONCILE_USAGE",
        help="Tell how often what breaks was called lately, as far as CloudWatch and usage plans know.",
    ),
]
Comment = Annotated[
    bool,
    typer.Option(
        "--comment",
        envvar="RECONCILE_COMMENT",
        help="Say it in the one comment on the pull request, which is made or changed.",
    ),
]
CommentModeOption = Annotated[
    CommentMode,
    typer.Option("--comment-mode", envvar="RECONCILE_COMMENT_MODE", help="What becomes of the last comment."),
]
CommentName = Annotated[
    str,
    typer.Option(
        "--comment-name",
        metavar="NAME",
        envvar="RECONCILE_COMMENT_NAME",
        help="Where several runs report on one pull request, each has a comment of its name.",
    ),
]
StatusOption = Annotated[
    bool,
    typer.Option("--status", envvar="RECONCILE_STATUS", help="Set the status reconcile/plan of the commit."),
]
IssueOption = Annotated[
    bool,
    typer.Option(
        "--issue", envvar="RECONCILE_ISSUE", help="Tell of drift in one issue, which is closed when there is none."
    ),
]
ForgeOption = Annotated[
    ForgeName | None,
    typer.Option("--forge", envvar="RECONCILE_FORGE", help="Where to post. By default what the CI says."),
]
ForgeUrl = Annotated[
    str,
    typer.Option(
        "--forge-url",
        metavar="URL",
        envvar="RECONCILE_FORGE_URL",
        help="The API, such as https://HOST/api/v3 or https://HOST/api/v4. By default what the CI says.",
    ),
]
Repository = Annotated[
    str,
    typer.Option(
        "--repo",
        metavar="OWNER/NAME",
        envvar="RECONCILE_REPO",
        help="The repository to post to. By default what the CI says.",
    ),
]
PullRequest = Annotated[
    int,
    typer.Option(
        "--pr",
        metavar="NUMBER",
        envvar="RECONCILE_PR",
        show_default=False,
        help="The pull request. By default what the CI says.",
    ),
]
Commit = Annotated[
    str,
    typer.Option(
        "--sha",
        metavar="COMMIT",
        envvar="RECONCILE_SHA",
        help="The commit that is reported. By default what the CI says, or the head of the pull request.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        envvar="RECONCILE_TOKEN_FILE",
        help="The token to post with. By default GITHUB_TOKEN, GITLAB_TOKEN or CI_JOB_TOKEN.",
    ),
]
