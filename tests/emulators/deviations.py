"""Where an emulator does otherwise than AWS: by emulator and case, what it does and what AWS does (facts, section).

A case listed in DEVIATIONS has to fail on that emulator: once it passes, its line must go. A case listed in
POISON is not run at all: it would break the emulator for the cases after it.

LocalStack makes VPC links and domains without the tags that say whose they are: memory.py puts back what it drops.

Measured on MiniStack 1.5.33 and LocalStack 4.4.0.
"""

from __future__ import annotations

from collections.abc import Mapping


Key = tuple[str, str, str]

EVERY = "set change grow shrink clear"
CHANGES = "set change clear"


def _table(*lines: tuple[str, str, str]) -> dict[Key, str]:
    """From lines of a kind and field, its steps, and the reason."""
    found: dict[Key, str] = {}
    for name, steps, reason in lines:
        kind, _, field = name.partition(" ")
        found |= {(kind, field, step): reason for step in steps.split()}
    return found


TAGS = "reads show the tags given on create only; on AWS TagResource shows in them (§23)"
LETTERS = "add makes a list of characters, remove drops all; AWS adds and removes one value"
ESCAPED = "the key stays escaped (application~1json); AWS unescapes it (§1.2)"
CANARY = "CreateStage ignores canarySettings; AWS keeps them (§14.5)"
PLAN = "apiStages becomes a string that botocore cannot read, for all plans; AWS adds apiId:stage to the list (§15)"
LIMIT = "patching a method's limits turns apiStages into a string, as above; AWS patches the one limit (§15)"
NO_UPDATE = "has no UpdateMethodResponse; AWS has (§5)"
IGNORED = "the patch is answered with 200 and ignored; AWS carries it out (§6)"
UNPUT = "PutIntegration drops it; AWS keeps it (§6)"
DROPPED = "remove of one value drops the whole list; on AWS the value alone (§1.2)"
LOST = "what follows the remove of a whole in the same call is lost; on AWS it counts (§1.2)"
UNSET = "has no way to take the setting of one method away; AWS removes the whole key (§14.3)"
NO_LINKS = "has no VPC links; AWS has (§18)"
NO_CERTIFICATES = "has no client certificates; AWS has (§19)"
FIXED = "has no UpdateDomainName; AWS has (§20)"

MINISTACK = _table(
    ("RestApi version", "set change", "has no PutRestApi; on AWS a merge sets info.version (§25)"),
    (
        "RestApi binaryMediaTypes",
        f"{EVERY} many-shrink many-change",
        "add replaces the list by the escaped name, remove does nothing; AWS unescapes the element (§2)",
    ),
    ("RestApi endpointConfiguration.types", "set change2", "an API is REGIONAL by default; on AWS EDGE (§2)"),
    (
        "RestApi endpointConfiguration.types",
        "change change3 clear private-change",
        "a patch of /types/0 appends; AWS replaces (§2)",
    ),
    ("RestApi endpointConfiguration.vpcEndpointIds", "set change grow shrink", f"{LETTERS} (§2)"),
    ("RestApi securityPolicy", "change clear", "CreateRestApi drops securityPolicy; AWS keeps it (§2)"),
    ("RestApi endpointAccessMode", "change clear", "CreateRestApi drops endpointAccessMode; AWS keeps it (§2)"),
    ("RestApi tags", EVERY, TAGS),
    ("Authorizer providerARNs", "change grow shrink", f"{LETTERS} (§8)"),
    ("Authorizer identitySource", "request-set", "REQUEST gets a default source; on AWS it stays absent (§8)"),
    ("Path", "change", "the path of children stays that of before the rename; on AWS it follows (§3)"),
    ("Path", "change2 clear", "DeleteResource leaves descendants behind; on AWS it cascades (§3)"),
    ("Method requestModels", EVERY, ESCAPED),
    ("Method authorizationScopes", "set change grow shrink", f"{LETTERS} (§4)"),
    ("MethodResponse responseParameters", EVERY, NO_UPDATE),
    ("MethodResponse responseModels", EVERY, NO_UPDATE),
    ("Integration connectionType", "change link-clear", UNPUT),
    ("Integration connectionId", "change", UNPUT),
    ("Integration integrationTarget", "set change clear", UNPUT),
    ("Integration requestTemplates", EVERY, ESCAPED),
    ("Integration cacheNamespace", "change clear", UNPUT),
    ("Integration tlsConfig.insecureSkipVerification", "change clear", UNPUT),
    ("Integration responseTransferMode", "change clear", UNPUT),
    ("Stage methodSettings", "change clear root-change root-clear", UNSET),
    ("Stage methodSettings.throttlingBurstLimit", "clear", UNSET),
    ("Stage methodSettings.throttlingRateLimit", "clear", UNSET),
    ("Stage canarySettings", "shrink change clear", CANARY),
    ("Stage canarySettings.percentTraffic", "set change clear", CANARY),
    ("Stage canarySettings.stageVariableOverrides", EVERY, CANARY),
    ("Stage canarySettings.useStageCache", "set change change2 clear", CANARY),
    ("Stage tags", EVERY, TAGS),
    ("ApiKey tags", EVERY, TAGS),
    ("UsagePlan apiStages", "shrink", "remove takes all stages away; AWS the one named (§15)"),
    ("UsagePlan tags", EVERY, TAGS),
    ("VpcLink", "set clear", NO_LINKS),
    ("VpcLink name", CHANGES, NO_LINKS),
    ("VpcLink description", CHANGES, NO_LINKS),
    ("VpcLink targetArns", "change", NO_LINKS),
    ("VpcLink tags", EVERY, NO_LINKS),
    ("Integration vpcLink", CHANGES, NO_LINKS),
    ("ClientCertificate", "set clear", NO_CERTIFICATES),
    ("ClientCertificate description", CHANGES, NO_CERTIFICATES),
    ("ClientCertificate generation", CHANGES, NO_CERTIFICATES),
    ("ClientCertificate tags", EVERY, NO_CERTIFICATES),
    ("Stage clientCertificate", CHANGES, NO_CERTIFICATES),
    ("DomainName endpointConfiguration.types", "change change2 private-clear", FIXED),
    ("DomainName endpointConfiguration.ipAddressType", "set change change2", FIXED),
    ("DomainName certificateArn", "change", FIXED),
    ("DomainName certificateName", CHANGES, FIXED),
    ("DomainName regionalCertificateArn", "change", FIXED),
    ("DomainName regionalCertificateName", CHANGES, FIXED),
    ("DomainName securityPolicy", CHANGES, FIXED),
    ("DomainName endpointAccessMode", CHANGES, FIXED),
    ("DomainName mutualTlsAuthentication.truststoreUri", CHANGES, FIXED),
    ("DomainName mutualTlsAuthentication.truststoreVersion", CHANGES, FIXED),
    ("DomainName ownershipVerificationCertificateArn", CHANGES, FIXED),
    ("DomainName routingMode", CHANGES, FIXED),
    ("DomainName policy", CHANGES, "CreateDomainName drops the policy; AWS keeps it (§20)"),
    ("DomainName tags", EVERY, TAGS),
    ("BasePathMapping api", "change", "has no UpdateBasePathMapping; AWS has (§21)"),
    ("BasePathMapping restApiId", "change", "has no UpdateBasePathMapping; AWS has (§21)"),
    ("BasePathMapping stage", CHANGES, "has no UpdateBasePathMapping; AWS has (§21)"),
    ("DocumentationVersion", "set grow shrink clear", "has no documentation versions; AWS has (§12)"),
    ("DocumentationVersion description", CHANGES, "has no documentation versions; AWS has (§12)"),
    ("Stage documentationVersion", CHANGES, "has no documentation versions; AWS has (§12)"),
)

LOCALSTACK = _table(
    ("RestApi binaryMediaTypes", "grow clear", "~0 in a path stays, and cannot be removed; AWS unescapes (§1.2)"),
    (
        "RestApi binaryMediaTypes",
        "many-shrink many-change",
        "two removes in a call take the wrong ones; on AWS the named ones (§1.2)",
    ),
    ("RestApi endpointConfiguration.vpcEndpointIds", "change shrink", DROPPED),
    ("RestApi securityPolicy", "set change clear", "drops securityPolicy; AWS keeps it (§2)"),
    ("RestApi endpointAccessMode", "set change clear", "drops endpointAccessMode; AWS keeps it (§2)"),
    ("RestApi tags", EVERY, TAGS),
    ("Authorizer providerARNs", "change shrink", DROPPED),
    ("Method authorizationScopes", "set change shrink", f"{LETTERS} (§4)"),
    ("MethodResponse responseParameters", EVERY, NO_UPDATE),
    ("MethodResponse responseModels", EVERY, NO_UPDATE),
    ("Integration connectionType", "set change link-clear", "never keeps a connectionId; AWS does (§6)"),
    ("Integration connectionId", "change", "never keeps a connectionId; AWS does (§6)"),
    ("Integration integrationTarget", "set change clear", "never keeps an integrationTarget; AWS does (§6)"),
    ("Integration passthroughBehavior", "set change clear", IGNORED),
    ("Integration cacheNamespace", "change clear", UNPUT),
    ("Integration cacheKeyParameters", EVERY, IGNORED),
    ("Integration tlsConfig.insecureSkipVerification", "set change2", IGNORED),
    ("Integration responseTransferMode", "set change change2 clear", "is never kept; AWS keeps it (§6)"),
    ("Stage clientCertificateId", "set change clear", "ignores the patch; AWS carries it out (§14.2)"),
    ("Stage accessLogSettings.format", "clear", LOST),
    ("Stage methodSettings", "change star-change", LOST),
    ("Stage methodSettings", "clear root-change root-clear", UNSET),
    ("Stage methodSettings.throttlingBurstLimit", "clear", UNSET),
    ("Stage methodSettings.throttlingRateLimit", "clear", UNSET),
    ("Stage canarySettings", "set shrink change clear", "has no canaries at all; AWS has (§14.5)"),
    ("Stage canarySettings.percentTraffic", "set change clear", CANARY),
    ("Stage canarySettings.stageVariableOverrides", EVERY, CANARY),
    ("Stage canarySettings.useStageCache", "set change change2 clear", CANARY),
    ("Stage tags", EVERY, TAGS),
    ("ApiKey tags", EVERY, TAGS),
    ("UsagePlan apiStages.throttle", EVERY, "ignores patches of a method's limits; AWS carries them out (§15)"),
    ("UsagePlan apiStages.throttle.rateLimit", "set change clear", "ignores the patch; AWS carries it out (§15)"),
    ("UsagePlan apiStages.throttle.burstLimit", "set change clear", "ignores the patch; AWS carries it out (§15)"),
    ("UsagePlan throttle.rateLimit", "change", "answers 500 to a fraction; AWS takes 2.5 (§15)"),
    ("UsagePlan tags", EVERY, f"{TAGS}; AWS's listing has none"),
    ("Integration vpcLink", CHANGES, "never keeps a connectionId; AWS does (§6)"),
    ("VpcLink tags", EVERY, TAGS),
    ("ClientCertificate tags", EVERY, TAGS),
    ("Stage clientCertificate", CHANGES, "ignores the patch; AWS carries it out (§14.2)"),
    ("DomainName endpointConfiguration.types", "change change2 private-clear", FIXED),
    ("DomainName endpointConfiguration.ipAddressType", "set change change2", FIXED),
    ("DomainName certificateArn", "change", FIXED),
    ("DomainName certificateName", CHANGES, FIXED),
    ("DomainName regionalCertificateArn", "change", FIXED),
    ("DomainName regionalCertificateName", CHANGES, FIXED),
    ("DomainName securityPolicy", CHANGES, FIXED),
    ("DomainName endpointAccessMode", CHANGES, FIXED),
    ("DomainName mutualTlsAuthentication.truststoreUri", CHANGES, FIXED),
    ("DomainName mutualTlsAuthentication.truststoreVersion", CHANGES, FIXED),
    ("DomainName ownershipVerificationCertificateArn", CHANGES, FIXED),
    ("DomainName routingMode", CHANGES, FIXED),
    ("DomainName policy", CHANGES, FIXED),
    ("DomainName tags", EVERY, TAGS),
    ("Stage documentationVersion", CHANGES, "refuses the patch; AWS carries it out (§14.2)"),
    ("Stage webAclArn", "set change change2 clear", "has no WAF; AWS has"),
)

DEVIATIONS: Mapping[str, Mapping[Key, str]] = {"fake": {}, "ministack": MINISTACK, "localstack": LOCALSTACK}

POISON: Mapping[str, Mapping[Key, str]] = {
    "fake": {},
    "ministack": _table(
        ("UsagePlan apiStages", "set change grow", PLAN),
        ("UsagePlan apiStages.api", "change", PLAN),
        ("UsagePlan apiStages.stage", "change", PLAN),
        ("UsagePlan apiStages.throttle", EVERY, LIMIT),
        ("UsagePlan apiStages.throttle.rateLimit", "set change clear", LIMIT),
        ("UsagePlan apiStages.throttle.burstLimit", "set change clear", LIMIT),
    ),
    "localstack": {},
}
