"""The kinds of REST APIs (version 1 of API Gateway), a file each."""

from controller.kinds.rest import (
    account,
    api_key,
    authorizer,
    base_path_mapping,
    client_certificate,
    deployment,
    documentation,
    domain_name,
    gateway_response,
    integration,
    lambda_permission,
    method,
    path,
    rest_api,
    stage,
    usage_plan,
    validation,
    vpc_link,
)


__all__ = [
    "account",
    "api_key",
    "authorizer",
    "base_path_mapping",
    "client_certificate",
    "deployment",
    "documentation",
    "domain_name",
    "gateway_response",
    "integration",
    "lambda_permission",
    "method",
    "path",
    "rest_api",
    "stage",
    "usage_plan",
    "validation",
    "vpc_link",
]
