"""Ends the server that the tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .client import shared


@pytest.fixture(scope="session", autouse=True)
def _ends() -> Iterator[None]:
    yield
    if shared.server:
        shared.server.stop()
