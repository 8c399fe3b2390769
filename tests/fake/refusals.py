"""AWS's refusals, as constructors: the error class, AWS's code and AWS's wording in one place."""

from __future__ import annotations

from controller.errors import BusyError, ConflictError, InvalidError, NotFoundError, QuotaError


NO_RESOURCE = "Invalid Resource identifier specified"
NO_METHOD = "Invalid Method identifier specified"
NO_INTEGRATION = "Invalid Integration identifier specified"
NO_STATUS = "Invalid Response status code specified"
NO_STAGE = "Invalid stage identifier specified"
NO_CONTENT_TYPE = "Content-Type specified was not found"
NO_PARAMETER = "Invalid parameter name specified"


def bad(message: str) -> InvalidError:
    return InvalidError(message, code="BadRequestException")


def missing(message: str) -> NotFoundError:
    return NotFoundError(message, code="NotFoundException")


def conflict(message: str) -> ConflictError:
    return ConflictError(message, code="ConflictException")


def busy() -> BusyError:
    return BusyError(
        "Unable to complete operation due to concurrent modification. Please try again later.",
        code="ConflictException",
    )


def quota(things: str) -> QuotaError:
    return QuotaError(
        f"Maximum number of {things} for this API has been reached. "
        "Please contact AWS if you need additional ones.",
        code="LimitExceededException",
    )


def mapping_error(reason: str) -> InvalidError:
    """How AWS refuses parameter mappings and content types of an integration."""
    return bad(f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{reason}]")
