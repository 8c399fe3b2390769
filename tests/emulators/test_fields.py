"""Every field of every kind, set, changed and cleared: each converges in one pass, and the next has nothing to do.

The fake proves all cases, the emulators those that they carry out as AWS does. What an emulator is known to do
otherwise is skipped by name, with the reason, and only as long as it does so (deviations.py). A field that no
emulator carries out is proven on the fake alone: ONLY_ON_THE_FAKE.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.model import KINDS, Resource

from . import driver, rows_api, rows_around, rows_methods, rows_stages
from .deviations import DEVIATIONS, POISON
from .driver import Account
from .fields import ITSELF, Case, authorable
from .harness import Emulator
from .memory import Remembering


ROWS = (*rows_api.ROWS, *rows_methods.ROWS, *rows_stages.ROWS, *rows_around.ROWS)
CASES = [case for row in ROWS for case in row.cases()]
EMULATORS = ("ministack", "localstack")

ONLY_ON_THE_FAKE = {
    "ApiKey generateDistinctId",  # AWS does not give it back either
    "MethodResponse responseModels",
    "MethodResponse responseParameters",
    "RestApi tags",
    "Stage canarySettings.percentTraffic",
    "Stage canarySettings.stageVariableOverrides",
    "Stage canarySettings.useStageCache",
    "Stage tags",
    "UsagePlan apiStages.throttle",
    "UsagePlan apiStages.throttle.burstLimit",
    "UsagePlan apiStages.throttle.rateLimit",
    "UsagePlan tags",
    "ApiKey tags",
    "Integration integrationTarget",
    "Integration connectionId",
    # LocalStack ignores these patches and keeps no connectionId; MiniStack has nothing to refer to.
    "Integration vpcLink",
    "Stage clientCertificate",
    "Stage documentationVersion",
    # TagResource changes nothing that reads show.
    "ClientCertificate tags",
    "DomainName tags",
    "VpcLink tags",
    # Neither has UpdateDomainName: domains come, are replaced and go there.
    "DomainName certificateArn",
    "DomainName certificateName",
    "DomainName endpointAccessMode",
    "DomainName endpointConfiguration.ipAddressType",
    "DomainName mutualTlsAuthentication.truststoreUri",
    "DomainName mutualTlsAuthentication.truststoreVersion",
    "DomainName ownershipVerificationCertificateArn",
    "DomainName policy",
    "DomainName regionalCertificateArn",
    "DomainName regionalCertificateName",
    "DomainName routingMode",
    "DomainName securityPolicy",
}

REFUSED = {("DomainName", "endpointConfiguration.vpcEndpointIds")}
"""Fields that a kind shares with others and that no spec may give."""

ON_OR_OFF = {("Stage", "accessLogSettings"), ("Account", "cloudwatchRoleArn")}
"""Fields without a change of their own: the first one's is in what it holds, the second is left alone once set."""

BY_THEMSELVES = {"Deployment", "LambdaPermission", "LogGroup"}
"""Kinds that follow from the rest of a spec: they come and go in test_scenarios and test_around_lambda."""

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def ministack_account(ministack: Emulator) -> Iterator[Account]:
    with driver.on(ministack) as account:
        yield account


@pytest.fixture(scope="module")
def localstack_account(localstack: Emulator) -> Iterator[Account]:
    with driver.on(localstack) as account:
        yield account.through(Remembering(account.caller))


@each_case
def test_on_the_fake(case: Case):
    prove(driver.on_the_fake(), case)


@each_case
def test_on_ministack(case: Case, ministack_account: Account):
    attempt("ministack", ministack_account.owned_by(case.name), case)


@each_case
def test_on_localstack(case: Case, localstack_account: Account):
    attempt("localstack", localstack_account.owned_by(case.name), case)


def prove(account: Account, case: Case) -> None:
    before, after = case.worlds(account)
    account.converge(before)
    left = account.changes(before)
    assert not left, f"before: {left}"
    changed = account.converge(after).changes
    left = account.changes(after)
    assert not left, f"after: {left}"
    assert bool(changed) == (case.step not in case.row.unseen)


def attempt(emulator: str, account: Account, case: Case) -> None:
    """The case on an emulator; where the emulator is known to deviate, it must."""
    if reason := POISON[emulator].get(case.key):
        pytest.skip(f"{emulator}, not run: {reason}")
    reason = DEVIATIONS[emulator].get(case.key)
    try:
        prove(account, case)
    except Exception:
        if not reason:
            raise
        pytest.skip(f"{emulator} deviates: {reason}")
    finally:
        driver.sweep(account)
    if reason:
        pytest.fail(f"{emulator} no longer deviates, remove it from the table: {reason}", pytrace=False)


# ── the tables are complete ──────────────────────────────────────────────────────────────────────


def test_every_field_has_a_row():
    assert {(row.kind, row.field) for row in ROWS if row.field != ITSELF} == authorable().keys() - REFUSED


@pytest.mark.parametrize("field", sorted(authorable().keys() - REFUSED), ids=" ".join)
def test_every_field_is_set_changed_and_cleared(field: tuple[str, str]):
    rows = [row for row in ROWS if (row.kind, row.field) == field]
    steps = {case.step.removeprefix(row.variant).rstrip("0123456789") for row in rows for case in row.cases()}
    assert steps & {"change", "grow", "shrink"} or field in ON_OR_OFF
    if not authorable()[field] and not any(row.needed for row in rows):
        assert {"set", "clear"} <= steps


def test_every_kind_comes_and_goes():
    named = {name for name, kind in KINDS.items() if (not kind.singleton and not kind.slot) or _many(kind)}
    assert {row.kind for row in ROWS if row.field == ITSELF} == named - BY_THEMSELVES


def _many(kind: type[Resource]) -> bool:
    return bool(kind.slot and kind.slot.shape != "one")


def test_every_case_has_a_name_of_its_own():
    assert len({case.name for case in CASES}) == len({case.key for case in CASES}) == len(CASES)


@pytest.mark.parametrize("table", [DEVIATIONS, POISON], ids=["deviations", "poison"])
@pytest.mark.parametrize("emulator", EMULATORS)
def test_deviations_name_cases(emulator: str, table: dict[str, dict[tuple[str, str, str], str]]):
    assert table[emulator].keys() <= {case.key for case in CASES}


def test_what_only_the_fake_proves():
    fields = {(row.kind, row.field) for row in ROWS}
    proven = {
        case.key[:2]
        for case in CASES
        for emulator in EMULATORS
        if case.key not in DEVIATIONS[emulator] | POISON[emulator] and case.step not in case.row.unseen
    }
    assert {" ".join(field).strip() for field in fields - proven} == ONLY_ON_THE_FAKE
