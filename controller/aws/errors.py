"""boto3's exceptions → the project's own, by AWS's error code and never by HTTP status alone.

`LimitExceededException` is why: API Gateway sends it with status 429 for a hard quota, where waiting never helps.
"""

from __future__ import annotations

from collections.abc import Mapping

from botocore import exceptions as boto

from controller.errors import (
    AccessError,
    BusyError,
    ConflictError,
    GatewayError,
    InvalidError,
    NotFoundError,
    QuotaError,
    ThrottledError,
    UnavailableError,
)


_CODES: Mapping[str, type[GatewayError]] = {
    "LimitExceededException": QuotaError,
    "TooManyRequestsException": ThrottledError,
    "ThrottlingException": ThrottledError,
    "Throttling": ThrottledError,
    "RequestLimitExceeded": ThrottledError,
    "NotFoundException": NotFoundError,
    "ResourceNotFoundException": NotFoundError,
    "ParameterNotFound": NotFoundError,
    "ConflictException": ConflictError,
    "ResourceConflictException": ConflictError,
    "ResourceAlreadyExistsException": ConflictError,
    "PolicyLengthExceededException": QuotaError,
    "OperationAbortedException": BusyError,
    "WAFNonexistentItemException": NotFoundError,
    "WAFUnavailableEntityException": BusyError,
    "WAFInternalErrorException": UnavailableError,
    "ServiceUnavailableException": UnavailableError,
    "ServiceUnavailable": UnavailableError,
    "InternalFailure": UnavailableError,
    "InternalServerError": UnavailableError,
    "RequestTimeout": UnavailableError,
    "AccessDeniedException": AccessError,
    "AccessDenied": AccessError,
    "UnauthorizedException": AccessError,
    "UnrecognizedClientException": AccessError,
    "InvalidClientTokenId": AccessError,
    "ExpiredToken": AccessError,
    "ExpiredTokenException": AccessError,
    "SignatureDoesNotMatch": AccessError,
    "InvalidSignatureException": AccessError,
    "MissingAuthenticationToken": AccessError,
}

_PASSING = (
    "concurrent modification",
    "Active stages pointing to this deployment",
    "Active stages with canary settings pointing to this deployment",
    "could not successfully write to CloudWatch Logs",
    "The role ARN does not have required permissions",
    "An update is in progress for resource",
)
"""Refusals that go away by themselves: a race, or a change elsewhere that has not spread yet."""

_NOT_IMPLEMENTED = 501
_SERVER_ERROR = 500


def translated(error: Exception, operation: str) -> GatewayError:
    """The project's error for one of boto3's."""
    match error:
        case boto.ClientError():
            return _refusal(error, operation)
        case boto.NoRegionError():
            return AccessError("no AWS region is set: set AWS_REGION, or region in reconcile.yaml")
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            return AccessError(
                "no AWS credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or give the pod a role"
            )
        case boto.ProfileNotFound() | boto.TokenRetrievalError() | boto.CredentialRetrievalError():
            return AccessError(f"the AWS credentials cannot be used: {error}")
        case boto.ParamValidationError():
            return InvalidError(f"{operation}: {error}", operation=operation)
        case boto.HTTPClientError() | boto.ConnectionError():
            return UnavailableError(f"{operation}: no answer from AWS: {error}", operation=operation)
        case _:
            return GatewayError(f"{operation}: {error}", operation=operation)


def _refusal(error: boto.ClientError, operation: str) -> GatewayError:
    # Fetching credentials is a call of its own.
    operation = error.operation_name or operation
    response = error.response
    detail = response.get("Error", {})
    code, message = str(detail.get("Code", "")), str(detail.get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    known = _CODES.get(code)
    if any(text in message for text in _PASSING):
        known = BusyError
    elif known is None and status >= _SERVER_ERROR and status != _NOT_IMPLEMENTED:
        known = UnavailableError
    request_id = response.get("ResponseMetadata", {}).get("RequestId")
    tail = f" (request {request_id})" if request_id else ""
    found = (known or InvalidError)(f"{operation}: {code}: {message}{tail}", code=code, operation=operation)
    if isinstance(found, ThrottledError):
        found.retry_after = _retry_after(response)
    return found


def _retry_after(response: Mapping[str, object]) -> float | None:
    metadata = response.get("ResponseMetadata")
    headers = metadata.get("HTTPHeaders", {}) if isinstance(metadata, Mapping) else {}
    value = response.get("retryAfterSeconds") or headers.get("retry-after")
    try:
        return float(str(value)) if value else None
    except ValueError:
        return None
