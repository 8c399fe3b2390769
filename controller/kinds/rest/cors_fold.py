"""The way back to `cors:` from what it stands for, where exactly that is there and nothing else.

A policy is guessed from the preflight answers, what it would bring is taken out, and the shorthand is put in only
if writing it out again gives the same. So a guess that is wrong costs a longer spec, never a different one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from controller.kinds.rest.cors import Cors, spread_cors
from controller.terms import Scope


_HEADER = "Access-Control-"
_ANSWER = f"method.response.header.{_HEADER}"
_ERROR = f"gatewayresponse.header.{_HEADER}Expose-Headers"
_ORIGIN = re.compile(r'\$origin == "([^"]+)"')
_DEFAULTS = ("DEFAULT_4XX", "DEFAULT_5XX")


def fold_cors(raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """An API's spec with `cors:` on the API, or on some paths, if that says the same in fewer words."""
    policies = {path: policy for path, content in raw.get("paths", {}).items() if (policy := _guess(content, raw))}
    for shared in _distinct(policies.values()):
        if found := _checked({"cors": shared, **_bare(raw, dict.fromkeys(raw["paths"], shared))}, raw, scope):
            return found
    if not policies:
        return raw
    bare = _bare(raw, policies)
    for path, policy in policies.items():
        bare["paths"][path] = {"cors": policy, **bare["paths"][path]}
    return _checked(bare, raw, scope) or raw


def _distinct(policies: Any) -> Iterator[dict[str, Any]]:
    """Each policy once; a path's own methods are no part of what an API shares."""
    seen: list[dict[str, Any]] = []
    for policy in policies:
        if policy not in seen and "allowMethods" not in policy:
            seen.append(policy)
    yield from seen


def _checked(short: dict[str, Any], raw: dict[str, Any], scope: Scope) -> dict[str, Any] | None:
    return short if spread_cors(deepcopy(short), scope) == raw else None


def _guess(content: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """The policy that a path's preflight answer could come from."""
    methods = content.get("methods") or {}
    options = methods.get("OPTIONS") or {}
    answer = ((options.get("integration") or {}).get("responses") or {}).get("200") or {}
    given = answer.get("responseParameters") or {}
    headers = {k.removeprefix(_ANSWER): v.strip("'") for k, v in given.items() if k.startswith(_ANSWER)}
    template = (answer.get("responseTemplates") or {}).get("application/json", "")
    origins = [headers["Allow-Origin"]] if "Allow-Origin" in headers else _ORIGIN.findall(template)
    if not origins or len(methods) < 2 or "Allow-Headers" not in headers:  # noqa: PLR2004  OPTIONS and another
        return None
    policy: dict[str, Any] = {"allowOrigins": origins, "allowHeaders": headers["Allow-Headers"].split(",")}
    if headers.get("Allow-Credentials") == "true":
        policy["allowCredentials"] = True
    if re.fullmatch(r"-?\d+", headers.get("Max-Age", "")):
        policy["maxAge"] = int(headers["Max-Age"])
    errors = (raw.get("gatewayResponses") or {}).get(_DEFAULTS[0]) or {}
    if exposed := (errors.get("responseParameters") or {}).get(_ERROR):
        policy["exposeHeaders"] = exposed.strip("'").split(",")
    if policy["allowHeaders"] == Cors.model_fields["allowHeaders"].default:
        del policy["allowHeaders"]
    try:
        usual = Cors.model_validate(policy).preflight_headers(sorted(verb for verb in methods if verb != "OPTIONS"))
    except ValidationError:
        return None
    if usual.get(f"{_HEADER}Allow-Methods") != f"'{headers.get('Allow-Methods')}'":
        policy["allowMethods"] = headers.get("Allow-Methods", "").split(",")
    return policy


# ── what the policy brings, taken out ────────────────────────────────────────────────────────────


def _bare(raw: Mapping[str, Any], policies: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The spec without what these policies, by path, would bring."""
    found = deepcopy(dict(raw))
    first: Cors | None = None
    for path, policy in policies.items():
        cors = Cors.model_validate(policy)
        first = first or cors
        methods = found["paths"][path].get("methods") or {}
        if len(methods) > 1 and _guess(found["paths"][path], raw) == policy:
            del methods["OPTIONS"]
        for method in methods.values():
            _take_answers(method, cors)
    if first:
        _take_errors(found, first)
    return found


def _take_answers(method: dict[str, Any], cors: Cors) -> None:
    own = {f"method.response.header.{name}": value for name, value in cors.answer_headers().items()}
    names = [*own, f"{_ANSWER}Allow-Origin"]
    declared = method.get("responses") or {}
    for code, content in (method.get("integration", {}).get("responses") or {}).items():
        _take(content, "responseParameters", own)
        _take(declared.get(code) or {}, "responseParameters", dict.fromkeys(names, False))
        templates = content.get("responseTemplates") or {}
        if cors.varies and all(text.startswith(cors.snippet()) for text in templates.values()):
            content["responseTemplates"] = {k: text.removeprefix(cors.snippet()) for k, text in templates.items()}
            if content["responseTemplates"] == {"application/json": "$input.body"}:
                del content["responseTemplates"]


def _take_errors(spec: dict[str, Any], cors: Cors) -> None:
    answers = spec.get("gatewayResponses") or {}
    for kind, content in list(answers.items()):
        _take(content, "responseParameters", cors.error_headers())
        if not content and kind in _DEFAULTS:
            del answers[kind]
    if not answers:
        spec.pop("gatewayResponses", None)


def _take(content: dict[str, Any], field: str, brought: Mapping[str, Any]) -> None:
    """Takes entries out of a mapping in a field, and the field if nothing is left."""
    kept = {k: v for k, v in (content.get(field) or {}).items() if k not in brought or brought[k] != v}
    if kept:
        content[field] = kept
    else:
        content.pop(field, None)
