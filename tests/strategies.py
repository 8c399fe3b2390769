"""Random specs that AWS would take: every kind, and every field of it, with small pools so that specs overlap."""

from typing import Any

from hypothesis import strategies as st
from pydantic import SecretStr


VERBS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "ANY"]
PARTS = ["pets", "toys", "{id}", "{name}", "{proxy+}"]
JSON = "application/json"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
BALANCERS = [f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/{name}" for name in "ab"]
VALUES = [f"{letter * 20}" for letter in "ABC"]
ACL = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/"
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_"


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def subset(items: list[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), unique=True, min_size=least)


TEXT = st.sampled_from(["one", "two words", "~/ with / and ~", "ünïcode"])
FLAG = st.booleans()
TAGS = st.dictionaries(st.sampled_from(["team", "cost"]), st.sampled_from(["a", "b"]))

POLICY = st.sampled_from(
    [
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": effect,
                    "Principal": "*",
                    "Action": "execute-api:Invoke",
                    "Resource": resource,
                }
            ],
        }
        for effect in ("Allow", "Deny")
        for resource in ("execute-api:/*", ["execute-api:/*/GET/pets", "execute-api:/*/POST/pets"])
    ]
)

PRIVATE = [{"types": ["PRIVATE"]}, {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-0a", "vpce-0b"]}]
"""AWS deploys a private API only with a policy."""

AUTHORIZER = st.one_of(
    st.builds(
        lambda fields, uri: {"type": "TOKEN", "lambda": uri, **fields},
        some(
            identitySource=st.sampled_from(["method.request.header.Authorization", "method.request.header.X"]),
            identityValidationExpression=st.just("^Bearer"),
            authorizerResultTtlInSeconds=st.sampled_from([0, 60, 300]),
            authorizerCredentials=st.just("arn:aws:iam::123456789012:role/a"),
        ),
        st.sampled_from(["check", "look"]),
    ),
    st.builds(
        lambda source: {"type": "REQUEST", "lambda": "check", "identitySource": source},
        st.sampled_from(["method.request.header.A, method.request.querystring.b", "method.request.header.A"]),
    ),
    st.builds(
        lambda pools: {"type": "COGNITO_USER_POOLS", "providerARNs": [POOL + pool for pool in pools]},
        subset(["a", "b", "c"], least=1),
    ),
)

TEMPLATES = st.dictionaries(st.sampled_from([JSON, "text/plain"]), st.sampled_from(["{}", "$input.body"]))


@st.composite
def method(draw: st.DrawFn, api: dict[str, Any]) -> dict[str, Any]:
    codes = draw(subset(["200", "400", "500"]))
    headers = {code: draw(subset(["X-A", "X-B"])) for code in codes}
    responses = {
        code: {"responseParameters": {f"method.response.header.{name}": draw(FLAG) for name in headers[code]}}
        | ({"responseModels": {JSON: model}} if (model := draw(_one_of(api["models"]))) else {})
        for code in codes
    }
    parameters = draw(subset(["querystring.limit", "header.X-Id"]))
    found: dict[str, Any] = {
        "requestParameters": {f"method.request.{name}": draw(FLAG) for name in parameters},
        "responses": responses,
        **draw(some(apiKeyRequired=FLAG, operationName=st.sampled_from(["opA", "opB"]))),
    }
    if validator := draw(_one_of(api["requestValidators"])):
        found["requestValidator"] = validator
    if model := draw(_one_of(api["models"])):
        found["requestModels"] = {JSON: model}
    if name := draw(_one_of(api["authorizers"])):
        found["authorizer"] = name
        if api["authorizers"][name]["type"] == "COGNITO_USER_POOLS":
            found["authorizationScopes"] = draw(subset(["read", "write", "own"]))
    elif draw(FLAG):
        found["authorizationType"] = "AWS_IAM"
    found["integration"] = draw(integration(codes, headers, parameters))
    return found


@st.composite
def integration(
    draw: st.DrawFn, codes: list[str], headers: dict[str, list[str]], parameters: list[str]
) -> dict[str, Any]:
    kind = draw(st.sampled_from(["MOCK", "HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"]))
    found: dict[str, Any] = {"type": kind, "requestTemplates": draw(TEMPLATES)}
    found |= draw(
        some(
            passthroughBehavior=st.sampled_from(["WHEN_NO_TEMPLATES", "NEVER", "WHEN_NO_MATCH"]),
            timeoutInMillis=st.sampled_from([50, 1000, 29000]),
            contentHandling=st.sampled_from(["CONVERT_TO_TEXT", "CONVERT_TO_BINARY"]),
        )
    )
    mapped = {f"integration.request.{name}": f"method.request.{name}" for name in parameters if draw(FLAG)}
    found["requestParameters"] = mapped
    found["cacheKeyParameters"] = draw(subset(sorted(mapped.values()))) if mapped else []
    if kind.startswith("HTTP"):
        found |= {"integrationHttpMethod": draw(st.sampled_from(["GET", "POST"]))}
        found |= {"uri": draw(st.sampled_from(["https://a.example/x", "https://b.example/y"]))}
        found |= draw(some(tlsConfig=st.builds(lambda v: {"insecureSkipVerification": v}, FLAG)))
        if draw(FLAG):
            found |= {"connectionType": "VPC_LINK", "connectionId": draw(st.sampled_from(["aaaaaa", "bbbbbb"]))}
    elif kind.startswith("AWS"):
        del found["type"]
        found |= {"type": kind, "lambda": draw(st.sampled_from(["one", "two:live", ARN + "three"]))}
        found |= draw(
            some(
                credentials=st.sampled_from(
                    ["arn:aws:iam::123456789012:role/x", "arn:aws:iam::123456789012:role/y"]
                )
            )
        )
    patterns = draw(st.permutations(["", "4..", "5.."]))
    found["responses"] = {
        code: {
            "selectionPattern": pattern,
            "responseTemplates": draw(TEMPLATES),
            "responseParameters": {
                f"method.response.header.{name}": draw(st.sampled_from(["'x'", "'y'"]))
                for name in headers[code]
                if draw(FLAG)
            },
        }
        for code, pattern in zip(codes, patterns, strict=False)
        if draw(FLAG)
    }
    return found


def _one_of(names: Any) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *sorted(names)])


@st.composite
def paths(draw: st.DrawFn, api: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(0, 4))):
        parts = draw(st.lists(st.sampled_from(PARTS), max_size=3))
        path = "/" + "/".join(parts)
        if path in found or not _fits(path, found):
            continue
        verbs = draw(subset(VERBS))
        found[path] = {"methods": {verb: draw(method(api)) for verb in verbs[:2]}}
    return found


def _fits(path: str, others: dict[str, Any]) -> bool:
    """One variable below each path, and nothing below a greedy one."""
    seen: dict[str, str] = {}
    for other in (path, *others):
        parts = other.strip("/").split("/")
        for index, part in enumerate(parts):
            above = "/".join(parts[:index])
            if "+" in above:
                return False
            if part.startswith("{") and seen.setdefault(above, part) != part:
                return False
    return True


@st.composite
def stage(draw: st.DrawFn, retention: dict[str, int | None]) -> dict[str, Any]:
    setting = some(
        metricsEnabled=FLAG,
        loggingLevel=st.sampled_from(["OFF", "ERROR", "INFO"]),
        dataTraceEnabled=FLAG,
        throttlingBurstLimit=st.sampled_from([5, 10]),
        throttlingRateLimit=st.sampled_from([1, 2.5]),
        cachingEnabled=FLAG,
        cacheTtlInSeconds=st.sampled_from([0, 60, 300]),
        cacheDataEncrypted=FLAG,
        requireAuthorizationForCacheControl=FLAG,
        unauthorizedCacheControlHeaderStrategy=st.sampled_from(["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER"]),
    )
    # Absent would leave a web ACL as it is, so that what is reached depended on what was there.
    acl = draw(st.sampled_from(["", f"{ACL}one/1", f"{ACL}two/2"]))
    return {"webAclArn": acl} | draw(
        some(
            description=TEXT,
            variables=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y/z"])),
            tracingEnabled=FLAG,
            cacheClusterEnabled=FLAG,
            cacheClusterSize=st.sampled_from(["0.5", "1.6"]),
            accessLogSettings=st.builds(
                lambda name, text, days: {"logGroup": name, "format": text, "retentionDays": days[name]},
                st.sampled_from(["a", "c"]),
                st.just("$context.requestId"),
                st.just(retention),
            )
            | st.builds(
                lambda name, text: {
                    "destinationArn": f"arn:aws:logs:eu-west-1:123456789012:log-group:{name}",
                    "format": text,
                },
                st.sampled_from(["a", "b"]),
                st.sampled_from(["$context.requestId", "$context.extendedRequestId"]),
            ),
            methodSettings=st.dictionaries(
                st.sampled_from(["*/*", "GET /pets", "GET /pets/{id}", "ANY /"]), setting
            ),
            tags=TAGS,
        )
    )


@st.composite
def rest_api(draw: st.DrawFn, retention: dict[str, int | None]) -> dict[str, Any]:
    schemas = st.sampled_from([{"type": "object"}, {"type": "array", "items": {"type": "string"}}])
    models = draw(
        st.dictionaries(
            st.sampled_from(["Pet", "Toy"]),
            st.builds(
                lambda schema, fields: {"schema": schema, **fields},
                schemas,
                some(description=TEXT, contentType=st.sampled_from([JSON, "application/xml"])),
            ),
        )
    )
    if "Pet" in models and draw(FLAG):
        models["Pets"] = {"schema": {"type": "array", "items": {"$ref": "#/models/Pet"}}}
        # Whom it plays with: a circle of two, a circle of three, or itself.
        friends = draw(st.sampled_from([None, "Pets", "Toy" if "Toy" in models else "Pet", "Pet"]))
        if friends:
            models["Pet"]["schema"] = {"type": "object", "properties": {"x": {"$ref": f"#/models/{friends}"}}}
        if friends == "Toy":
            models["Toy"]["schema"] = {"type": "array", "items": {"$ref": "#/models/Pets"}}
    found: dict[str, Any] = {
        "models": models,
        "requestValidators": draw(
            st.dictionaries(
                st.sampled_from(["body", "both"]),
                some(validateRequestBody=FLAG, validateRequestParameters=FLAG),
            )
        ),
        "authorizers": draw(st.dictionaries(st.sampled_from(["users", "partner"]), AUTHORIZER)),
        "gatewayResponses": draw(
            st.dictionaries(
                st.sampled_from(["DEFAULT_4XX", "THROTTLED"]),
                some(
                    statusCode=st.sampled_from(["400", "418"]),
                    responseTemplates=TEMPLATES,
                    responseParameters=st.just({"gatewayresponse.header.X": "'1'"}),
                ),
            )
        ),
        **draw(
            some(
                description=TEXT,
                apiKeySource=st.sampled_from(["HEADER", "AUTHORIZER"]),
                binaryMediaTypes=subset(["image/png", "image/*", "a~b/c"]),
                minimumCompressionSize=st.sampled_from([0, 1024]),
                policy=POLICY,
                disableExecuteApiEndpoint=FLAG,
                endpointConfiguration=st.sampled_from([{"types": ["EDGE"]}, {"types": ["REGIONAL"]}, *PRIVATE]),
                tags=TAGS,
            )
        ),
    }
    if draw(FLAG):
        found["cors"] = draw(
            st.sampled_from(
                [
                    {"allowOrigins": ["*"]},
                    {"allowOrigins": ["https://a.example", "https://b.example"], "allowCredentials": True},
                ]
            )
        )
    parts = [
        "API",
        "METHOD /pets GET",
        "METHOD /pets",
        "RESPONSE /pets GET 200",
        "QUERY_PARAMETER / * limit",
        "MODEL Pet",
    ]
    found["documentationParts"] = {
        part: {"properties": {"description": draw(TEXT)}} for part in draw(subset(parts))
    }
    found["documentationVersions"] = draw(st.dictionaries(st.sampled_from(["1.0", "2.0"]), some(description=TEXT)))
    found["paths"] = draw(paths(found))
    if any(path.get("methods") for path in found["paths"].values()):
        found["stages"] = draw(st.dictionaries(st.sampled_from(["dev", "prod"]), stage(retention)))
    if found.get("stages") and found.get("endpointConfiguration") in PRIVATE:
        found.setdefault("policy", draw(POLICY))
    return found


@st.composite
def around(draw: st.DrawFn, apis: dict[str, Any]) -> dict[str, Any]:
    """What lies around APIs: links and certificates, referred to from some of their integrations and stages."""
    links, certificates = draw(subset(["internal", "partner"])), draw(subset(["mutual"]))
    found: dict[str, Any] = {
        f"VpcLink {name}": {"targetArns": [draw(st.sampled_from(BALANCERS))]}
        | draw(some(description=TEXT, tags=TAGS))
        for name in links
    }
    for name in certificates:
        generation = st.sampled_from([1, 2, "three"])
        found[f"ClientCertificate {name}"] = draw(some(description=TEXT, generation=generation, tags=TAGS))
    for api in apis.values():
        for path in api["paths"].values():
            for content in path["methods"].values():
                backend = content["integration"]
                if backend["type"].startswith("HTTP") and "connectionType" not in backend and links:
                    backend |= draw(st.sampled_from([{}, *({"vpcLink": name} for name in links)]))
        for content in api.get("stages", {}).values():
            content.update(draw(st.sampled_from([{}, *({"clientCertificate": name} for name in certificates)])))
            versions = sorted(api["documentationVersions"])
            content.update(draw(st.sampled_from([{}, *({"documentationVersion": name} for name in versions)])))
    for name in draw(subset(["example.com", "example.org"])):
        found[f"DomainName {name}"] = draw(domain(apis))
    return found


@st.composite
def domain(draw: st.DrawFn, apis: dict[str, Any]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["EDGE", "REGIONAL", "REGIONAL", "PRIVATE"]))
    field = "regionalCertificateArn" if kind == "REGIONAL" else "certificateArn"
    found: dict[str, Any] = {
        "endpointConfiguration": {"types": [kind]},
        field: draw(
            st.sampled_from(
                [
                    "arn:aws:acm:eu-west-1:123456789012:certificate/a",
                    "arn:aws:acm:eu-west-1:123456789012:certificate/b",
                ]
            )
        ),
        **draw(
            some(
                securityPolicy=st.sampled_from(["TLS_1_0", "TLS_1_2"]),
                routingMode=st.sampled_from(["ROUTING_RULE_ONLY", "BASE_PATH_MAPPING_ONLY"]),
                ownershipVerificationCertificateArn=st.just("arn:aws:acm:eu-west-1:123456789012:certificate/c"),
                tags=TAGS,
            )
        ),
    }
    if kind == "REGIONAL":
        version = some(truststoreVersion=st.sampled_from(["1", "2"]))
        trust = st.builds(
            lambda uri, more: {"truststoreUri": uri, **more}, st.sampled_from(["s3://a/x", "s3://b/y"]), version
        )
        found |= draw(some(mutualTlsAuthentication=trust))
    if kind == "PRIVATE":
        found |= draw(some(policy=POLICY))
    places = [
        {"api": title.removeprefix("RestApi ")} | stage
        for title, api in sorted(apis.items())
        for stage in [{}, *({"stage": name} for name in sorted(api.get("stages", {})))]
    ]
    if places:
        paths = draw(subset(["", "v1", "v2"]))
        found["basePathMappings"] = {path: draw(st.sampled_from(places)) for path in paths}
    return found


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Up to two APIs, with keys and usage plans, and what lies around."""
    found: dict[str, Any] = {}
    retention = {name: draw(st.sampled_from([None, 7, 30])) for name in ("a", "c")}
    for name in draw(subset(["shop", "zoo"])):
        found[f"RestApi {name}"] = draw(rest_api(retention))
    found |= draw(around(found))
    found |= draw(
        st.sampled_from([{}, {"Account here": {"cloudwatchRoleArn": "arn:aws:iam::123456789012:role/logs"}}])
    )
    keys = draw(subset(["acme", "umbrella", "generated"]))
    values = dict(zip(["acme", "umbrella"], draw(st.permutations(VALUES)), strict=False))
    for name in keys:
        found[f"ApiKey {name}"] = draw(
            some(description=TEXT, enabled=FLAG, customerId=st.sampled_from(["c1", "c2"]), tags=TAGS)
        ) | ({"value": SecretStr(values[name])} if name in values else {})
    stages = [
        (title.split(" ")[1], stage)
        for title, spec in sorted(found.items())
        for stage in sorted(spec.get("stages", {}))
    ]
    limits = some(rateLimit=st.sampled_from([1, 2.5]), burstLimit=st.sampled_from([1, 5])).filter(bool)
    if draw(FLAG):
        chosen = draw(st.lists(st.sampled_from(stages), unique=True)) if stages else []
        found["UsagePlan gold"] = {
            "apiStages": [
                {"api": api, "stage": stage}
                | draw(some(throttle=st.dictionaries(st.sampled_from(["GET /pets", "ANY /"]), limits)))
                for api, stage in chosen
            ],
            "apiKeys": draw(subset(keys)) if keys else [],
            **draw(
                some(
                    description=TEXT,
                    throttle=limits,
                    quota=st.builds(
                        lambda limit, period: {"limit": limit, "period": period},
                        st.sampled_from([10, 20]),
                        st.sampled_from(["DAY", "MONTH"]),
                    ),
                    productCode=st.sampled_from(["p1", "p2"]),
                    tags=TAGS,
                )
            ),
        }
    return found
