"""API Gateway's operations as IAM sees them: a verb and a path, from botocore's service model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import botocore.session


@cache
def routes() -> Mapping[str, tuple[str, str]]:
    """Verb and path of each operation, as in `PATCH /restapis/*/stages/*`."""
    model = botocore.session.get_session().get_service_model("apigateway")
    https = {name: model.operation_model(name).http for name in model.operation_names}
    return {name: (http["method"], _pattern(http["requestUri"])) for name, http in https.items()}


def _pattern(uri: str) -> str:
    return re.sub(r"\{[^}]*\}", "*", uri.partition("?")[0])


def partition_of(region: str) -> str:
    """The partition that a region is in."""
    return str(botocore.session.get_session().get_partition_for_region(region))
