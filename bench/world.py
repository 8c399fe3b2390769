"""What every tool is asked for: one API of so many endpoints, deployed to a stage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


API, STAGE, REGION = "bench", "live", "eu-west-1"
JSON = "application/json"
REQUEST = json.dumps({"statusCode": 200})
"""The request template of each endpoint: by it a mock answers with 200."""


@dataclass(frozen=True)
class World:
    """An endpoint is a path below the root with a GET, its mock integration, the answer 200 and its template.

    The versions are those in the template of the first endpoint, and in that of all others.
    """

    size: int
    first: int = 1
    rest: int = 1

    @property
    def paths(self) -> list[str]:
        """The names of the endpoints."""
        return [f"r{index:04}" for index in range(self.size)]

    def template(self, path: str) -> str:
        """What an endpoint answers."""
        return json.dumps({"path": path, "version": self.first if path == "r0000" else self.rest})

    @property
    def victim(self) -> str:
        """The endpoint whose template somebody changes behind the tools' backs."""
        return self.paths[self.size // 2]


ROGUE = "rogue"
"""The path that somebody adds behind the tools' backs."""


def specs(world: World) -> dict[str, Any]:
    """The world as this project's spec."""
    methods = {
        f"/{path}": {
            "methods": {
                "GET": {
                    "integration": {
                        "type": "MOCK",
                        "requestTemplates": {JSON: REQUEST},
                        "responses": {"200": {"responseTemplates": {JSON: world.template(path)}}},
                    },
                    "responses": {"200": {}},
                }
            }
        }
        for path in world.paths
    }
    return {
        "apiVersion": "apigateway/v1",
        "kind": "RestApi",
        "metadata": {"name": API},
        "spec": {"endpointConfiguration": {"types": ["REGIONAL"]}, "paths": methods, "stages": {STAGE: {}}},
    }


def openapi(world: World) -> dict[str, Any]:
    """The world as an OpenAPI document with API Gateway's extensions."""
    return {
        "openapi": "3.0.1",
        "info": {"title": API, "version": "1"},
        "paths": {
            f"/{path}": {
                "get": {
                    "responses": {"200": {"description": "200"}},
                    "x-amazon-apigateway-integration": {
                        "type": "mock",
                        "passthroughBehavior": "when_no_match",
                        "requestTemplates": {JSON: REQUEST},
                        "responses": {
                            "default": {"statusCode": "200", "responseTemplates": {JSON: world.template(path)}}
                        },
                    },
                }
            }
            for path in world.paths
        },
    }
