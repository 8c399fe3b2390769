"""The `lambda:` shorthand: a function's name or ARN becomes the URI that API Gateway invokes.

Source: developer guide, "Set up Lambda proxy integrations"; response streaming has an API version of its own.
"""

from __future__ import annotations

import re
from typing import Any

from controller.model import Scope


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
