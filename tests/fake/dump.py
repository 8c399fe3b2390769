"""The account as plain data without ids, dates or history, to compare two fakes by.

Ids are replaced wherever they appear in a text: in a policy, a model reference, a cache namespace.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from tests.fake.patch import Record, unescape
from tests.fake.world import Api, World


IDENTITY = re.compile(r"(?<![A-Za-z0-9])[a-z0-9]{10}(?![A-Za-z0-9])")
NAME_TAG = "reconcile:name"
# Tags that tell of how something came about.
HISTORY = "reconcile:replaces"
VOLATILE = frozenset(
    {"id", "createdDate", "lastUpdatedDate", "rootResourceId", "apiStatus", "status"}
    | {"statusMessage", "clientCertificateId", "pemEncodedCertificate", "expirationDate"}
    | {"certificateUploadDate", "regionalDomainName", "distributionDomainName", "domainNameId"}
    | {"regionalHostedZoneId", "distributionHostedZoneId"}
)
JSON_TEXTS = ("policy", "schema", "properties")
TEMPLATES = ("requestTemplates", "responseTemplates")
LOGICAL_TTL = {"TOKEN": 300, "REQUEST": 300}
# What of the API's own record a deployment freezes.
FROZEN = ("apiKeySource", "binaryMediaTypes", "endpointConfiguration", "minimumCompressionSize")
API_PARTS = ("authorizers", "models", "validators", "gateway_responses")

Names = dict[str, str]


def logical(record: Record) -> str:
    return str(record.get("tags", {}).get(NAME_TAG) or record.get("name") or "")


def numbered(prefix: str, records: Iterable[tuple[str, str, Record]]) -> Names:
    """Names for (id, name, record); equal names are told apart in the order of their content."""
    names: Names = {}
    taken: dict[str, int] = {}
    for identity, name, _ in sorted(records, key=lambda one: (one[1], _text(plain(one[2])))):
        taken[name] = taken.get(name, 0) + 1
        number = f"#{taken[name]}" if taken[name] > 1 else ""
        names[identity] = f"<{prefix}:{name}{number}>"
    return names


def account_names(world: World) -> Names:
    apis = [(api.id, logical(api.record), api.record) for api in world.apis.values()]
    names = numbered("api", apis)
    for prefix, records in {
        "link": world.vpc_links,
        "plan": world.usage_plans,
        "key": world.api_keys,
        "certificate": world.certificates,
    }.items():
        # Two have a name while one takes the other's place: it goes to the heir, whose tag says so.
        outlived = {one.get("tags", {}).get(HISTORY) for one in records.values()}
        rows = [
            (key, (logical(one) or one.get("description", "")) + " outlived" * (key in outlived), one)
            for key, one in records.items()
        ]
        names |= numbered(prefix, rows)
    return names


def api_names(api: Api) -> Names:
    names = {identity: f"<path:{api.path(identity)}>" for identity in api.resources}
    for prefix, records in {"authorizer": api.authorizers, "validator": api.validators}.items():
        names |= numbered(prefix, [(key, logical(one), one) for key, one in records.items()])
    return names


def plain(value: Any, names: Names | None = None) -> Any:
    """Without dates and ids, with names for references, sorted, and empty meaning absent."""
    known = names or {}
    if isinstance(value, dict):
        return _plain_record(value, known)
    if isinstance(value, list):
        return sorted((plain(item, known) for item in value), key=_text)
    if isinstance(value, str):
        return IDENTITY.sub(lambda match: known.get(match[0], match[0]), value)
    return value


def _plain_record(record: Record, names: Names) -> Record:
    result: Record = {}
    for name, value in record.items():
        if name == "cacheNamespace" and IDENTITY.fullmatch(value):
            continue
        if name in VOLATILE and not (name == "clientCertificateId" and "stageName" in record):
            continue
        if name in JSON_TEXTS and isinstance(value, str):
            shown = _document(value, names)
        elif name in TEMPLATES:
            shown = {key: template or "" for key, template in value.items()}
        elif name in ("stageVariableOverrides", "variables", "tags"):
            shown = {key: plain(one, names) for key, one in value.items() if key != HISTORY}
        elif name == "requestParameters":
            # An import declares the path's variables by itself.
            shown = {key: plain(one, names) for key, one in value.items() if not _is_variable(key)}
        elif name == "tlsConfig":
            shown = {key: one for key, one in value.items() if one}
        else:
            shown = plain(value, names)
        if shown not in (None, "", {}, []):
            result[plain(name, names)] = shown
    return result


def _is_variable(parameter: str) -> bool:
    return parameter.startswith("method.request.path.")


def _document(text: str, names: Names) -> Any:
    """A JSON text by its content: neither order of keys nor white space matters."""
    renamed = plain(text, names)
    try:
        return json.loads(renamed)
    except ValueError:
        return renamed


def definition(world: World, api: Api) -> Record:
    """All that a deployment freezes of an API, in logical names."""
    # The API itself stays nameless: renaming it changes nothing that is deployed.
    names = account_names(world) | api_names(api) | {api.id: "<this api>"}
    settings = {name: api.record[name] for name in (*FROZEN, "policy") if name in api.record}
    return {
        "settings": plain(settings, names),
        "authorizers": {one["name"]: _authorizer(one, names) for one in api.authorizers.values()},
        "models": {name: plain(model, names) for name, model in api.models.items() if not _is_seeded(model)},
        "validators": {names[key]: plain(one, names) for key, one in api.validators.items()},
        "gateway_responses": plain(api.gateway_responses, names),
        "paths": _paths(api, names),
    }


def _is_seeded(model: Record) -> bool:
    """As AWS puts it into every API; an import of that leaves the description out."""
    return model["name"] in ("Empty", "Error") and f'"title": "{model["name"]} Schema"' in model["schema"]


def _authorizer(record: Record, names: Names) -> Record:
    kind = record["type"]
    ttl = {"authorizerResultTtlInSeconds": LOGICAL_TTL[kind]} if kind in LOGICAL_TTL else {}
    return {**ttl, **plain(record, names)}


def _paths(api: Api, names: Names) -> Record:
    paths: Record = {api.path(identity): {} for identity in api.resources}
    for (identity, verb), method in sorted(api.methods.items()):
        paths[api.path(identity)].setdefault("methods", {})[verb] = plain(method, names)
    return paths


def snapshot_state(world: World) -> Record:
    names = account_names(world)
    apis = {names[api.id]: _api(world, api, names) for api in world.apis.values()}
    keys = {names[key]: plain(one, names) for key, one in world.api_keys.items()}
    for key in world.generated_keys:
        keys[names[key]]["value"] = "(generated)"
    members = {names[plan]: sorted(names[key] for key in keys) for plan, keys in world.plan_keys.items() if keys}
    return {
        "account": plain(world.account, names),
        "apis": apis,
        "api_keys": keys,
        "certificates": {names[key]: plain(one, names) for key, one in world.certificates.items()},
        "domains": {name: plain(one, names) for name, one in world.domains.items()},
        "mappings": {
            name: {path: plain(one, names) for path, one in mappings.items()}
            for name, mappings in world.mappings.items()
            if mappings
        },
        "plan_keys": members,
        "statements": _statements(world, names),
        "usage_plans": {names[key]: plain(one, names) for key, one in world.usage_plans.items()},
        "vpc_links": {names[key]: plain(one, names) for key, one in world.vpc_links.items()},
    }


def _statements(world: World, names: Names) -> Record:
    """The functions' policies, with names for the ids in the statements' own ids and conditions."""
    known = names | {key: name for api in world.apis.values() for key, name in api_names(api).items()}
    return {
        ":".join(function).rstrip(":"): plain(list(statements.values()), known)
        for function, statements in world.statements.items()
        if statements
    }


def _api(world: World, api: Api, account: Names) -> Record:
    digests = {key: f"<deployment:{_digest(world.snapshots[key])}>" for key in api.deployments}
    names = account | api_names(api) | digests
    deployments = [{"content": digests[key], **plain(one, names)} for key, one in api.deployments.items()]
    return {
        **definition(world, api),
        "record": plain(api.record, names),
        "deployments": sorted(deployments, key=_text),
        "documentation_parts": plain(list(api.documentation_parts.values()), names),
        "documentation_versions": plain(api.documentation_versions, names),
        "stages": {name: _stage(stage, names) for name, stage in api.stages.items()},
    }


def _stage(stage: Record, names: Names) -> Record:
    """Method settings under what their keys mean, as AWS keeps the spelling they came in."""
    settings = {
        unescape(key).lstrip("/"): {"loggingLevel": "OFF", **setting}
        for key, setting in stage["methodSettings"].items()
    }
    return {**plain(stage, names), **({"methodSettings": settings} if settings else {})}


def _digest(snapshot: Record) -> str:
    return hashlib.sha256(_text(snapshot).encode()).hexdigest()[:12]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
