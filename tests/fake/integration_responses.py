"""IntegrationResponse: one per selection pattern, mapped to headers the method declares."""

from __future__ import annotations

import re

from tests.fake import refusals
from tests.fake.effects import entry, scalar, template, text
from tests.fake.integrations import CONTENT_HANDLING, check_media_types
from tests.fake.integrations import find as find_integration
from tests.fake.kinds import answers
from tests.fake.patch import ALL, FAMILY_A, REPLACE, Operation, Patch, Record
from tests.fake.world import World, chosen


RESPONSE_VALUE = re.compile(
    r"'.*'|integration\.response\.(header|multivalueheader)\..+|integration\.response\.body.*"
    r"|context\..+|stageVariables\..+"
)


def select(record: Record, operation: Operation) -> None:
    """An empty pattern is kept as such: it means the default response, as an absent one does."""
    record["selectionPattern"] = operation.value or ""


PATCH = Patch(
    FAMILY_A,
    ("/selectionPattern", (REPLACE,), select),
    (
        "/contentHandling",
        (REPLACE,),
        scalar("contentHandling", lambda value: CONTENT_HANDLING(value or "")),
    ),
    ("/responseParameters/{}", ALL, entry("responseParameters", text, refusals.NO_PARAMETER)),
    ("/responseTemplates/{}", ALL, entry("responseTemplates", template, refusals.NO_CONTENT_TYPE)),
)


def find(world: World, params: Record) -> tuple[Record, Record, Record]:
    method, integration = find_integration(world, params)
    response = integration.get("integrationResponses", {}).get(params["statusCode"])
    if response is None:
        raise refusals.missing(refusals.NO_STATUS)
    return method, integration, response


def check(method: Record, integration: Record, response: Record) -> None:
    pattern, status = response.get("selectionPattern", ""), response["statusCode"]
    for other in integration.get("integrationResponses", {}).values():
        if other["statusCode"] != status and other.get("selectionPattern", "") == pattern:
            raise refusals.conflict(
                f"Integration response with selection pattern {pattern or 'default'} already exists"
            )
    check_media_types(response.get("responseTemplates", {}))
    for key, value in response.get("responseParameters", {}).items():
        declared = method.get("methodResponses", {}).get(status)
        if declared is None:
            raise refusals.mapping_error("No method response exists for method.")
        if key not in declared.get("responseParameters", {}):
            raise refusals.mapping_error(f"Invalid mapping expression parameter specified: {key}")
        if not RESPONSE_VALUE.fullmatch(value):
            raise refusals.mapping_error(f"Invalid mapping expression specified: {value}")


@answers("PutIntegrationResponse")
def put(world: World, params: Record) -> Record:
    method, integration = find_integration(world, params)
    fields = ("statusCode", "selectionPattern", "responseParameters", "responseTemplates")
    response = {name: params[name] for name in fields if name in params}
    response |= chosen(params, "contentHandling")
    if "responseTemplates" in response:
        written = response["responseTemplates"]
        response["responseTemplates"] = {key: template(value) for key, value in written.items()}
    check(method, integration, response)
    integration.setdefault("integrationResponses", {})[params["statusCode"]] = response
    return response


@answers("GetIntegrationResponse")
def get(world: World, params: Record) -> Record:
    return find(world, params)[2]


@answers("UpdateIntegrationResponse")
def update(world: World, params: Record) -> Record:
    method, integration, response = find(world, params)
    new = PATCH.apply(response, params.get("patchOperations", []))
    check(method, integration, new)
    integration["integrationResponses"][params["statusCode"]] = new
    return new


@answers("DeleteIntegrationResponse")
def delete(world: World, params: Record) -> Record:
    _, integration, _ = find(world, params)
    del integration["integrationResponses"][params["statusCode"]]
    if not integration["integrationResponses"]:
        del integration["integrationResponses"]
    return {}
