"""Lambda functions: the `lambda:` shorthand, and which functions an API calls from where.

Source: developer guide, "Set up Lambda proxy integrations"; response streaming has an API version of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.address import Address
from controller.gateway import Environment
from controller.model import Resource
from controller.terms import Scope


_NAME = re.compile(r"[A-Za-z0-9_-]{1,140}(:[A-Za-z0-9$_-]+)?")
_BUFFERED = "2015-03-31/functions/{arn}/invocations"
_STREAM = "2021-11-15/functions/{arn}/response-streaming-invocations"


def function_arn(name: str, scope: Scope) -> str | None:
    """The ARN of a function given by name, `name:alias` or ARN; None if it is none of these."""
    if name.startswith("arn:"):
        return name
    # A stage variable may stand for the name or the alias.
    if _NAME.fullmatch(re.sub(r"\$\{stageVariables\.\w+\}", "x", name)):
        return f"arn:{scope.partition}:lambda:{scope.region}:{scope.account}:function:{name}"
    return None


def invocation_uri(arn: str, scope: Scope, *, stream: bool = False) -> str:
    """The integration or authorizer URI for a function."""
    path = (_STREAM if stream else _BUFFERED).format(arn=arn)
    return f"arn:{scope.partition}:apigateway:{scope.region}:lambda:path/{path}"


def integration(raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """An integration with `lambda:` written out: proxy and POST unless the author says otherwise."""
    if (uri := _uri(raw, "uri", scope)) is None:
        return raw
    rest = {key: value for key, value in raw.items() if key != "lambda"}
    return {"type": "AWS_PROXY", "integrationHttpMethod": "POST", **rest, "uri": uri}


def authorizer(raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """An authorizer with `lambda:` written out."""
    if (uri := _uri(raw, "authorizerUri", scope)) is None:
        return raw
    rest = {key: value for key, value in raw.items() if key != "lambda"}
    return {**rest, "authorizerUri": uri}


def fold_integration(spec: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """An integration with `lambda:`, if that says the same."""
    usual = {"type": "AWS_PROXY", "integrationHttpMethod": "POST"}
    rest = {key: value for key, value in spec.items() if key != "uri" and usual.get(key) != value}
    for name in _names(str(spec.get("uri", "")), scope):
        if integration({"lambda": name, **rest}, scope) == spec:
            return {"lambda": name, **rest}
    return spec


def fold_authorizer(spec: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """An authorizer with `lambda:`, if that says the same."""
    kind = {"type": spec["type"]}
    rest = {key: value for key, value in spec.items() if key not in ("type", "authorizerUri")}
    for name in _names(str(spec.get("authorizerUri", "")), scope):
        if authorizer({**kind, "lambda": name, **rest}, scope) == spec:
            return {**kind, "lambda": name, **rest}
    return spec


def _names(uri: str, scope: Scope) -> Iterator[str]:
    """What could stand for the function of a URI, the shortest first."""
    arn = uri.partition("/functions/")[2].rpartition("/")[0]
    own = f"arn:{scope.partition}:lambda:{scope.region}:{scope.account}:function:"
    if arn.startswith(own):
        yield arn.removeprefix(own)
    if arn.startswith("arn:"):
        yield arn


def _uri(raw: dict[str, Any], field: str, scope: Scope) -> str | None:
    name = raw.get("lambda")
    if name is None:
        return None
    if field in raw:
        scope.problems.append((("lambda",), f"give either lambda or {field}, not both"))
        return str(raw[field])
    arn = function_arn(name, scope) if isinstance(name, str) else None
    if arn is None:
        scope.problems.append((("lambda",), "expected the name or ARN of a Lambda function"))
        arn = "arn:invalid"
    return invocation_uri(arn, scope, stream=raw.get("responseTransferMode") == "STREAM")


# ── which functions an API calls ─────────────────────────────────────────────────────────────────

_FUNCTION = re.compile(
    r"functions/arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>[^:]+):function:"
    r"(?P<name>[A-Za-z0-9_-]+)(:(?P<qualifier>[A-Za-z0-9$_-]+))?/"
)
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_LATEST = "$LATEST"


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """A function, as `name` or `name:qualifier`, and what calls it: `GET /pets/*` or `authorizer users`."""

    function: str
    source: str


def uses(root: Address, resources: Mapping[Address, Resource], where: Scope | Environment) -> frozenset[Use]:
    """Every use of a function of this account and region that needs a statement in the function's policy.

    None is needed where the call is made with a role (`credentials`). Stage variables count with the values that
    the API's stages give them.
    """
    variables = [_variables(item) for at, item in resources.items() if at.kind == "Stage" and at.root == root]
    return frozenset(
        Use(function, source)
        for at, item in resources.items()
        if at.root == root and (call := _calling(at, item))
        for source, uri in [call]
        for function in functions(uri, variables, where)
    )


def _calling(at: Address, item: Any) -> tuple[str, str] | None:
    """What a resource is called as in a statement, and the URI it calls; None if it calls nothing by itself."""
    if at.kind == "Authorizer" and item.authorizerUri and not item.authorizerCredentials:
        return f"authorizer {at.key}", item.authorizerUri
    if at.kind == "Integration" and item.uri and not item.credentials and item.type.startswith("AWS"):
        _, path, method, _ = at.lineage
        return method_source(method.key, path.key), item.uri
    return None


def method_source(verb: str, path: str) -> str:
    """A method as a statement names it: `GET /pets/*`; any verb and each variable are a star."""
    return f"{'*' if verb == 'ANY' else verb} {re.sub(r'{[^}]*}', '*', path)}"


def _variables(stage: Any) -> Mapping[str, str]:
    canary = stage.canarySettings
    return {**stage.variables, **(canary.stageVariableOverrides if canary else {})}


def functions(uri: str, variables: Iterable[Mapping[str, str]], where: Scope | Environment) -> Iterator[str]:
    """The functions of this account and region that a URI stands for under any of these sets of stage variables."""
    for values in [{}, *variables] if _VARIABLE.search(uri) else [{}]:
        given: Mapping[str, str] = values
        resolved = _VARIABLE.sub(lambda found, given=given: given.get(found[1], found[0]), uri)  # type: ignore[misc]
        found = _FUNCTION.search(resolved)
        if found and (found["region"], found["account"]) == (where.region, where.account):
            qualifier = found["qualifier"]
            # A policy cannot be given to $LATEST: the function's own holds there.
            yield f"{found['name']}:{qualifier}" if qualifier and qualifier != _LATEST else found["name"]
