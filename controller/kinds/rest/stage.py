"""Stage: a named, served deployment with its settings.

While a stage has canarySettings, a new definition goes to the canary and the stage keeps serving what it served;
taking canarySettings out promotes it. Facts: API Gateway API reference, CreateStage and UpdateStage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from controller.address import Address
from controller.call import RAW_ID, Call, Text
from controller.facets import DERIVED, INTERNAL, LOCAL, Ref, ServerDefault, Value, Wire, inside
from controller.impact import Impact
from controller.kinds.rest import method_setting, patch, waf
from controller.kinds.rest.deployment import adopted_deployments
from controller.kinds.rest.dialect import RestKind
from controller.kinds.rest.log_group import Days
from controller.kinds.rest.method_setting import (
    AT_FIRST,
    STAR,
    Limits,
    MethodSetting,
    live_setting,
    method_of,
    open_limits,
)
from controller.kinds.rest.patch import Operation
from controller.kinds.rest.rest_api import Tags, live_tags
from controller.model import Around, register
from controller.terms import Context, Family, Listing, Right, Scope, Slot, Turn


_METHOD = re.compile(r"[A-Z]+ /.*")


class AccessLogSettings(Value):
    """Where a line for each request goes, and what it says: to a log group by name, or to what has this ARN."""

    destinationArn: Annotated[str, Wire(add="add")] = ""
    format: str | None = None
    logGroup: Annotated[str | None, LOCAL] = Field(
        None, pattern=r"^[A-Za-z0-9._/#-]{1,512}$", description="A CloudWatch log group, made if there is none."
    )
    retentionDays: Annotated[Days | None, LOCAL] = Field(
        None, description="How long the log group keeps what it is given; for ever when absent."
    )


class CanarySettings(Value):
    """The share of requests that the canary answers, and how it differs."""

    percentTraffic: float = Field(0.0, ge=0, le=100)
    stageVariableOverrides: Annotated[dict[str, str], Wire(add="replace")] = {}
    useStageCache: bool = False


@register
class Stage(RestKind):
    """A stage of an API."""

    kind = "Stage"
    container = "RestApi"
    slot = Slot("stages")
    listing = Listing("GetStages", items="item", paged=False)
    reads = frozenset({"cacheClusterStatus"})
    key_field = "stageName"

    param = "stageName"
    create = "CreateStage"
    update = "UpdateStage"
    delete = "DeleteStage"

    deployment: Annotated[str | None, Ref("Deployment"), Wire(send="deploymentId"), DERIVED] = None
    description: Annotated[str | None, Wire(clear="empty")] = Field(None, min_length=1)
    variables: Annotated[dict[str, str], Wire(add="replace")] = {}
    tracingEnabled: bool = False
    cacheClusterEnabled: bool = False
    cacheClusterSize: Annotated[
        Literal["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"] | None, ServerDefault(("0.5",))
    ] = Field(None, description="GB.")
    documentationVersion: Annotated[str | None, Ref("DocumentationVersion", by_id=False), Wire(clear="empty")] = (
        Field(None, description="One of the API's documentationVersions.")
    )
    clientCertificate: Annotated[
        str | None,
        Ref("ClientCertificate", raw="clientCertificateId"),
        Wire(send="clientCertificateId", clear="empty", follow_up=True),
    ] = Field(None, description="A ClientCertificate by its logical name.")
    clientCertificateId: Annotated[str | None, Wire(clear="empty", follow_up=True)] = None
    accessLogSettings: Annotated[AccessLogSettings | None, Wire(clear="remove", follow_up=True, rebuild=True)] = (
        None
    )
    methodSettings: Annotated[dict[str, MethodSetting], Wire(follow_up=True)] = Field(
        {}, description="By method, as in `GET /pets`; `*/*` is for all methods."
    )
    canarySettings: Annotated[CanarySettings | None, Wire(clear="remove", rebuild=True)] = None
    canaryDeployment: Annotated[
        str | None,
        Ref("Deployment"),
        Wire(send="canaryDeploymentId", patch="/canarySettings/deploymentId"),
        DERIVED,
    ] = None
    webAclArn: Annotated[str | None, ServerDefault(), Wire(patch="", follow_up=True)] = Field(
        None,
        pattern="^(arn:.+)?$",
        description="The web ACL of WAF that guards the stage; empty for none, left as it is when absent.",
    )
    tags: Tags = {}
    accountLimits: Annotated[Limits, INTERNAL] = AT_FIRST
    adopted: Annotated[tuple[str, ...], INTERNAL] = ()
    """The digest that deployments without a stamp are taken for, and their ids."""

    @model_validator(mode="before")
    @classmethod
    def _canonical(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("cacheClusterEnabled"):
            return values
        return {key: value for key, value in values.items() if key != "cacheClusterSize"}

    @classmethod
    def check_key(cls, key: str) -> str | None:
        allowed = re.fullmatch(r"[A-Za-z0-9_-]{1,128}", key)
        return None if allowed else "a stage's name has letters, digits, - and _ only"

    @classmethod
    def desugar(cls, raw: dict[str, Any], scope: Scope) -> dict[str, Any]:
        logs = raw.get("accessLogSettings")
        if not isinstance(logs, Mapping) or "logGroup" not in logs:
            return raw
        if "destinationArn" in logs:
            trail = ("accessLogSettings", "logGroup")
            scope.problems.append((trail, "give either logGroup or destinationArn, not both"))
        arn = f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{logs['logGroup']}"
        return {**raw, "accessLogSettings": {**logs, "destinationArn": arn}}

    @classmethod
    def fold(cls, spec: dict[str, Any], scope: Scope, said: Mapping[str, Any] | None) -> dict[str, Any]:
        logs = spec.get("accessLogSettings") or {}
        name = str(logs.get("destinationArn", "")).rpartition(":log-group:")[2]
        own = f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{name}"
        usable = said is None or "destinationArn" not in inside(said, "accessLogSettings")
        known = (usable and name in scope.log_groups) or logs.get("logGroup") == name
        if not known or logs.get("destinationArn") != own:
            return spec
        days = {"retentionDays": scope.log_groups[name]} if scope.log_groups.get(name) else {}
        rest = {key: value for key, value in logs.items() if key != "destinationArn"}
        return {**spec, "accessLogSettings": {"logGroup": name, **days, **rest}}

    def authored(self, at: Address, ids: Mapping[Address, str]) -> dict[str, Any]:
        found = super().authored(at, ids)
        if settings := method_setting.authored(self.methodSettings, self.accountLimits):
            found["methodSettings"] = settings
        return found

    @classmethod
    def from_spec(cls, key: str, raw: Mapping[str, Any]) -> Self:
        settings = raw.get("methodSettings")
        star = settings.get(STAR) if isinstance(settings, Mapping) else None
        if isinstance(settings, Mapping) and isinstance(star, Mapping):
            # AWS starts a method's settings as a copy of those for all methods.
            spread = {name: {**star, **own} if isinstance(own, Mapping) else own for name, own in settings.items()}
            raw = {**raw, "methodSettings": spread}
        return super().from_spec(key, raw)

    @classmethod
    def gather(cls, root: Address, payload: Mapping[str, Any], around: Around) -> list[dict[str, Any]]:
        ids, key, _ = adopted_deployments(payload)
        adopted = {"adopted": (key, *ids)} if ids else {}
        return [stage | adopted for stage in waf.with_web_acls(root, payload, around)]

    @classmethod
    def from_aws(cls, payload: Mapping[str, Any], context: Context) -> Self:
        found = {**payload, "tags": live_tags(payload)}
        settings = payload.get("methodSettings") or {}
        found["methodSettings"] = {method_of(key): live_setting(key, content) for key, content in settings.items()}
        if canary := payload.get("canarySettings"):
            found["canaryDeploymentId"] = canary.get("deploymentId")
            found["canarySettings"] = {
                key: value for key, value in canary.items() if key != "deploymentId" and value is not None
            }
        if logs := payload.get("accessLogSettings"):
            arn = str(logs.get("destinationArn", "")).removesuffix(":*")
            found["accessLogSettings"] = {**logs, "destinationArn": arn}
        found["accountLimits"] = context.throttle
        if payload.get("cacheClusterStatus") == "DELETE_IN_PROGRESS":
            found["cacheClusterEnabled"] = False
        return super().from_aws(found, context)

    def needs(self, at: Address) -> frozenset[Address]:
        logs = self.accessLogSettings
        found = set(super().needs(at))
        if logs and logs.logGroup:
            found.add(at.root.child("LogGroup", logs.logGroup))
        if logs or any(item.loggingLevel != "OFF" for item in self.methodSettings.values()):
            # AWS refuses logging as long as it has no role for it.
            found.add(Address("Account"))
        return frozenset(found)

    def check(self, at: Address, desired: Family) -> Iterator[tuple[str, str]]:
        if self.clientCertificate and self.clientCertificateId:
            yield "clientCertificate", "give either clientCertificate or clientCertificateId, not both"
        for key in self.methodSettings:
            if key != STAR and not _METHOD.fullmatch(key):
                yield "methodSettings", f"{key}: expected a verb and a path, as in `GET /pets`, or {STAR}"
        yield from self._check_logs(at, desired)
        if not any(other.kind == "Method" and other.within(at.root) for other in desired):
            yield "", "a stage needs something to serve: the API has no methods"
        for name, value in self.variables.items():
            if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", name):
                yield "variables", f"{name}: letters, digits and _ only, 64 at most"
            if not re.fullmatch(r"[A-Za-z0-9._~:/?#&=,-]{1,512}", value):
                yield "variables", f"{name}: AWS allows letters, digits and - . _ ~ : / ? # & = , only"

    def _check_logs(self, at: Address, desired: Family) -> Iterator[tuple[str, str]]:
        logs = self.accessLogSettings
        if logs and not logs.destinationArn:
            yield "accessLogSettings", "give a logGroup, or a destinationArn"
        if logs and logs.retentionDays and not logs.logGroup:
            yield "accessLogSettings", "retentionDays goes with a logGroup"
        for other, stage in desired.everywhere("Stage").items() if logs and logs.logGroup else ():
            theirs = stage.accessLogSettings
            if not theirs or not logs or theirs.logGroup != logs.logGroup:
                continue
            if other < at and theirs.retentionDays != logs.retentionDays:
                yield "accessLogSettings", f"{other} names the same logGroup with other retentionDays"

    def aligned(self, desired: Self) -> Self:
        found = super().aligned(desired)
        settings = {
            key: open_limits(setting, desired.methodSettings.get(key), self.accountLimits)
            for key, setting in self.methodSettings.items()
        }
        found = found.model_copy(update={"methodSettings": settings})
        if desired.webAclArn == "" and found.webAclArn is None:
            found = found.model_copy(update={"webAclArn": ""})
        if desired.canarySettings and self.deployment:
            found = found.model_copy(update={"deployment": desired.deployment})
        key, *ids = self.adopted or ("",)
        for name in ("deployment", "canaryDeployment"):
            if getattr(desired, name) == key and str(getattr(self, name)).removeprefix(RAW_ID) in ids:
                found = found.model_copy(update={name: key})
        return found

    @classmethod
    def impacts(cls, at: Address, old: Self | None, new: Self | None, turn: Turn) -> Iterator[Impact]:
        if old and not new:
            yield Impact("stage-removed", f"stage {at.key} is deleted: its URL answers no more")
        if old and new:
            for words in method_setting.lowered(old.methodSettings, new.methodSettings, old.accountLimits):
                yield Impact("throttle-lowered", f"stage {at.key} lets through {words}", "methodSettings")
            if old.webAclArn and new.webAclArn != old.webAclArn:
                guard = "is guarded by another web ACL" if new.webAclArn else "is no longer guarded by a web ACL"
                yield Impact("web-acl-removed", f"stage {at.key} {guard}", "webAclArn")

    def creating(self, at: Address) -> list[Call]:
        return [*super().creating(at), *waf.guarding(Text(self.tagging(at) or ()), self.webAclArn, None)]

    def updating(self, at: Address, old: Self) -> list[Call]:
        guard = waf.guarding(Text(self.tagging(at) or ()), self.webAclArn, old.webAclArn)
        return [*super().updating(at, old), *guard]

    def rights(self, at: Address) -> Iterator[Right]:
        yield from super().rights(at)
        yield from waf.rights(self.webAclArn)

    def create_fields(self, at: Address) -> dict[str, Any]:
        found = super().create_fields(at)
        found.pop("canaryDeploymentId", None)
        return found

    def patch(self, at: Address, old: Self) -> list[Operation]:
        plain: dict[str, Any] = {"methodSettings": {}}
        own = patch.operations(at, old.model_copy(update=plain), self.model_copy(update=plain))
        if {"op": "remove", "path": "/canarySettings"} in own and self.canaryDeployment == old.canaryDeployment:
            # A canary that is built anew would start with the stage's own deployment.
            own += patch.operations(at, Stage(), Stage(canaryDeployment=self.canaryDeployment))
        return [
            *(fixed for op in own if (fixed := self._without_clearing(op))),
            *method_setting.operations(old.methodSettings, self.methodSettings),
        ]

    def _without_clearing(self, operation: Operation) -> Operation | None:
        """The canary's deployment goes with the canary, and the size with the cache; neither can be cleared."""
        if operation == {"op": "replace", "path": "/canarySettings/deploymentId"}:
            return None
        if operation == {"op": "replace", "path": "/cacheClusterSize"}:
            return patch.replace("/cacheClusterSize", "0.5") if self.cacheClusterEnabled else None
        return operation

    def resource_path(self, at: Address) -> tuple[str | Address, ...]:
        return ("/restapis/", at.root, f"/stages/{at.key}")
