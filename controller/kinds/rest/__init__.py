"""The kinds of REST APIs (version 1 of API Gateway), a file each."""

from controller.kinds.rest import (
    api_key,
    authorizer,
    deployment,
    gateway_response,
    integration,
    lambda_permission,
    log_group,
    method,
    path,
    rest_api,
    stage,
    usage_plan,
    validation,
)


__all__ = [
    "api_key",
    "authorizer",
    "deployment",
    "gateway_response",
    "integration",
    "lambda_permission",
    "log_group",
    "method",
    "path",
    "rest_api",
    "stage",
    "usage_plan",
    "validation",
]
