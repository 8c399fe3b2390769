"""The `reconcile` command: wiring, exit codes and who hears what.

stdout carries the result and nothing else; prompts, progress, warnings and errors go to stderr.

    0    done, or nothing to do              4    refused by a rule
    1    error                               64   called in a way that makes no sense
    2    changes pending, where asked for    130  interrupted (143 when terminated)
    3    partly applied
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from controller.cli.app import app
from controller.cli.session import Engine, RealEngine, Session


__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, engine: Engine | None = None) -> int:
    """Run the command; the exit code."""
    session = Session(engine or RealEngine())
    command = typer.main.get_command(app)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(words, prog_name="reconcile", standalone_mode=False, obj=session)
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = 130
    # What leaves here unexplained would be a stack trace.
    except Exception as error:  # noqa: BLE001
        from controller.cli.errors import explain  # noqa: PLC0415  keeps help fast

        code = explain(error, session)
    return code if isinstance(code, int) else 0
