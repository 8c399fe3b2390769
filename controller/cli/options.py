"""The options, each with its environment variable."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from controller import __version__


class StrategyChoice(StrEnum):
    """How the definition of an API is changed."""

    AUTO = "auto"
    CALLS = "calls"
    IMPORT = "import"


class Form(StrEnum):
    """What an API is exported as."""

    OPENAPI = "openapi"


class Notation(StrEnum):
    """How a document is written."""

    YAML = "yaml"
    JSON = "json"


class ColourChoice(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


SHARE = "0.85"
NO_PACING = "none"


def quota_share(text: str) -> float | None:
    """The share as a number; None for no pacing. Raises typer.BadParameter."""
    if text.strip().lower() == NO_PACING:
        return None
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        msg = f"{text}: expected a number above 0 and up to 1, or none"
        raise typer.BadParameter(msg, param_hint="--quota-share")
    return share


Specs = Annotated[
    list[Path] | None,
    typer.Option(
        "-f",
        "--specs",
        metavar="PATH",
        envvar="RECONCILE_SPECS",
        help="A spec file, or a folder of them. Repeatable. By default what reconcile.yaml says, or specs/.",
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="NAME",
        envvar="RECONCILE_TARGET",
        help="A target of reconcile.yaml. Repeatable. All of them by default.",
    ),
]
Local = Annotated[
    bool,
    typer.Option(
        "--local",
        envvar="RECONCILE_LOCAL",
        help="Work on the local emulator that `reconcile local start` started.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", envvar="RECONCILE_DRY_RUN", help="Show the plan, change nothing."),
]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Only what a plan needs.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", envvar="RECONCILE_YES", help="Apply without asking.")]


def _output(known: str) -> Any:
    return typer.Option(
        "-o",
        "--output",
        metavar="FORMAT[=FILE]",
        envvar="RECONCILE_OUTPUT",
        help="How the result is written, and to which file. Repeatable; one of them to stdout, text if none is. "
        f"{known}.",
    )


OutputOption = Annotated[
    list[str] | None,
    _output(
        "text, markdown, html, json, sarif, junit, github, github-summary, gitlab-terraform, gitlab-codequality"
    ),
]
ProblemsOutput = Annotated[list[str] | None, _output("text, json, sarif, junit, github, gitlab-codequality")]
ReportFile = Annotated[
    str, typer.Argument(metavar="FILE", help="What -o json=FILE wrote; - is stdin.", show_default=False)
]
OfReports = Annotated[bool, typer.Option("--report", help="That of what -o json writes, for programs.")]
DetailedExitcode = Annotated[
    bool,
    typer.Option(
        "--detailed-exitcode",
        envvar="RECONCILE_DETAILED_EXITCODE",
        help="With --dry-run, exit with 2 if changes are pending.",
    ),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        metavar="URL",
        envvar="RECONCILE_ENDPOINT_URL",
        help="Call this instead of AWS.",
    ),
]
QuotaShare = Annotated[
    str | None,
    typer.Option(
        "--quota-share",
        metavar="SHARE",
        envvar="RECONCILE_QUOTA_SHARE",
        help="The share of AWS's control-plane quotas to use, above 0 and up to 1, "
        f"or none for no pacing. {SHARE} by default.",
    ),
]
Prune = Annotated[
    bool | None,
    typer.Option(
        "--prune/--no-prune",
        envvar="RECONCILE_PRUNE",
        help="Whether a live API whose spec is gone is deleted. By default what reconcile.yaml says.",
    ),
]
WarningsAsErrors = Annotated[
    bool,
    typer.Option(
        "--warnings-as-errors",
        envvar="RECONCILE_WARNINGS_AS_ERRORS",
        help="Do nothing if there is anything in an OpenAPI document that AWS ignores.",
    ),
]
Allow = Annotated[
    str,
    typer.Option(
        "--allow",
        metavar="PLAN-DIGEST",
        envvar="RECONCILE_ALLOW",
        help="Carry out the refused plan of this digest, and no other.",
    ),
]
StrategyOption = Annotated[
    StrategyChoice | None,
    typer.Option(
        "--strategy",
        envvar="RECONCILE_STRATEGY",
        help="How the definition of an API is changed: by calls, by one import of all of it, "
        "or auto: by what takes less of AWS's quotas. auto by default; with --local, calls.",
    ),
]
ColourOption = Annotated[
    ColourChoice,
    typer.Option(
        "--color",
        envvar="RECONCILE_COLOR",
        help="When to colour. NO_COLOR and FORCE_COLOR count too.",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", envvar="RECONCILE_VERBOSE", help="Show values and diffs in full."),
]
SigningKey = Annotated[
    str,
    typer.Option(
        "--key",
        metavar="PRIVATE-KEY",
        envvar="RECONCILE_SNAPSHOT_KEY",
        help="A file with the Ed25519 key to sign with; the variable may hold the key itself.",
    ),
]
Into = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write; - for stdout.")]
ApiName = Annotated[str, typer.Argument(metavar="NAME", help="The name of an API of the specs.")]
StageName = Annotated[
    str, typer.Option("--stage", metavar="NAME", help="Say where this stage of it answers, and its variables.")
]
FormOption = Annotated[Form, typer.Option("--format", help="openapi: OpenAPI 3.0 with AWS's extensions.")]
NotationOption = Annotated[Notation, typer.Option("-o", "--output", help="How the document is written.")]
What = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID]...", help="AWS ids of what to import; with --update, names of specs, all by default."
    ),
]
Everything = Annotated[
    bool, typer.Option("--all", help="Everything of the account and region that nobody manages yet.")
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Only roots of this kind, such as RestApi. Repeatable."),
]
Update = Annotated[
    bool, typer.Option("--update", help="Write what is live into the specs that are there, in their own words.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")]
Watch = Annotated[
    bool,
    typer.Option("-w", "--watch", envvar="RECONCILE_WATCH", help="Check again whenever a file changes."),
]
Port = Annotated[
    int,
    typer.Option("--port", min=1, max=65535, envvar="RECONCILE_PORT", help="The port on 127.0.0.1."),
]


def _print_version(wanted: bool) -> None:  # noqa: FBT001  as typer calls it
    if wanted:
        typer.echo(f"reconcile {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
]
