"""Every field of every kind, set, changed and cleared: each case converges in one pass, and the next has nothing to do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress

import pytest

from controller.model import KINDS

from . import driver, rows_api, rows_methods, rows_stages
from .deviations import DEVIATIONS, POISON
from .driver import Account
from .fields import ITSELF, Case, authorable
from .harness import Emulator


ROWS = (*rows_api.ROWS, *rows_methods.ROWS, *rows_stages.ROWS)
CASES = [case for row in ROWS for case in row.cases()]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def ministack_account(ministack: Emulator) -> Iterator[Account]:
    with driver.on(ministack) as account:
        yield account


@pytest.fixture(scope="module")
def localstack_account(localstack: Emulator) -> Iterator[Account]:
    with driver.on(localstack) as account:
        yield account


@each_case
def test_on_the_fake(case: Case):
    prove(driver.on_the_fake(), case)


@each_case
def test_on_ministack(case: Case, ministack_account: Account):
    attempt("ministack", ministack_account, case)


@each_case
def test_on_localstack(case: Case, localstack_account: Account):
    attempt("localstack", localstack_account, case)


def attempt(emulator: str, account: Account, case: Case) -> None:
    """The case on an emulator; where the emulator is known to deviate, it must."""
    if reason := POISON[emulator].get(case.key):
        pytest.skip(f"{emulator}: {reason}")
    own = account.owned_by(case.name)
    reason = DEVIATIONS[emulator].get(case.key)
    try:
        prove(own, case)
    except Exception:
        if not reason:
            raise
        pytest.skip(f"{emulator}: {reason}")
    else:
        if reason:
            pytest.fail(f"{emulator} no longer deviates here, remove it from the table: {reason}", pytrace=False)
    finally:
        with suppress(Exception, AssertionError):
            own.converge({})


def prove(account: Account, case: Case) -> None:
    before, after = case.worlds(account)
    account.converge(before)
    left = account.changes(before)
    assert not left, f"before: {left}"
    changed = account.converge(after).changes
    left = account.changes(after)
    assert not left, f"after: {left}"
    assert bool(changed) == (case.step not in case.row.unseen)
