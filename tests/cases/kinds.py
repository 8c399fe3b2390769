"""Two worlds with every kind in them: one says as little as possible, the other sets every field there is."""

from typing import Any

from pydantic import SecretStr


ARN = "arn:aws:iam::123456789012:role/x"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/a"
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"
JSON = "application/json"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/a/b"

MINIMAL: dict[str, dict[str, Any]] = {
    "RestApi shop": {
        "authorizers": {"guard": {"type": "TOKEN", "lambda": "check"}},
        "models": {"Pet": {"schema": {"type": "object"}}},
        "requestValidators": {"body": {}},
        "gatewayResponses": {"THROTTLED": {}},
        "paths": {
            "/pets": {
                "methods": {
                    "GET": {
                        "integration": {
                            "type": "HTTP",
                            "uri": "https://a.example/x",
                            "integrationHttpMethod": "GET",
                            "responses": {"200": {}},
                        },
                        "responses": {"200": {}},
                    }
                }
            }
        },
        "stages": {"prod": {}, "logged": {"accessLogSettings": {"logGroup": "shop"}}},
        "documentationParts": {"METHOD /pets GET": {"properties": {"summary": "x"}}},
        "documentationVersions": {"1": {}},
    },
    "ApiKey acme": {},
    "Account here": {},
    "VpcLink internal": {"targetArns": [BALANCER]},
    "ClientCertificate mutual": {},
    "DomainName example.com": {
        "certificateArn": CERTIFICATE,
        "basePathMappings": {"": {"api": "shop"}, "v2": {"api": "shop"}},
    },
    "UsagePlan gold": {"apiKeys": ["acme"]},
}

FULL: dict[str, dict[str, Any]] = {
    "RestApi shop": {
        "name": "Shop",
        "description": "All there is",
        "version": "2",
        "apiKeySource": "AUTHORIZER",
        "binaryMediaTypes": ["image/png", "a~b/c"],
        "minimumCompressionSize": 0,
        "policy": {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "execute-api:Invoke",
                    "Resource": "execute-api:/*",
                }
            ]
        },
        "disableExecuteApiEndpoint": True,
        "endpointConfiguration": {
            "types": ["PRIVATE"],
            "vpcEndpointIds": ["vpce-1"],
            "ipAddressType": "dualstack",
        },
        "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09",
        "endpointAccessMode": "BASIC",
        "tags": {"team": "a"},
        "authorizers": {
            "guard": {
                "type": "REQUEST",
                "lambda": "check",
                "authorizerCredentials": ARN,
                "identitySource": "method.request.header.A, method.request.header.B",
                "identityValidationExpression": "^Bearer",
                "authorizerResultTtlInSeconds": 0,
                "authType": "custom",
            },
            "users": {"type": "COGNITO_USER_POOLS", "providerARNs": [POOL], "authorizerCredentials": ARN},
        },
        "models": {
            "Pet": {"schema": {"type": "array"}, "description": "A pet", "contentType": "application/xml"},
            "Pets": {"schema": {"type": "array", "items": {"$ref": "#/models/Pet"}}},
        },
        "requestValidators": {"body": {"validateRequestBody": True, "validateRequestParameters": True}},
        "gatewayResponses": {
            "THROTTLED": {
                "statusCode": "418",
                "responseParameters": {"gatewayresponse.header.X": "'1'"},
                "responseTemplates": {JSON: "{}"},
            }
        },
        "paths": {
            "/pets": {
                "methods": {
                    "PUT": {"integration": {"lambda": "add:live"}},
                    "GET": {
                        "authorizer": "users",
                        "authorizationScopes": ["read"],
                        "apiKeyRequired": True,
                        "operationName": "list",
                        "requestValidator": "body",
                        "requestParameters": {"method.request.querystring.limit": True},
                        "requestModels": {JSON: "Pet"},
                        "integration": {
                            "type": "HTTP",
                            "uri": "https://b.example/y",
                            "integrationHttpMethod": "POST",
                            "connectionType": "VPC_LINK",
                            "connectionId": "link01",
                            "integrationTarget": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/b",
                            "credentials": ARN,
                            "requestParameters": {
                                "integration.request.querystring.limit": "method.request.querystring.limit"
                            },
                            "requestTemplates": {JSON: "$input.body", "text/plain": ""},
                            "passthroughBehavior": "NEVER",
                            "contentHandling": "CONVERT_TO_TEXT",
                            "timeoutInMillis": 50,
                            "cacheNamespace": "pets",
                            "cacheKeyParameters": ["method.request.querystring.limit"],
                            "tlsConfig": {"insecureSkipVerification": True},
                            "responseTransferMode": "STREAM",
                            "responses": {
                                "200": {
                                    "selectionPattern": "2..",
                                    "responseParameters": {"method.response.header.X": "'x'"},
                                    "responseTemplates": {JSON: "{}"},
                                    "contentHandling": "CONVERT_TO_BINARY",
                                }
                            },
                        },
                        "responses": {
                            "200": {
                                "responseParameters": {"method.response.header.X": True},
                                "responseModels": {JSON: "Pet"},
                            }
                        },
                    },
                    "POST": {
                        "integration": {
                            "type": "HTTP_PROXY",
                            "uri": "https://b.example/y",
                            "integrationHttpMethod": "POST",
                            "vpcLink": "internal",
                        }
                    },
                }
            }
        },
        "stages": {
            "prod": {
                "description": "What customers use",
                "variables": {"table": "pets"},
                "tracingEnabled": True,
                "cacheClusterEnabled": True,
                "cacheClusterSize": "1.6",
                "documentationVersion": "1",
                "clientCertificateId": "cert01",
                "accessLogSettings": {
                    "destinationArn": "arn:aws:logs:eu-west-1:123456789012:log-group:a",
                    "format": "$context.requestId",
                },
                "methodSettings": {
                    "*/*": {"metricsEnabled": True, "loggingLevel": "INFO"},
                    "GET /pets": {"throttlingRateLimit": 2.5, "throttlingBurstLimit": 5},
                },
                "canarySettings": {
                    "percentTraffic": 12.5,
                    "stageVariableOverrides": {"table": "toys"},
                    "useStageCache": True,
                },
                "webAclArn": "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/one/1",
                "tags": {"team": "b"},
            },
            "test": {"clientCertificate": "mutual"},
            "logged": {"accessLogSettings": {"logGroup": "shop", "retentionDays": 30}},
        },
        "documentationParts": {
            "METHOD /pets GET": {"properties": {"summary": "All pets"}},
            "RESPONSE_HEADER /pets GET 200 X": {"properties": '{"description": "A header"}'},
        },
        "documentationVersions": {"1": {"description": "The first"}},
    },
    "Account here": {"cloudwatchRoleArn": ARN},
    "VpcLink internal": {
        "name": "Internal",
        "description": "To the cluster",
        "targetArns": [BALANCER],
        "tags": {"team": "e"},
    },
    "DomainName example.com": {
        "certificateArn": CERTIFICATE,
        "certificateName": "edge",
        "regionalCertificateArn": CERTIFICATE,
        "regionalCertificateName": "regional",
        "endpointConfiguration": {"types": ["REGIONAL"]},
        "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09",
        "endpointAccessMode": "STRICT",
        "mutualTlsAuthentication": {"truststoreUri": "s3://trust/store.pem", "truststoreVersion": "1"},
        "ownershipVerificationCertificateArn": CERTIFICATE,
        "routingMode": "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
        "basePathMappings": {
            "(none)": {"api": "shop", "stage": "prod"},
            "v2": {"restApiId": "abc123", "stage": "prod"},
        },
        "tags": {"team": "g"},
    },
    "DomainName inner": {
        "domainName": "inner.example.com",
        "certificateArn": CERTIFICATE,
        "endpointConfiguration": {"types": ["PRIVATE"]},
        "policy": {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "execute-api:Invoke",
                    "Resource": "execute-api:/*",
                }
            ]
        },
    },
    "ClientCertificate mutual": {"description": "Shown to backends", "generation": 2, "tags": {"team": "f"}},
    "ApiKey acme": {
        "name": "Acme",
        "description": "A customer",
        "enabled": False,
        "value": SecretStr("0123456789abcdefghij"),
        "customerId": "c1",
        "generateDistinctId": True,
        "tags": {"team": "c"},
    },
    "UsagePlan gold": {
        "name": "Gold",
        "description": "The good one",
        "apiStages": [{"api": "shop", "stage": "prod", "throttle": {"GET /pets": {"rateLimit": 1.5}}}],
        "throttle": {"rateLimit": 50.0, "burstLimit": 100},
        "quota": {"limit": 1000, "period": "MONTH", "offset": 2},
        "productCode": "p1",
        "apiKeys": ["acme"],
        "tags": {"team": "d"},
    },
}
