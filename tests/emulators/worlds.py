"""Worlds for the scenarios: small and large accounts, as `{"RestApi photos": spec}`."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr


JSON = "application/json"
ASK, ANSWER, SEND, GOT = "method.request.", "method.response.", "integration.request.", "integration.response."
MOCK = {"type": "MOCK", "requestTemplates": {JSON: '{"statusCode": 200}'}, "responses": {"200": {}}}
REGIONAL = {"types": ["REGIONAL"]}


def photos(account: str) -> dict[str, Any]:
    """A photo service with every kind, every type of integration and of authorizer, keys and a usage plan."""
    role = f"arn:aws:iam::{account}:role/photos"
    pool = f"arn:aws:cognito-idp:eu-west-1:{account}:userpool/eu-west-1_a"
    logs = f"arn:aws:logs:eu-west-1:{account}:log-group:photos"
    spec = {
        "description": "Photo upload and listing",
        "permissions": "unmanaged",
        "endpointConfiguration": REGIONAL,
        "binaryMediaTypes": ["image/*"],
        "minimumCompressionSize": 1024,
        "tags": {"team": "media"},
        "cors": {"allowOrigins": ["https://photos.example.com"], "allowHeaders": ["Authorization"], "maxAge": 600},
        "authorizers": {
            "users": {"type": "COGNITO_USER_POOLS", "providerARNs": [pool]},
            "partner": {"type": "TOKEN", "lambda": "partner", "authorizerResultTtlInSeconds": 60},
            "agent": {"type": "REQUEST", "lambda": "agent:live", "identitySource": f"{ASK}header.User-Agent"},
        },
        "models": {
            "Photo": {"schema": {"type": "object", "required": ["id"]}, "description": "One photo"},
            "Photos": {"schema": {"type": "array", "items": {"$ref": "#/models/Photo"}}},
        },
        "requestValidators": {"body": {"validateRequestBody": True}, "all": {"validateRequestParameters": True}},
        "gatewayResponses": {
            "THROTTLED": {"statusCode": "430", "responseTemplates": {JSON: '{"later": true}'}},
            "DEFAULT_4XX": {"responseTemplates": {JSON: '{"error": $context.error.messageString}'}},
        },
        "paths": {
            "/photos": {
                "methods": {
                    "GET": {
                        "authorizer": "users",
                        "authorizationScopes": ["photos/read"],
                        "requestParameters": {f"{ASK}querystring.limit": False},
                        "integration": {"lambda": "list-photos"},
                        "responses": {"200": {"responseModels": {JSON: "Photos"}}},
                    },
                    "POST": {
                        "authorizationType": "AWS_IAM",
                        "apiKeyRequired": True,
                        "operationName": "addPhoto",
                        "requestValidator": "body",
                        "requestModels": {JSON: "Photo"},
                        "integration": {
                            "type": "HTTP_PROXY",
                            "integrationHttpMethod": "POST",
                            "uri": "https://${stageVariables.backend}/photos",
                        },
                    },
                },
            },
            "/photos/{key}": {
                "methods": {
                    "PUT": {
                        "authorizer": "partner",
                        "requestParameters": {f"{ASK}path.key": True, f"{ASK}header.Content-Type": False},
                        "integration": {
                            "type": "AWS",
                            "integrationHttpMethod": "PUT",
                            "uri": "arn:aws:apigateway:eu-west-1:s3:path/photos/{key}",
                            "credentials": role,
                            "requestParameters": {f"{SEND}path.key": f"{ASK}path.key"},
                            "responses": {
                                "200": {"responseParameters": {f"{ANSWER}header.ETag": f"{GOT}header.ETag"}},
                                "500": {"selectionPattern": r"5\d{2}", "responseTemplates": {JSON: '{"error": 1}'}},
                            },
                        },
                        "responses": {
                            "200": {"responseParameters": {f"{ANSWER}header.ETag": False}},
                            "500": {},
                        },
                    },
                    "DELETE": {
                        "authorizer": "agent",
                        "integration": {
                            "type": "HTTP",
                            "integrationHttpMethod": "DELETE",
                            "uri": "https://photos.example.com/all",
                            "timeoutInMillis": 5000,
                            "passthroughBehavior": "NEVER",
                            "requestTemplates": {JSON: "#set($a = 1)\n{}"},
                            "responses": {"204": {}},
                        },
                        "responses": {"204": {}},
                    },
                },
            },
            "/health": {
                "methods": {
                    "GET": {
                        "integration": {
                            "type": "MOCK",
                            "requestTemplates": {JSON: '{"statusCode": 200}'},
                            "responses": {"200": {"responseTemplates": {JSON: '{"ok": true}'}}},
                        },
                        "responses": {"200": {}},
                    },
                },
            },
        },
        "stages": {
            "prod": {
                "description": "What the world sees",
                "tracingEnabled": True,
                "variables": {"backend": "photos.example.com"},
                "accessLogSettings": {"destinationArn": logs, "format": "$context.requestId $context.status"},
                "methodSettings": {
                    "*/*": {"metricsEnabled": True, "loggingLevel": "INFO", "throttlingRateLimit": 100},
                    "GET /photos": {"cachingEnabled": True, "cacheTtlInSeconds": 30},
                    "PUT /photos/{key}": {"loggingLevel": "ERROR", "throttlingBurstLimit": 7},
                },
                "tags": {"stage": "prod"},
            },
            "dev": {"variables": {"backend": "dev.example.com"}},
        },
    }
    plan = {
        "description": "For partners",
        "apiStages": [{"api": "photos", "stage": "prod"}],
        "throttle": {"rateLimit": 50, "burstLimit": 100},
        "quota": {"limit": 100000, "period": "MONTH"},
        "apiKeys": ["acme", "umbrella"],
        "tags": {"team": "media"},
    }
    return {
        "RestApi photos": spec,
        "ApiKey acme": {"value": SecretStr("not-a-real-key-of-acme-0001"), "description": "Acme"},
        "ApiKey umbrella": {"enabled": False, "value": SecretStr("not-a-real-key-of-umbrella-1")},
        "UsagePlan partners": plan,
    }


def origins(*allowed: str) -> dict[str, Any]:
    """An API that several origins may call."""
    backend = {
        "type": "HTTP",
        "integrationHttpMethod": "GET",
        "uri": "https://example.com",
        "responses": {"200": {}},
    }
    methods = {
        "GET": {"integration": backend, "responses": {"200": {}}},
        "POST": {"integration": {"lambda": "add"}},
    }
    spec = {
        "permissions": "unmanaged",
        "endpointConfiguration": REGIONAL,
        "cors": {"allowOrigins": list(allowed), "allowCredentials": True, "exposeHeaders": ["ETag"]},
        "paths": {"/a": {"methods": methods}, "/b": {"methods": {"ANY": {"integration": {"lambda": "any"}}}}},
        "stages": {"prod": {}},
    }
    return {"RestApi shop": spec}


def of_size(methods: int) -> dict[str, Any]:
    """An API with so many methods."""
    method = {"integration": MOCK, "responses": {"200": {}}}
    paths = {f"/p{number}": {"methods": {"GET": method, "POST": method}} for number in range(methods // 2)}
    return {"RestApi sized": {"endpointConfiguration": REGIONAL, "paths": paths, "stages": {"prod": {}}}}
