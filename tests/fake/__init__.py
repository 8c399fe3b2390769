"""An in-memory API Gateway control plane behind the Caller protocol.

    fake = FakeGateway()
    api = fake("CreateRestApi", {"name": "orders"})

Requests and answers are held against botocore's service model; behaviour follows the facts AWS was
seen to show, refusals and oddities included. Where the facts are unsure it is the stricter way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from controller.errors import GatewayError
from controller.gateway import Environment
from tests.fake import (
    account,
    definitions,
    deployments,
    documentation,
    domains,
    functions,
    gateway_responses,
    imports,
    integration_responses,
    integrations,
    keys,
    links,
    log_groups,
    methods,
    metrics,
    plans,
    resources,
    rest,
    shapes,
    stages,
    tag_index,
    waf,
)
from tests.fake.dump import snapshot_state
from tests.fake.kinds import HANDLERS
from tests.fake.world import World


# Importing a module registers its handlers.
KINDS = (
    *(account, definitions, deployments, documentation, domains, functions, gateway_responses),
    *(imports, integration_responses, integrations, keys, links, log_groups, methods, metrics, plans, resources),
    *(rest, stages, waf),
)
SERVICES = {
    "sts": frozenset({"GetCallerIdentity"}),
    "lambda": functions.OPERATIONS,
    "logs": log_groups.OPERATIONS,
    "wafv2": waf.OPERATIONS,
    "cloudwatch": metrics.OPERATIONS,
    "resourcegroupstaggingapi": tag_index.OPERATIONS,
}

Fault = Callable[[int, str, Mapping[str, Any]], Exception | None]


class FakeGateway:
    """Carries out calls as AWS would. Safe to use from several threads, one call at a time.

    `fail(n, operation, params)` is asked before the nth call, counted from 0; an exception it
    returns is raised instead of the call. `fail_after` is asked once a call has been carried out:
    what it returns is raised in place of the answer, which is then lost.

    `logs_role=False` is an account without a CloudWatch role until UpdateAccount sets one;
    `quotas=False` lifts the quotas; a VPC link is PENDING for `link_reads` reads; `functions` are the
    Lambda functions that there are, `name` or `name:alias`; without it, any name is one.
    """

    def __init__(
        self,
        environment: Environment | None = None,
        *,
        validate: bool = True,
        logs_role: bool = True,
        quotas: bool = True,
        link_reads: int = 1,
        functions: set[str] | None = None,
    ) -> None:
        self.environment = environment or Environment("123456789012", "eu-west-1")
        self.validate = validate
        self.world = World(
            self.environment,
            logs_role=logs_role,
            quotas=quotas,
            link_reads=link_reads,
            functions=functions,
        )
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.fail: Fault | None = None
        self.fail_after: Fault | None = None
        self._lock = threading.RLock()

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        with self._lock:
            asked = deepcopy(dict(params))
            number = len(self.calls)
            self.calls.append((service, operation, asked))
            self._consult(self.fail, number, operation, asked)
            try:
                answer = self._carry_out(service, operation, deepcopy(asked))
            except GatewayError as error:
                error.operation = operation
                raise
            self._consult(self.fail_after, number, operation, asked)
            return answer

    @property
    def snapshots(self) -> dict[str, dict[str, Any]]:
        """What each deployment froze, by deployment id, in logical names."""
        return deepcopy(self.world.snapshots)

    def snapshot_state(self) -> dict[str, Any]:
        """Everything the account holds, with names for ids and without dates: plain data."""
        with self._lock:
            return deepcopy(snapshot_state(self.world))

    def _carry_out(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        # Two services have a GetResources.
        handler = HANDLERS.get(f"{service} {operation}") or HANDLERS.get(operation)
        elsewhere = any(operation in known for name, known in SERVICES.items() if name != tag_index.SERVICE)
        if handler is None or (operation not in SERVICES[service] if service in SERVICES else elsewhere):
            raise NotImplementedError(f"the fake has no {service} {operation}")
        if self.validate:
            shapes.check_request(service, operation, params)
        answer = deepcopy(handler(self.world, params))
        if self.validate:
            shapes.check_answer(service, operation, answer)
        return answer

    @staticmethod
    def _consult(fault: Fault | None, number: int, operation: str, params: Mapping[str, Any]) -> None:
        error = fault(number, operation, params) if fault else None
        if error is None:
            return
        if isinstance(error, GatewayError) and not error.operation:
            error.operation = operation
        raise error


__all__ = ["FakeGateway", "Fault"]
