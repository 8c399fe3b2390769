"""Impacts as a report has them: of specs in files, on the fake, with the place of each."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.desired import build
from controller.reconcile import Pass
from controller.report import Report
from controller.request import Request
from controller.retry import Patient
from controller.settings import Limits, Settings
from controller.source import load
from controller.standing import Standing
from controller.state import State
from controller.terms import Scope
from tests.engine import HERE
from tests.fake import FakeGateway


URI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations".format(
    "arn:aws:lambda:eu-west-1:123456789012:function:users"
)
HEAD = "apiVersion: apigateway/v1\nkind: RestApi\nmetadata: {name: shop}\nspec:\n"
BEFORE = f"""\
  permissions: unmanaged
  authorizers:
    users: {{type: TOKEN, authorizerUri: "{URI}"}}
  paths:
    /a:
      methods:
        GET:
          authorizer: users
          integration: {{type: MOCK}}
        PUT:
          integration: {{type: MOCK}}
    /b:
      methods:
        GET: {{integration: {{type: MOCK}}}}
  stages: {{prod: {{}}}}
"""
OPENED = BEFORE.replace("          authorizer: users\n", "")
EXPLICIT = BEFORE.replace("authorizer: users", "authorizationType: NONE")
SHUT = BEFORE.replace("        PUT:\n", "        PUT:\n          authorizer: users\n")
OPENAPI = f"""\
openapi: 3.0.1
info: {{title: shop, version: "1"}}
components:
  securitySchemes:
    users:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer: {{type: token, authorizerUri: "{URI}"}}
paths:
  /a:
    get:
      security: [{{users: []}}]
      responses: {{"200": {{description: ok}}}}
      x-amazon-apigateway-integration: {{type: mock}}
    put:
      responses: {{"200": {{description: ok}}}}
      x-amazon-apigateway-integration: {{type: mock}}
"""


def specs(folder: Path, text: str, document: str = "") -> State:
    """The desired state of a spec, and of an OpenAPI document beside it."""
    (folder / "shop.yaml").write_text(HEAD + text)
    (folder / "api.yaml").write_text(document)
    found = load([folder / "shop.yaml"], checkout=folder, variables={}, environ={})
    state, problems = build(found.documents, Scope(HERE.account, HERE.region, HERE.partition), "abc")
    assert (list(found.problems), problems) == ([], [])
    return state


def one_pass(fake: FakeGateway, wanted: State, base: State | None = None, **asked: Any) -> Pass:
    settings = Settings(limits=Limits(deletes=None, updates=None), prune=True)
    request = Request((Path(),), Path(), settings, "default", **asked)
    return Pass(request, wanted, Patient(fake, sleep=lambda _: None), HERE, base=base)


def applied(fake: FakeGateway, wanted: State) -> Report:
    one = one_pass(fake, wanted)
    one.plan()
    report = one.apply(lambda _: None, threading.Event())
    assert report.summary.failed == 0
    return report


def told(report: Report) -> Mapping[str, tuple[str, str]]:
    """Place and words of each impact, by its rule and the change that it is of."""
    return {
        f"{impact.rule} {change.path or change.root}": (impact.place, impact.message)
        for change in report.changes
        for impact in change.impacts
    }


def planned(folder: Path, old: tuple[str, ...], new: tuple[str, ...]) -> Report:
    fake = FakeGateway()
    applied(fake, specs(folder, *old))
    return one_pass(fake, specs(folder, *new)).plan()


def test_an_authorizer_that_goes_is_told_of_at_its_method(tmp_path: Path) -> None:
    report = planned(tmp_path, (BEFORE,), (OPENED,))
    words = "GET /a can be called without authentication (authorizer users before)"
    assert told(report) == {"authentication-weakened Path /a > Method GET": ("shop.yaml:11:9", words)}
    assert (report.summary.exposure, report.summary.breaking) == (1, 0)


def test_what_is_written_is_told_of_at_its_line(tmp_path: Path) -> None:
    opened = told(planned(tmp_path, (BEFORE,), (EXPLICIT,)))
    assert opened["authentication-weakened Path /a > Method GET"][0] == "shop.yaml:12:11"
    shut = told(planned(tmp_path, (BEFORE,), (SHUT,)))
    assert shut["authentication-tightened Path /a > Method PUT"][0] == "shop.yaml:15:11"


def test_a_route_that_goes_is_told_of_at_what_was_around_it(tmp_path: Path) -> None:
    without_verb = BEFORE.replace("        PUT:\n          integration: {type: MOCK}\n", "")
    without_path = BEFORE.replace("    /b:\n      methods:\n        GET: {integration: {type: MOCK}}\n", "")
    found = told(planned(tmp_path, (BEFORE,), (without_verb,)))
    assert found == {"method-removed Path /a > Method PUT": ("shop.yaml:9:5", "PUT /a answers no more")}
    found = told(planned(tmp_path, (BEFORE,), (without_path,)))
    assert found == {"method-removed Path /b > Method GET": ("shop.yaml:4:1", "GET /b answers no more")}


def test_an_api_that_goes_is_told_of_where_it_was(tmp_path: Path) -> None:
    fake, base = FakeGateway(), specs(tmp_path, BEFORE)
    applied(fake, base)
    found = told(one_pass(fake, State(), base).plan())
    words = "API shop is deleted: none of its routes answers any more"
    assert found == {"api-removed RestApi shop": ("shop.yaml:4:1", words)}


def test_what_comes_from_openapi_is_told_of_in_that_document(tmp_path: Path) -> None:
    spec = "  openapi: {$file: api.yaml}\n  permissions: unmanaged\n  stages: {prod: {}}\n"
    shut = OPENAPI.replace("    put:\n", "    put:\n      security: [{users: []}]\n")
    opened = OPENAPI.replace("      security: [{users: []}]\n", "")
    found = told(planned(tmp_path, (spec, OPENAPI), (spec, shut)))
    assert found["authentication-tightened Path /a > Method PUT"][0] == "api.yaml:18:19"
    found = told(planned(tmp_path, (spec, OPENAPI), (spec, opened)))
    assert found["authentication-weakened Path /a > Method GET"][0] == "api.yaml:13:5"


def test_what_is_held_back_is_told_of_and_not_counted(tmp_path: Path) -> None:
    fake, base = FakeGateway(), specs(tmp_path, BEFORE)
    applied(fake, base)
    wanted = specs(tmp_path, OPENED)
    (root,) = wanted.roots()
    wanted.standing[root] = Standing(suspended="an incident")
    report = one_pass(fake, wanted).plan()
    assert list(told(report)) == ["authentication-weakened Path /a > Method GET"]
    assert report.summary.exposure == 0
