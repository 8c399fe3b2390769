"""What is wrong in an OpenAPI document, or ignored by AWS, is told with its place in that document."""

from __future__ import annotations

import tempfile
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import SpecErrors
from controller.kinds.rest.openapi import terms
from controller.offline import validate
from controller.openapi import ignored
from controller.request import Request
from controller.settings import Settings
from tests.openapi import compiled


HEAD = 'openapi: 3.0.1\ninfo: {title: Shop, version: "1"}\n'
MOCK = "x-amazon-apigateway-integration: {type: mock}"
FINE = "responses: {}"


def operation(fields: str) -> str:
    """A document with one operation, whose fields begin in line 6, column 7."""
    return f"{HEAD}paths:\n  /pets:\n    get:\n{indent(dedent(fields).strip(), '      ')}\n      {MOCK}\n"


def document(fields: str) -> str:
    """A document without paths; the fields begin in line 4."""
    return f"{HEAD}paths: {{}}\n{dedent(fields).strip()}\n"


def said(folder: Path, text: str, by_hand: Any = None) -> list[str]:
    outcome = compiled(folder, text, by_hand)
    return [line.removeprefix("openapi.yaml:") for line in (*outcome.problems, *outcome.warnings)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[]", "openapi: expected a mapping"),
        ("{}", "expected an OpenAPI document (openapi: {$file: openapi.yaml})"),
        ("info: {}", 'not an OpenAPI document: it begins with openapi: "3.0.1" or swagger: "2.0"'),
        ("openapi: 3.1.0", "1:1: openapi 3.1.0: API Gateway imports OpenAPI 3.0 and Swagger 2.0"),
        ('swagger: "1.2"', "1:1: swagger 1.2: API Gateway imports OpenAPI 3.0 and Swagger 2.0"),
        (f"{HEAD}", "paths is missing"),
        ("openapi: 3.0.1\npaths: {}", "info is missing"),
        ("openapi: 3.0.1\ninfo: {}\npaths: {}", "2:1: info: title is missing"),
        (f"{HEAD}paths: []", "3:1: paths: expected a mapping"),
        (f"{HEAD}paths: {{pets: {{}}}}", "3:9: a path begins with a slash: /pets"),
        (f"{HEAD}paths: {{/pets: {{}}, /pets/: {{}}}}", "3:20: /pets is described at openapi.yaml:3:9 already"),
        (f"{HEAD}paths: {{/pets: {{post: []}}}}", "3:17: an operation: expected a mapping"),
        (operation("responses: []"), "6:7: responses: expected a mapping"),
        (operation("parameters: [{name: q}]"), "6:20: a parameter needs name and in"),
        (operation("parameters: [{name: q, in: qery}]"), "expected in to be query, header, path or cookie"),
        (operation("parameters: [{$ref: '#/nope'}]"), "6:21: $ref #/nope: there is no such place in the document"),
        (operation("responses: {'20': {description: x}}"), "6:19: expected a status code such as 200"),
        (operation("security: [{users: []}]"), "6:19: there is no security scheme 'users'"),
        (operation("operationId: [a]"), "6:7: operationId: expected text"),
        (operation("x-amazon-apigateway-request-validator: all"), "6:7: there is no RequestValidator 'all'"),
        (f"{HEAD}paths: {{/pets: {{get: {{}}}}}}", "3:17: GET has no integration"),
        (
            document("components: {schemas: {a-b: {type: object}}}"),
            "4:24: a model's name has letters and digits only",
        ),
        (document("components: {schemas: {A: {$ref: 'b.yaml#/A'}}}"), "expected a place in this document, #/…"),
        (
            document(
                "components: {schemas: {A: {$ref: '#/components/schemas/B/items'}, B: {type: array, items: {}}}}"
            ),
            "only schemas right below #/components/schemas/ are models",
        ),
        (
            document("components: {parameters: {a: {$ref: '#/components/parameters/a'}}}")
            + "x-amazon-apigateway-request-validators: {$ref: '#/components/parameters/a'}",
            "leads in a circle",
        ),
        (
            document(
                """
                components:
                  securitySchemes:
                    j: {type: oauth2, flows: {}, x-amazon-apigateway-authorizer: {type: jwt}}
                """
            ),
            "6:67: x-amazon-apigateway-authorizer: expected type token, request or cognito_user_pools (jwt is",
        ),
        (document("x-amazon-apigateway-policy: {a: b}"), "4:1: expected an IAM policy document with a Statement"),
        (document("x-amazon-apigateway-api-key-source: cookie"), "4:1: input should be 'HEADER' or 'AUTHORIZER'"),
        (
            document("x-amazon-apigateway-gateway-responses: {NOPE: {}}"),
            "4:41: expected one of DEFAULT_4XX",
        ),
    ],
)
def test_a_broken_document(tmp_path: Path, text: str, wanted: str) -> None:
    found = said(tmp_path, text)
    assert any(wanted in line for line in found), found


@pytest.mark.parametrize(
    ("members", "wanted"),
    [
        ("{type: htp, uri: 'http://x.org', httpMethod: GET}", "7:41: input should be 'AWS', 'AWS_PROXY'"),
        ("{uri: 'http://x.org'}", "7:7: Integration needs the field 'type'"),
        ("{type: http, uri: 'http://x.org'}", "7:7: an integration of type HTTP needs an httpMethod"),
        ("{type: mock, responses: {default: {}}}", "needs a statusCode"),
        ("{type: mock, responses: {default: {statusCode: 200}}}", "the method has no response 200"),
        (
            "{type: mock, responses: {a: {statusCode: 200}, b: {statusCode: '200'}}}",
            "7:91: 200 is answered at openapi.yaml:7:65 already",
        ),
        ("{type: mock, timeoutInMillis: soon}", "7:53: expected a whole number"),
        ("[]", "x-amazon-apigateway-integration: expected a mapping"),
    ],
)
def test_a_broken_integration(tmp_path: Path, members: str, wanted: str) -> None:
    text = operation(FINE).replace("{type: mock}", members)
    found = said(tmp_path, text)
    assert any(wanted in line for line in found), found


@pytest.mark.parametrize(
    ("by_hand", "wanted"),
    [
        ({"paths": {"/pets": {"methods": {"GET": {}}}}}, "paths /pets methods GET is declared twice"),
        ({"models": {"Pet": {"schema": {"type": "object"}}}}, "models Pet is declared twice"),
        ({"description": "x"}, "description is declared twice"),
        ({"binaryMediaTypes": []}, "binaryMediaTypes is declared twice"),
        ({"openapiBasePath": "cut"}, "openapiBasePath: expected ignore, prepend or split"),
    ],
)
def test_the_same_thing_twice(tmp_path: Path, by_hand: Any, wanted: str) -> None:
    text = operation(FINE).replace('version: "1"', 'version: "1", description: y')
    text += "components: {schemas: {Pet: {type: object}}}\nx-amazon-apigateway-binary-media-types: [a/b]\n"
    (line,) = said(tmp_path, text, by_hand)
    assert line.startswith("api.yaml:1:")
    assert wanted in line
    assert "openapi.yaml:" in line or "openapiBasePath" in line


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            operation(f"{FINE}\noperationid: x"),
            "7:7: unknown field 'operationid': ignored by API Gateway (did you mean \"op",
        ),
        (
            operation(f"{FINE}\nx-amazon-apigateway-polcy: 1"),
            "7:7: x-amazon-apigateway-polcy means nothing in an operation",
        ),
        (document("x-amazon-apigateway-polcy: 1"), "4:1: x-amazon-apigateway-polcy means nothing in the document"),
        (
            operation("responses: {'200': {description: x, content: {a/b: {example: 1}}}}"),
            "6:59: examples are ignored by API Gateway",
        ),
        (operation(f"{FINE}\ncallbacks: {{}}"), "7:7: callbacks are ignored"),
        (operation(f"{FINE}\ndeprecated: true"), "7:7: deprecated is ignored"),
        (operation(f"{FINE}\nservers: []"), "7:7: servers of a path or operation are ignored"),
        (operation("responses: {default: {description: x}}"), "6:19: response 'default' is ignored"),
        (operation("responses: {4XX: {description: x}}"), "6:19: response '4XX' is ignored"),
        (operation("responses: {'200': {description: x, links: {}}}"), "links are ignored"),
        (
            operation("parameters: [{name: c, in: cookie, schema: {type: string}}]\nresponses: {}"),
            "6:30: parameter 'c': API Gateway ignores parameters in cookie",
        ),
        (
            operation("parameters: [{name: l, in: query, schema: {type: integer, maximum: 9}}]\nresponses: {}"),
            "6:20: parameter 'l': API Gateway does not check maximum",
        ),
        (
            operation("responses: {'200': {description: x, content: {a/b: {schema: {type: string}}}}}"),
            "response 200: a schema with type string is ignored",
        ),
        (
            operation("responses: {'200': {description: x, content: {a/b: {schema: {allOf: []}}}}}"),
            "response 200: a schema with allOf is ignored",
        ),
        (f"{HEAD}paths: {{/pets: {{trace: {{responses: {{}}}}}}}}", "3:17: API Gateway has no method TRACE"),
        (
            operation(f"{FINE}\nsecurity: [{{o: []}}]")
            + "components: {securitySchemes: {o: {type: oauth2, flows: {}}}}",
            "7:19: security scheme 'o' (oauth2) is ignored",
        ),
        *(
            (
                document(f"components: {{schemas: {{A: {{type: object, {word}: {value}}}}}}}"),
                f"A: {word} cannot be in a model",
            )
            for word, value in [("discriminator", "{propertyName: a}"), ("example", "{}"), ("readOnly", "true")]
        ),
        *(
            (
                document(f"components: {{schemas: {{A: {{type: array, items: {{}}, {word}: 1}}}}}}"),
                f"does not check {word}",
            )
            for word in ("minItems", "maxItems", "default")
        ),
        (
            document("components: {schemas: {A: {type: object, properties: {n: {type: integer, format: int64}}}}}"),
            "A: API Gateway does not know the format int64",
        ),
        *(
            (document(f"{word}: {{}}"), f"4:1: {word} is for HTTP APIs")
            for word in sorted(ignored.HTTP_API_EXTENSIONS)
        ),
    ],
)
def test_what_aws_ignores_is_a_warning(tmp_path: Path, text: str, wanted: str) -> None:
    outcome = compiled(tmp_path, text)
    assert outcome.problems == []
    assert any(wanted in line for line in outcome.warnings), outcome.warnings


def test_one_of_is_not_known_to_swagger(tmp_path: Path) -> None:
    text = (
        'swagger: "2.0"\ninfo: {title: a, version: "1"}\npaths: {}\ndefinitions: {A: {type: object, oneOf: []}}\n'
    )
    outcome = compiled(tmp_path, text)
    assert any("oneOf is no part of Swagger 2.0" in line for line in outcome.warnings)


def test_integration_members_that_are_ignored(tmp_path: Path) -> None:
    members = "{type: mock, payloadFormatVersion: '1.0', httpmethod: x, requestParameters: {a: 1}}"
    warnings = compiled(tmp_path, operation(FINE).replace("{type: mock}", members)).warnings
    assert [line.partition(": ")[2] for line in warnings] == [
        "payloadFormatVersion is for HTTP APIs: ignored in a REST API",
        "unknown field 'httpmethod' in x-amazon-apigateway-integration: ignored (did you mean \"httpMethod\"?)",
        "a in requestParameters is ignored: expected text",
    ]


def request(folder: Path, *, strict: bool) -> Request:
    text = operation("responses: {default: {description: x}}")
    assert compiled(folder, text).problems == []
    return Request((folder,), folder, Settings(), "default", strict=strict)


def test_warnings_do_not_stop_a_check_unless_they_are_to(tmp_path: Path) -> None:
    checked = validate(request(tmp_path, strict=False))
    assert checked.roots == 1
    assert [str(warning.where) for warning in checked.warnings] == ["openapi.yaml:6:19"]
    with pytest.raises(SpecErrors, match=r"openapi\.yaml:6:19: response 'default' is ignored"):
        validate(request(tmp_path, strict=True))


def test_a_wrong_place_is_told_of_once(tmp_path: Path) -> None:
    text = operation("operationId: [a]\nresponses: []")
    assert said(tmp_path, text) == ["6:7: operationId: expected text", "7:7: responses: expected a mapping"]


# ── whatever a document holds ────────────────────────────────────────────────────────────────────

WORDS = st.sampled_from(
    [
        *(
            "openapi",
            "swagger",
            "info",
            "title",
            "version",
            "paths",
            "/a",
            "/{b}",
            "get",
            "post",
            "parameters",
            "name",
        ),
        *("in", "schema", "type", "$ref", "responses", "200", "default", "content", "application/json", "headers"),
        *("requestBody", "components", "schemas", "securitySchemes", "security", "servers", "url", "variables"),
        *("basePath", "definitions", "properties", "items", "allOf", "required", "operationId", "statusCode"),
        *(value for name, value in vars(terms).items() if name.isupper() and isinstance(value, str)),
        *("documentationParts", "location", "providerARNs", "identitySource", "requestParameters", "consumes"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 1000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.sampled_from(
        ["#/paths", "#/components/schemas/a", "#/definitions/get", "3.0.1", "2.0", "object", "query", "mock"]
    )
    | st.sampled_from(["http://[", "${AWS::Region}", "token", "string", "path", "body"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=25,
)
OPERATIONS = st.dictionaries(WORDS, VALUES, max_size=5)
DOCUMENTS = st.dictionaries(WORDS, VALUES, max_size=6) | st.fixed_dictionaries(
    {"info": st.just({"title": "a", "version": "1"})},
    optional={
        "openapi": st.sampled_from(["3.0.1", "3.0.3"]),
        "swagger": st.just("2.0"),
        "paths": VALUES
        | st.dictionaries(st.sampled_from(["/a", "/{b}"]), st.fixed_dictionaries({"get": OPERATIONS})),
        "components": st.dictionaries(WORDS, st.dictionaries(WORDS, VALUES, max_size=3), max_size=3),
        "definitions": st.dictionaries(WORDS, VALUES, max_size=3),
        "securityDefinitions": st.dictionaries(WORDS, VALUES, max_size=3),
        "servers": VALUES,
        "security": VALUES,
        **dict.fromkeys(terms.SETTINGS, VALUES),
        terms.DOCUMENTATION: VALUES,
        terms.GATEWAY_RESPONSES: VALUES,
        terms.ENDPOINT_CONFIGURATION: VALUES,
    },
)


@settings(deadline=None, max_examples=300)
@given(DOCUMENTS, st.sampled_from([None, "ignore", "prepend", "split"]))
def test_any_document_gives_problems_and_never_raises(content: Any, mode: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outcome = compiled(Path(folder), content, {"openapiBasePath": mode} if mode else None)
    for line in (*outcome.problems, *outcome.warnings):
        file, row, column, *_ = line.split(":")
        assert file in ("openapi.json", "api.yaml")
        assert int(row) >= 1
        assert int(column) >= 1
