"""Who is let in to a route, and what of their requests is checked: what a change of that means to callers.

Facts: developer guide, "Control and manage access to REST APIs", "Integrate a REST API with a user pool" (scopes)
and "Request validation for REST APIs": without a validator nothing is checked, and a body only where a model goes
with its content type, or with `$default`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.address import Address
from controller.facets import canonical
from controller.impact import Impact
from controller.kinds.rest.routes import PREFLIGHT, named, route, users
from controller.kinds.rest.schema_sides import Models
from controller.kinds.rest.tightening import tightened
from controller.terms import Family, Turn


TIGHTENED, WEAKENED = "authentication-tightened", "authentication-weakened"
_OPEN = "NONE"
_PARTS = {"querystring": "query parameter", "header": "header"}
_DEFAULT = "$default"


@dataclass(frozen=True)
class Serving:
    """What answers a route: a method, and the API that it is of."""

    method: Any
    root: Address
    family: Family

    @property
    def gate(self) -> str:
        """Who decides on callers, in words."""
        return f"authorizer {self.method.authorizer}" if self.method.authorizer else self.method.authorizationType

    @property
    def authorizer(self) -> Any:
        """The content of the authorizer, if there is one."""
        name = self.method.authorizer
        return canonical(self.family.get(self.root.child("Authorizer", name))) if name else None

    def checks(self, part: str) -> bool:
        """Whether a validator looks at this part of requests: `Body` or `Parameters`."""
        name = self.method.requestValidator
        validator = self.family.get(self.root.child("RequestValidator", name)) if name else None
        return bool(validator and getattr(validator, f"validateRequest{part}"))

    @property
    def required(self) -> frozenset[str]:
        """The parameters that requests must have, if a validator looks. Those of the path are always there."""
        given = self.method.requestParameters.items()
        return frozenset(name for name, needed in given if needed and _part(name) in _PARTS)

    def model(self, content_type: str) -> str | None:
        """The model that a body of this type must fit."""
        models: Mapping[str, str] = self.method.requestModels
        return models.get(content_type, models.get(_DEFAULT))


def judged(at: Address, old: Serving, new: Serving) -> Iterator[Impact]:
    """What callers of a route notice when something else answers it, or the same with other settings."""
    admission = (*_gates(at, old, new), *_scopes(at, old, new), *_keys(at, old, new))
    # A preflight has no credentials, and answers with headers alone.
    yield from (impact for impact in admission if at.key != PREFLIGHT or impact.rule != WEAKENED)
    yield from _parameters(at, old, new)
    yield from _bodies(at, old, new)


def _gates(at: Address, old: Serving, new: Serving) -> Iterator[Impact]:
    if _same_gate(old, new):
        return
    moved = new.method.authorizer and new.method.authorizer != old.method.authorizer
    name = "authorizer" if moved else "authorizationType"
    if new.method.authorizationType == _OPEN:
        yield Impact(WEAKENED, f"{route(at)} can be called without authentication ({old.gate} before)", name)
    elif old.method.authorizationType == _OPEN:
        yield Impact(TIGHTENED, f"{route(at)} is refused without authentication ({new.gate} now)", name)
    else:
        told = f"{route(at)} asks {new.gate} instead of {old.gate}"
        yield Impact(TIGHTENED, f"{told}: callers of before may be refused", name)
        yield Impact(WEAKENED, f"{told}: others may be let in", name)


def _same_gate(old: Serving, new: Serving) -> bool:
    if old.method.authorizer and old.method.authorizer == new.method.authorizer:
        return True  # What changes in the authorizer itself is told there.
    # One that only has another name decides the same.
    return bool(old.method.authorizationType == new.method.authorizationType and old.authorizer == new.authorizer)


def _scopes(at: Address, old: Serving, new: Serving) -> Iterator[Impact]:
    """Any one of the scopes is enough; with scopes a caller sends an access token, without an identity token."""
    before, after = old.method.authorizationScopes, new.method.authorizationScopes
    name = "authorizationScopes"
    if before == after or not _same_gate(old, new):
        return
    gone, come = ", ".join(sorted(before - after)), ", ".join(sorted(after - before))
    if not after:
        yield Impact(WEAKENED, f"{route(at)} can be called without a scope ({gone} before)", name)
        yield Impact(TIGHTENED, f"{route(at)} takes identity tokens instead of access tokens with {gone}", name)
    elif not before:
        yield Impact(TIGHTENED, f"{route(at)} wants an access token with the scope {come}", name)
    else:
        if gone:
            yield Impact(TIGHTENED, f"{route(at)} no longer takes the scope {gone}", name)
        if come:
            yield Impact(WEAKENED, f"{route(at)} takes the scope {come} too", name)


def _keys(at: Address, old: Serving, new: Serving) -> Iterator[Impact]:
    before, after = old.method.apiKeyRequired, new.method.apiKeyRequired
    if after and not before:
        yield Impact(TIGHTENED, f"{route(at)} can no longer be called without an API key", "apiKeyRequired")
    elif before and not after:
        yield Impact(WEAKENED, f"{route(at)} can be called without an API key", "apiKeyRequired")


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


def _part(parameter: str) -> str:
    return parameter.split(".")[2] if parameter.count(".") > 1 else ""


def _spoken(parameters: frozenset[str]) -> str:
    return ", ".join(f"{_PARTS[_part(name)]} {name.split('.', 3)[3]}" for name in sorted(parameters))


def _checked(old: Serving, new: Serving, part: str) -> bool:
    """Whether that part was checked before; a validator that changes in itself tells of that by itself."""
    return (new if old.method.requestValidator == new.method.requestValidator else old).checks(part)


def _parameters(at: Address, old: Serving, new: Serving) -> Iterator[Impact]:
    if not new.checks("Parameters"):
        return
    if not _checked(old, new, "Parameters"):
        if new.required:
            told = f"{route(at)} refuses requests without {_spoken(new.required)}: nobody checked before"
            yield Impact("validation-tightened", told, "requestValidator")
    elif more := new.required - old.required:
        told = f"{route(at)} refuses requests without {_spoken(more)}"
        yield Impact("parameter-required", told, "requestParameters")


def _bodies(at: Address, old: Serving, new: Serving) -> Iterator[Impact]:
    if not new.checks("Body"):
        return
    checked = _checked(old, new, "Body")
    reasons: dict[str, None] = {}
    for kind in sorted({*old.method.requestModels, *new.method.requestModels}):
        before, after = old.model(kind) if checked else None, new.model(kind)
        # What changes in a model itself is told there.
        if after and before != after:
            models = schemas(old.family), schemas(new.family)
            pair = (models[0].get(before or "", {}), models[1].get(after, {}))
            found = [reason.text for reason in tightened(*pair, *models, names=(before or "", after))]
            anew = f"what is {kind} has to fit model {after}"
            reasons |= dict.fromkeys(found if before or not found else [anew])
    if reasons and checked:
        told = f"{route(at)} refuses bodies that it took: {'; '.join(reasons)}"
        yield Impact("body-tightened", told, "requestModels")
    elif reasons:
        told = f"{route(at)} checks bodies, which nobody did before: {'; '.join(reasons)}"
        yield Impact("validation-tightened", told, "requestValidator")


def schemas(family: Family) -> Models:
    """The schemas of an API's models, by name."""
    return family.once(_schemas)


def _schemas(family: Family) -> Models:
    return {at.key: model.schema_ or {} for at, model in family.items() if at.kind == "Model"}


def sides(at: Address, turn: Turn) -> tuple[Serving, Serving]:
    """A method before and after."""
    return Serving(turn.live[at], at.root, turn.live), Serving(turn.desired[at], at.root, turn.desired)


# ── what several routes share ────────────────────────────────────────────────────────────────────


def of_model(at: Address, turn: Turn) -> Iterator[Impact]:
    """A model changes: what the callers of those routes notice that hold bodies against it."""
    models = schemas(turn.live), schemas(turn.desired)
    reasons: dict[str, list[str]] = {}
    routes, why = [], dict[str, None]()
    for method in users(at, turn):
        old, new = sides(method, turn)
        if not (old.checks("Body") and new.checks("Body")):
            continue
        for _, name in sorted(old.method.requestModels.items() & new.method.requestModels.items()):
            if name not in reasons:
                pair = (models[0].get(name, {}), models[1].get(name, {}))
                found = tightened(*pair, *models, names=(name, name))
                reasons[name] = [reason.text for reason in found if reason.model == at.key]
            if reasons[name]:
                routes.append(method)
                why |= dict.fromkeys(reasons[name])
    if routes:
        told = f"bodies that were taken are refused by {named(routes)}: {'; '.join(why)}"
        yield Impact("body-tightened", told, "schema", tuple(routes))


def of_validator(at: Address, old: Any, new: Any, turn: Turn) -> Iterator[Impact]:
    """A validator changes: what the callers of those routes notice that it checks requests of."""
    both = [(method, *sides(method, turn)) for method in users(at, turn)]
    if new.validateRequestParameters and not old.validateRequestParameters:
        routes = {method: after.required for method, _, after in both if after.required}
        if routes:
            lacking = _spoken(frozenset().union(*routes.values()))
            told = f"requests without {lacking} are refused by {named(routes)}: nobody checked before"
            yield Impact("validation-tightened", told, "validateRequestParameters", tuple(routes))
    if new.validateRequestBody and not old.validateRequestBody:
        held = tuple(method for method, _, after in both if after.method.requestModels)
        if held:
            told = f"bodies are held against models by {named(held)}, which nobody did before"
            yield Impact("validation-tightened", told, "validateRequestBody", held)


def of_authorizer(at: Address, old: Any, new: Any, turn: Turn) -> Iterator[Impact]:
    """An authorizer changes: what the callers of those routes notice that ask it."""
    routes = users(at, turn)
    for rule, name, words in _decisions(old, new) if routes else ():
        yield Impact(rule, f"authorizer {at.key} {words}: {named(routes)}", name, routes)


def _decisions(old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """How an authorizer decides otherwise: the rule, the field, and the rest of a sentence.

    How long a decision is kept says nothing of whom it is for.
    """
    if old.type != new.type or _function(old) != _function(new):
        field_name = "type" if old.type != new.type else "authorizerUri"
        yield TIGHTENED, field_name, "decides otherwise, and may refuse callers of before"
        yield WEAKENED, field_name, "decides otherwise, and may let in others"
        return
    if gone := old.providerARNs - new.providerARNs:
        yield TIGHTENED, "providerARNs", f"no longer takes the users of {', '.join(sorted(gone))}"
    if come := new.providerARNs - old.providerARNs:
        yield WEAKENED, "providerARNs", f"takes the users of {', '.join(sorted(come))} too"
    before, after = (frozenset((item.identitySource or "").split(",")) - {""} for item in (old, new))
    if come := after - before:
        yield TIGHTENED, "identitySource", f"refuses requests without {', '.join(sorted(come))}"
    if (gone := before - after) and old.type == "REQUEST":
        # A kept decision holds for all that is alike in the sources.
        yield WEAKENED, "identitySource", f"no longer tells callers apart by {', '.join(sorted(gone))}"
    pattern, wanted = old.identityValidationExpression, new.identityValidationExpression
    if wanted and wanted != pattern:
        yield TIGHTENED, "identityValidationExpression", "refuses tokens by another pattern"
    if pattern and wanted != pattern:
        yield WEAKENED, "identityValidationExpression", "lets tokens through that its pattern refused"


def _function(authorizer: Any) -> str:
    """The function that decides, whatever its version."""
    uri = authorizer.authorizerUri or ""
    return re.sub(r"(:function:[^:/]+):[^/]*/", r"\1/", uri)
