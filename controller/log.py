"""Logging: a constant event and key-value pairs, on stderr; JSON where nobody looks at a terminal."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str = "warning", *, console: bool | None = None) -> None:
    """Sets structlog up for this process. `level` is a name of the logging module, in any case.

    With `console`, lines are for people; by default where stderr is a terminal.
    """
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
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
