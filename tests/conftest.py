"""Fixtures of several files: the command in this process, an environment without wishes, a log of one's own."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from controller.cli import main


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's wishes or credentials in the environment."""
    for name in os.environ:
        if name.startswith(("RECONCILE_", "AWS_")) or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process: exit code, stdout, stderr."""

    def runner(*words: str, engine: Any = None) -> tuple[int, str, str]:
        code = main(words, engine)
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return runner


@pytest.fixture(autouse=True)
def _plain_log() -> Iterator[None]:
    """The log that another test set up is not there any more."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
