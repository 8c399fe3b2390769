"""LambdaPermission: the statement in a Lambda function's policy that lets an API call it.

It follows from the integrations and authorizers of the spec; nobody writes it. Ours are known by their id, which
begins with the API's; those of others are not looked at. One is removed after the stages have moved, and the
deployment whose description names the function goes later still: while a statement of ours may be there, something
says so. Facts: Lambda API reference, AddPermission; Lambda developer guide, "Resource-based policies".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from controller.address import Address
from controller.call import Call, Fact, Glance, Text
from controller.errors import AccessError, NotFoundError
from controller.facets import DERIVED, INTERNAL
from controller.kinds.rest import lambdas
from controller.kinds.rest.deployment import recorded
from controller.kinds.rest.lambdas import Use
from controller.model import Around, Resource, register
from controller.terms import Right, Scope


MOST = 15
"""Statements for one function and API; more become one for the whole API. A statement takes up to 500 bytes of a
policy's 20 KB, so that these are about a third, and other APIs have room too."""

WHOLE = "* /*"
"""Any verb on any path, as a source."""

_AUTHORIZER = "authorizer "
_SERVICE = "lambda"
_OPERATIONS = {
    "GetPolicy": False,
    "GetFunctionConfiguration": False,
    "AddPermission": True,
    "RemovePermission": True,
}
"""What is called, and whether it writes."""


@register
class LambdaPermission(Resource):
    """A statement in a function's policy. Its key says who may call what: `photos:live GET /pets/*`."""

    kind = "LambdaPermission"
    container = "RestApi"
    support = True

    function: Annotated[str, DERIVED] = ""
    source: Annotated[str, DERIVED] = ""
    statement: Annotated[str, INTERNAL] = ""

    def leaves_first(self) -> bool:
        # The function stays when the API goes.
        return True

    # ── what is desired ──
    @classmethod
    def derive(cls, desired: dict[Address, Resource], revision: str, scope: Scope) -> None:
        """Gives each API that is served the statements it needs."""
        for root in sorted({at.root for at in desired if at.kind == "Stage"}):
            if _managed(root, desired):
                for use in _collapsed(lambdas.uses(root, desired, scope)):
                    desired[root.child(cls.kind, _key(use))] = cls(function=use.function, source=use.source)

    # ── what is live ──
    @classmethod
    def gather(cls, root: Address, payload: Mapping[str, Any], around: Around) -> list[dict[str, Any]]:
        if root.kind != cls.container or not _managed(root, around.desired):
            return []
        wanted = {at: item for at, item in around.desired.items() if at.kind == cls.kind and at.root == root}
        uses = {item.function for item in wanted.values() if isinstance(item, cls)}
        found: list[dict[str, Any]] = []
        missing: list[str] = []
        for function in sorted(uses | _named(payload, around)):
            try:
                statements = _statements(function, payload, around) if payload else None
            except AccessError:
                # Rights follow the specs; those for what a former spec named may be gone.
                if function in uses:
                    raise
                continue
            if statements is None and function in uses and not _exists(function, around):
                missing.append(function)
            found += statements or []
        if missing:
            raise NotFoundError("; ".join(_complaint(function, root, around) for function in missing))
        if _has_canary(root, around.desired):
            # The stage still serves a former definition, and what that one calls is not known here.
            return [item for item in found if root.child(cls.kind, item["name"]) in wanted]
        return found

    # ── calls ──
    def rights(self, at: Address) -> Iterator[Right]:
        place = (":lambda:", Fact.REGION, ":", Fact.ACCOUNT, ":function:", self.function)
        for operation, writes in _OPERATIONS.items():
            yield Right(f"{_SERVICE}:{operation}", Text(("arn:", Fact.PARTITION, *place)), writes)

    def creating(self, at: Address) -> list[Call]:
        params = _function_params(self.function) | {
            "StatementId": self._statement_id(at),
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": Text(tuple(self._source_arn(at))),
        }
        return [Call("AddPermission", params, _SERVICE)]

    def deleting(self, at: Address) -> list[Call]:
        params = _function_params(self.function) | {"StatementId": self.statement or self._statement_id(at)}
        return [Call("RemovePermission", params, _SERVICE)]

    def _statement_id(self, at: Address) -> Text:
        """The same for the same source; the authorizer's id is in it, since one made anew needs its own."""
        digest = hashlib.sha256(at.key.encode()).hexdigest()[:16]
        authorizer = self._authorizer(at)
        return Text(("reconcile-", at.root, "-", *((authorizer, "-") if authorizer else ()), digest))

    def _authorizer(self, at: Address) -> Address | None:
        if not self.source.startswith(_AUTHORIZER):
            return None
        return at.root.child("Authorizer", self.source.removeprefix(_AUTHORIZER))

    def _source_arn(self, at: Address) -> Iterator[str | Address | Fact]:
        yield from ("arn:", Fact.PARTITION, ":execute-api:", Fact.REGION, ":", Fact.ACCOUNT, ":", at.root)
        if authorizer := self._authorizer(at):
            yield from ("/authorizers/", authorizer)
        else:
            verb, _, path = self.source.partition(" ")
            yield f"/*/{verb}{path}"


def _managed(root: Address, desired: Mapping[Address, Resource]) -> bool:
    return getattr(desired.get(root), "permissions", "managed") == "managed"


def _has_canary(root: Address, desired: Mapping[Address, Resource]) -> bool:
    stages = (item for at, item in desired.items() if at.kind == "Stage" and at.root == root)
    return any(getattr(stage, "canarySettings", None) for stage in stages)


def _key(use: Use) -> str:
    return f"{use.function} {use.source}"


def _collapsed(uses: frozenset[Use]) -> Iterator[Use]:
    """The statements to have: one for the whole API where a function is called from too many methods."""
    authorizers = {use for use in uses if use.source.startswith(_AUTHORIZER)}
    yield from sorted(authorizers)
    for function in sorted({use.function for use in uses - authorizers}):
        own = sorted(use for use in uses - authorizers if use.function == function)
        whole = Use(function, WHOLE)
        yield from [whole] if len(own) > MOST or whole in own else own


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def _named(payload: Mapping[str, Any], around: Around) -> set[str]:
    """The functions that the live API names, and those that its deployments call."""
    stages = [
        (stage.get("variables") or {}) | ((stage.get("canarySettings") or {}).get("stageVariableOverrides") or {})
        for stage in payload.get("Stage", [])
    ]
    methods = [m for path in payload.get("Path", []) for m in (path.get("resourceMethods") or {}).values()]
    backends = [method.get("methodIntegration") or {} for method in methods]
    uris = [item.get("uri") for item in backends if not item.get("credentials")]
    authorizers = payload.get("Authorizer", [])
    uris += [item.get("authorizerUri") for item in authorizers if not item.get("authorizerCredentials")]
    found = {function for uri in uris if uri for function in lambdas.functions(uri, stages, around.environment)}
    return found.union(*(recorded(item) for item in payload.get("Deployment", [])))


def _statements(function: str, payload: Mapping[str, Any], around: Around) -> list[dict[str, Any]] | None:
    """This API's statements in a function's policy; None if there is no policy, or no function."""
    try:
        answer = around.perform(_own_statements(function, payload["id"]))
    except NotFoundError:
        return None
    found = []
    for statement in answer["Statement"]:
        source = _source(statement, payload)
        name = _key(Use(function, source))
        found.append({"id": statement["Sid"], "name": name, "function": function, "source": source})
    return sorted(({**item, "statement": item["id"]} for item in found), key=lambda item: item["id"])


def _own_statements(function: str, api: str) -> Call:
    """The call that reads what a function's policy says of an API; nothing else of it is looked at."""

    def part(answer: Mapping[str, Any]) -> dict[str, Any]:
        statements = json.loads(answer["Policy"])["Statement"]
        own = [item for item in statements if str(item.get("Sid", "")).startswith(f"reconcile-{api}-")]
        return {"Statement": [{name: item[name] for name in ("Sid", "Condition") if name in item} for item in own]}

    told = f"Lambda function {function}: taken to be there, with a policy that says nothing of API {api} yet"
    glance = Glance(part, {"Statement": []}, told, about=api)
    return Call("GetPolicy", _function_params(function), _SERVICE, glance=glance)


def _source(statement: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """What a live statement lets in, in the words of the desired side, or as it stands where it is not ours."""
    condition = statement.get("Condition") or {}
    arn = str((condition.get("ArnLike") or {}).get("AWS:SourceArn", ""))
    names = {item["id"]: item["name"] for item in payload.get("Authorizer", [])}
    _, _, rest = arn.partition(f":{payload['id']}/")
    if found := re.fullmatch(r"authorizers/(\w+)", rest):
        return f"{_AUTHORIZER}{names.get(found[1], f'id:{found[1]}')}"
    if found := re.fullmatch(r"\*/([A-Z]+|\*)(/.*)", rest):
        return f"{found[1]} {found[2]}"
    return arn


def _exists(function: str, around: Around) -> bool:
    told = f"Lambda function {function}: taken to be there"
    # The answer has the function's environment in it.
    glance = Glance(lambda _: {}, {}, told)
    try:
        around.perform(Call("GetFunctionConfiguration", _function_params(function), _SERVICE, glance=glance))
    except NotFoundError:
        return False
    return True


def _complaint(function: str, root: Address, around: Around) -> str:
    where = around.environment
    users = sorted(use.source for use in lambdas.uses(root, around.desired, where) if use.function == function)
    return f"Lambda function {function} does not exist (used by {', '.join(users)})"


def _function_params(function: str) -> dict[str, Any]:
    name, _, qualifier = function.partition(":")
    return {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
