"""PutRestApi: an OpenAPI 3 document over an API that is there. Overwriting forgets what the document leaves out.

What comes of the document is made by the handlers of the single calls, so their checks hold here too. The first
refusal, and a warning under failOnWarnings, leaves everything as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from controller.errors import GatewayError
from tests.fake import refusals, rest
from tests.fake.kinds import HANDLERS, answers, with_tags
from tests.fake.methods import forget
from tests.fake.patch import Record
from tests.fake.world import Api, World


EXTENSION = "x-amazon-apigateway-"
SETTINGS = {
    "api-key-source": "apiKeySource",
    "binary-media-types": "binaryMediaTypes",
    "minimum-compression-size": "minimumCompressionSize",
    "security-policy": "securityPolicy",
    "endpoint-access-mode": "endpointAccessMode",
}
LOCATIONS = {"query": "querystring", "header": "header", "path": "path"}
BACKEND = (
    *("type", "uri", "credentials", "connectionType", "connectionId", "integrationTarget", "requestTemplates"),
    *("passthroughBehavior", "contentHandling", "timeoutInMillis", "cacheNamespace", "cacheKeyParameters"),
    *("tlsConfig", "responseTransferMode"),
)
UPPER = ("type", "passthroughBehavior", "contentHandling", "connectionType", "responseTransferMode")
MODELS = "#/components/schemas/"


def extension(record: Record, name: str) -> Any:
    return record.get(f"{EXTENSION}{name}")


@answers("PutRestApi")
def put(world: World, params: Record) -> Record:
    api = world.api(params)
    document = _document(params["body"])
    if params.get("mode", "merge") == "merge":
        _merge(api, document)
        return with_tags(rest.view(api.record))
    before, links = deepcopy(api), dict(world.dangling_links)
    run = _Import(world, api, document)
    try:
        run.overwrite(documented=params.get("parameters", {}).get("ignore") != "documentation")
        if run.warnings and params.get("failOnWarnings"):
            raise refusals.bad(f"Warnings found during import: {'; '.join(run.warnings)}")
    except GatewayError:
        world.apis[api.id], world.dangling_links = before, links
        raise
    answer = with_tags(rest.view(api.record))
    return answer | ({"warnings": run.warnings} if run.warnings else {})


def _document(body: Any) -> Record:
    try:
        document = json.loads(body.read() if hasattr(body, "read") else body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0"):
        raise refusals.bad("Invalid OpenAPI input.")
    return document


def _merge(api: Api, document: Record) -> None:
    """Only what sets name and version, which no patch can do; the rest is not faked."""
    if set(document) - {"openapi", "info", "paths"} or document.get("paths") or len(document["info"]) > 2:
        raise NotImplementedError("the fake merges info and nothing else")
    _about(api.record, document["info"])


def _about(record: Record, info: Record) -> None:
    record["name"] = info.get("title") or record["name"]
    if info.get("version"):
        record["version"] = info["version"]


class _Import:
    """One overwriting import."""

    def __init__(self, world: World, api: Api, document: Record) -> None:
        self.world, self.api, self.document = world, api, document
        self.parts = document.get("components", {})
        self.warnings: list[str] = []
        self.authorizers: dict[str, str] = {}
        self.validators: dict[str, str] = {}

    def call(self, operation: str, **params: Any) -> Record:
        return HANDLERS[operation](self.world, {"restApiId": self.api.id, **params})

    def overwrite(self, *, documented: bool) -> None:
        self._settings()
        old = {(self.api.path(place), verb): method for (place, verb), method in self.api.methods.items()}
        self._forget(old)
        for collection in (self.api.models, self.api.authorizers, self.api.validators, self.api.gateway_responses):
            collection.clear()
        self._models()
        self._beside()
        if documented:
            self._documentation()
        self._resources()
        for path, verb, operation in self._operations():
            self._method(path, verb, operation, had_one=(path, verb) in old)

    # ── the API itself ──

    def _settings(self) -> None:
        """The endpoint's type and the tags stay; everything else is as the document says, or at its default."""
        record = self.api.record
        for name in ("description", "version", "policy", *SETTINGS.values()):
            record.pop(name, None)
        (endpoint,) = record[rest.CONFIGURATION]["types"]
        record |= {"apiKeySource": "HEADER", "securityPolicy": rest.default_security(endpoint)}
        record |= {
            name: deepcopy(self.document[f"{EXTENSION}{word}"])
            for word, name in SETTINGS.items()
            if f"{EXTENSION}{word}" in self.document
        }
        info = self.document["info"]
        _about(record, info)
        if info.get("description"):
            record["description"] = info["description"]
        servers = self.document.get("servers") or [{}]
        configuration = extension(servers[0], "endpoint-configuration") or {}
        record["disableExecuteApiEndpoint"] = configuration.get("disableExecuteApiEndpoint", False)
        record[rest.CONFIGURATION].pop("vpcEndpointIds", None)
        if configuration.get("vpcEndpointIds"):
            record[rest.CONFIGURATION]["vpcEndpointIds"] = list(configuration["vpcEndpointIds"])
        written = extension(self.document, "policy")
        rest.check(self.world, record, json.dumps(written) if written else None)

    def _forget(self, old: dict[tuple[str, str], Record]) -> None:
        wanted = {(path, verb) for path, verb, _ in self._operations()}
        places = {self.api.path(identity): identity for identity in self.api.resources}
        for path, verb in old:
            if (path, verb) in wanted:
                del self.api.methods[places[path], verb]
            else:
                forget(self.world, self.api, places[path], verb)

    # ── beside the paths ──

    def _models(self) -> None:
        base = f"https://apigateway.amazonaws.com/restapis/{self.api.id}/models/"
        for name, schema in self.parts.get("schemas", {}).items():
            if not name.isalnum():
                raise refusals.bad(f"Model name must be alphanumeric: {name}")
            self.api.models[name] = {
                "id": self.world.new_id(),
                "name": name,
                "contentType": "application/json",
                "schema": json.dumps(schema).replace(f'"{MODELS}', f'"{base}'),
                **({"description": schema["description"]} if schema.get("description") else {}),
            }
        known = {*self.api.models}
        for model in self.api.models.values():
            unknown = sorted({*re.findall(rf"{base}(\w+)", model["schema"])} - known)
            if unknown:
                raise refusals.bad(f"Unable to create model: unknown reference {unknown[0]}")

    def _beside(self) -> None:
        for name, scheme in self.parts.get("securitySchemes", {}).items():
            if given := extension(scheme, "authorizer"):
                self.authorizers[name] = self._authorizer(name, scheme, dict(given))["id"]
        for name, fields in (extension(self.document, "request-validators") or {}).items():
            self.validators[name] = self.call("CreateRequestValidator", name=name, **fields)["id"]
        for kind, fields in (extension(self.document, "gateway-responses") or {}).items():
            self.call("PutGatewayResponse", responseType=kind, **fields)

    def _authorizer(self, name: str, scheme: Record, fields: Record) -> Record:
        kind = fields.pop("type").upper()
        if kind != "REQUEST":
            fields["identitySource"] = f"method.request.header.{scheme['name']}"
        credentials = fields.get("authorizerCredentials")
        record = self.call(
            "CreateAuthorizer", name=name, type=kind, authType=extension(scheme, "authtype") or "custom", **fields
        )
        if credentials:
            record["authorizerCredentials"] = credentials
        return record

    def _documentation(self) -> None:
        self.api.documentation_parts.clear()
        for part in (extension(self.document, "documentation") or {}).get("documentationParts", []):
            self.call(
                "CreateDocumentationPart", location=part["location"], properties=json.dumps(part["properties"])
            )

    # ── paths and methods ──

    def _operations(self) -> Iterator[tuple[str, str, Record]]:
        for path, item in self.document["paths"].items():
            for word, operation in item.items():
                yield path, "ANY" if word == f"{EXTENSION}any-method" else word.upper(), operation

    def _resources(self) -> None:
        """Those of the same path keep their ids."""
        wanted = {"/"}
        for path in self.document["paths"]:
            parts = path.strip("/").split("/")
            wanted |= {"/" + "/".join(parts[: n + 1]) for n in range(len(parts))}
        for identity in sorted(self.api.resources, key=lambda one: -self.api.path(one).count("/")):
            if self.api.path(identity) not in wanted:
                del self.api.resources[identity]
        there = {self.api.path(identity): identity for identity in self.api.resources}
        for path in sorted(wanted - there.keys(), key=lambda path: (path.count("/"), path)):
            above, _, part = path.rpartition("/")
            there[path] = self.call("CreateResource", parentId=there[above or "/"], pathPart=part)["id"]
        self.places = there

    def _method(self, path: str, verb: str, operation: Record, *, had_one: bool) -> None:
        at = {"resourceId": self.places[path], "httpMethod": verb}
        self.call("PutMethod", **at, **self._asked(path, operation))
        for status, answer in operation.get("responses", {}).items():
            if re.fullmatch(r"[1-5]\d\d", status):
                headers = {f"method.response.header.{name}": False for name in answer.get("headers", {})}
                models = {"responseModels": found} if (found := self._content(answer)) else {}
                shown = {"responseParameters": headers} if headers else {}
                self.call("PutMethodResponse", **at, statusCode=status, **shown, **models)
        if given := extension(operation, "integration"):
            self._integration(at, given, had_one=had_one)

    def _asked(self, path: str, operation: Record) -> Record:
        """What PutMethod is told: parameters, the path's variable among them, models, and who may call."""
        parameters = {
            f"method.request.{LOCATIONS[one['in']]}.{one['name']}": one.get("required", False)
            for one in operation.get("parameters", [])
        }
        if variable := re.fullmatch(r".*/\{([^{}+]+)\}", path):
            parameters[f"method.request.path.{variable[1]}"] = True
        fields: Record = {
            "requestParameters": parameters,
            "requestModels": self._content(operation.get("requestBody", {})),
            "operationName": operation.get("operationId"),
            "authorizationType": "NONE",
        }
        if validator := extension(operation, "request-validator"):
            if validator not in self.validators:
                raise refusals.bad(f"Request validator not found: {validator}")
            fields["requestValidatorId"] = self.validators[validator]
        for requirement in operation.get("security", []):
            for name, scopes in requirement.items():
                fields |= self._security(name, scopes)
        return fields

    def _security(self, name: str, scopes: list[str]) -> Record:
        scheme = self.parts["securitySchemes"][name]
        if name in self.authorizers:
            kind = extension(scheme, "authorizer")["type"].upper()
            authorization = kind if kind == "COGNITO_USER_POOLS" else "CUSTOM"
            asked = {"authorizationType": authorization, "authorizerId": self.authorizers[name]}
            return asked | {"authorizationScopes": list(scopes)}
        if str(extension(scheme, "authtype")).lower() == "awssigv4":
            return {"authorizationType": "AWS_IAM"}
        return {"apiKeyRequired": True} if scheme["name"].lower() == "x-api-key" else {}

    def _content(self, holder: Record) -> Record:
        found = {}
        for media, content in holder.get("content", {}).items():
            name = content["schema"]["$ref"].removeprefix(MODELS)
            if name not in self.api.models:
                raise refusals.bad(f"Invalid model identifier specified: {name}")
            found[media] = name
        return found

    def _integration(self, at: Record, given: Record, *, had_one: bool) -> None:
        fields = {
            name: given[name].upper() if name in UPPER else deepcopy(given[name])
            for name in BACKEND
            if name in given
        }
        if had_one:
            # AWS was seen to choose another one than the resource's id then.
            fields.setdefault("cacheNamespace", self.world.new_id())
        mappings = given.get("requestParameters", {})
        for key in [key for key, value in mappings.items() if not isinstance(value, str)]:
            self.warnings.append(
                f"Invalid format for 'requestParameters'. Expected type string for property '{key}'"
            )
        fields["requestParameters"] = {key: value for key, value in mappings.items() if isinstance(value, str)}
        self.call("PutIntegration", **at, **fields, integrationHttpMethod=given.get("httpMethod"))
        for pattern, answer in given.get("responses", {}).items():
            selected = {} if pattern == "default" else {"selectionPattern": pattern}
            self.call("PutIntegrationResponse", **at, **selected, **answer)
