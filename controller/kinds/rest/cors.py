"""The `cors:` shorthand: preflight methods, headers on answers, and headers on API Gateway's own errors.

One origin is a static header. Several origins need the request's `Origin` compared with the list: mapping
templates do that. Gateway responses have no such logic, so there an error carries the caller's own origin
back (see docs/adr/0005-cors.md). Source: developer guide, "CORS for REST APIs".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from controller.facets import Value
from controller.terms import Scope


_HEADER = "Access-Control-"
_PROXIES = ("AWS_PROXY", "HTTP_PROXY")
_ALL = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT"


class Cors(Value):
    """Which browsers' pages may call an API, or one path of it."""

    allowOrigins: list[str] = Field(min_length=1, description='Origins, or ["*"].')
    allowMethods: list[str] | None = Field(None, description="By default the path's own methods.")
    allowHeaders: list[str] = Field(
        ["Content-Type", "Authorization", "X-Amz-Date", "X-Api-Key", "X-Amz-Security-Token"]
    )
    exposeHeaders: list[str] = []
    allowCredentials: bool = False
    maxAge: int | None = Field(None, ge=-1, le=86400, description="Seconds.")

    @model_validator(mode="after")
    def _origins(self) -> Self:
        if "*" in self.allowOrigins and (self.allowCredentials or len(self.allowOrigins) > 1):
            msg = 'allowOrigins: "*" stands alone, and browsers refuse it together with allowCredentials'
            raise ValueError(msg)
        for origin in self.allowOrigins:
            if origin != "*" and ("://" not in origin or origin.endswith("/") or {'"', "'"} & {*origin}):
                msg = f"allowOrigins: expected scheme://host[:port] without a slash at the end: {origin}"
                raise ValueError(msg)
        return self

    @property
    def varies(self) -> bool:
        """True if the allowed origin depends on the caller's."""
        return len(self.allowOrigins) > 1

    def answer_headers(self) -> dict[str, str]:
        """Static headers of every answer."""
        headers = {} if self.varies else {"Allow-Origin": self.allowOrigins[0]}
        if self.allowCredentials:
            headers["Allow-Credentials"] = "true"
        if self.exposeHeaders:
            headers["Expose-Headers"] = ",".join(self.exposeHeaders)
        return _static(headers) | self._vary()

    def preflight_headers(self, verbs: list[str]) -> dict[str, str]:
        """Static headers of the answer to OPTIONS."""
        methods = self.allowMethods or ([_ALL] if "ANY" in verbs else [*verbs, "OPTIONS"])
        headers = {"Allow-Methods": ",".join(methods), "Allow-Headers": ",".join(self.allowHeaders)}
        if self.maxAge is not None:
            headers["Max-Age"] = str(self.maxAge)
        answer = {k: v for k, v in self.answer_headers().items() if "Expose" not in k}
        return answer | _static(headers)

    def _vary(self) -> dict[str, str]:
        return {"Vary": "'Origin'"} if self.varies else {}

    def snippet(self) -> str:
        """The template that lets an origin of the list through; nothing for one origin."""
        if not self.varies:
            return ""
        tests = " || ".join(f'$origin == "{origin}"' for origin in self.allowOrigins)
        target = f"$context.responseOverride.header.{_HEADER}Allow-Origin"
        return (
            '#set($origin = $input.params().header.get("Origin"))\n'
            '#if(!$origin)#set($origin = $input.params().header.get("origin"))#end\n'
            f"#if({tests})#set({target} = $origin)#end\n"
        )

    def error_headers(self) -> dict[str, str]:
        """The parameters of a gateway response."""
        found = dict(self.answer_headers())
        if self.varies:
            found[f"{_HEADER}Allow-Origin"] = "method.request.header.Origin"
        return {f"gatewayresponse.header.{name}": value for name, value in found.items()}


def _static(headers: Mapping[str, str]) -> dict[str, str]:
    return {f"{_HEADER}{name}": f"'{value}'" for name, value in headers.items()}


def spread_cors(raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """An API's spec with `cors:` (its own and its paths') written out."""
    shared = _parse(raw.get("cors"), ("cors",), scope)
    found = {key: value for key, value in raw.items() if key != "cors"}
    paths = found.get("paths")
    policies = []
    if isinstance(paths, Mapping):
        found["paths"] = {}
        for path, content in paths.items():
            own = content.get("cors") if isinstance(content, Mapping) else None
            policy = _parse(own, ("paths", path, "cors"), scope) or shared
            policies.append(policy)
            found["paths"][path] = _path(content, policy)
    everywhere = shared or next((policy for policy in policies if policy), None)
    return _errors(found, everywhere) if everywhere else found


def _parse(value: Any, at: tuple[str | int, ...], scope: Scope) -> Cors | None:
    if value is None:
        return None
    try:
        return Cors.model_validate(value, strict=True)
    except ValidationError as error:
        for problem in error.errors():
            message = problem["msg"].removeprefix("Value error, ")
            scope.problems.append(((*at, *problem["loc"]), message))
        return None


def _path(content: Any, cors: Cors | None) -> Any:
    if not isinstance(content, Mapping):
        return content
    bare = {key: value for key, value in content.items() if key != "cors"}
    methods = bare.get("methods")
    if cors is None or not isinstance(methods, Mapping) or not methods:
        return bare
    answered = {verb: _answers(method, cors) for verb, method in methods.items()}
    if "OPTIONS" not in answered:
        answered["OPTIONS"] = _preflight(cors, sorted(methods))
    return {**bare, "methods": answered}


def _preflight(cors: Cors, verbs: list[str]) -> dict[str, Any]:
    headers = cors.preflight_headers(verbs)
    names = {f"method.response.header.{name}": value for name, value in headers.items()}
    declared = dict.fromkeys(names, False)
    if cors.varies:
        declared[f"method.response.header.{_HEADER}Allow-Origin"] = False
    answer: dict[str, Any] = {"responseParameters": names}
    if cors.varies:
        answer["responseTemplates"] = {"application/json": cors.snippet()}
    return {
        "integration": {
            "type": "MOCK",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"200": answer},
        },
        "responses": {"200": {"responseParameters": declared}},
    }


def _answers(method: Any, cors: Cors) -> Any:
    """A method whose mapped responses carry the headers. A proxied backend sends its own."""
    integration = method.get("integration") if isinstance(method, Mapping) else None
    if not isinstance(integration, Mapping) or integration.get("type") in (None, *_PROXIES):
        return method
    mapped = integration.get("responses")
    if not isinstance(mapped, Mapping):
        return method
    responses = {code: _mapped(response, cors) for code, response in mapped.items()}
    declared = dict(method.get("responses") or {})
    for code in responses:
        declared[code] = _declared(declared.get(code), cors)
    return {**method, "integration": {**integration, "responses": responses}, "responses": declared}


def _mapped(response: Any, cors: Cors) -> Any:
    own = {f"method.response.header.{name}": value for name, value in cors.answer_headers().items()}
    content = dict(response or {})
    content["responseParameters"] = own | dict(content.get("responseParameters") or {})
    if cors.varies:
        templates = content.get("responseTemplates") or {"application/json": "$input.body"}
        content["responseTemplates"] = {kind: cors.snippet() + (text or "") for kind, text in templates.items()}
    return content


def _declared(response: Any, cors: Cors) -> Any:
    names = [*cors.answer_headers(), f"{_HEADER}Allow-Origin"]
    own = {f"method.response.header.{name}": False for name in names}
    content = dict(response or {})
    content["responseParameters"] = own | dict(content.get("responseParameters") or {})
    return content


def _errors(raw: dict[str, Any], cors: Cors) -> dict[str, Any]:
    answers = dict(raw.get("gatewayResponses") or {})
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        answers[kind] = dict(answers.get(kind) or {})
    # A response that the author set for one case does not inherit from the default: it gets them too.
    for kind, content in answers.items():
        if isinstance(content, Mapping):
            own = dict(content.get("responseParameters") or {})
            answers[kind] = {**content, "responseParameters": cors.error_headers() | own}
    return {**raw, "gatewayResponses": answers}
