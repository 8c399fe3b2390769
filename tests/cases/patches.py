"""Changes of fields and the operations they become: kind, what both specs say, before, after, operations."""

from typing import Any


HTTP = {"type": "HTTP", "uri": "https://a.example", "integrationHttpMethod": "GET"}
POOL = "arn:aws:cognito-idp:eu-west-1:1:userpool/"
USERS = {"type": "COGNITO_USER_POOLS", "providerARNs": [f"{POOL}a"]}
JSON = {"schema": {"type": "object"}}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    # by the type of the value
    ("RestApi", {}, {}, {"apiKeySource": "AUTHORIZER"}, ["replace /apiKeySource AUTHORIZER"]),
    ("RestApi", {}, {}, {"disableExecuteApiEndpoint": True}, ["replace /disableExecuteApiEndpoint true"]),
    ("RestApi", {}, {}, {"minimumCompressionSize": 0}, ["replace /minimumCompressionSize 0"]),
    ("RestApi", {}, {}, {"binaryMediaTypes": ["a/b"]}, ["add /binaryMediaTypes/a~1b"]),
    ("RestApi", {}, {"binaryMediaTypes": ["a~b/c"]}, {}, ["remove /binaryMediaTypes/a~0b~1c"]),
    (
        "Method",
        {},
        {"requestModels": {"a/b": "X", "c/d": "X"}},
        {"requestModels": {"a/b": "Y", "e/f": "Y"}},
        ["remove /requestModels/c~1d", "replace /requestModels/a~1b Y", "add /requestModels/e~1f Y"],
    ),
    (
        "MethodResponse",
        {},
        {"responseParameters": {"method.response.header.A": True}},
        {"responseParameters": {"method.response.header.A": False}},
        ["replace /responseParameters/method.response.header.A false"],
    ),
    (
        "Stage",
        {},
        {"variables": {"a": "1"}},
        {"variables": {"b": "2"}},
        ["remove /variables/a", "replace /variables/b 2"],
    ),
    ("Model", {}, JSON, {"schema": {"type": "array"}}, ['replace /schema {"type":"array"}']),
    (
        "Model",
        {},
        JSON,
        {"schema": {"$ref": "#/models/Toy"}},
        ['replace /schema {"$ref":"https://apigateway.amazonaws.com/restapis/<shop>/models/Toy"}'],
    ),
    # references
    (
        "Method",
        {},
        {},
        {"authorizationType": "CUSTOM", "authorizer": "guard"},
        ["replace /authorizationType CUSTOM", "replace /authorizerId <guard>"],
    ),
    ("Method", {}, {"requestValidator": "body"}, {}, ["replace /requestValidatorId"]),
    # how each field is cleared
    ("RestApi", {}, {"description": "x"}, {}, ["remove /description"]),
    ("RestApi", {}, {"policy": {"Statement": []}}, {}, ["replace /policy ''"]),
    ("RestApi", {}, {"minimumCompressionSize": 5}, {}, ["replace /minimumCompressionSize"]),
    (
        "RestApi",
        {},
        {"endpointAccessMode": "BASIC", "securityPolicy": "SecurityPolicy_X"},
        {"securityPolicy": "TLS_1_2"},
        ["replace /securityPolicy TLS_1_2", "replace /endpointAccessMode ''"],
    ),
    ("Method", {}, {"operationName": "x"}, {}, ["replace /operationName"]),
    ("Integration", HTTP, {"contentHandling": "CONVERT_TO_TEXT"}, {}, ["replace /contentHandling ''"]),
    ("Integration", HTTP, {"timeoutInMillis": 50}, {}, ["replace /timeoutInMillis 29000"]),
    ("Integration", HTTP, {"passthroughBehavior": "NEVER"}, {}, ["replace /passthroughBehavior WHEN_NO_MATCH"]),
    ("Stage", {}, {"clientCertificateId": "c"}, {}, ["replace /clientCertificateId ''"]),
    ("Stage", {}, {"documentationVersion": "1"}, {}, ["replace /documentationVersion ''"]),
    ("Stage", {}, {"description": "x"}, {}, ["replace /description ''"]),
    ("Model", JSON, {"description": "x"}, {}, ["replace /description ''"]),
    ("UsagePlan", {}, {"throttle": {"rateLimit": 1.0}}, {}, ["remove /throttle"]),
    ("UsagePlan", {}, {"quota": {"limit": 1, "period": "DAY"}}, {}, ["remove /quota"]),
    ("UsagePlan", {}, {"productCode": "x"}, {}, ["remove /productCode"]),
    ("ApiKey", {}, {"customerId": "x"}, {}, ["replace /customerId ''"]),
    # oddities
    (
        "RestApi",
        {},
        {},
        {"endpointConfiguration": {"types": ["REGIONAL"]}},
        ["replace /endpointConfiguration/types/0 REGIONAL"],
    ),
    (
        "RestApi",
        {},
        {"endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ["a"]}},
        {"endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ["b"]}},
        ["add /endpointConfiguration/vpcEndpointIds b", "remove /endpointConfiguration/vpcEndpointIds a"],
    ),
    (
        "Authorizer",
        {},
        USERS,
        {**USERS, "providerARNs": [f"{POOL}b"]},
        [f"add /providerARNs {POOL}b", f"remove /providerARNs {POOL}a"],
    ),
    (
        "Method",
        {"authorizationType": "CUSTOM", "authorizer": "g"},
        {"authorizationScopes": ["a"]},
        {"authorizationScopes": ["b"]},
        ["add /authorizationScopes b", "remove /authorizationScopes a"],
    ),
    ("Integration", {}, HTTP, HTTP | {"integrationHttpMethod": "POST"}, ["replace /httpMethod POST"]),
    (
        "Integration",
        HTTP,
        {},
        {"tlsConfig": {"insecureSkipVerification": True}},
        ["replace /tlsConfig/insecureSkipVerification true"],
    ),
    (
        "UsagePlan",
        {},
        {"throttle": {"rateLimit": 1.5, "burstLimit": 2}},
        {"throttle": {"rateLimit": 1.5}},
        ["remove /throttle", "replace /throttle/rateLimit 1.5"],
    ),
    ("UsagePlan", {}, {}, {"throttle": {"burstLimit": 2}}, ["replace /throttle/burstLimit 2"]),
    # stages of a plan, by ids that are known late
    (
        "UsagePlan",
        {},
        {"apiStages": [{"api": "zoo", "stage": "dev"}]},
        {"apiStages": [{"api": "shop", "stage": "prod", "throttle": {"GET /a/b": {"rateLimit": 1.5}}}]},
        [
            "remove /apiStages <zoo>:dev",
            "add /apiStages <shop>:prod",
            "replace /apiStages/<shop>:prod/throttle/~1a~1b/GET/rateLimit 1.5",
        ],
    ),
    (
        "UsagePlan",
        {},
        {"apiStages": [{"api": "shop", "stage": "prod", "throttle": {"GET /": {"rateLimit": 1.5}}}]},
        {"apiStages": [{"api": "shop", "stage": "prod"}]},
        ["remove /apiStages/<shop>:prod/throttle/~1/GET"],
    ),
]
