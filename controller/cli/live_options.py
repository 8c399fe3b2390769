"""The options of snapshots: of taking them, and of planning on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.durations import seconds


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
ADAY = 24 * 3600.0
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
