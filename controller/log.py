"""Logging: a constant event and key-value pairs, on stderr; JSON where nobody looks at a terminal."""

from __future__ import annotations

import logging
import sys

import structlog

from controller.errors import UsageError


def configure(level: str = "warning", *, console: bool | None = None) -> None:
    """Sets structlog up for this process. `level` is a name of logging's, in any case. Raises UsageError.

    With `console`, lines are for people; by default where stderr is a terminal.
    """
    levels = logging.getLevelNamesMapping()
    if level.upper() not in levels:
        msg = f"there is no log level {level!r}; expected debug, info, warning, error or critical"
        raise UsageError(msg)
    terminal = sys.stderr.isatty()
    for_people = terminal if console is None else console
    renderer = structlog.dev.ConsoleRenderer(colors=terminal) if for_people else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(levels[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
