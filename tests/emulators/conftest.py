"""Fixtures: `ministack`, `localstack`, and `emulator`, which runs a test against each in turn.

Under pytest-xdist every worker starts a MiniStack of its own (under a second). LocalStack is
heavier (up to 5 s to its first answer, 500 MB), so what needs it forms one group: with
`--dist loadgroup` one worker runs it all. pytest-xdist 3.8 loses the groups under pytest 9.2, which
no longer has the `_nodeid` that it writes them to; every worker then starts a LocalStack of its
own, which is slower and just as right.
"""

import os
from collections.abc import Iterator

import pytest

from . import harness
from .harness import Emulator


STARTING = harness.SECONDS_TO_START + harness.SECONDS_TO_STOP
LOCALSTACK_GROUP = pytest.mark.xdist_group("localstack")


@pytest.fixture(scope="session")
def ministack() -> Iterator[Emulator]:
    """Start a MiniStack for the session."""
    with harness.ministack() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def localstack() -> Iterator[Emulator]:
    """Start a LocalStack for the session; skip if it is absent, fail if REQUIRE_LOCALSTACK=1."""
    python = harness.localstack_python()
    if not python.exists():
        reason = (
            f"LocalStack is not installed: no {python} (python3.11 -m venv .localstack && "
            f".localstack/bin/pip install -r {harness.REQUIREMENTS}, or set LOCALSTACK_VENV)"
        )
        if os.environ.get("REQUIRE_LOCALSTACK") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    with harness.localstack() as emulator:
        yield emulator


@pytest.fixture(scope="session", params=["ministack", pytest.param("localstack", marks=LOCALSTACK_GROUP)])
def emulator(request: pytest.FixtureRequest) -> Emulator:
    """Run the test against each emulator in turn."""
    running: Emulator = request.getfixturevalue(request.param)
    return running


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group what needs LocalStack, and give a test that may start an emulator the time for it."""
    for item in items:
        needed = {"ministack", "localstack", "emulator"} & set(getattr(item, "fixturenames", ()))
        if "localstack" in needed:
            item.add_marker(LOCALSTACK_GROUP)
        if needed and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(STARTING))
