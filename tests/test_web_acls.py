"""The web ACL of a stage: given, changed, taken away, or left as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.steps import carry_out, further, get, shop
from tests.engine import changes, converge
from tests.fake import FakeGateway


ONE, TWO = (f"arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/{name}/1" for name in ("one", "two"))


def guarded(arn: str | None) -> dict[str, dict[str, Any]]:
    return shop(paths={"/": get()}, stages={"prod": {} if arn is None else {"webAclArn": arn}})


def acl(fake: FakeGateway) -> str | None:
    ((_, api),) = fake.world.apis.items()
    found: str | None = api.stages["prod"].get("webAclArn")
    return found


@pytest.mark.parametrize(
    ("before", "after", "operations", "reached"),
    [
        (None, ONE, ["AssociateWebACL"], ONE),
        (ONE, TWO, ["AssociateWebACL"], TWO),
        (ONE, "", ["DisassociateWebACL"], None),
        (ONE, None, [], ONE),
        ("", None, [], None),
    ],
)
def test_what_the_spec_says_of_a_web_acl_is_done(
    before: str | None, after: str | None, operations: list[str], reached: str | None
):
    fake = FakeGateway()
    converge(fake, guarded(before))
    assert acl(fake) == (before or None)
    assert [step.split(" ")[0] for step in further(fake, guarded(after))] == operations
    assert acl(fake) == reached
    assert changes(fake, guarded(after)) == []


def test_a_new_stage_is_guarded():
    fake = FakeGateway()
    carry_out(fake, guarded(ONE))
    assert acl(fake) == ONE


def test_waf_is_asked_where_api_gateway_does_not_tell():
    class Silent:
        """API Gateway without webAclArn in its answers."""

        def __call__(self, operation: str, params: Any, *, service: str = "apigateway") -> dict[str, Any]:
            answer = fake(operation, params, service=service)
            if operation == "GetStages":
                answer = {"item": [{k: v for k, v in one.items() if k != "webAclArn"} for one in answer["item"]]}
            return answer

    fake = FakeGateway()
    converge(Silent(), guarded(ONE))
    assert changes(Silent(), guarded(ONE)) == []
