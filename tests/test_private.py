"""Private APIs: known in VPCs alone, by VPC endpoints, and guarded by a resource policy."""

from typing import Any

import pytest

from controller.desired import build
from controller.errors import InvalidError
from controller.terms import Scope
from tests.cases.steps import further, get, shop, turn
from tests.engine import HERE, changes, documents
from tests.fake import FakeGateway


def policy(endpoint: str) -> dict[str, Any]:
    """Whoever comes through that VPC endpoint may call everything."""
    come = {"StringEquals": {"aws:SourceVpce": endpoint}}
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Condition": come}
    return {"Version": "2012-10-17", "Statement": [{**allow, "Resource": ["execute-api:/*"]}]}


def private(*endpoints: str, **spec: Any) -> dict[str, Any]:
    where = {"types": ["PRIVATE"], "vpcEndpointIds": list(endpoints)}
    guard = {"policy": policy(endpoints[0])} if endpoints else {}
    return shop(**{"endpointConfiguration": where, "paths": {"/": get()}, "stages": {"prod": {}}, **guard, **spec})


REGIONAL = shop(endpointConfiguration={"types": ["REGIONAL"]}, paths={"/": get()}, stages={"prod": {}})


def test_a_private_api_from_spec_to_live_and_back():
    fake = FakeGateway()
    steps = further(fake, private("vpce-0a", "vpce-0b"))
    assert steps[0] == "CreateRestApi shop"
    (api,) = fake.world.apis.values()
    where = api.record["endpointConfiguration"]
    assert (where["types"], set(where["vpcEndpointIds"])) == (["PRIVATE"], {"vpce-0a", "vpce-0b"})
    assert where["ipAddressType"] == "dualstack"
    assert "vpce-0a" in fake("GetRestApi", {"restApiId": api.id})["policy"]
    assert changes(fake, private("vpce-0b", "vpce-0a", policy=policy("vpce-0a"))) == []


def without_ids(steps: list[str]) -> list[str]:
    return [step.split(" ")[0] for step in steps]


def test_other_endpoints_and_another_policy_are_deployed():
    assert without_ids(turn(private("vpce-0a"), private("vpce-0b"))) == [
        "UpdateRestApi",
        "CreateDeployment",
        "UpdateStage",
    ]


@pytest.mark.parametrize(("before", "after"), [(REGIONAL, private("vpce-0a")), (private("vpce-0a"), REGIONAL)])
def test_an_api_becomes_private_and_public_again(before, after):
    assert without_ids(turn(before, after)) == ["UpdateRestApi", "CreateDeployment", "UpdateStage"]


def test_a_private_api_that_aws_would_not_deploy_is_an_error_in_its_spec():
    scope = Scope(HERE.account, HERE.region, HERE.partition)
    _, problems = build(documents(private()), scope, "")
    (told,) = [str(problem) for problem in problems]
    assert "a private API with stages needs a policy: AWS deploys none without" in told
    assert build(documents(private(stages={})), scope, "")[1] == []


def test_aws_does_not_deploy_it():
    fake = FakeGateway()
    further(fake, private(stages={}))
    (api,) = fake.world.apis
    with pytest.raises(InvalidError, match="doesn't have a resource policy"):
        fake("CreateDeployment", {"restApiId": api})
