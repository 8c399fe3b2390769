"""VpcLink: the way from an API to a Network Load Balancer in a VPC.

AWS makes and deletes a link in minutes; integrations and deployments want it finished. One that failed, or that
points elsewhere, is replaced: the new one comes first. Facts: API Gateway API reference, CreateVpcLink and
UpdateVpcLink; developer guide, "Set up a Network Load Balancer for API Gateway private integrations".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from controller.address import Address
from controller.call import Call, Text, Wait
from controller.facets import CREATE_ONLY, DERIVED, StringSet, Wire
from controller.kinds.rest.dialect import RootKind
from controller.kinds.rest.rest_api import Tags, live_tags
from controller.model import Resource, register
from controller.terms import Context, Listing, Right


_ON_BEHALF = (
    "ec2:CreateVpcEndpointServiceConfiguration",
    "ec2:DeleteVpcEndpointServiceConfigurations",
    "ec2:DescribeVpcEndpointServiceConfigurations",
    "ec2:ModifyVpcEndpointServicePermissions",
    "elasticloadbalancing:DescribeLoadBalancers",
)
"""Source: developer guide, "Grant permissions for API Gateway to create VPC links"."""


@register
class VpcLink(RootKind):
    """A VPC link (version 1: for REST APIs), referred to by name from integrations."""

    kind = "VpcLink"
    listing = Listing("GetVpcLinks", optional=True)
    id_field = "id"
    make_before_break = True

    param = "vpcLinkId"
    create = "CreateVpcLink"
    update = "UpdateVpcLink"
    delete = "DeleteVpcLink"
    arn = "vpclinks"
    read_one = "GetVpcLink"
    read_all = True

    name: Annotated[str, Wire(always=True)] = ""
    description: Annotated[str | None, Wire(clear="empty")] = None
    targetArns: Annotated[StringSet, CREATE_ONLY] = Field(description="The ARN of one Network Load Balancer.")
    status: Annotated[Literal["AVAILABLE", "PENDING", "DELETING", "FAILED"], DERIVED, Wire(patch="")] = "AVAILABLE"
    tags: Tags = {}

    @classmethod
    def managed(cls, item: Mapping[str, Any]) -> bool:
        return item.get("status") != "DELETING"

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        return super().from_aws({**payload, "tags": live_tags(payload)}, context)

    def replaces(self, old: Self) -> tuple[str, ...]:
        return (*super().replaces(old), *(["status"] if old.status == "FAILED" else []))

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        if len(self.targetArns) != 1:
            yield "targetArns", "a VPC link has exactly one target, a Network Load Balancer"

    def rights(self, at: Address) -> Iterator[Right]:
        # Its endpoint service is made in the caller's name; these actions know no narrower resource.
        for action in _ON_BEHALF:
            yield Right(action, Text(("*",)))

    def creating(self, at: Address) -> list[Call]:
        (call,) = super().creating(at)
        return [replace(call, wait=replace(_ready(), taught={"vpcLinkId": "id"}))]

    def updating(self, at: Address, old: Self) -> list[Call]:
        named = {"vpcLinkId": at}
        unfinished = [Call("GetVpcLink", named, wait=_ready(named))] if old.status == "PENDING" else []
        return [*unfinished, *super().updating(at, old)]

    def deleting(self, at: Address) -> list[Call]:
        (call,) = super().deleting(at)
        # One that had failed before may say so until it is gone.
        failed = () if self.status == "FAILED" else ("FAILED",)
        gone = Wait("GetVpcLink", call.params, "status", failed=failed, reason="statusMessage")
        return [replace(call, wait=gone)]


def _ready(params: Mapping[str, Any] | None = None) -> Wait:
    return Wait("GetVpcLink", params or {}, "status", ("AVAILABLE",), ("FAILED",), "statusMessage")
