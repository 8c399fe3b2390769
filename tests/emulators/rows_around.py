"""Values of what surrounds an API, of the references to it, and roots that come and go."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from controller.errors import GatewayError

from .driver import Account, World
from .fields import ABSENT, ACCOUNT, DOMAIN, ITSELF, STAGE, Row, Spec, api, row
from .rows_api import ROLE, TAGS, TEXT, policy
from .rows_methods import HTTP
from .rows_stages import KEYS, SHOP


BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/"
ACLS = [f"arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/{name}" for name in ("a/1", "b/2")]
TRUST = "s3://trust/"
ENHANCED = "SecurityPolicy_TLS13_1_2_2021_06"
ROUTING = ("ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")

LINK: Spec = {"targetArns": [f"{BALANCER}a/1"]}
LINKS = {f"VpcLink {name}": LINK for name in ("one", "two")}
CERTIFICATES: dict[str, Spec] = {f"ClientCertificate {name}": {} for name in ("one", "two")}

NAMED = {"domainName": "rows.example.com"}
REGIONAL = DOMAIN | NAMED
EDGE = {**NAMED, "endpointConfiguration": {"types": ["EDGE"]}, "certificateArn": f"{CERTIFICATE}a"}
PRIVATE = EDGE | {"endpointConfiguration": {"types": ["PRIVATE"]}}
TRUSTING = REGIONAL | {"mutualTlsAuthentication": {"truststoreUri": f"{TRUST}a.pem"}}

TO_SHOP, TO_ZOO = {"api": "shop"}, {"api": "zoo"}
SUMMARY, LONGER = {"summary": "one"}, {"summary": "two", "tags": ["a", "“ü” </>"]}
EDITIONS = api(documentationVersions={"1.0": {}, "2.0": {}})


def _certified(types: Any) -> Spec:
    """A domain with the certificate that goes with its type."""
    name = "regionalCertificateArn" if types == ["REGIONAL"] else "certificateArn"
    return {**NAMED, name: f"{CERTIFICATE}a"}


def _accessible(security: Any) -> Spec:
    mode = {"endpointAccessMode": "BASIC"} if security == ENHANCED else {}
    return REGIONAL | mode


def apis_of_others(account: Account, _: World) -> Mapping[str, str]:
    """APIs that no spec describes, in the place of two ids."""
    fields = {"name": "theirs", "tags": {"reconcile:owner": account.environment.owner}}
    return {word: account.caller("CreateRestApi", fields)["id"] for word in ("aaaaaa", "bbbbbb")}


def no_role(account: Account, _: World) -> Mapping[str, str]:
    """Takes away the role that other tests may have set."""
    clear = {"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}
    account.caller("UpdateAccount", {"patchOperations": [clear]})
    return {}


def web_acls(account: Account, _: World) -> Mapping[str, str]:
    """Web ACLs in the place of two ARNs, where WAF can be asked to make them; elsewhere any ARN will do."""
    watch = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    made: dict[str, str] = {}
    for arn in ACLS:
        name = f"{account.environment.owner}-{arn[-1]}"
        more = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": watch}
        with suppress(GatewayError, NotImplementedError):
            answer = account.caller("CreateWebACL", {"Name": name, **more}, service="wafv2")
            made[arn.replace(ACCOUNT, account.environment.account)] = answer["Summary"]["ARN"]
    return made


ROWS: tuple[Row, ...] = (
    # A root comes and goes while another one stays: specs that are suddenly empty are refused.
    row("RestApi", ITSELF, ABSENT, api(), ABSENT, around=KEYS),
    row("ApiKey", ITSELF, ABSENT, {}, ABSENT, around=SHOP),
    row("UsagePlan", ITSELF, ABSENT, {}, ABSENT, around=KEYS),
    row("VpcLink", ITSELF, ABSENT, LINK, ABSENT, around=KEYS),
    row("VpcLink", "name", ABSENT, "one", "two", ABSENT, given=LINK),
    row("VpcLink", "description", *TEXT, given=LINK),
    row("VpcLink", "targetArns", [f"{BALANCER}a/1"], [f"{BALANCER}b/2"]),
    row("VpcLink", "tags", *TAGS, given=LINK),
    row("Integration", "vpcLink", ABSENT, "one", "two", ABSENT, given=HTTP, around=LINKS),
    row("ClientCertificate", ITSELF, ABSENT, {}, ABSENT, around=KEYS),
    row("ClientCertificate", "description", *TEXT),
    row("ClientCertificate", "generation", ABSENT, "2", 3, ABSENT),
    row("ClientCertificate", "tags", *TAGS),
    row("Stage", "clientCertificate", ABSENT, "one", "two", ABSENT, around=CERTIFICATES),
    # It is set where there is none, told of where it is another, and stays.
    row(
        "Account",
        "cloudwatchRoleArn",
        *(ABSENT, f"{ROLE}logs", ABSENT),
        prepare=no_role,
        unseen=frozenset({"clear"}),
    ),
    row("DomainName", ITSELF, ABSENT, REGIONAL, ABSENT, around=KEYS),
    row("DomainName", "domainName", "a.example.com", "b.example.com", given=DOMAIN, needed=True),
    row("DomainName", "endpointConfiguration.types", ["REGIONAL"], ["EDGE"], ["REGIONAL"], given=_certified),
    row(
        "DomainName",
        "endpointConfiguration.types",
        *(ABSENT, ["PRIVATE"], ["REGIONAL"], ABSENT),
        given=_certified,
        variant="private-",
    ),
    row(
        "DomainName",
        "endpointConfiguration.ipAddressType",
        *(ABSENT, "dualstack", "ipv4", "dualstack", ABSENT),
        given=REGIONAL,
        unseen=frozenset({"clear"}),
    ),
    row("DomainName", "certificateArn", f"{CERTIFICATE}a", f"{CERTIFICATE}b", given=EDGE, needed=True),
    row("DomainName", "certificateName", ABSENT, "one", "two", ABSENT, given=EDGE),
    row("DomainName", "regionalCertificateArn", f"{CERTIFICATE}a", f"{CERTIFICATE}b", given=REGIONAL, needed=True),
    row("DomainName", "regionalCertificateName", ABSENT, "one", "two", ABSENT, given=REGIONAL),
    row("DomainName", "securityPolicy", ABSENT, "TLS_1_0", ENHANCED, ABSENT, given=_accessible),
    row(
        "DomainName",
        "endpointAccessMode",
        *(ABSENT, "BASIC", "STRICT", ABSENT),
        given=lambda mode: REGIONAL | ({} if mode is ABSENT else {"securityPolicy": ENHANCED}),
    ),
    row(
        "DomainName",
        "mutualTlsAuthentication.truststoreUri",
        *(ABSENT, f"{TRUST}a.pem", f"{TRUST}b.pem", ABSENT),
        given=REGIONAL,
    ),
    row("DomainName", "mutualTlsAuthentication.truststoreVersion", ABSENT, "1", "2", ABSENT, given=TRUSTING),
    row(
        "DomainName",
        "ownershipVerificationCertificateArn",
        *(ABSENT, f"{CERTIFICATE}a", f"{CERTIFICATE}b", ABSENT),
        given=TRUSTING,
    ),
    row("DomainName", "routingMode", ABSENT, *ROUTING, ABSENT, given=REGIONAL),
    row(
        "DomainName",
        "policy",
        *(ABSENT, policy("Allow", "execute-api:/*"), policy("Deny", "execute-api:/a/*"), ABSENT),
        given=PRIVATE,
    ),
    row("DomainName", "tags", *TAGS, given=REGIONAL),
    row(
        "BasePathMapping",
        ITSELF,
        *(ABSENT, {"(none)": TO_SHOP}, {"(none)": TO_SHOP, "v1": TO_ZOO}, {"v1": TO_ZOO}, ABSENT),
        around=SHOP,
    ),
    row("BasePathMapping", "api", "shop", "zoo", around=SHOP, needed=True),
    row("BasePathMapping", "restApiId", "aaaaaa", "bbbbbb", prepare=apis_of_others, needed=True),
    row("BasePathMapping", "stage", ABSENT, STAGE, "second", ABSENT, given=TO_SHOP, around=SHOP),
    row(
        "DocumentationPart",
        ITSELF,
        ABSENT,
        {"API": {"properties": SUMMARY}},
        {"API": {"properties": SUMMARY}, "RESPONSE_HEADER /it GET 200 X": {"properties": LONGER}},
        {"RESPONSE_HEADER /it GET 200 X": {"properties": LONGER}},
        ABSENT,
    ),
    row("DocumentationPart", "properties", SUMMARY, LONGER),
    row("DocumentationVersion", ITSELF, ABSENT, {"1.0": {}}, {"1.0": {}, "2.0": {}}, {"2.0": {}}, ABSENT),
    row("DocumentationVersion", "description", *TEXT),
    row("Stage", "documentationVersion", ABSENT, "1.0", "2.0", ABSENT, beside=EDITIONS),
    # Empty takes it away, absent leaves it as it is.
    row("Stage", "webAclArn", ABSENT, *ACLS, "", ABSENT, prepare=web_acls, unseen=frozenset({"clear"})),
)
