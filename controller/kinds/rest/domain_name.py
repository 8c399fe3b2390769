"""DomainName: an API's address in words of one's own. What it leads to are its base path mappings.

AWS allows one change in 30 seconds, so all that changes goes into one call; it takes effect minutes later. A
private domain is named by its id as well. Facts: API Gateway API reference, CreateDomainName and UpdateDomainName;
developer guide, "Custom domain names for REST APIs".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field

from controller.address import Address
from controller.call import Call, Fact, Known, Text, Wait
from controller.facets import CREATE_ONLY, DERIVED, DOCUMENT, Value, Wire
from controller.impact import Impact
from controller.kinds.rest import patch
from controller.kinds.rest.dialect import RootKind
from controller.kinds.rest.endpoint import doors, policies
from controller.kinds.rest.policy import compress, decode, read_policy
from controller.kinds.rest.rest_api import EndpointConfiguration, Tags, live_tags
from controller.model import Resource, register
from controller.terms import Context, Listing, Right, Turn


EDGE, PRIVATE = ("EDGE",), ("PRIVATE",)
_UNDER_WAY = ("UPDATING", "PENDING")
_UNWELL = ("FAILED", "PENDING_CERTIFICATE_REIMPORT", "PENDING_OWNERSHIP_VERIFICATION")


class MutualTls(Value):
    """Callers show a certificate, too: those in the truststore, a file in S3, are accepted."""

    truststoreUri: Annotated[str | None, Wire(clear="empty")] = None
    truststoreVersion: Annotated[str | None, Wire(clear="remove")] = None


@register
class DomainName(RootKind):
    """A custom domain name."""

    kind = "DomainName"
    listing = Listing("GetDomainNames", optional=True)
    reads = frozenset({"domainNameId"})
    id_field = "domainName"
    name_field = "domainName"

    param = "domainName"
    create = "CreateDomainName"
    update = "UpdateDomainName"
    delete = "DeleteDomainName"
    arn = "domainnames"
    read_one = "GetDomainName"
    read_all = True

    domainName: Annotated[str, CREATE_ONLY, Wire(always=True)] = Field(
        "", description="The name itself; the logical name by default."
    )
    certificateArn: Annotated[str | None, Wire(clear="remove")] = Field(
        None, description="For EDGE (a certificate in us-east-1) and PRIVATE."
    )
    certificateName: Annotated[str | None, Wire(clear="remove")] = None
    regionalCertificateArn: Annotated[str | None, Wire(clear="remove")] = Field(None, description="For REGIONAL.")
    regionalCertificateName: Annotated[str | None, Wire(clear="remove")] = None
    endpointConfiguration: EndpointConfiguration = EndpointConfiguration()
    securityPolicy: Annotated[str, Wire(always=True)] = "TLS_1_2"
    endpointAccessMode: Annotated[Literal["BASIC", "STRICT"] | None, Wire(clear="empty")] = None
    mutualTlsAuthentication: MutualTls = MutualTls()
    ownershipVerificationCertificateArn: Annotated[str | None, Wire(clear="remove")] = None
    routingMode: Literal["BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING"] = (
        "BASE_PATH_MAPPING_ONLY"
    )
    policy: Annotated[Any, BeforeValidator(read_policy), DOCUMENT, Wire(clear="empty")] = Field(
        None, description="Who may call a private domain: an IAM policy document."
    )
    domainNameStatus: Annotated[
        Literal[
            "AVAILABLE",
            "UPDATING",
            "PENDING",
            "PENDING_CERTIFICATE_REIMPORT",
            "PENDING_OWNERSHIP_VERIFICATION",
            "FAILED",
        ],
        DERIVED,
        Wire(patch=""),
    ] = "AVAILABLE"
    tags: Tags = {}

    @property
    def private(self) -> bool:
        """True for a domain that is known inside VPCs only."""
        return self.endpointConfiguration.types == PRIVATE

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        return super().from_spec(key, {"domainName": key, **raw})

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        text = decode(payload.get("policy"))
        own = f"/domainnames/{payload.get('domainName')}+{payload.get('domainNameId')}"
        trust = payload.get("mutualTlsAuthentication") or {}
        found = {
            **payload,
            "policy": compress(text, own) if text else None,
            "mutualTlsAuthentication": {name: trust[name] for name in MutualTls.model_fields if name in trust},
            "tags": live_tags(payload),
        }
        return super().from_aws(found, context)

    @classmethod
    def reading(cls, item: Mapping[str, Any]) -> dict[str, Any]:
        return {name: item[name] for name in ("domainName", "domainNameId") if item.get(name)}

    @classmethod
    def identity(cls, item: Mapping[str, Any]) -> str:
        # Several private domains may have one name.
        return "+".join(cls.reading(item).values())

    @classmethod
    def named(cls, at: Address) -> dict[str, Any]:
        return {"domainName": at, "domainNameId": Known(_second_id(at))}

    def learn(self, at: Address, answer: Mapping[str, Any]) -> dict[Address, str]:
        second = {_second_id(at): str(answer["domainNameId"])} if answer.get("domainNameId") else {}
        return {at: self.domainName} | second

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        (kind,) = self.endpointConfiguration.types
        wanted = "regionalCertificateArn" if kind == "REGIONAL" else "certificateArn"
        if not getattr(self, wanted):
            yield "endpointConfiguration", f"a domain of type {kind} needs a {wanted}"
        if self.mutualTlsAuthentication.truststoreUri and kind != "REGIONAL":
            yield "mutualTlsAuthentication", "mutual TLS is for domains of type REGIONAL"
        if self.policy and not self.private:
            yield "policy", "a policy is for domains of type PRIVATE"
        if self.endpointConfiguration.vpcEndpointIds:
            yield "endpointConfiguration", "vpcEndpointIds belong to an API, not to a domain"

    def rights(self, at: Address) -> Iterator[Right]:
        # AWS does these in the caller's name: the distribution of an EDGE domain, the truststore of mutual TLS.
        if self.endpointConfiguration.types == EDGE:
            yield Right("cloudfront:UpdateDistribution", Text(("*",)))
        if uri := self.mutualTlsAuthentication.truststoreUri:
            file = Text(("arn:", Fact.PARTITION, ":s3:::", uri.removeprefix("s3://")))
            yield Right("s3:GetObject", file)
            yield Right("s3:GetObjectVersion", file)

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if not old or not new:
            yield Impact("domain-removed", f"{old.domainName if old else at.key} answers no more")
            return
        if new.replaces(old):
            yield Impact("domain-replaced", f"{old.domainName} is made anew, with another target")
        yield from doors(old.domainName, old, new)
        yield from policies(old.domainName, old, new)
        yield from _certificates(old.domainName, old.mutualTlsAuthentication, new.mutualTlsAuthentication)
        if old.routingMode != new.routingMode:
            told = f"{old.domainName} chooses APIs by {new.routingMode}, no longer by {old.routingMode}"
            yield Impact("routing-changed", told, "routingMode")

    def replaces(self, old: Self) -> tuple[str, ...]:
        moved = ("endpointConfiguration",) if self.private != old.private else ()
        return (*super().replaces(old), *moved)

    def create_fields(self, at: Address) -> dict[str, Any]:
        # The type is always said: not every partition has the same default.
        found = super().create_fields(at)
        endpoint = found.get("endpointConfiguration", {})
        return found | {"endpointConfiguration": {"types": list(self.endpointConfiguration.types), **endpoint}}

    def creating(self, at: Address) -> list[Call]:
        (call,) = super().creating(at)
        named = {"domainName": self.domainName}
        return [replace(call, wait=_available(named, {"domainNameId": "domainNameId"}))]

    def updating(self, at: Address, old: Self) -> list[Call]:
        calls = super().updating(at, old)
        named = self.named(at)
        look = Call("GetDomainName", named, wait=_available(named))
        # One that waits for a hand may be waiting for just these changes.
        unfinished = old.domainNameStatus in _UNDER_WAY or (old.domainNameStatus != "AVAILABLE" and not calls)
        return [look, *calls] if unfinished else calls

    def patching(self, at: Address, old: Self) -> list[Call]:
        return [replace(call, wait=_available(self.named(at))) for call in super().patching(at, old)]

    def patch(self, at: Address, old: Self) -> list[patch.Operation]:
        trusting = self.mutualTlsAuthentication.truststoreUri is not None
        return [
            {**operation, "path": f"{operation['path']}/0", "value": self.endpointConfiguration.types[0]}
            if operation["path"] == "/endpointConfiguration/types"
            else operation
            for operation in super().patch(at, old)
            # Without a truststore there is no version of it to take out.
            if trusting or operation["path"] != "/mutualTlsAuthentication/truststoreVersion"
        ]

    def tagging(self, at: Address) -> tuple[str | Address | Fact, ...] | None:
        if not self.private:
            return super().tagging(at)
        account = ("arn:", Fact.PARTITION, ":apigateway:", Fact.REGION, ":", Fact.ACCOUNT)
        return (*account, ":/domainnames/", at, "+", _second_id(at))


def _certificates(name: str, old: MutualTls, new: MutualTls) -> Iterator[Impact]:
    if old == new:
        return
    field = "mutualTlsAuthentication"
    if new.truststoreUri:
        told = "wants other certificates" if old.truststoreUri else "wants a certificate of its callers"
        yield Impact("mutual-tls-tightened", f"{name} {told}", field)
    if old.truststoreUri:
        told = "takes other certificates" if new.truststoreUri else "no longer wants a certificate of its callers"
        yield Impact("mutual-tls-loosened", f"{name} {told}", field)


def _second_id(at: Address) -> Address:
    """Where the id of a private domain is kept; public ones have none."""
    return at.child("domainNameId")


def _available(params: Mapping[str, Any], taught: Mapping[str, str] | None = None) -> Wait:
    reason = "domainNameStatusMessage"
    status = "domainNameStatus"
    wait = Wait("GetDomainName", params, status, ("AVAILABLE",), _UNWELL, reason, taught or {})
    # A domain of type EDGE takes up to forty minutes.
    return replace(wait, seconds=10, deadline=2700)
