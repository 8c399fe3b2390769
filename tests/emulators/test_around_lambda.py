"""What lies around an API, over HTTP: statements in functions' policies, and log groups. On MiniStack alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from . import driver
from .driver import Account
from .functions import client, make_functions
from .harness import Emulator
from .worlds import REGIONAL


OWNERS = count(1)
OTHER = {"RestApi other": {"endpointConfiguration": REGIONAL}}


@pytest.fixture
def account(ministack: Emulator) -> Iterator[Account]:
    """An account of an owner that nobody had before."""
    with driver.on(ministack) as shared:
        own = shared.owned_by(f"around-{next(OWNERS)}")
        yield own
        # Functions are everybody's here: what lets an API call them goes with its spec, not with a sweep.
        own.converge(OTHER)
        driver.sweep(own)


def world(function: str, **spec: Any) -> dict[str, Any]:
    """An API whose method and authorizer call functions."""
    method = {"authorizer": "guard", "integration": {"lambda": function}}
    return {
        "RestApi shop": {
            "endpointConfiguration": REGIONAL,
            "authorizers": {"guard": {"type": "TOKEN", "lambda": "check"}},
            "paths": {"/pets/{id}": {"methods": {"GET": method}}},
            "stages": {"prod": {}},
            **spec,
        }
    }


def sources(ministack: Emulator, function: str) -> list[str]:
    name, _, qualifier = function.partition(":")
    params = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    functions = client(ministack, "lambda")
    try:
        policy = json.loads(functions.get_policy(**params)["Policy"])
    except functions.exceptions.ResourceNotFoundException:
        return []
    arns = [statement["Condition"]["ArnLike"]["AWS:SourceArn"] for statement in policy["Statement"]]
    return sorted(arn.partition("/")[2] for arn in arns)


def test_statements_come_and_go_with_what_calls(ministack: Emulator, account: Account):
    make_functions(ministack, "check", "one", "two")
    account.converge(world("one"))
    assert account.changes(world("one")) == []
    assert sources(ministack, "one") == ["*/GET/pets/*"]
    (authorizer,) = sources(ministack, "check")
    assert authorizer.startswith("authorizers/")
    account.converge(world("two"))
    assert account.changes(world("two")) == []
    assert sources(ministack, "one") == []
    assert sources(ministack, "two") == ["*/GET/pets/*"]
    account.converge(OTHER)
    assert sources(ministack, "two") == sources(ministack, "check") == []


def test_a_missing_function_is_told_before_anything_changes(ministack: Emulator, account: Account):
    make_functions(ministack, "check")
    report = account.open_pass(world("nowhere")).plan()
    assert report.unreadable == {"RestApi shop": "Lambda function nowhere does not exist (used by GET /pets/*)"}
    assert report.changes == ()


def test_a_log_group_is_made_and_outlives_the_api(ministack: Emulator, account: Account):
    make_functions(ministack, "check", "one")
    name = f"access-{account.environment.owner}"
    logs = {"logGroup": name, "retentionDays": 30, "format": "$context.requestId"}
    logged = world("one", stages={"prod": {"accessLogSettings": logs}})
    account.converge(logged)
    assert account.changes(logged) == []
    account.converge(OTHER)
    (group,) = client(ministack, "logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["retentionInDays"] == 30


def test_a_web_acl_guards_a_stage(ministack: Emulator, account: Account):
    make_functions(ministack, "check", "one")
    waf = client(ministack, "wafv2")
    watch = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    made = waf.create_web_acl(
        Name=f"acl-{account.environment.owner}",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig=watch,
    )
    arn = made["Summary"]["ARN"]
    guarded = world("one", stages={"prod": {"webAclArn": arn}})
    account.converge(guarded)
    assert account.changes(guarded) == []
    assert len(waf.list_resources_for_web_acl(WebACLArn=arn)["ResourceArns"]) == 1
    bare = world("one", stages={"prod": {"webAclArn": ""}})
    account.converge(bare)
    assert account.changes(bare) == []
    assert waf.list_resources_for_web_acl(WebACLArn=arn)["ResourceArns"] == []
