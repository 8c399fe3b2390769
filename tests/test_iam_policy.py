"""`reconcile iam-policy`: every call that a run makes is allowed, and a plan's allows nothing that writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

import pytest

from controller.aws import index
from controller.aws.routes import partition_of, routes
from controller.aws.secrets import right
from controller.iam import policy
from tests.cases.kinds import CERTIFICATE, FULL, MINIMAL
from tests.engine import HERE, changes, converge, desired
from tests.fake import FakeGateway
from tests.fake.shapes import operation_model


ACL = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/one/1"
ROLE = "arn:aws:iam::123456789012:role/"
CALLS = {
    "RestApi shop": {
        "authorizers": {"guard": {"type": "TOKEN", "lambda": "check"}},
        "paths": {
            "/a": {
                "methods": {
                    "GET": {"integration": {"lambda": "list:live"}},
                    "PUT": {"integration": {"lambda": "put", "credentials": f"{ROLE}caller"}},
                    "POST": {"integration": {"lambda": "put", "credentials": "arn:aws:iam::*:user/*"}},
                }
            }
        },
        "stages": {"prod": {"webAclArn": ACL, "accessLogSettings": {"logGroup": "shop", "retentionDays": 30}}},
    }
}
BARE = {"RestApi shop": {"paths": {"/a": {"methods": {"GET": {"integration": {"type": "MOCK"}}}}}}}


def needed(service: str, operation: str, params: Mapping[str, Any]) -> tuple[str, str]:
    """The action and the ARN that IAM asks for when this call is made."""
    here = f"{HERE.region}:{HERE.account}"
    match service:
        case "apigateway":
            model = operation_model(service, operation)
            path = model.http["requestUri"].partition("?")[0]
            for name, shape in (model.input_shape.members if model.input_shape else {}).items():
                if shape.serialization.get("location") == "uri":
                    path = path.replace(f"{{{shape.serialization['name']}}}", quote(params[name], safe=""))
            assert "{" not in path
            return f"apigateway:{model.http['method']}", f"arn:aws:apigateway:{HERE.region}::{path}"
        case "resourcegroupstaggingapi":
            return f"tag:{operation}", "*"
        case "lambda":
            name = ":".join([params["FunctionName"], *([params["Qualifier"]] if "Qualifier" in params else [])])
            return f"lambda:{operation}", f"arn:aws:lambda:{here}:function:{name}"
        case "logs":
            arn = f"arn:aws:logs:{here}:log-group:{params.get('logGroupName', 'shop')}"
            return f"logs:{operation}", arn
        case "wafv2":
            return f"wafv2:{operation}", params["ResourceArn"]
        case _:
            return "", ""


def allowed(document: Mapping[str, Any], action: str, arn: str) -> bool:
    return any(
        action in statement["Action"] and any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
        for statement in document["Statement"]
    )


def refused(document: Mapping[str, Any], calls: list[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    for call in calls:
        action, arn = needed(*call)
        if action and not allowed(document, action, arn):
            yield f"{call[1]}: {action} on {arn}"


def document(world: dict[str, Any], *, read_only: bool = False) -> dict[str, Any]:
    return policy(desired(world), routes(), HERE, [index.RIGHT], read_only=read_only)


def actions(found: Mapping[str, Any]) -> set[str]:
    return {action for statement in found["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("before", [BARE, MINIMAL], ids=["bare", "minimal"])
@pytest.mark.parametrize("world", [MINIMAL, CALLS], ids=["minimal", "calls"])
def test_every_call_of_a_run_is_allowed(before: dict[str, Any], world: dict[str, Any]):
    fake = FakeGateway()
    for one in (before, world):
        start = len(fake.calls)
        converge(fake, one)
        # What only the former specs named is not in a policy for the new ones.
        calls = [call for call in fake.calls[start:] if call[1] != "RemovePermission"]
        roots = {**before, **one}
        assert list(refused(document(roots), calls)) == []


@pytest.mark.parametrize("world", [MINIMAL, CALLS], ids=["minimal", "calls"])
def test_a_plan_is_allowed_by_the_read_only_policy_and_nothing_that_writes_is(world: dict[str, Any]):
    fake = FakeGateway()
    converge(fake, world)
    start = len(fake.calls)
    assert changes(fake, world) == []
    found = document(world, read_only=True)
    assert list(refused(found, fake.calls[start:])) == []
    assert actions(found) <= {
        *("tag:GetResources", "apigateway:GET", "lambda:GetPolicy", "lambda:GetFunctionConfiguration"),
        *("logs:DescribeLogGroups", "logs:ListTagsForResource", "wafv2:GetWebACLForResource"),
    }


def test_roles_are_passed_and_callers_are_not():
    found = document(CALLS)
    (statement,) = [one for one in found["Statement"] if "iam:PassRole" in one["Action"]]
    assert statement["Resource"] == [f"{ROLE}caller"]


def test_a_resource_policy_takes_a_right_of_its_own():
    assert "apigateway:UpdateRestApiPolicy" in actions(document(FULL))
    assert "apigateway:UpdateRestApiPolicy" not in actions(document(MINIMAL))


@pytest.mark.parametrize(
    ("reference", "action", "arn"),
    [
        ("k#key", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:k-??????"),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:x-a1b2c3", "secretsmanager:GetSecretValue", ""),
        ("ssm:/keys/acme", "ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/keys/acme"),
        ("ssm:acme", "ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/acme"),
        ("arn:aws:ssm:eu-west-1:1:parameter/x", "ssm:GetParameter", ""),
    ],
)
def test_a_secret_is_read_and_no_other(reference: str, action: str, arn: str):
    found = policy(desired(BARE), routes(), HERE, [right(reference)], read_only=True)
    (statement,) = [one for one in found["Statement"] if action in one["Action"]]
    assert statement["Resource"] == [arn or reference]


@pytest.mark.parametrize(
    "action", ["ec2:CreateVpcEndpointServiceConfiguration", "cloudfront:UpdateDistribution", "s3:GetObject"]
)
def test_what_aws_does_in_the_callers_name_is_allowed_and_not_to_a_plan(action: str):
    assert action in actions(document({**FULL, "DomainName edge.example.com": {"certificateArn": CERTIFICATE}}))
    assert action not in actions(document(FULL, read_only=True))


def test_what_the_specs_do_not_have_is_not_written():
    found = document(BARE)
    assert not allowed(found, "apigateway:POST", f"arn:aws:apigateway:{HERE.region}::/usageplans")
    assert not allowed(found, "apigateway:DELETE", f"arn:aws:apigateway:{HERE.region}::/apikeys/x")
    assert allowed(found, "apigateway:GET", f"arn:aws:apigateway:{HERE.region}::/usageplans")
    assert not any(action.startswith(("lambda:", "logs:", "iam:")) for action in actions(found))


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_a_region_is_in_its_partition(region: str, partition: str):
    assert partition_of(region) == partition


def test_the_document_is_in_the_limit_of_a_managed_policy():
    assert len(str(document(CALLS)).replace(" ", "")) < 6144
