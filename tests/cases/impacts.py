"""What changes do to callers: worlds before and after, and what is to be told of the way between them.

An expectation is the severity, the rule and the place of a change: `breaking method-removed Method GET`, with the
field after a dot. Without any, nothing is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import SecretStr


World = Mapping[str, Mapping[str, Any]]


class Row(NamedTuple):
    """One way from a world to another."""

    name: str
    old: World
    new: World
    told: tuple[str, ...] = ()


def shop(**spec: Any) -> World:
    return {"RestApi shop": spec}


def get(**fields: Any) -> dict[str, Any]:
    """A path with a method GET that answers by itself."""
    return {"methods": {"GET": method(**fields)}}


def method(**fields: Any) -> dict[str, Any]:
    return {"integration": {"type": "MOCK"}, **fields}


def paths(**fields: Any) -> World:
    """An API with `GET /a`, which has these fields, and with all that they may refer to."""
    return around({"/a": get(**fields)})


def around(paths: Mapping[str, Any], **spec: Any) -> World:
    return shop(
        paths=paths,
        authorizers=spec.pop("authorizers", AUTHORIZERS),
        requestValidators=spec.pop("requestValidators", VALIDATORS),
        models=spec.pop("models", MODELS),
        **spec,
    )


def _lambda(name: str) -> str:
    function = f"arn:aws:lambda:eu-west-1:1:function:{name}"
    return f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"


POOL = "arn:aws:cognito-idp:eu-west-1:1:userpool/one"
OTHER_POOL = "arn:aws:cognito-idp:eu-west-1:1:userpool/two"
USERS = {"type": "TOKEN", "authorizerUri": _lambda("users")}
REQUEST = {"type": "REQUEST", "authorizerUri": _lambda("users"), "identitySource": "method.request.header.A"}
AUTHORIZERS: Mapping[str, Any] = {
    "users": USERS,
    "users2": USERS,
    "staff": {"type": "TOKEN", "authorizerUri": _lambda("staff")},
    "pool": {"type": "COGNITO_USER_POOLS", "providerARNs": [POOL]},
}
VALIDATORS: Mapping[str, Any] = {
    "body": {"validateRequestBody": True},
    "parameters": {"validateRequestParameters": True},
    "nothing": {},
}
PET = {"type": "object", "properties": {"name": {"type": "string"}}}
NAMED = {**PET, "required": ["name"]}
ORDER = {"type": "object", "properties": {"pet": {"$ref": "#/models/Pet"}}}
MODELS: Mapping[str, Any] = {"Pet": {"schema": PET}, "Named": {"schema": NAMED}, "Order": {"schema": ORDER}}
JSON = "application/json"
BODY = {"requestValidator": "body"}
AUTH = ("breaking authentication-tightened Method GET", "exposure authentication-weakened Method GET")


def authorizer(**fields: Any) -> World:
    """An API in which `GET /a` asks an authorizer of these fields."""
    found = {**AUTHORIZERS, "users": fields}
    return around({"/a": get(authorizer="users")}, authorizers=found)


def _header(name: str) -> dict[str, Any]:
    return {f"method.request.header.{name}": True}


def _query(name: str, *, needed: bool = True) -> dict[str, Any]:
    return {f"method.request.querystring.{name}": needed}


ROUTES = (
    Row("nothing", paths(), paths()),
    Row("a new route", paths(), around({"/a": get(), "/b": get()})),
    Row("a new API", {}, paths()),
    Row("a method goes", around({"/a": {"methods": {"GET": method(), "PUT": method()}}}), paths(),
        ("breaking method-removed Method PUT",)),
    Row("a path goes, with two methods",
        around({"/": get(), "/a": {"methods": {"GET": method(), "PUT": method()}}}),
        around({"/": get()}), ("breaking method-removed Method GET", "breaking method-removed Method PUT")),
    Row("an API goes", {**paths(), "RestApi other": {"paths": {"/": get()}}}, paths(),
        ("breaking api-removed RestApi other",)),
    Row("a variable is renamed", around({"/{id}": get(), "/{id}/x": get()}),
        around({"/{key}": get(), "/{key}/x": get()})),
    Row("a segment is renamed", around({"/a": get(), "/a/x": get()}), around({"/b": get(), "/b/x": get()}),
        ("breaking method-removed Path /b",)),
    Row("ANY takes over", around({"/a": {"methods": {"GET": method(), "ANY": method()}}}),
        around({"/a": {"methods": {"ANY": method()}}})),
    Row("ANY takes over, and asks more",
        around({"/a": {"methods": {"GET": method(), "ANY": method(authorizer="users")}}}),
        around({"/a": {"methods": {"ANY": method(authorizer="users")}}}),
        ("breaking authentication-tightened Method GET.authorizer",)),
    Row("a verb is let out of ANY", around({"/a": {"methods": {"ANY": method(authorizer="users")}}}),
        around({"/a": {"methods": {"GET": method(), "ANY": method(authorizer="users")}}}),
        ("exposure authentication-weakened Method GET.authorizationType",)),
    Row("ANY goes, and some verbs remain", around({"/a": {"methods": {"ANY": method()}}}), paths(),
        ("breaking method-removed Method ANY",)),
    Row("a greedy path takes over", around({"/a": get(), "/{all+}": {"methods": {"ANY": method()}}}),
        around({"/{all+}": {"methods": {"ANY": method()}}})),
    Row("a path is let out of a greedy one", around({"/{all+}": {"methods": {"ANY": method(apiKeyRequired=True)}}}),
        around({"/a": get(), "/{all+}": {"methods": {"ANY": method(apiKeyRequired=True)}}}),
        ("exposure authentication-weakened Method GET.apiKeyRequired",)),
    Row("a stage goes",
        around({"/a": get()}, stages={"prod": {}, "dev": {}}), around({"/a": get()}, stages={"prod": {}}),
        ("breaking stage-removed Stage dev",)),
    Row("a backend changes", paths(), paths(integration={"type": "MOCK", "timeoutInMillis": 1000})),
    Row("tracing, variables, logging", around({"/a": get()}, stages={"prod": {}}),
        around({"/a": get()}, stages={"prod": {"tracingEnabled": True, "variables": {"a": "b"}}})),
)  # fmt: skip

ADMISSION = (
    Row("authentication goes", paths(authorizer="users"), paths(), (f"{AUTH[1]}.authorizationType",)),
    Row("authentication comes", paths(), paths(authorizer="users"), (f"{AUTH[0]}.authorizer",)),
    Row("authentication comes, by IAM",
        paths(), paths(authorizationType="AWS_IAM"), (f"{AUTH[0]}.authorizationType",)),
    Row("authentication by IAM goes",
        paths(authorizationType="AWS_IAM"), paths(), (f"{AUTH[1]}.authorizationType",)),
    Row("another authorizer", paths(authorizer="users"), paths(authorizer="staff"),
        (f"{AUTH[0]}.authorizer", f"{AUTH[1]}.authorizer")),
    Row("the same authorizer by another name", paths(authorizer="users"), paths(authorizer="users2")),
    Row("another kind of authorizer", paths(authorizer="users"), paths(authorizationType="AWS_IAM"),
        (f"{AUTH[0]}.authorizationType", f"{AUTH[1]}.authorizationType")),
    Row("OPTIONS without authentication", around({"/a": {"methods": {"OPTIONS": method(authorizer="users")}}}),
        around({"/a": {"methods": {"OPTIONS": method()}}})),
    Row("OPTIONS with authentication", around({"/a": {"methods": {"OPTIONS": method()}}}),
        around({"/a": {"methods": {"OPTIONS": method(authorizer="users")}}}),
        ("breaking authentication-tightened Method OPTIONS.authorizer",)),
    Row("scopes come", paths(authorizer="pool"), paths(authorizer="pool", authorizationScopes=["r"]),
        (f"{AUTH[0]}.authorizationScopes",)),
    Row("scopes go", paths(authorizer="pool", authorizationScopes=["r"]), paths(authorizer="pool"),
        (f"{AUTH[0]}.authorizationScopes", f"{AUTH[1]}.authorizationScopes")),
    Row("one scope more is enough", paths(authorizer="pool", authorizationScopes=["r"]),
        paths(authorizer="pool", authorizationScopes=["r", "w"]), (f"{AUTH[1]}.authorizationScopes",)),
    Row("one scope less", paths(authorizer="pool", authorizationScopes=["r", "w"]),
        paths(authorizer="pool", authorizationScopes=["r"]), (f"{AUTH[0]}.authorizationScopes",)),
    Row("a key is wanted", paths(), paths(apiKeyRequired=True), (f"{AUTH[0]}.apiKeyRequired",)),
    Row("no key is wanted", paths(apiKeyRequired=True), paths(), (f"{AUTH[1]}.apiKeyRequired",)),
    Row("a source of identity comes", authorizer(**REQUEST),
        authorizer(**{**REQUEST, "identitySource": "method.request.header.A,method.request.header.B"}),
        ("breaking authentication-tightened Authorizer users.identitySource",)),
    Row("a source of identity goes",
        authorizer(**{**REQUEST, "identitySource": "method.request.header.A,method.request.header.B"}),
        authorizer(**REQUEST), ("exposure authentication-weakened Authorizer users.identitySource",)),
    Row("a token comes in another header", authorizer(**USERS),
        authorizer(**USERS, identitySource="method.request.header.Token"),
        ("breaking authentication-tightened Authorizer users.identitySource",)),
    Row("a pattern of tokens comes", authorizer(**USERS), authorizer(**USERS, identityValidationExpression="x.*"),
        ("breaking authentication-tightened Authorizer users.identityValidationExpression",)),
    Row("a pattern of tokens goes", authorizer(**USERS, identityValidationExpression="x.*"), authorizer(**USERS),
        ("exposure authentication-weakened Authorizer users.identityValidationExpression",)),
    Row("a pool comes", authorizer(**AUTHORIZERS["pool"]),
        authorizer(type="COGNITO_USER_POOLS", providerARNs=[POOL, OTHER_POOL]),
        ("exposure authentication-weakened Authorizer users.providerARNs",)),
    Row("a pool goes", authorizer(type="COGNITO_USER_POOLS", providerARNs=[POOL, OTHER_POOL]),
        authorizer(**AUTHORIZERS["pool"]), ("breaking authentication-tightened Authorizer users.providerARNs",)),
    Row("another function decides", authorizer(**USERS), authorizer(**AUTHORIZERS["staff"]),
        ("breaking authentication-tightened Authorizer users.authorizerUri",
         "exposure authentication-weakened Authorizer users.authorizerUri")),
    Row("a pool decides instead of a function", authorizer(**USERS), authorizer(**AUTHORIZERS["pool"]),
        ("breaking authentication-tightened Authorizer users.type",
         "exposure authentication-weakened Authorizer users.type")),
    Row("a new version of the function decides", authorizer(type="TOKEN", authorizerUri=_lambda("users:1")),
        authorizer(type="TOKEN", authorizerUri=_lambda("users:2"))),
    Row("decisions are kept longer", authorizer(**USERS), authorizer(**USERS, authorizerResultTtlInSeconds=10)),
    Row("an authorizer that nobody asks", around({"/a": get()}),
        around({"/a": get()}, authorizers={**AUTHORIZERS, "users": AUTHORIZERS["staff"]})),
)  # fmt: skip

REQUESTS = (
    Row("a parameter is required", paths(requestValidator="parameters"),
        paths(requestValidator="parameters", requestParameters=_query("q")),
        ("breaking parameter-required Method GET.requestParameters",)),
    Row("a parameter becomes required",
        paths(requestValidator="parameters", requestParameters=_query("q", needed=False)),
        paths(requestValidator="parameters", requestParameters=_query("q")),
        ("breaking parameter-required Method GET.requestParameters",)),
    Row("a parameter is required, and nobody checks", paths(), paths(requestParameters=_query("q"))),
    Row("a parameter is required, and the body is checked",
        paths(**BODY), paths(**BODY, requestParameters=_query("q"))),
    Row("a parameter is optional", paths(requestValidator="parameters"),
        paths(requestValidator="parameters", requestParameters=_query("q", needed=False))),
    Row("a parameter is no longer required", paths(requestValidator="parameters", requestParameters=_query("q")),
        paths(requestValidator="parameters")),
    Row("a variable is declared", around({"/{id}": get(requestValidator="parameters")}),
        around({"/{id}": get(requestValidator="parameters", requestParameters={"method.request.path.id": True})})),
    Row("parameters are checked", paths(requestParameters=_header("X")),
        paths(requestParameters=_header("X"), requestValidator="parameters"),
        ("breaking validation-tightened Method GET.requestValidator",)),
    Row("parameters are checked, and none is required", paths(), paths(requestValidator="parameters")),
    Row("nothing is checked", paths(requestParameters=_header("X")),
        paths(requestParameters=_header("X"), requestValidator="nothing")),
    Row("parameters are no longer checked", paths(requestParameters=_header("X"), requestValidator="parameters"),
        paths(requestParameters=_header("X"))),
    Row("a validator begins to check parameters",
        paths(requestParameters=_header("X"), requestValidator="nothing"),
        around({"/a": get(requestParameters=_header("X"), requestValidator="nothing")},
               requestValidators={**VALIDATORS, "nothing": {"validateRequestParameters": True}}),
        ("breaking validation-tightened RequestValidator nothing.validateRequestParameters",)),
    Row("a validator begins to check bodies", paths(requestModels={JSON: "Pet"}, requestValidator="nothing"),
        around({"/a": get(requestModels={JSON: "Pet"}, requestValidator="nothing")},
               requestValidators={**VALIDATORS, "nothing": {"validateRequestBody": True}}),
        ("breaking validation-tightened RequestValidator nothing.validateRequestBody",)),
    Row("a validator begins to check, and nobody uses it", paths(),
        around({"/a": get()}, requestValidators={**VALIDATORS, "nothing": {"validateRequestBody": True}})),
    Row("a body gets a model", paths(**BODY), paths(**BODY, requestModels={JSON: "Pet"}),
        ("breaking body-tightened Method GET.requestModels",)),
    Row("a body gets a model, and nobody checks", paths(), paths(requestModels={JSON: "Pet"})),
    Row("a body gets a tighter model", paths(**BODY, requestModels={JSON: "Pet"}),
        paths(**BODY, requestModels={JSON: "Named"}), ("breaking body-tightened Method GET.requestModels",)),
    Row("a body gets a looser model", paths(**BODY, requestModels={JSON: "Named"}),
        paths(**BODY, requestModels={JSON: "Pet"})),
    Row("a body gets a model for all types", paths(**BODY, requestModels={JSON: "Pet"}),
        paths(**BODY, requestModels={"$default": "Pet"}), ("breaking body-tightened Method GET.requestModels",)),
    Row("a body loses its model", paths(**BODY, requestModels={JSON: "Pet"}), paths(**BODY)),
    Row("bodies are checked", paths(requestModels={JSON: "Pet"}), paths(**BODY, requestModels={JSON: "Pet"}),
        ("breaking validation-tightened Method GET.requestValidator",)),
)  # fmt: skip


def pets(old: Any, new: Any, *told: str, model: str = "Pet", **fields: Any) -> tuple[World, World, tuple[str, ...]]:
    """An API that takes pets, or what has a pet inside, whose schema changes."""
    used = {"/a": get(requestModels={JSON: model}, **({**BODY, **fields}))}
    before, after = ({**MODELS, "Pet": {"schema": schema}} for schema in (old, new))
    return around(used, models=before), around(used, models=after), told


TIGHTER = "breaking body-tightened Model Pet.schema"

SCHEMAS = (
    Row("a property is required", *pets(PET, NAMED, TIGHTER)),
    Row("a property is required, inside", *pets(PET, NAMED, TIGHTER, model="Order")),
    Row("a property is required, and nobody checks", *pets(PET, NAMED, requestValidator="parameters")),
    Row("a property is required of another model", *pets(PET, NAMED, model="Named")),
    Row("a property is no longer required", *pets(NAMED, PET)),
    Row("a type is narrower", *pets(PET, {**PET, "properties": {"name": {"type": "integer"}}}, TIGHTER)),
    Row("a type is wider", *pets(PET, {**PET, "properties": {"name": {"type": ["string", "null"]}}})),
    Row("values are fewer", *pets({"enum": ["a", "b"]}, {"enum": ["a"]}, TIGHTER)),
    Row("values are more", *pets({"enum": ["a"]}, {"enum": ["a", "b"]})),
    Row("nothing further is taken", *pets(PET, {**PET, "additionalProperties": False}, TIGHTER)),
    Row("anything further is taken", *pets({**PET, "additionalProperties": False}, PET)),
    Row("a bound is tighter", *pets({"type": "integer", "maximum": 9}, {"type": "integer", "maximum": 5}, TIGHTER)),
    Row("a bound is looser", *pets({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9})),
    Row("a property more, that may be left out",
        *pets(PET, {**PET, "properties": {**PET["properties"], "age": {"type": "integer"}}})),
    Row("words change", *pets(PET, {**PET, "title": "A pet", "description": "An animal."})),
)  # fmt: skip


def answers(*codes: str, headers: Mapping[str, str] | None = None, **fields: Any) -> World:
    """An API whose `GET /a` gives these answers."""
    given = {f"method.response.header.{name}": value for name, value in (headers or {}).items()}
    responses = {
        code: {"responseParameters": given, "selectionPattern": "" if code == codes[0] else code} for code in codes
    }
    declared = {code: {"responseParameters": dict.fromkeys(given, False), **fields} for code in codes}
    return paths(integration={"type": "MOCK", "responses": responses}, responses=declared)


def proxied(*codes: str, **fields: Any) -> World:
    """The same where the backend answers."""
    backend = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "https://example.com"}
    return paths(integration=backend, responses=dict.fromkeys(codes, fields))


ANSWERS = (
    Row("an answer goes",
        answers("200", "404"), answers("200"), ("breaking response-removed IntegrationResponse 404",)),
    Row("an answer comes", answers("200"), answers("200", "404")),
    Row("an answer of a proxied backend goes", proxied("200", "404"), proxied("200")),
    Row("a backend is proxied now", answers("200", "404"), proxied("200")),
    Row("a header goes", answers("200", headers={"X-Next": "'1'"}), answers("200"),
        ("breaking response-header-removed IntegrationResponse 200.responseParameters",)),
    Row("a header comes", answers("200"), answers("200", headers={"X-Next": "'1'"})),
    Row("a model of an answer goes", answers("200", responseModels={JSON: "Pet"}), answers("200"),
        ("breaking response-model-removed MethodResponse 200.responseModels",)),
    Row("a model of a proxied answer goes", proxied("200", responseModels={JSON: "Pet"}), proxied(),
        ("breaking response-model-removed MethodResponse 200.responseModels",)),
    Row("an empty model of an answer goes", answers("200", responseModels={JSON: "Empty"}), answers("200")),
)  # fmt: skip


def cors(policy: Mapping[str, Any] | None = None, *verbs: str) -> World:
    own = {"cors": policy} if policy else {}
    return around({"/a": {**own, "methods": {verb: method() for verb in verbs or ("GET",)}}})


ONE, TWO, ALL = ({"allowOrigins": list(given)} for given in (("https://one",), ("https://one", "https://two"), "*"))
NARROWED = "breaking cors-narrowed IntegrationResponse 200.responseParameters"
OPENED = "exposure cors-opened IntegrationResponse 200.responseParameters"

CORS = (
    Row("an origin goes", cors(TWO), cors(ONE), (NARROWED,)),
    Row("an origin comes", cors(ONE), cors(TWO)),
    Row("all origins come", cors(ONE), cors(ALL), (OPENED,)),
    Row("all origins come, first", cors(), cors(ALL), (OPENED,)),
    Row("all origins go", cors(ALL), cors(ONE), (NARROWED,)),
    Row("no page may call", cors(ALL), cors(), (NARROWED,)),
    Row("a header goes",
        cors({**ONE, "allowHeaders": ["A", "B"]}), cors({**ONE, "allowHeaders": ["a"]}), (NARROWED,)),
    Row("any header comes", cors({**ONE, "allowHeaders": ["A"]}), cors({**ONE, "allowHeaders": ["*"]}), (OPENED,)),
    Row("a method goes", cors({**ONE, "allowMethods": ["GET", "PUT"]}, "GET", "PUT"),
        cors({**ONE, "allowMethods": ["GET"]}, "GET", "PUT"), (NARROWED,)),
    Row("credentials go", cors({**ONE, "allowCredentials": True}), cors(ONE), (NARROWED,)),
    Row("what is kept is kept longer", cors({**ONE, "maxAge": 5}), cors({**ONE, "maxAge": 50})),
    Row("the path goes",
        around({"/": get(), "/a": {"cors": ALL, "methods": {"GET": method()}}}), around({"/": get()}),
        ("breaking method-removed Method GET",)),
)  # fmt: skip


def staged(**stage: Any) -> World:
    return around({"/a": get(), "/b": get()}, stages={"prod": stage})


def limited(**by_method: float) -> World:
    """A stage with a rate for all methods, and one for `GET /a`."""
    names = {"every": "*/*", "one": "GET /a"}
    settings = {names[key]: {"throttlingRateLimit": float(rate)} for key, rate in by_method.items()}
    return staged(methodSettings=settings)


SLOWER = "breaking throttle-lowered Stage prod.methodSettings"
ACL = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1"

STAGES = (
    Row("a limit is lower", limited(every=100), limited(every=50), (SLOWER,)),
    Row("a limit is higher", limited(every=50), limited(every=100)),
    Row("a limit comes", staged(), limited(every=50), (SLOWER,)),
    Row("a limit comes that the account has anyway", staged(), limited(every=10000)),
    Row("a limit goes", limited(every=50), staged()),
    Row("a limit of one method", limited(every=100), limited(every=100, one=5), (SLOWER,)),
    Row("a limit of one method goes", limited(every=5, one=100), limited(every=5), (SLOWER,)),
    Row("metrics and caching",
        staged(), staged(methodSettings={"*/*": {"metricsEnabled": True, "loggingLevel": "OFF"}})),
    Row("a web ACL goes",
        staged(webAclArn=ACL), staged(webAclArn=""), ("exposure web-acl-removed Stage prod.webAclArn",)),
    Row("a web ACL comes", staged(webAclArn=""), staged(webAclArn=ACL)),
)  # fmt: skip


def api(**spec: Any) -> World:
    return around({"/a": get(apiKeyRequired=True)}, **spec)


ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
HOME = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
ABROAD = {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def policy(*statements: Mapping[str, Any]) -> World:
    return api(policy={"Version": "2012-10-17", "Statement": list(statements)})


def typed(kind: str, **more: Any) -> World:
    return api(endpointConfiguration={"types": [kind], **more})


CLOSED, LET_IN = "breaking policy-closed RestApi shop.policy", "exposure policy-opened RestApi shop.policy"
TYPE = "breaking endpoint-type-changed RestApi shop.endpointConfiguration"

APIS = (
    Row("words and tags", api(), api(description="All of it.", tags={"a": "b"})),
    Row("a policy comes", api(), policy({**ALLOW, "Condition": HOME}), (CLOSED,)),
    Row("a policy goes", policy({**ALLOW, "Condition": HOME}), api(), (LET_IN,)),
    Row("a policy that lets all in comes", api(), policy(ALLOW)),
    Row("a condition comes", policy(ALLOW), policy({**ALLOW, "Condition": HOME}), (CLOSED,)),
    Row("a condition goes", policy({**ALLOW, "Condition": HOME}), policy(ALLOW), (LET_IN,)),
    Row("a denial comes",
        policy(ALLOW), policy(ALLOW, {**ALLOW, "Effect": "Deny", "Condition": ABROAD}), (CLOSED,)),
    Row("a denial goes", policy(ALLOW, {**ALLOW, "Effect": "Deny", "Condition": ABROAD}), policy(ALLOW), (LET_IN,)),
    Row("another principal", policy({**ALLOW, "Principal": {"AWS": "111111111111"}}),
        policy({**ALLOW, "Principal": {"AWS": "222222222222"}}), (CLOSED, LET_IN)),
    Row("all but one principal", policy(ALLOW),
        policy(*[{"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "*", "Resource": "*"}]), (CLOSED,)),
    Row("a private API lets somebody in", typed("PRIVATE"),
        api(endpointConfiguration={"types": ["PRIVATE"]}, policy={"Statement": [ALLOW]}), (LET_IN,)),
    Row("another endpoint type", typed("EDGE"), typed("REGIONAL"), (TYPE,)),
    Row("a private API becomes public", typed("PRIVATE"), typed("REGIONAL"),
        (TYPE, "exposure endpoint-opened RestApi shop.endpointConfiguration")),
    Row("a VPC endpoint goes", typed("PRIVATE", vpcEndpointIds=["vpce-1"]), typed("PRIVATE"),
        ("breaking vpc-endpoint-removed RestApi shop.endpointConfiguration",)),
    Row("IPv6 goes", typed("REGIONAL", ipAddressType="dualstack"), typed("REGIONAL", ipAddressType="ipv4"),
        ("breaking ipv6-removed RestApi shop.endpointConfiguration",)),
    Row("the own address goes", api(), api(disableExecuteApiEndpoint=True),
        ("breaking default-endpoint-disabled RestApi shop.disableExecuteApiEndpoint",)),
    Row("the own address comes", api(disableExecuteApiEndpoint=True), api(),
        ("exposure default-endpoint-enabled RestApi shop.disableExecuteApiEndpoint",)),
    Row("TLS is raised", api(securityPolicy="TLS_1_0"), api(securityPolicy="TLS_1_2"),
        ("breaking security-policy-raised RestApi shop.securityPolicy",)),
    Row("TLS is lowered", api(securityPolicy="TLS_1_2"), api(securityPolicy="TLS_1_0")),
    Row("the endpoint is strict", api(), api(endpointAccessMode="STRICT"),
        ("breaking endpoint-access-restricted RestApi shop.endpointAccessMode",)),
    Row("keys come from elsewhere", api(), api(apiKeySource="AUTHORIZER"),
        ("breaking api-key-source-changed RestApi shop.apiKeySource",)),
    Row("keys come from elsewhere, and nobody wants any",
        paths(), around({"/a": get()}, apiKeySource="AUTHORIZER")),
    Row("a binary type goes", api(binaryMediaTypes=["image/png"]), api(),
        ("breaking binary-type-removed RestApi shop.binaryMediaTypes",)),
    Row("a binary type comes, and compression",
        api(), api(binaryMediaTypes=["image/png"], minimumCompressionSize=1)),
)  # fmt: skip


def plans(*keys: str, **plan: Any) -> World:
    """A plan with these keys, and all that it needs."""
    stage = {"api": "shop", "stage": "prod"}
    found = {"UsagePlan gold": {"apiStages": [stage], **plan, "apiKeys": list(keys)}}
    return {**around({"/a": get()}, stages={"prod": {}}), **found,
        **{f"ApiKey {name}": {} for name in ("one", "two")}}


def without(world: World, *titles: str) -> World:
    return {title: spec for title, spec in world.items() if title not in titles}


def throttled(**limits: Any) -> World:
    stage = {"api": "shop", "stage": "prod", "throttle": {"GET /a": limits} if limits else {}}
    return plans("one", apiStages=[stage])


SILVER = {"UsagePlan silver": {"apiStages": [{"api": "shop", "stage": "prod"}], "apiKeys": ["one"]}}
DAILY, WEEKLY = {"limit": 10, "period": "DAY"}, {"limit": 70, "period": "WEEK"}

KEYS = (
    Row("a plan is slower", plans(throttle={"rateLimit": 9.0}), plans(throttle={"rateLimit": 5.0}),
        ("breaking throttle-lowered UsagePlan gold.throttle",)),
    Row("a plan is faster", plans(throttle={"rateLimit": 5.0}), plans()),
    Row("a method of a plan is slower", throttled(), throttled(burstLimit=5),
        ("breaking throttle-lowered UsagePlan gold.apiStages",)),
    Row("a quota comes", plans(), plans(quota=DAILY), ("breaking quota-lowered UsagePlan gold.quota",)),
    Row("a quota is longer and as good", plans(quota=DAILY), plans(quota=WEEKLY)),
    Row("a quota is shorter and less", plans(quota=WEEKLY), plans(quota=DAILY),
        ("breaking quota-lowered UsagePlan gold.quota",)),
    Row("a key leaves a plan", plans("one", "two"), plans("one"), ("breaking plan-key-removed UsagePlanKey two",)),
    Row("a key comes to a plan", plans("one"), plans("one", "two")),
    Row("a key moves to another plan", plans("one"), {**plans(), **SILVER}),
    Row("a plan goes", plans("one"), without(plans(), "UsagePlan gold"), ("breaking plan-removed UsagePlan gold",)),
    Row("a plan without keys goes", plans(), without(plans(), "UsagePlan gold")),
    Row("a stage leaves a plan", plans("one"), plans("one", apiStages=[]),
        ("breaking plan-stage-removed UsagePlan gold.apiStages",)),
    Row("a key goes",
        plans("one", "two"), without(plans("one"), "ApiKey two"), ("breaking api-key-removed ApiKey two",)),
    Row("a key is disabled", {"ApiKey k": {}}, {"ApiKey k": {"enabled": False}},
        ("breaking api-key-disabled ApiKey k.enabled",)),
    Row("a key is enabled", {"ApiKey k": {"enabled": False}}, {"ApiKey k": {}},
        ("exposure api-key-enabled ApiKey k.enabled",)),
    Row("a disabled key goes", {"ApiKey k": {"enabled": False}}, {}),
    Row("a key gets another value", {**plans("one"), "ApiKey one": {"value": SecretStr("a" * 20)}},
        {**plans("one"), "ApiKey one": {"value": SecretStr("b" * 20)}},
        ("breaking api-key-replaced ApiKey one.value",)),
)  # fmt: skip


def domain(kind: str = "REGIONAL", **fields: Any) -> World:
    certificate = "regionalCertificateArn" if kind == "REGIONAL" else "certificateArn"
    spec = {"endpointConfiguration": {"types": [kind]}, certificate: "arn:aws:acm:eu-west-1:1:certificate/1",
        **fields}
    return {**around({"/a": get()}, stages={"prod": {}, "dev": {}}), "DomainName example.com": spec}


def mapped(**mappings: Any) -> World:
    return domain(basePathMappings=mappings)


TRUST = {"mutualTlsAuthentication": {"truststoreUri": "s3://trust/one.pem"}}
OTHER_TRUST = {"mutualTlsAuthentication": {"truststoreUri": "s3://trust/two.pem"}}
CERTIFICATES = (
    "breaking mutual-tls-tightened DomainName example.com.mutualTlsAuthentication",
    "exposure mutual-tls-loosened DomainName example.com.mutualTlsAuthentication",
)
SHOP = {"api": "shop", "stage": "prod"}

DOMAINS = (
    Row("a domain goes, with its mappings", mapped(a=SHOP), without(domain(), "DomainName example.com"),
        ("breaking domain-removed DomainName example.com",)),
    Row("a domain becomes private", domain(), domain("PRIVATE"),
        ("breaking domain-replaced DomainName example.com",
         "breaking endpoint-type-changed DomainName example.com.endpointConfiguration")),
    Row("another type of domain", domain(), domain("EDGE"),
        ("breaking endpoint-type-changed DomainName example.com.endpointConfiguration",)),
    Row("TLS of a domain is raised", domain(securityPolicy="TLS_1_0"), domain(),
        ("breaking security-policy-raised DomainName example.com.securityPolicy",)),
    Row("certificates are wanted", domain(), domain(**TRUST), (CERTIFICATES[0],)),
    Row("no certificates are wanted", domain(**TRUST), domain(), (CERTIFICATES[1],)),
    Row("other certificates are wanted", domain(**TRUST), domain(**OTHER_TRUST), CERTIFICATES),
    Row("rules choose the API", domain(), domain(routingMode="ROUTING_RULE_ONLY"),
        ("breaking routing-changed DomainName example.com.routingMode",)),
    Row("a mapping goes", mapped(a=SHOP), mapped(), ("breaking base-path-removed BasePathMapping a",)),
    Row("a mapping moves", mapped(a=SHOP), mapped(a={"api": "shop", "stage": "dev"}),
        ("breaking base-path-moved BasePathMapping a.stage",)),
    Row("a mapping comes", mapped(), mapped(a=SHOP)),
    Row("another certificate of the domain", domain(),
        domain(regionalCertificateArn="arn:aws:acm:eu-west-1:1:certificate/2")),
)  # fmt: skip

ROWS = (
    *(*ROUTES, *ADMISSION, *REQUESTS, *SCHEMAS, *ANSWERS, *CORS),
    *(*STAGES, *APIS, *KEYS, *DOMAINS),
)
