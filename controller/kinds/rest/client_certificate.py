"""ClientCertificate: what API Gateway shows to a backend to prove that a call comes from it.

AWS knows neither a name for it nor a rotation. Here another `generation` is a new certificate, made before the old
one goes: stages move over in between. Facts: API Gateway API reference, GenerateClientCertificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field

from controller.address import Address
from controller.facets import CREATE_ONLY, Wire
from controller.kinds.rest.dialect import GENERATION_TAG, RootKind
from controller.kinds.rest.rest_api import Tags, live_tags
from controller.model import register
from controller.terms import Context, Listing


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


@register
class ClientCertificate(RootKind):
    """A client certificate, referred to by name from stages. AWS lets it expire after a year."""

    kind = "ClientCertificate"
    listing = Listing("GetClientCertificates", optional=True)
    id_field = "clientCertificateId"
    make_before_break = True

    param = "clientCertificateId"
    create = "GenerateClientCertificate"
    update = "UpdateClientCertificate"
    delete = "DeleteClientCertificate"
    arn = "clientcertificates"
    read_one = "GetClientCertificate"
    read_all = True

    description: Annotated[str | None, Wire(clear="empty")] = None
    generation: Annotated[str, BeforeValidator(_as_text, str | int), CREATE_ONLY] = Field(
        "1", min_length=1, description="Any other value makes a new certificate. Kept in a tag."
    )
    tags: Tags = {}

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        known = {key: payload[key] for key in ("description",) if key in payload}
        generation = (payload.get("tags") or {}).get(GENERATION_TAG, "1")
        found = super().from_aws({**known, "tags": live_tags(payload)}, context)
        return found.model_copy(update={"generation": generation})

    def create_fields(self, at: Address) -> dict[str, Any]:
        found = super().create_fields(at)
        found.pop("generation", None)
        return found

    def create_tags(self, at: Address) -> dict[str, Any]:
        return {"tags": super().create_tags(at)["tags"] | {GENERATION_TAG: self.generation}}
