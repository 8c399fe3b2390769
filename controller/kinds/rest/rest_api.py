"""RestApi: the root of an API. Facts: API Gateway API reference, CreateRestApi and UpdateRestApi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from controller.address import Address
from controller.call import Call, Fact, Text
from controller.facets import COSMETIC, DOCUMENT, LOCAL, TAGS, ServerDefault, StringSet, Value, Wire, dumped, inside
from controller.impact import Impact
from controller.kinds.rest import lambdas, openapi
from controller.kinds.rest.authorizer import with_authorization, without_authorization
from controller.kinds.rest.cors import Cors, spread_cors
from controller.kinds.rest.cors_fold import fold_cors
from controller.kinds.rest.dialect import OWN_TAGS, RESERVED_TAGS, RootKind
from controller.kinds.rest.endpoint import doors, policies
from controller.kinds.rest.patch import Operation, replace
from controller.kinds.rest.path import with_ancestors, without_ancestors
from controller.kinds.rest.policy import compress, decode, read_policy
from controller.model import Resource, Resources, register
from controller.terms import Context, Import, Listing, Right, Scope, Turn


_LAST = (
    *("cors", "authorizers", "models", "requestValidators", "gatewayResponses"),
    *("documentationParts", "documentationVersions", "paths", "stages"),
)
"""What people write after the API's own fields, in this order."""

EndpointType = Literal["EDGE", "REGIONAL", "PRIVATE"]


def user_tags(tags: Any, info: ValidationInfo) -> Any:
    """An author's tags: those of AWS and of this controller are not theirs to set."""
    if isinstance(tags, Mapping) and not (info.context or {}).get("live"):
        for key in tags:
            if str(key).startswith(RESERVED_TAGS):
                msg = f"tags that begin with {' or '.join(RESERVED_TAGS)} are reserved: {key}"
                raise ValueError(msg)
    return tags


def live_tags(payload: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a live item that come from its spec."""
    tags = payload.get("tags") or {}
    return {k: v for k, v in tags.items() if not k.startswith("aws:") and k not in OWN_TAGS}


Tags = Annotated[dict[str, str], BeforeValidator(user_tags), TAGS, COSMETIC]


class EndpointConfiguration(Value):
    """Where the API is served from."""

    types: Annotated[
        tuple[EndpointType, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)
    ] = Field(("EDGE",), min_length=1, max_length=1, description="Exactly one type.")
    vpcEndpointIds: Annotated[StringSet, Wire(element="value")] = frozenset()
    ipAddressType: Annotated[
        Literal["ipv4", "dualstack"] | None, ServerDefault(("ipv4", "dualstack")), COSMETIC
    ] = None


@register
class RestApi(RootKind):
    """A REST API and everything in it."""

    kind = "RestApi"
    listing = Listing("GetRestApis")
    reads = frozenset({"rootResourceId"})
    id_field = "id"
    definition = True
    shorthands = {
        "cors": Cors,
        "openapi": Annotated[
            dict[str, Any], Field(description="OpenAPI 3.0 or Swagger 2.0: {$file: openapi.yaml}.")
        ],
        "openapiBasePath": Annotated[
            Literal["ignore", "prepend", "split"], Field(description="What becomes of the document's base path.")
        ],
    }

    param = "restApiId"
    create = "CreateRestApi"
    update = "UpdateRestApi"
    delete = "DeleteRestApi"
    arn = "restapis"
    further = ("PutRestApi",)
    read_one = "GetRestApi"

    name: Annotated[str, Wire(always=True), COSMETIC] = Field(
        "", description="AWS name; the logical name by default."
    )
    description: Annotated[str | None, Wire(clear="remove"), COSMETIC] = Field(None, min_length=1)
    version: Annotated[str | None, Wire(patch=""), ServerDefault(), COSMETIC] = None
    apiKeySource: Literal["HEADER", "AUTHORIZER"] = "HEADER"
    binaryMediaTypes: StringSet = frozenset()
    minimumCompressionSize: int | None = Field(None, ge=0, le=10485760)
    policy: Annotated[Any, BeforeValidator(read_policy), DOCUMENT, Wire(clear="empty")] = Field(
        None, description="Resource policy: an IAM policy document."
    )
    disableExecuteApiEndpoint: bool = False
    endpointConfiguration: EndpointConfiguration = EndpointConfiguration()
    securityPolicy: Annotated[str | None, ServerDefault(("TLS_1_0", "TLS_1_2")), COSMETIC] = None
    endpointAccessMode: Annotated[Literal["BASIC", "STRICT"] | None, Wire(clear="empty"), COSMETIC] = None
    permissions: Annotated[Literal["managed", "unmanaged"], LOCAL] = Field(
        "managed", description="Whether the Lambda functions' policies are made to let this API call them."
    )
    tags: Tags = {}

    @model_validator(mode="after")
    def _endpoint_needs(self) -> Self:
        enhanced = (self.securityPolicy or "").startswith("SecurityPolicy_")
        if enhanced and not self.endpointAccessMode:
            msg = f"endpointAccessMode: BASIC or STRICT is required with securityPolicy {self.securityPolicy}"
            raise ValueError(msg)
        kinds = self.endpointConfiguration
        if kinds.vpcEndpointIds and kinds.types != ("PRIVATE",):
            msg = "vpcEndpointIds are for types: [PRIVATE] only"
            raise ValueError(msg)
        return self

    @classmethod
    def desugar(cls, raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
        return spread_cors(with_authorization(with_ancestors(raw)), scope)

    @classmethod
    def fold(cls, spec: dict[str, Any], scope: Scope, said: Mapping[str, Any] | None) -> dict[str, Any]:
        places = [said, *inside(said, "paths").values()]
        wanted = said is None or any(isinstance(place, Mapping) and "cors" in place for place in places)
        short = without_authorization(fold_cors(spec, scope) if wanted else spec, said or {})
        short = without_ancestors(short)
        return {key: short[key] for key in sorted(short, key=lambda key: _LAST.index(key) if key in _LAST else -1)}

    def kept(self, at: Address, live: Mapping[Address, Any], scope: Scope) -> tuple[dict[str, Any], str]:
        ours = any(place.kind == "LambdaPermission" and place.root == at for place in live)
        if ours or not lambdas.uses(at, live, scope):
            return {}, ""
        note = "The functions' policies stay as they are; without permissions: unmanaged they are kept from here."
        return {"permissions": "unmanaged"}, note

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        text = decode(payload.get("policy"))
        document = compress(text, str(payload.get("id", ""))) if text else None
        return super().from_aws({**payload, "policy": document, "tags": live_tags(payload)}, context)

    def create_fields(self, at: Address) -> dict[str, Any]:
        # The type is always said: not every partition has the same default.
        found = super().create_fields(at)
        endpoint = found.get("endpointConfiguration", {})
        return found | {"endpointConfiguration": {"types": list(self.endpointConfiguration.types), **endpoint}}

    def check(self, at: Address, desired: Mapping[Address, Resource]) -> Iterator[tuple[str, str]]:
        private = self.endpointConfiguration.types == ("PRIVATE",)
        if private and not self.policy and any(other.kind == "Stage" and other.root == at for other in desired):
            yield "endpointConfiguration", "a private API with stages needs a policy: AWS deploys none without"

    def rights(self, at: Address) -> Iterator[Right]:
        yield from super().rights(at)
        if self.policy is not None:
            apis = ("arn:", Fact.PARTITION, ":apigateway:", Fact.REGION, "::/restapis")
            yield Right("apigateway:UpdateRestApiPolicy", Text(apis))
            yield Right("apigateway:UpdateRestApiPolicy", Text((*apis, "/*")))

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if not old or not new:
            yield Impact("api-removed", f"API {at.key} is deleted: none of its routes answers any more")
            return
        yield from doors(f"API {at.key}", old, new)
        yield from policies(f"API {at.key}", old, new)
        yield from _addresses(at, old, new)
        keyed = [method for method, item in turn.live.items() if method.kind == "Method" and item.apiKeyRequired]
        if keyed and old.apiKeySource != new.apiKeySource:
            told = f"API {at.key} takes API keys from {_SOURCES[new.apiKeySource]} only"
            yield Impact("api-key-source-changed", told, "apiKeySource", tuple(sorted(keyed)))
        for kind in sorted(old.binaryMediaTypes - new.binaryMediaTypes):
            if "*/*" not in new.binaryMediaTypes:
                told = f"API {at.key} sends {kind} as base64 text, no longer as bytes"
                yield Impact("binary-type-removed", told, "binaryMediaTypes")

    def learn(self, at: Address, answer: Mapping[str, Any]) -> dict[Address, str]:
        known = {at: str(answer["id"])}
        if root := answer.get("rootResourceId"):
            known[at.child("Path", "/")] = str(root)
        return known

    def dump(self, name: str, value: Any, at: Address) -> Any:
        return dumped(value)

    def importing(self, at: Address, desired: Resources, live: Resources) -> Import | None:
        return openapi.importing(at, desired, live)

    def updating(self, at: Address, old: Self) -> list[Call]:
        if (old.endpointConfiguration.types, self.endpointConfiguration.types) == (("PRIVATE",), ("EDGE",)):
            # AWS knows no direct way between these two.
            between = self.model_copy(update={"endpointConfiguration": EndpointConfiguration(types=("REGIONAL",))})
            return [*between.updating(at, old), *self.updating(at, between)]
        # The version has no patch path; merging a document that has nothing else in it sets it.
        if self.version == old.version:
            return super().updating(at, old)
        body = dumped(
            {
                "openapi": "3.0.1",
                "info": {"title": self.name, "version": self.version or ""},
                "paths": {},
            }
        )
        merge = Call("PutRestApi", {"restApiId": at, "mode": "merge", "body": body})
        return [*super().updating(at, old), merge]

    def patch(self, at: Address, old: Self) -> list[Operation]:
        return [fixed for operation in super().patch(at, old) for fixed in self._oddities(operation, old)]

    def _oddities(self, operation: Operation, old: Self) -> list[Operation]:
        """The endpoint type is replaced by position; ipAddressType and securityPolicy have no cleared form."""
        match operation["path"]:
            case "/endpointConfiguration/types":
                new = self.endpointConfiguration.types[0]
                return [replace("/endpointConfiguration/types/0", new)]
            case "/endpointConfiguration/ipAddressType" if "value" not in operation:
                private = self.endpointConfiguration.types == ("PRIVATE",)
                return [replace(operation["path"], "dualstack" if private else "ipv4")]
            case "/securityPolicy" if "value" not in operation:
                private = self.endpointConfiguration.types == ("PRIVATE",)
                return [replace("/securityPolicy", "TLS_1_2" if private else "TLS_1_0")]
            case _:
                return [operation]


_SOURCES = {"HEADER": "the header x-api-key", "AUTHORIZER": "its authorizers"}


def _addresses(at: Address, old: RestApi, new: RestApi) -> Iterator[Impact]:
    """What changes of an API's own addresses."""
    for name in sorted(old.endpointConfiguration.vpcEndpointIds - new.endpointConfiguration.vpcEndpointIds):
        told = f"API {at.key} no longer has an address of VPC endpoint {name}"
        yield Impact("vpc-endpoint-removed", told, "endpointConfiguration")
    if new.disableExecuteApiEndpoint and not old.disableExecuteApiEndpoint:
        told = f"API {at.key} no longer answers at its execute-api address"
        yield Impact("default-endpoint-disabled", told, "disableExecuteApiEndpoint")
    if old.disableExecuteApiEndpoint and not new.disableExecuteApiEndpoint:
        told = f"API {at.key} answers at its execute-api address, past its custom domains"
        yield Impact("default-endpoint-enabled", told, "disableExecuteApiEndpoint")
