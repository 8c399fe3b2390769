"""Importing an API over the one that is there: the call, and what it has to say besides the specs.

An overwriting import deletes and resets whatever the document leaves out: the settings of the API itself, what AWS
chose by itself, and the models that AWS seeds. So all of that is in the document. Warnings fail the call, and then
nothing has changed. Facts: API Gateway API reference, PutRestApi.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from controller.address import Address
from controller.call import Body, Call
from controller.facets import filled
from controller.kinds.rest.openapi.document import document
from controller.kinds.rest.validation import SEEDED, Model
from controller.model import KINDS, Resource, Resources, children
from controller.terms import Import


LARGEST = 6 * 1024 * 1024
"""Bytes of a document that AWS imports. Source: developer guide, "Quotas for configuring a REST API"."""


def importing(root: Address, desired: Resources, live: Resources) -> Import | None:
    """The import that makes the live API at `root` as desired; None if the document would be too large.

    Both sides hold that root alone. Documentation parts are carried only if they differ: an import gives each of
    them another id.
    """
    own = {at: _kept(item, live.get(at)) for at, item in desired.items()}
    own |= dict(_seeded(root, own, live))
    documented = _parts(own, root) != _parts(live, root)
    params = {"restApiId": root, "mode": "overwrite", "failOnWarnings": True}
    params |= {} if documented else {"parameters": {"ignore": "documentation"}}
    body = document(root, own, documented=documented)
    if len(json.dumps(body, default=str)) > LARGEST:
        return None
    return Import(Call("PutRestApi", params | {"body": Body(body)}), _proof(root))


def _kept(item: Resource, live: Resource | None) -> Resource:
    return item if live is None or item.replaces(live.aligned(item)) else filled(item, live)


def _seeded(root: Address, own: Resources, live: Resources) -> Iterator[tuple[Address, Resource]]:
    """The models that are there, or will be, though the specs do not name them."""
    for name, schema in SEEDED.items():
        at = root.child(Model.kind, name)
        if at not in own and (at in live or root not in live):
            yield at, live.get(at) or Model.from_spec(name, {"schema": dict(schema)})


def _parts(resources: Resources, root: Address) -> Resources:
    return {at: item for at, item in resources.items() if at.parent == root and at.kind == "DocumentationPart"}


def _proof(root: Address) -> tuple[str, ...]:
    """The operations that read all that an import carries."""
    inside = [child for child in children(KINDS[root.kind]) if child.importable]
    return ("GetRestApi", *(child.listing.operation for child in inside if child.listing))
