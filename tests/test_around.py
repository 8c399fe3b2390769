"""What lies around APIs: certificates and keys, which are made before what they replace is broken, and the rest."""

from typing import Any

import pytest
from pydantic import SecretStr

from controller.desired import build
from controller.kinds.rest.documentation import DocumentationPart, location
from controller.terms import Scope
from tests.cases.steps import further, get, replaced, shop, turn
from tests.engine import HERE, changes, converge, documents
from tests.fake import FakeGateway


# ── client certificates ──────────────────────────────────────────────────────────────────────────


def certified(**fields: Any) -> dict[str, Any]:
    world = shop(paths={"/": get()}, stages={"prod": {"clientCertificate": "mutual"}})
    return {"ClientCertificate mutual": fields} | world


def test_another_generation_is_another_certificate_and_stages_move_in_between():
    assert replaced(certified(generation=1), certified(generation=2)) == [
        "GenerateClientCertificate",
        "UpdateStage",
        "DeleteClientCertificate",
    ]


def test_a_stage_is_never_without_a_certificate_while_it_rotates():
    fake = FakeGateway()
    further(fake, certified())
    (api,) = fake.world.apis.values()
    seen = []

    def look(number: int, operation: str, params: Any) -> None:
        seen.append(api.stages["prod"].get("clientCertificateId"))

    fake.fail_after = look
    further(fake, certified(generation="two"))
    assert None not in seen
    assert len(set(seen)) == 2


def test_the_first_generation_is_the_one_that_is_meant_when_none_is_given():
    assert turn(certified(), certified(generation=1)) == []


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


def keyed(value: str) -> dict[str, Any]:
    return {"ApiKey acme": {"value": SecretStr(value * 20)}, "UsagePlan gold": {"apiKeys": ["acme"]}}


def test_a_new_value_is_a_member_of_the_plan_before_the_old_one_leaves():
    assert replaced(keyed("a"), keyed("b")) == [
        "CreateApiKey",
        "CreateUsagePlanKey",
        "DeleteUsagePlanKey",
        "DeleteApiKey",
    ]


def test_two_keys_may_swap_their_values():
    before = keyed("a") | {"ApiKey other": {"value": SecretStr("b" * 20)}}
    after = keyed("b") | {"ApiKey other": {"value": SecretStr("a" * 20)}}
    assert sorted(replaced(before, after)) == [
        *["CreateApiKey"] * 2,
        "CreateUsagePlanKey",
        *["DeleteApiKey"] * 2,
        "DeleteUsagePlanKey",
    ]


# ── documentation ────────────────────────────────────────────────────────────────────────────────


def documented(parts: dict[str, str], *versions: str, **stage: Any) -> dict[str, Any]:
    return shop(
        paths={"/": get()},
        stages={"prod": stage},
        documentationParts={key: {"properties": {"summary": text}} for key, text in parts.items()},
        documentationVersions={version: {} for version in versions},
    )


def test_an_edition_is_made_after_all_parts_and_before_the_stage_that_shows_it():
    steps = turn(shop(), documented({"API": "a", "METHOD / GET": "b"}, "1.0", documentationVersion="1.0"))
    edition = steps.index("CreateDocumentationVersion 1.0")
    assert {steps.index("CreateDocumentationPart API"), steps.index("CreateDocumentationPart METHOD / GET")} < {
        *range(edition)
    }
    assert edition < steps.index("CreateStage prod")


def test_an_edition_goes_after_the_stage_has_let_go():
    before = documented({}, "1.0", documentationVersion="1.0")
    after = documented({}, "2.0", documentationVersion="2.0")
    assert replaced(before, after) == ["CreateDocumentationVersion", "UpdateStage", "DeleteDocumentationVersion"]


def test_a_parts_text_changes_in_place_and_nothing_is_deployed():
    assert replaced(documented({"API": "a"}), documented({"API": "b"})) == ["UpdateDocumentationPart"]


@pytest.mark.parametrize(
    ("key", "same_as", "sent"),
    [
        ("METHOD /pets", "METHOD /pets *", {"type": "METHOD", "path": "/pets"}),
        ("METHOD", "METHOD / *", {"type": "METHOD"}),
        ("RESPONSE /a * 404", "RESPONSE /a * 404", {"type": "RESPONSE", "path": "/a", "statusCode": "404"}),
        ("MODEL Pet", "MODEL Pet", {"type": "MODEL", "name": "Pet"}),
        ("API", "API", {"type": "API"}),
        (
            "RESPONSE_HEADER /a GET 200 X",
            "RESPONSE_HEADER /a GET 200 X",
            {"type": "RESPONSE_HEADER", "path": "/a", "method": "GET", "statusCode": "200", "name": "X"},
        ),
    ],
)
def test_a_location_has_one_spelling(key, same_as, sent):
    assert DocumentationPart.check_key(key) is None
    assert DocumentationPart.canonical_key(key) == same_as
    assert location(key) == sent
    assert turn(documented({key: "x"}), documented({same_as: "x"})) == []


@pytest.mark.parametrize(
    "key", ["METHODS /a", "API x", "MODEL", "METHOD pets", "QUERY_PARAMETER /a GET", "MODEL /a"]
)
def test_a_location_that_is_none_is_an_error(key):
    assert DocumentationPart.check_key(key)


# ── the account ──────────────────────────────────────────────────────────────────────────────────

ROLE, OTHER_ROLE = (f"arn:aws:iam::123456789012:role/{name}" for name in ("logs", "others"))
LOGGING = shop(paths={"/": get()}, stages={"prod": {"methodSettings": {"*/*": {"loggingLevel": "INFO"}}}})


def account(role: str = ROLE) -> dict[str, Any]:
    return {"Account anything": {"cloudwatchRoleArn": role}}


def test_the_role_is_set_where_there_is_none_and_before_a_stage_logs():
    fake = FakeGateway(logs_role=False)
    steps = further(fake, account() | LOGGING)
    assert steps.index("UpdateAccount Account") < steps.index("UpdateStage prod")
    assert fake.world.account["cloudwatchRoleArn"] == ROLE


def test_another_role_is_told_of_and_left_as_it_is():
    fake = FakeGateway()
    converge(fake, account(OTHER_ROLE))
    report = converge(fake, account() | LOGGING)
    assert report.summary.failed == 0
    assert report.held == {
        "Account": "shared by all APIs of the account, and left as it is: "
        f"cloudwatchRoleArn is {OTHER_ROLE}, wanted is {ROLE}"
    }
    assert fake.world.account["cloudwatchRoleArn"] == OTHER_ROLE
    assert fake.world.apis


def test_the_role_stays_when_its_spec_goes():
    fake = FakeGateway()
    converge(fake, account())
    report = converge(fake, {})
    assert (report.changes, report.held) == ((), {})
    assert fake.world.account["cloudwatchRoleArn"] == ROLE
    assert changes(fake, {"Account other": {}}) == []


def test_there_is_one_account():
    world = account() | {"Account other": {"cloudwatchRoleArn": ROLE}}
    _, problems = build(documents(world), Scope(HERE.account, HERE.region, HERE.partition), "")
    assert ["Account is described twice" in str(problem) for problem in problems] == [True]
