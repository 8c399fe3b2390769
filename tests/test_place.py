"""Where a change of the specs was written: file, line and column of a resource, or of one of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from controller.address import Address
from controller.desired import build
from controller.source import load
from controller.state import State
from controller.terms import Scope


SHOP = Address("RestApi", "shop")
HEALTH = SHOP.child("Path", "/health")
GET = HEALTH.child("Method", "GET")
ANSWER = GET.child("Integration").child("IntegrationResponse", "200")

HEAD = "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: shop}\nspec:\n"
PLAIN = """\
  description: all there is
  paths:
    /health:
      methods:
        GET:
          integration: {$file: health.yaml}
          responses: {"200": {}}
  stages: {prod: {}}
"""
INCLUDED = """\
type: MOCK
responses:
  "200":
    responseTemplates: {application/json: "{}"}
"""
OPENAPI = """\
openapi: 3.0.1
info: {title: shop, version: "1"}
paths:
  /health:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration:
        type: mock
        responses:
          default:
            statusCode: "200"
            responseTemplates: {application/json: "{}"}
"""


def described(folder: Path, files: Mapping[str, str]) -> State:
    for name, text in files.items():
        (folder / name).write_text(text)
    found = load([folder / "shop.yaml"], checkout=folder, variables={}, environ={})
    state, problems = build(found.documents, Scope("1", "eu-west-1", "aws"), "abc")
    assert (list(found.problems), problems) == ([], [])
    return state


def test_the_place_of_what_is_written_and_included(tmp_path: Path) -> None:
    state = described(tmp_path, {"shop.yaml": HEAD + PLAIN, "health.yaml": INCLUDED})
    places = {
        "root": state.place(SHOP, "description"),
        "path": state.place(HEALTH),
        "included": state.place(GET.child("Integration"), "type"),
        "inside": state.place(ANSWER, "responseTemplates", "application/json"),
    }
    assert {name: str(where) for name, where in places.items()} == {
        "root": "shop.yaml:5:3",
        "path": "shop.yaml:7:5",
        "included": "health.yaml:1:1",
        "inside": "health.yaml:4:25",
    }


def test_the_place_of_what_came_from_openapi(tmp_path: Path) -> None:
    spec = HEAD + "  openapi: {$file: api.yaml}\n  stages: {prod: {}}\n"
    state = described(tmp_path, {"shop.yaml": spec, "api.yaml": OPENAPI})
    inside = state.place(ANSWER, "responseTemplates", "application/json")
    assert (str(state.place(GET)), str(inside)) == ("api.yaml:5:5", "api.yaml:12:33")


def test_what_has_no_place_of_its_own_is_where_the_closest_thing_around_it_is(tmp_path: Path) -> None:
    state = described(tmp_path, {"shop.yaml": HEAD + PLAIN, "health.yaml": INCLUDED})
    (deployment,) = (at for at in state.resources if at.kind == "Deployment")
    places = [state.place(deployment), state.place(ANSWER, "selectionPattern"), state.place(GET, "apiKeyRequired")]
    assert [str(where) for where in places] == ["shop.yaml:4:1", "health.yaml:3:3", "shop.yaml:9:9"]


def test_what_no_spec_describes_has_no_place() -> None:
    assert State().place(SHOP, "description") is None
