"""What a change does to those who call an API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from controller.address import Address


Severity = Literal["breaking", "exposure"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule tells of.

    severity   breaking: some who are served now will not be; exposure: some will be who are not
    meaning    a sentence without an end, for the documentation
    """

    severity: Severity
    meaning: str


def _breaking(**meanings: str) -> dict[str, Rule]:
    return {name.replace("_", "-"): Rule("breaking", meaning) for name, meaning in meanings.items()}


def _exposure(**meanings: str) -> dict[str, Rule]:
    return {name.replace("_", "-"): Rule("exposure", meaning) for name, meaning in meanings.items()}


RULES: Mapping[str, Rule] = {
    **_breaking(
        api_removed="An API is deleted, with all its stages and routes",
        endpoint_type_changed="An API or a domain gets another endpoint type",
        vpc_endpoint_removed="A private API is no longer known by a VPC endpoint",
        default_endpoint_disabled="The API's own URL, `execute-api`, stops answering; custom domains remain",
        endpoint_access_restricted="The endpoint refuses what does not come to its own name and type (`STRICT`)",
        ipv6_removed="An endpoint is no longer reached by IPv6",
        security_policy_raised="An endpoint no longer takes all TLS versions and ciphers that it took",
        api_key_source_changed="API keys are taken from another place of a request",
        binary_type_removed="Answers of a media type are no longer sent as bytes",
        method_removed="A route answers no more, or under another path",
        authentication_tightened="A route asks more of its callers: another authorizer, scopes, an API key",
        parameter_required="A route refuses requests without a parameter that it could do without",
        body_tightened="A route refuses bodies that it took: its model is another, or says more",
        validation_tightened="A request validator begins to check what nobody checked",
        response_removed="A route no longer gives one of its answers",
        response_header_removed="An answer no longer has a header",
        response_model_removed="An answer is no longer described by a model",
        cors_narrowed="Pages of fewer origins may call, or with fewer methods or headers",
        throttle_lowered="Fewer requests per second are let through",
        quota_lowered="Fewer requests per day, week or month are let through",
        policy_closed="A resource policy keeps out some whom it let in, or that cannot be excluded",
        stage_removed="A stage is deleted: its URL answers no more",
        api_key_removed="An API key is deleted",
        api_key_replaced="An API key gets another value",
        api_key_disabled="An API key is no longer accepted",
        plan_removed="A usage plan is deleted, and keys lose the stages that it gave them",
        plan_key_removed="A key leaves a usage plan, and loses the stages that it gave it",
        plan_stage_removed="A stage leaves a usage plan, and the plan's keys lose it",
        domain_removed="A custom domain name is deleted",
        domain_replaced="A custom domain name is made anew: it leads to another address until DNS says so",
        routing_changed="A domain chooses by other means which API answers",
        base_path_removed="A path of a domain leads nowhere",
        base_path_moved="A path of a domain leads to another API or stage",
        mutual_tls_tightened="Callers of a domain need a certificate, or another one",
    ),
    **_exposure(
        authentication_weakened="A route asks less of its callers: no authorizer, no scopes, no API key",
        policy_opened="A resource policy lets in some whom it kept out, or that cannot be excluded",
        endpoint_opened="A private API is reached from everywhere",
        default_endpoint_enabled="The API's own URL, `execute-api`, answers beside its custom domains",
        cors_opened="Pages of any origin may call, or with any method or header",
        web_acl_removed="A stage is no longer guarded by its web ACL, or by another one",
        api_key_enabled="An API key that was disabled is accepted again",
        mutual_tls_loosened="A domain no longer asks callers for a certificate, or takes others",
    ),
}
"""All rules by name. docs/impacts.md has them as a table."""


@dataclass(frozen=True, slots=True)
class Impact:
    """One thing that a change does to callers.

    rule       its stable name, one of `RULES`
    message    a sentence for people, without secrets
    field      the field that does it, as specs have it; empty for the whole resource
    callers    whose callers notice: addresses of methods, stages, keys; empty for the changed resource's own
    """

    rule: str
    message: str
    field: str = ""
    callers: tuple[Address, ...] = ()

    @property
    def severity(self) -> Severity:
        """How it matters to callers, by the rule."""
        return RULES[self.rule].severity
