"""What holds for every test: the log that another one set up is not there any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _plain_log() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
