"""The port to AWS: what the core asks of the outside world, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a run happens. Known before anything is read, and part of ARNs.

    `account` is twelve digits; `partition` is `aws`, `aws-cn` or `aws-us-gov`; `owner` is the name under
    which this run marks what it manages.
    """

    account: str
    region: str
    partition: str = "aws"
    owner: str = "default"

    @property
    def domain(self) -> str:
        """What the host names of AWS's services end in."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"


class Caller(Protocol):
    """Carries out one operation of an AWS service.

    `operation` and `params` are as in botocore's service model ("CreateRestApi", camelCase members);
    the answer is what boto3 returns, without `ResponseMetadata`. Raises GatewayError's subclasses.
    Safe to use from several threads.
    """

    def __call__(
        self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway"
    ) -> dict[str, Any]: ...
