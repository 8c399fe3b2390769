"""Authorizer, Model and RequestValidator: what methods refer to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from operator import attrgetter

from tests.fake import refusals
from tests.fake.effects import boolean, choice, filled, member, scalar, text, whole
from tests.fake.kinds import Kind, Update, answers, register
from tests.fake.patch import ADD, ALL, FAMILY_B, REMOVE, REPLACE, Operation, Patch, Record
from tests.fake.world import Api, World, chosen


COGNITO = "COGNITO_USER_POOLS"
MOST_AUTHORIZERS, MOST_VALIDATORS, MOST_TTL = 10, 20, 3600
MODEL_REFERENCE = re.compile(r"restapis/[^/\"]+/models/([A-Za-z0-9]+)")
NO_SCHEMA = "Model schema must have at least 1 property or array items defined"


def methods_of(api: Api) -> Iterator[tuple[str, Record]]:
    """Every method with its path, the youngest first, as AWS seems to look for references."""
    for (resource_id, verb), method in reversed(api.methods.items()):
        yield f"{api.path(resource_id)}/{verb}", method


def check_unique(collection: dict[str, Record], record: Record, kind: str) -> None:
    name = record.get("name")
    for other in collection.values():
        if name and other.get("name") == name and other["id"] != record["id"]:
            raise refusals.bad(f"{kind} name must be unique. {kind} {name} already exists in this RestApi.")


# --- authorizers ---------------------------------------------------------------------------------


def change_type(record: Record, operation: Operation) -> None:
    wanted = choice("TOKEN", "REQUEST", COGNITO)(operation.value)
    if (wanted == COGNITO) != (record["type"] == COGNITO):
        raise refusals.bad(f"Authorizer type cannot be changed from {record['type']} to {wanted}")
    record["type"] = wanted


def change_provider(record: Record, operation: Operation) -> None:
    """The list may never become empty, not even between two operations of one call."""
    member("providerARNs")(record, operation)
    if not record.get("providerARNs"):
        raise refusals.bad("Invalid Authorizer: providerARNs must not be empty")


TTL = whole(0, MOST_TTL, "Authorizer result TTL must be between 0 and 3600 seconds")
AUTHORIZER_PATCH = Patch(
    FAMILY_B,
    ("/name", (REPLACE,), scalar("name", filled("Authorizer name cannot be blank"))),
    ("/authType", (REPLACE,), scalar("authType")),
    ("/authorizerUri", (REPLACE,), scalar("authorizerUri")),
    ("/authorizerCredentials", (REPLACE,), scalar("authorizerCredentials")),
    ("/authorizerResultTtlInSeconds", (REPLACE,), scalar("authorizerResultTtlInSeconds", TTL)),
    ("/identityValidationExpression", (REPLACE,), scalar("identityValidationExpression")),
    ("/type", (REPLACE,), change_type),
    ("/identitySource", ALL, scalar("identitySource")),
    ("/providerARNs", (ADD, REMOVE), change_provider),
)


def check_authorizer(api: Api, record: Record) -> None:
    check_unique(api.authorizers, record, "Authorizer")
    needs = ["identitySource", "providerARNs" if record["type"] == COGNITO else "authorizerUri"]
    if record["type"] == "REQUEST" and record.get("authorizerResultTtlInSeconds") == 0:
        needs.remove("identitySource")
    for need in needs:
        if not record.get(need):
            raise refusals.bad(f"Invalid Authorizer: {need} is required for {record['type']}")
    if record["type"] == COGNITO:
        record.pop("authorizerResultTtlInSeconds", None)


def release_authorizer(world: World, params: Record, record: Record) -> None:
    for place, method in methods_of(world.api(params)):
        if method.get("authorizerId") == record["id"]:
            path, _, verb = place.rpartition("/")
            raise refusals.conflict(
                f"Cannot delete authorizer '{record['name']}', is referenced in method: {verb}/{path}"
            )


AUTHORIZER = register(
    Kind(
        name="Authorizer",
        plural="Authorizers",
        key="authorizerId",
        absent="Invalid Authorizer identifier specified",
        api_collection=attrgetter("authorizers"),
        patch=AUTHORIZER_PATCH,
        check=lambda update: check_authorizer(update.world.api(update.params), update.new),
        release=release_authorizer,
    )
)


@answers("CreateAuthorizer")
def create_authorizer(world: World, params: Record) -> Record:
    api = world.api(params, refusals.busy)
    ours = ["authorizerUri", "authorizerCredentials", "identityValidationExpression"]
    record: Record = {
        "id": world.new_id(),
        "authType": "cognito_user_pools" if params["type"] == COGNITO else "custom",
        **chosen(params, "name", "type", "authType", "identitySource"),
        # The other type's fields are ignored without an error.
        **chosen(params, *(["providerARNs"] if params["type"] == COGNITO else ours)),
    }
    if "authorizerResultTtlInSeconds" in params:
        record["authorizerResultTtlInSeconds"] = TTL(str(params["authorizerResultTtlInSeconds"]))
    if "name" not in record:
        raise refusals.bad("Authorizer name cannot be blank")
    check_authorizer(api, record)
    world.limit("Authorizers", api.authorizers, MOST_AUTHORIZERS)
    api.authorizers[record["id"]] = record
    return record


# --- models --------------------------------------------------------------------------------------

MODEL_PATCH = Patch(
    FAMILY_B,
    ("/schema", (REPLACE,), scalar("schema", filled(NO_SCHEMA))),
    ("/description", (REPLACE,), scalar("description", text)),
)


def references(record: Record) -> set[str]:
    return set(MODEL_REFERENCE.findall(record["schema"])) - {record["name"]}


def check_model(api: Api, record: Record) -> None:
    try:
        schema = json.loads(record["schema"])
    except ValueError:
        schema = None
    if not isinstance(schema, dict):
        raise refusals.bad("Invalid model schema specified")
    unknown = sorted(set(MODEL_REFERENCE.findall(record["schema"])) - set(api.models))
    if unknown:
        raise refusals.bad(f"Invalid model schema specified. Unknown model reference: {unknown[0]}")


def release_model(world: World, params: Record, record: Record) -> None:
    api, name = world.api(params), record["name"]
    start = f"Cannot delete model '{name}', is referenced in"
    for place, method in methods_of(api):
        if name in method.get("requestModels", {}).values():
            raise refusals.conflict(f"{start} method request: {place}")
        for response in method.get("methodResponses", {}).values():
            if name in response.get("responseModels", {}).values():
                raise refusals.conflict(f"{start} method response: {place}")
    for other in api.models.values():
        if other is not record and name in references(other):
            raise refusals.conflict(f"{start} model: {other['name']}")


MODEL = register(
    Kind(
        name="Model",
        plural="Models",
        key="modelName",
        absent="Invalid model name specified: {}",
        api_collection=attrgetter("models"),
        patch=MODEL_PATCH,
        check=lambda update: check_model(update.world.api(update.params), update.new),
        release=release_model,
        lenient=True,
    )
)


@answers("CreateModel")
def create_model(world: World, params: Record) -> Record:
    api = world.api(params)
    if not params["name"]:
        raise refusals.bad("Model name must be non-empty")
    if not params["name"].isalnum():
        raise refusals.bad(f"Model name must be alphanumeric: {params['name']}")
    if params["name"] in api.models:
        raise refusals.conflict("Model name already exists for this REST API")
    if not params.get("schema"):
        raise refusals.bad(NO_SCHEMA)
    fields = chosen(params, "name", "description", "schema", "contentType")
    record = {"id": world.new_id(), **fields}
    check_model(api, record)
    api.models[record["name"]] = record
    return record


# --- request validators --------------------------------------------------------------------------

BLANK = "Request Validator name cannot be blank"
VALIDATOR_PATCH = Patch(
    FAMILY_B,
    ("/name", (REPLACE,), scalar("name", filled(BLANK))),
    ("/validateRequestBody", (REPLACE,), scalar("validateRequestBody", boolean)),
    ("/validateRequestParameters", (REPLACE,), scalar("validateRequestParameters", boolean)),
)


def check_validator(update: Update) -> None:
    check_unique(update.world.api(update.params).validators, update.new, "Request Validator")


def release_validator(world: World, params: Record, record: Record) -> None:
    for place, method in methods_of(world.api(params)):
        if method.get("requestValidatorId") == record["id"]:
            raise refusals.conflict(
                f"Cannot delete Request Validator '{record.get('name', record['id'])}', "
                f"is referenced in method: {place}"
            )


VALIDATOR = register(
    Kind(
        name="RequestValidator",
        plural="RequestValidators",
        key="requestValidatorId",
        absent="Invalid Request Validator identifier specified",
        api_collection=attrgetter("validators"),
        patch=VALIDATOR_PATCH,
        check=check_validator,
        release=release_validator,
        lenient=True,
    )
)


@answers("CreateRequestValidator")
def create_validator(world: World, params: Record) -> Record:
    api = world.api(params, lambda: refusals.bad("Invalid REST API identifier specified"))
    record = {
        "id": world.new_id(),
        "validateRequestBody": params.get("validateRequestBody", False),
        "validateRequestParameters": params.get("validateRequestParameters", False),
        **chosen(params, "name"),
    }
    check_unique(api.validators, record, "Request Validator")
    world.limit("Request Validators", api.validators, MOST_VALIDATORS)
    api.validators[record["id"]] = record
    return record
