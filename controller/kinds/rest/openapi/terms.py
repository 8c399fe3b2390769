"""The words of OpenAPI and of AWS's extensions, as data.

Source: developer guide, "OpenAPI extensions for API Gateway" and "Important notes for REST APIs".
"""

from __future__ import annotations

from collections.abc import Mapping


PREFIX = "x-amazon-apigateway-"

ANY_METHOD = f"{PREFIX}any-method"
API_KEY_SOURCE = f"{PREFIX}api-key-source"
AUTH = f"{PREFIX}auth"
AUTHORIZER = f"{PREFIX}authorizer"
AUTHTYPE = f"{PREFIX}authtype"
BINARY_MEDIA_TYPES = f"{PREFIX}binary-media-types"
DOCUMENTATION = f"{PREFIX}documentation"
ENDPOINT_ACCESS_MODE = f"{PREFIX}endpoint-access-mode"
ENDPOINT_CONFIGURATION = f"{PREFIX}endpoint-configuration"
GATEWAY_RESPONSES = f"{PREFIX}gateway-responses"
INTEGRATION = f"{PREFIX}integration"
INTEGRATIONS = f"{PREFIX}integrations"
MINIMUM_COMPRESSION_SIZE = f"{PREFIX}minimum-compression-size"
POLICY = f"{PREFIX}policy"
REQUEST_VALIDATOR = f"{PREFIX}request-validator"
REQUEST_VALIDATORS = f"{PREFIX}request-validators"
SECURITY_POLICY = f"{PREFIX}security-policy"

SETTINGS: Mapping[str, str] = {
    API_KEY_SOURCE: "apiKeySource",
    BINARY_MEDIA_TYPES: "binaryMediaTypes",
    MINIMUM_COMPRESSION_SIZE: "minimumCompressionSize",
    POLICY: "policy",
    SECURITY_POLICY: "securityPolicy",
    ENDPOINT_ACCESS_MODE: "endpointAccessMode",
}
"""Extensions of the document that are a field of the API."""

INTEGRATION_FIELDS: Mapping[str, str] = {
    "type": "type",
    "httpMethod": "integrationHttpMethod",
    "uri": "uri",
    "credentials": "credentials",
    "connectionType": "connectionType",
    "connectionId": "connectionId",
    "integrationTarget": "integrationTarget",
    "requestParameters": "requestParameters",
    "requestTemplates": "requestTemplates",
    "passthroughBehavior": "passthroughBehavior",
    "contentHandling": "contentHandling",
    "timeoutInMillis": "timeoutInMillis",
    "cacheNamespace": "cacheNamespace",
    "cacheKeyParameters": "cacheKeyParameters",
    "tlsConfig": "tlsConfig",
    "responseTransferMode": "responseTransferMode",
}
"""Members of an integration in a document, and the field of the kind."""

RESPONSE_FIELDS = ("responseParameters", "responseTemplates", "contentHandling")
"""Members of an integration's response that are fields of the kind too."""

AUTHORIZER_FIELDS = (
    "authorizerUri",
    "authorizerCredentials",
    "identityValidationExpression",
    "authorizerResultTtlInSeconds",
    "providerARNs",
)
"""Members of an authorizer that are fields of the kind too."""

UPPER = frozenset(
    {"type", "integrationHttpMethod", "connectionType", "passthroughBehavior", "contentHandling", "apiKeySource"}
    | {"responseTransferMode"}
)
"""Fields whose values documents may write in small letters."""

LOCATIONS: Mapping[str, str] = {"query": "querystring", "header": "header", "path": "path"}
"""Where a parameter is, and how AWS calls that."""

VERBS = ("get", "put", "post", "delete", "options", "head", "patch")
"""The operations of a path item that API Gateway has a method for; beside them there is `ANY_METHOD`."""

API_KEY_HEADER = "x-api-key"
SIGV4 = "awssigv4"

AWS_VARIABLES: Mapping[str, str] = {"Region": "region", "AccountId": "account", "Partition": "partition"}
"""`${AWS::Region}` and so on, which an import puts in."""
