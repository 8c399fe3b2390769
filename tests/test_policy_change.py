"""Changes of resource policies, held against a small evaluator: whoever gets in and could not must be told of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.kinds.rest.policy import read_policy
from controller.kinds.rest.policy_change import changed


PRINCIPALS = ("arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/b")
RESOURCES = ("execute-api:/prod/GET/a", "execute-api:/prod/GET/b", "execute-api:/dev/POST/a")
ADDRESSES = ("10.0.0.1", "10.0.1.1", "192.168.0.1")
ENDPOINTS = ("vpce-1", "vpce-2")
REQUESTS = list(product(PRINCIPALS, RESOURCES, ADDRESSES, ENDPOINTS))


def _some(*values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


WHO = st.just("*") | _some(*PRINCIPALS).map(lambda names: {"AWS": names}) | st.just({"AWS": "*"})
WHERE = _some("*", "execute-api:/*", "execute-api:/prod/*", "execute-api:/prod/GET/?", *RESOURCES)
NETWORKS = _some("10.0.0.0/16", "10.0.0.0/24", "10.0.1.1/32", "0.0.0.0/0")
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "IpAddress": st.fixed_dictionaries({"aws:SourceIp": NETWORKS}),
        "NotIpAddress": st.fixed_dictionaries({"aws:sourceIp": NETWORKS}),
        "StringEquals": st.fixed_dictionaries({"aws:SourceVpce": _some(*ENDPOINTS)}),
        "StringNotEquals": st.fixed_dictionaries({"aws:SourceVpce": _some(*ENDPOINTS)}),
        "StringLike": st.fixed_dictionaries({"aws:SourceVpce": _some("vpce-*", "vpce-?", "vpce-1")}),
    },
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    found[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(WHO)
    found[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(WHERE)
    actions = _some("execute-api:Invoke", "execute-api:*", "*")
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(actions)
    if condition := draw(st.just({}) | CONDITIONS):
        found["Condition"] = condition
    return found


POLICIES = st.none() | st.lists(statements(), min_size=1, max_size=3).map(lambda items: {"Statement": items})


def _like(patterns: Any, value: str, *, fold: bool = False) -> bool:
    escaped = (re.escape(p).replace(r"\*", ".*").replace(r"\?", ".") for p in patterns)
    return any(re.fullmatch(p, value, re.IGNORECASE if fold else 0) for p in escaped)


def _who(value: Any, principal: str) -> bool:
    names = value if isinstance(value, str) else value["AWS"]
    return names in ("*", ["*"]) or principal in names


def _passes(operator: str, values: list[str], address: str, endpoint: str) -> bool:
    match operator:
        case "IpAddress" | "NotIpAddress":
            found = any(ip_address(address) in ip_network(value) for value in values)
        case "StringLike":
            found = _like(values, endpoint)
        case _:
            found = endpoint in values
    return found != ("Not" in operator)


def _about(statement: Mapping[str, Any], request: tuple[str, str, str, str]) -> bool:
    principal, resource, address, endpoint = request
    who, where, what = (
        (not found if f"Not{name}" in statement else found)
        for name, found in (
            ("Principal", _who(statement.get("Principal", statement.get("NotPrincipal")), principal)),
            ("Resource", _like(statement.get("Resource", statement.get("NotResource")), resource)),
            ("Action", _like(statement.get("Action", statement.get("NotAction")), "execute-api:Invoke", fold=True)),
        )
    )
    tests = statement.get("Condition", {}).items()
    return (
        who
        and where
        and what
        and all(
            _passes(operator, values, address, endpoint) for operator, keys in tests for values in keys.values()
        )
    )


def _let_in(policy: Any, *, private: bool) -> set[tuple[str, str, str, str]]:
    if policy is None:
        return set() if private else set(REQUESTS)
    effects = [(item["Effect"], item) for item in policy["Statement"]]
    return {
        request
        for request in REQUESTS
        if any(effect == "Allow" and _about(item, request) for effect, item in effects)
        and not any(effect == "Deny" and _about(item, request) for effect, item in effects)
    }


@st.composite
def altered(draw: st.DrawFn, policy: Any) -> Any:
    """The policy with a part of a statement, or a whole one, put in, taken out or made otherwise."""
    if policy is None:
        return draw(POLICIES)
    items = list(policy["Statement"])
    index = draw(st.integers(0, len(items)))
    if index == len(items):
        return {"Statement": [*items, draw(statements())]}
    other = draw(statements())
    part = draw(st.sampled_from(["Condition", "all", "Resource", "Principal", "Effect"]))
    if part == "all":
        del items[index]
        return {"Statement": items} if items else None
    kept = {key: value for key, value in items[index].items() if key.removeprefix("Not") != part}
    taken = {key: value for key, value in other.items() if key.removeprefix("Not") == part}
    items[index] = kept | taken
    return {"Statement": items}


@settings(max_examples=1500, deadline=None)
@given(data=st.data(), private=st.tuples(st.booleans(), st.booleans()))
def test_whoever_gets_in_or_is_kept_out_is_told_of(data: st.DataObject, private: tuple[bool, bool]) -> None:
    old = read_policy(data.draw(POLICIES, "old"))
    new = read_policy(data.draw(altered(old) | st.just(old) | POLICIES, "new"))
    before, after = _let_in(old, private=private[0]), _let_in(new, private=private[1])
    opened, closed = changed(old, new, private=private)
    assert opened or not after - before
    assert closed or not before - after
    if old == new and private[0] == private[1]:
        assert (opened, closed) == ("", "")


ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
DENY = {**ALLOW, "Effect": "Deny"}


def _ip(*networks: str, operator: str = "IpAddress") -> dict[str, Any]:
    return {"Condition": {operator: {"aws:SourceIp": list(networks)}}}


def _below(number: str) -> dict[str, Any]:
    return {"Condition": {"NumericLessThan": {"x": number}}}


OTHERS = {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "execute-api:Invoke", "Resource": "*"}
HOME = _ip("10.0.0.0/8")
ABROAD = _ip("10.0.0.0/8", operator="NotIpAddress")


@pytest.mark.parametrize(
    ("old", "new", "opened", "closed"),
    [
        ([ALLOW], [ALLOW, {**DENY, **ABROAD}], False, True),
        ([ALLOW, {**DENY, **ABROAD}], [ALLOW], True, False),
        ([{**ALLOW, **HOME}], [ALLOW], True, False),
        ([ALLOW], [{**ALLOW, **HOME}], False, True),
        ([{**ALLOW, **HOME}], [{**ALLOW, **_ip("10.1.0.0/16")}], False, True),
        ([{**ALLOW, **HOME}], [{**ALLOW, **_ip("10.0.0.0/8", "192.168.0.0/16")}], True, False),
        (
            [ALLOW, {**DENY, **ABROAD}],
            [ALLOW, {**DENY, **_ip("10.1.0.0/16", operator="NotIpAddress")}],
            False,
            True,
        ),
        ([{**ALLOW, "Principal": {"AWS": "111111111111"}}], [ALLOW], True, False),
        (
            [{**ALLOW, "Principal": {"AWS": "111111111111"}}],
            [{**ALLOW, "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}],
            False,
            False,
        ),
        (
            [{**ALLOW, "Principal": {"AWS": "111111111111"}}],
            [{**ALLOW, "Principal": {"AWS": "222222222222"}}],
            True,
            True,
        ),
        ([ALLOW], [OTHERS], False, True),
        (
            [{**ALLOW, "Resource": ["execute-api:/*/GET/*", "execute-api:/*/POST/*"]}],
            [{**ALLOW, "Resource": "execute-api:/*/GET/*"}, {**ALLOW, "Resource": "execute-api:/*/POST/*"}],
            False,
            False,
        ),
        ([ALLOW], [{**ALLOW, "Sid": "all"}], False, False),
        ([ALLOW], [{**ALLOW, "Action": "execute-api:*"}], False, False),
        ([ALLOW], [{**ALLOW, "Action": "execute-api:ManageConnections"}], False, True),
        ([{**ALLOW, **_below("1")}], [{**ALLOW, **_below("2")}], True, True),
        (None, [ALLOW], False, False),
        ([{**ALLOW, "Action": "*", "Resource": "*"}], None, False, False),
        ([{**ALLOW, "Resource": "execute-api:/*/*/*"}], None, False, False),
        ([{**ALLOW, "Resource": "execute-api:/prod/*"}], None, True, False),
    ],
)
def test_what_a_change_means(old: Any, new: Any, opened: bool, closed: bool) -> None:
    documents = (None if items is None else read_policy({"Statement": items}) for items in (old, new))
    assert tuple(map(bool, changed(*documents))) == (opened, closed)


def test_a_private_api_without_a_policy_lets_nobody_in() -> None:
    policy = read_policy({"Statement": [ALLOW]})
    assert changed(None, policy, private=(True, True)) == ("allows everybody on execute-api:/*", "")
    assert changed(policy, None, private=(True, True)) == ("", "allows everybody on execute-api:/*")
