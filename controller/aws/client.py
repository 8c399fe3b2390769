"""A Caller over boto3: paced, without boto3's own retries, with the project's errors."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import boto3
import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from controller.aws.errors import translated
from controller.aws.observing import OK, Called, Observer, nobody
from controller.aws.pacing import Pacer
from controller.errors import ThrottledError
from controller.gateway import Environment


USER_AGENT = "apigateway-reconciler"
"""Stands in the user agent of every call, by which CloudTrail shows whose it is."""

SESSION_PREFIX = "reconcile-"
"""The names of our role sessions begin so."""

_CONFIG = Config(
    # Which errors are worth a repeat is for retry.py to say: botocore would repeat a hard quota too.
    retries={"total_max_attempts": 1},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=32,
    user_agent_extra=USER_AGENT,
)


class Client:
    """One account and region. Safe for threads; `counts` says how often each operation was called.

    `sleep` is how quotas are waited for; an error of its makes the call fail before it is made. `pacer` may be set
    until the first call of API Gateway: which one it is depends on the account.
    """

    def __init__(
        self,
        session: boto3.Session,
        *,
        endpoint_url: str | None = None,
        pacer: Pacer | None = None,
        observer: Observer = nobody,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._session, self._endpoint_url, self._observer = session, endpoint_url, observer
        self._sleep = sleep
        self.pacer = pacer or Pacer(None)
        self._clients: dict[str, Any] = {}
        self._lock = Lock()
        self.counts: Counter[str] = Counter()

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        try:
            client = self._client(service)
        except BotoCoreError as error:
            raise translated(error, operation) from error
        waited = self.pacer.wait(operation, self._sleep) if service == "apigateway" else 0.0
        with self._lock:
            self.counts[operation] += 1
        began = time.monotonic()
        try:
            answer = getattr(client, xform_name(operation))(**params)
        except (BotoCoreError, ClientError) as error:
            failure = translated(error, operation)
            code, slow = failure.code or type(failure).__name__, isinstance(failure, ThrottledError)
            self._observer(Called(service, operation, code, time.monotonic() - began, waited, slow))
            raise failure from error
        self._observer(Called(service, operation, OK, time.monotonic() - began, waited))
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


@dataclass(frozen=True)
class Role:
    """A role to act in. `session` is the name under which CloudTrail shows what it does."""

    arn: str
    session: str
    external_id: str | None = None


def session_name(target: str, what: str) -> str:
    """The name of a role's session for a target, in the characters and the length that STS allows."""
    name = f"{SESSION_PREFIX}{target[:_TARGET]}-{what}"
    return re.sub(r"[^\w+=,.@-]", "-", name, flags=re.ASCII)[:_SESSION]


_SESSION, _TARGET = 64, 36


def connect(
    *,
    region: str | None,
    endpoint_url: str | None = None,
    share: float | None = None,
    role: Role | None = None,
    keys: tuple[str, str] | None = None,
    observer: Observer = nobody,
    sleep: Callable[[float], None] | None = None,
) -> Client:
    """A client from the usual AWS chain, or with these keys, in a role if one is given.

    Raises AccessError without a region or with an unusable profile.
    """
    try:
        # boto3 itself does not look at the variable that AWS sets in pods and functions.
        wanted = region or os.environ.get("AWS_REGION") or None
        key, secret = keys or (None, None)
        session = boto3.Session(region_name=wanted, aws_access_key_id=key, aws_secret_access_key=secret)
        if not session.region_name:
            raise NoRegionError
        if role:
            session = _in_role(session, role, endpoint_url)
        return Client(session, endpoint_url=endpoint_url, pacer=Pacer(share), observer=observer, sleep=sleep)
    except BotoCoreError as error:
        raise translated(error, "connect") from error


def _in_role(source: boto3.Session, role: Role, endpoint_url: str | None) -> boto3.Session:
    """A session whose credentials are those of the role, asked for at first use and again before they end."""
    own = source.get_credentials()
    if own is None:
        raise NoCredentialsError
    extra = {"RoleSessionName": role.session} | ({"ExternalId": role.external_id} if role.external_id else {})
    fetcher = AssumeRoleCredentialFetcher(
        # Its own session: it is used from whichever thread finds the credentials old.
        client_creator=partial(
            botocore.session.Session().create_client,
            region_name=source.region_name,
            endpoint_url=endpoint_url,
            config=_CONFIG.merge(Config(retries={"total_max_attempts": _ROLE_ATTEMPTS})),
        ),
        source_credentials=own,
        role_arn=role.arn,
        extra_args=extra,
    )
    session = botocore.session.Session()
    session.register_component("credential_provider", CredentialResolver([_Assumed(fetcher)]))
    return boto3.Session(botocore_session=session, region_name=source.region_name)


class _Assumed(CredentialProvider):
    """The only place where a session in a role looks for credentials."""

    METHOD = "assume-role"

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        """Credentials that are fetched when they are first needed."""
        return DeferredRefreshableCredentials(method=self.METHOD, refresh_using=self._fetcher.fetch_credentials)


_ROLE_ATTEMPTS = 4
"""Credentials are fetched in the middle of another call, which must not fail for a moment's trouble."""


def environment(client: Client, owner: str) -> Environment:
    """Whose account this is. Raises AccessError with one sentence if AWS does not let us in."""
    identity = client("GetCallerIdentity", {}, service="sts")
    partition = str(identity["Arn"]).split(":")[1]
    return Environment(str(identity["Account"]), client.region, partition, owner)
