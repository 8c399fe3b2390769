"""Documents that AWS imported, compiled, are what AWS held afterwards, field by field."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from controller.address import Address
from controller.model import Context
from controller.tree import from_payload
from tests.openapi import compiled
from tests.test_recorded import as_text


FOLDER = Path(__file__).parents[2] / "shared" / "aws-recorded" / "import"
NAMES = sorted(file.name.removesuffix(".input.json") for file in FOLDER.glob("*.input.json"))

# The recordings hide some values behind names and put others into the document.
HIDDEN: dict[str, dict[str, str]] = {
    "openapi-http-method-integration": {"${lambda_invocation_arn}": "arn:hidden"},
    "petstore-authorizer.swagger": {"${uri}": "http://petstore.execute-api.us-east-1.amazonaws.com/petstore/pets"},
}
NAMED = {
    "openapi.spec.tf": ("local-api", "Empty"),
    "swagger-mock-cors": ("aws-serverless-shopping-cart-product-mock",),
}


def recorded(name: str) -> dict[str, Any]:
    """The answers, with what was hidden in them as the document has it."""
    text = (FOLDER / f"{name}.recorded.json").read_text()
    for number, value in enumerate(NAMED.get(name, ()), 1):
        text = text.replace(f"<name:{number}>", value)
    for hidden, value in {
        "<partition>": "aws",
        "<region>": "us-east-1",
        "<uri:1>": "arn:hidden",
        "<model-base-url>/restapis/<rest-id:1>": "https://apigateway.amazonaws.com/restapis/api1",
        "<authorizer-credentials:1>": "arn:aws:iam::account-id:role",
        "<authorizer-uri:1>": (
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            "arn:aws:lambda:us-east-1:account-id:function:function-name/invocations"
        ),
    }.items():
        text = text.replace(hidden, value)
    return json.loads(text)["responses"]


def payload(answers: dict[str, Any]) -> dict[str, Any]:
    """What a reader would have put together of these answers."""
    methods = {key.removeprefix("method-"): as_text(item) for key, item in answers.items() if _is_method(key)}
    paths = []
    for item in answers["resources"]["items"]:
        path = item["path"].removeprefix("/") or "root"
        verbs = item.get("resourceMethods", {})
        paths.append({**item, "resourceMethods": {verb: methods[f"{path}-{verb.lower()}"] for verb in verbs}})
    api = next((answers[key] for key in ("import-swagger", "import_tf_rest_api") if key in answers), {})
    parts = {"Authorizer": "get-authorizers", "Model": "get-models"}
    listed = {
        kind: [as_text(item) for item in answers.get(key, {}).get("items", [])] for kind, key in parts.items()
    }
    return {**api, "id": "api1", "Path": paths, **listed}


def plain(item: Any) -> Any:
    """The recording took templates that are JSON apart: their spaces are lost."""
    names = [name for name in ("requestTemplates", "responseTemplates") if hasattr(item, name)]
    return item.model_copy(
        update={name: {k: _spaceless(v) for k, v in getattr(item, name).items()} for name in names}
    )


def _spaceless(text: str) -> str:
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return text


def _is_method(key: str) -> bool:
    return re.match(r"method-(?!response)", key) is not None


@pytest.mark.parametrize("name", NAMES or ["(the recordings are absent)"])
def test_a_compiled_document_is_what_aws_imported(name: str, tmp_path: Path) -> None:
    if not NAMES:
        pytest.skip("the recordings are not in this checkout")
    text = (FOLDER / f"{name}.input.json").read_text()
    for hidden, value in HIDDEN.get(name, {}).items():
        text = text.replace(hidden, value)
    outcome = compiled(tmp_path, json.loads(text))
    assert outcome.problems == []

    answers = recorded(name)
    root = Address("RestApi", "shop")
    live, _ = from_payload(root, payload(answers), Context())
    held = {str(at).removeprefix(f"{root} > "): item for at, item in live.items()}
    # What was not asked of AWS cannot be compared.
    asked = {"RestApi": "import", "Model": "get-models", "Authorizer": "get-authorizers", "DocumentationPart": "-"}
    told = {kind for kind, key in asked.items() if not any(answer.startswith(key) for answer in answers)}
    mine = {at: item for at, item in outcome.resources.items() if item.kind not in told}
    # The root path is there in every API.
    held = {at: item for at, item in held.items() if item.kind not in told and (at in mine or at != "Path /")}
    assert mine.keys() == held.keys()
    for at, item in mine.items():
        assert plain(item).differences(plain(held[at].aligned(item))) == (), at
