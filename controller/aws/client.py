"""A Caller over boto3: paced, without boto3's own retries, with the project's errors."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from controller.aws.errors import translated
from controller.aws.pacing import Pacer
from controller.gateway import Environment


_CONFIG = Config(
    # Which errors are worth a repeat is for retry.py to say: botocore would repeat a hard quota too.
    retries={"total_max_attempts": 1},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=32,
    user_agent_extra="apigateway-reconciler",
)


class Client:
    """One account and region. Safe for threads; `counts` says how often each operation was called."""

    def __init__(
        self,
        session: boto3.Session,
        *,
        endpoint_url: str | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        self._session, self._endpoint_url = session, endpoint_url
        self._pacer = pacer or Pacer(None)
        self._clients: dict[str, Any] = {}
        self._lock = Lock()
        self.counts: Counter[str] = Counter()

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        try:
            client = self._client(service)
            if service == "apigateway":
                self._pacer.wait(operation)
            with self._lock:
                self.counts[operation] += 1
            answer = getattr(client, xform_name(operation))(**params)
        except (BotoCoreError, ClientError) as error:
            raise translated(error, operation) from error
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    @property
    def region(self) -> str:
        """The region of the session."""
        return str(self._session.region_name)

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=self._endpoint_url,
                    config=_CONFIG,
                )
            return self._clients[service]


def connect(
    *,
    region: str | None,
    endpoint_url: str | None = None,
    share: float | None = None,
) -> Client:
    """A client from the usual AWS chain. Raises AccessError without a region or with an unusable profile."""
    try:
        # boto3 itself does not look at the variable that AWS sets in pods and functions.
        session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
        if not session.region_name:
            raise NoRegionError
        return Client(session, endpoint_url=endpoint_url, pacer=Pacer(share))
    except BotoCoreError as error:
        raise translated(error, "connect") from error


def environment(client: Client, owner: str) -> Environment:
    """Whose account this is. Raises AccessError with one sentence if AWS does not let us in."""
    identity = client("GetCallerIdentity", {}, service="sts")
    partition = str(identity["Arn"]).split(":")[1]
    return Environment(str(identity["Account"]), client.region, partition, owner)
