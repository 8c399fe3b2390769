"""What the emulator really holds, asked for past the proxy; and what somebody changes behind the tools' backs."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3

from bench.world import JSON, REGION, REQUEST, ROGUE, STAGE, World


class WrongError(RuntimeError):
    """A tool says it is done, and the emulator holds something else."""


class Truth:
    """The emulator as it is behind the proxy: nothing here is counted."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = boto3.client(
            "apigateway",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  (the emulator's)
        )

    def holds(self, world: World) -> None:
        """Raises WrongError unless the one API is this world, and its stage answers so."""
        api = self._api()
        found = {
            item["path"]: method["methodIntegration"]["integrationResponses"]["200"]["responseTemplates"][JSON]
            for item in self._resources(api)
            for method in (item.get("resourceMethods") or {}).values()
        }
        wanted = {f"/{path}": world.template(path) for path in world.paths}
        if wrong := {path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path)}:
            raise WrongError(f"{len(wrong)} of {len(wanted)} endpoints are not as wanted, such as {min(wrong)}")
        for path in (world.paths[0], world.paths[-1]):
            if (said := self._answer(api, path)) != json.loads(world.template(path)):
                raise WrongError(f"the stage answers {said} at /{path}, not {world.template(path)}")

    def is_empty(self) -> None:
        """Raises WrongError if there is an API."""
        if apis := self._client.get_rest_apis()["items"]:
            raise WrongError(f"{len(apis)} APIs are left")

    def tamper(self, world: World) -> None:
        """Somebody changes a template, and adds a route that asks nobody who he is."""
        api = self._api()
        found = {item["path"]: item["id"] for item in self._resources(api)}
        at = {"restApiId": api, "httpMethod": "GET"}
        self._client.put_integration_response(
            **at,
            resourceId=found[f"/{world.victim}"],
            statusCode="200",
            responseTemplates={JSON: json.dumps({"owned": True})},
        )
        rogue = self._client.create_resource(restApiId=api, parentId=found["/"], pathPart=ROGUE)["id"]
        self._client.put_method(**at, resourceId=rogue, authorizationType="NONE")
        self._client.put_integration(
            **at, resourceId=rogue, type="MOCK", requestTemplates={JSON: REQUEST}
        )

    def tagged(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """AWS's index of tags, as far as APIs go; LocalStack has one without API Gateway."""
        filters = {one["Key"]: one["Values"] for one in asked.get("TagFilters", [])}
        apis = self._client.get_rest_apis()["items"]
        arns = [
            f"arn:aws:apigateway:{REGION}::/restapis/{api['id']}"
            for api in apis
            if all(api.get("tags", {}).get(key) in values for key, values in filters.items())
        ]
        return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": []} for arn in arns], "PaginationToken": ""}

    def _api(self) -> str:
        apis = self._client.get_rest_apis()["items"]
        if len(apis) != 1:
            raise WrongError(f"there should be one API, there are {len(apis)}")
        return str(apis[0]["id"])

    def _resources(self, api: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("get_resources").paginate(
            restApiId=api, embed=["methods"], PaginationConfig={"PageSize": 500}
        )
        return [dict(item) for page in pages for item in page["items"]]

    def _answer(self, api: str, path: str) -> Any:
        """What a client of the deployed API gets."""
        url = f"{self._url}/_aws/execute-api/{api}/{STAGE}/{path}"
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  (the emulator's)
            return json.load(answer)
