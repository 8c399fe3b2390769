"""What an author would write for answers recorded from AWS: scenario, answer, kind, spec, derived fields."""

from typing import Any


Spec = dict[str, Any]
JSON = "application/json"

ABOUT = {"name": "<name:1>", "description": "this is my api"}
HEADERS = {
    "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
    "gatewayresponse.header.x-request-header": "method.request.header.Accept",
    "gatewayresponse.header.x-request-path": "method.request.path.petId",
    "gatewayresponse.header.x-request-query": "method.request.querystring.q",
}
SCHEMA = {
    "title": "Calc output",
    "type": "object",
    "properties": {
        "a": {"type": "number"},
        "b": {"type": "number"},
        "op": {"description": "operation of +, -, * or /", "type": "string"},
        "c": {"type": "number"},
    },
    "required": ["a", "b", "op"],
}
HTTP = {"type": "HTTP", "uri": "http://example.com", "integrationHttpMethod": "POST"}
FUNCTION = "arn:<partition>:lambda:<region>:111111111111:function:MyLambda"
FUNCTION_URI = f"arn:<partition>:apigateway:<region>:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
BUCKET = "arn:<partition>:apigateway:<region>:s3:path/b/k"
ROLE = "arn:<partition>:iam::111111111111:role/service-role/testfunction-role-oe783psq"
STAR = {"cachingEnabled": True, "throttlingBurstLimit": 123}
PARAMETER = "method.request.querystring.optional"
REPLACED = {"authorizationType": "AWS_IAM", "apiKeyRequired": True, "operationName": "ReplacedOperationName"}

CASES: list[tuple[str, str, str, Spec, dict[str, str]]] = [
    *(
        ("create_rest_api_with_optional_params", answer, "RestApi", {"name": f"<name:{n}>", **more}, {})
        for n, (answer, more) in enumerate(
            [
                ("create-only-name", {}),
                ("create-with-version", {"version": "v1"}),
                ("create-with-empty-binary-media", {"binaryMediaTypes": []}),
            ],
            1,
        )
    ),
    *(
        (
            "create_rest_api_verify_defaults",
            f"create-with-{kind.lower()}-default",
            "RestApi",
            {"name": f"<name:{n}>", "endpointConfiguration": {"types": [kind]}},
            {},
        )
        for n, kind in enumerate(("EDGE", "REGIONAL", "PRIVATE"), 1)
    ),
    ("verify_defaults", "create-with-empty-default", "RestApi", {"name": "<name:4>"}, {}),
    ("with_tags", "create-rest-api-w-tags", "RestApi", {**ABOUT, "tags": {"MY_TAG1": "MY_VALUE1"}}, {}),
    ("with_tags", "get-rest-api-w-tags", "RestApi", {**ABOUT, "tags": {"MY_TAG1": "MY_VALUE1"}}, {}),
    *(
        ("operation_add_remove", f"update-rest-api-{op}", "RestApi", {**about, "binaryMediaTypes": types}, {})
        for op, about, types in [
            ("add", ABOUT, ["image/jpeg", "image/png"]),
            ("replace", ABOUT, ["image/gif", "image/jpeg"]),
            ("remove", {"name": "<name:1>"}, ["image/jpeg"]),
        ]
    ),
    ("rest_api_compression", "enable-compression", "RestApi", {**ABOUT, "minimumCompressionSize": 10}, {}),
    ("rest_api_compression", "disable-compression", "RestApi", ABOUT, {}),
    ("rest_api_compression", "set-compression-zero", "RestApi", {**ABOUT, "minimumCompressionSize": 0}, {}),
    ("put_method_model", "put-method-request-models", "Method", {"requestModels": {JSON: "<name:1>"}}, {}),
    ("put_method_model", "update-method-model-2", "Method", {}, {}),
    (
        "test_update_method",
        "update-method-add",
        "Method",
        {"requestModels": {JSON: "Empty"}, "requestParameters": {PARAMETER: True}},
        {},
    ),
    (
        "test_update_method",
        "update-method-replace",
        "Method",
        {**REPLACED, "requestModels": {JSON: "Empty"}, "requestParameters": {PARAMETER: False}},
        {},
    ),
    (
        "test_update_method",
        "update-method-remove",
        "Method",
        {**REPLACED, "authorizationType": "CUSTOM", "authorizer": "guard"},
        {},
    ),
    ("model_lifecycle", "create-model", "Model", {"schema": SCHEMA, "description": "Calc output model"}, {}),
    ("model_lifecycle", "get-model", "Model", {"schema": SCHEMA, "description": "Calc output model"}, {}),
    ("test_update_model", "update-model", "Model", {"schema": {"title": "Updated schema", "type": "object"}}, {}),
    ("request_validator_lifecycle", "create-request-validator", "RequestValidator", {}, {}),
    (
        "request_validator_lifecycle",
        "update-request-validator-with-value",
        "RequestValidator",
        {"validateRequestBody": True},
        {},
    ),
    ("put_integration_validation", "not-required-integration-method-MOCK", "Integration", {"type": "MOCK"}, {}),
    ("put_integration_validation", "http-method-HTTP", "Integration", HTTP, {}),
    ("put_integration_validation", "http-method-HTTP_PROXY", "Integration", HTTP | {"type": "HTTP_PROXY"}, {}),
    (
        "put_integration_validation",
        "aws-integration-AWS",
        "Integration",
        {"type": "AWS", "uri": BUCKET, "integrationHttpMethod": "POST", "credentials": ROLE},
        {},
    ),
    *(
        (
            "put_integration_validation",
            f"aws-integration-type-{kind}",
            "Integration",
            {"type": kind, "uri": FUNCTION_URI, "integrationHttpMethod": "POST"},
            {},
        )
        for kind in ("AWS", "AWS_PROXY")
    ),
    (
        "lifecycle_integration_response",
        "get-integration-response",
        "IntegrationResponse",
        {"responseTemplates": {JSON: '"created"'}},
        {},
    ),
    (
        "integrations.py::test_put_integration_responses",
        "get-integration-response-put",
        "IntegrationResponse",
        {"selectionPattern": r"2\d{2}", "contentHandling": "CONVERT_TO_BINARY"},
        {},
    ),
    ("lifecycle_method_response", "put-method-response", "MethodResponse", {}, {}),
    (
        "lifecycle_method_response",
        "add-method-responses",
        "MethodResponse",
        {"responseModels": {JSON: "Empty"}, "responseParameters": {"method.response.header.my-header": True}},
        {},
    ),
    ("common.py::TestDeployments::test_create_update_deployments", "get-deployment-1", "Deployment", {}, {}),
    (
        "common.py::TestStages::test_create_update_stages",
        "get-stage",
        "Stage",
        {
            "description": "stage new",
            "documentationVersion": "v123",
            "tracingEnabled": True,
            "variables": {"var1": "test", "var2": "test2"},
            "methodSettings": {"*/*": STAR, "GET /test": {"throttlingBurstLimit": 124}},
        },
        {"deployment": "d1"},
    ),
    (
        "test_update_stage_remove_wildcard",
        "update-stage-reset",
        "Stage",
        {"description": "my stage", "documentationVersion": "v123"},
        {"deployment": "d1"},
    ),
    (
        "canary.py::TestStageCrudCanary::test_create_update_stages",
        "get-stage",
        "Stage",
        {
            "description": "dev stage",
            "variables": {"testVar": "default"},
            "canarySettings": {"percentTraffic": 50.0, "stageVariableOverrides": {"testVar": "canary"}},
        },
        {"deployment": "d2", "canaryDeployment": "d1"},
    ),
    (
        "test_create_canary_deployment_by_stage_update",
        "update-stage-with-deployment",
        "Stage",
        {"description": "dev stage", "variables": {"testVar": "default"}, "canarySettings": {}},
        {"deployment": "d1", "canaryDeployment": "d2"},
    ),
    ("usage_plan_crud", "create-usage-plan", "UsagePlan", {"apiStages": [{"api": "shop", "stage": "dev"}]}, {}),
    (
        "usage_plan_crud",
        "get-usage-plan-after-update",
        "UsagePlan",
        {
            "apiStages": [{"api": "shop", "stage": "dev"}],
            "quota": {"limit": 5000, "period": "MONTH"},
            "throttle": {"burstLimit": 100, "rateLimit": 200},
        },
        {},
    ),
    ("test_get_api_keys", "create-api-key", "ApiKey", {"name": "<name:1>", "enabled": False}, {}),
]
