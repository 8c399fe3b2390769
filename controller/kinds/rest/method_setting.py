"""How a stage treats one method, or all of them: the spellings AWS has for them, and the patches that set them.

Facts: API Gateway API reference, MethodSetting and UpdateStage (its table of patch operations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from controller.dialects import written
from controller.facets import INTERNAL, Value, Wire, facets, same
from controller.kinds.rest import patch, throttling
from controller.kinds.rest.patch import Operation


STAR = "*/*"
_LIMITS = ("throttlingBurstLimit", "throttlingRateLimit")
_UNLIMITED = -1
AT_FIRST = (5000, 10000.0)
"""The limits that an account starts with: burst, and requests per second."""

Limits = tuple[int, float]


class MethodSetting(Value):
    """How a stage treats one method, or all of them (`*/*`)."""

    metricsEnabled: Annotated[bool, Wire(patch="/metrics/enabled")] = False
    loggingLevel: Annotated[Literal["OFF", "ERROR", "INFO"], Wire(patch="/logging/loglevel")] = "OFF"
    dataTraceEnabled: Annotated[bool, Wire(patch="/logging/dataTrace")] = False
    throttlingBurstLimit: Annotated[int | None, Wire(patch="/throttling/burstLimit")] = Field(None, ge=0)
    throttlingRateLimit: Annotated[float | None, Wire(patch="/throttling/rateLimit")] = Field(
        None, ge=0, description="Requests per second; the account's limit when absent."
    )
    cachingEnabled: Annotated[bool, Wire(patch="/caching/enabled")] = False
    cacheTtlInSeconds: Annotated[int, Wire(patch="/caching/ttlInSeconds")] = Field(300, ge=0, le=3600)
    cacheDataEncrypted: Annotated[bool, Wire(patch="/caching/dataEncrypted")] = False
    requireAuthorizationForCacheControl: Annotated[
        bool, Wire(patch="/caching/requireAuthorizationForCacheControl")
    ] = True
    unauthorizedCacheControlHeaderStrategy: Annotated[
        Literal["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"],
        Wire(patch="/caching/unauthorizedCacheControlHeaderStrategy"),
    ] = "SUCCEED_WITH_RESPONSE_HEADER"
    spelling: Annotated[str, INTERNAL] = ""


def method_of(key: str) -> str:
    """`GET /pets/{id}` for any of the spellings that AWS gives back, such as `~1pets~1{id}/GET`."""
    if key in (STAR, f"/{STAR}"):
        return STAR
    path, _, verb = key.rpartition("/")
    return f"{verb} /{patch.unescape(path).strip('/')}"


def open_limits(live: MethodSetting, desired: MethodSetting | None, account: Limits) -> MethodSetting:
    """A live setting without limits that AWS put in because the spec gives none: the account's, now or at first."""
    usual = dict(zip(_LIMITS, zip(account, AT_FIRST, strict=True), strict=True))
    changes = {
        name: None
        for name, values in usual.items()
        if desired is not None and getattr(desired, name) is None and getattr(live, name) in values
    }
    return live.model_copy(update=changes)


def live_setting(key: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS says of a method's setting, and how it spells the method."""
    known = {k: v for k, v in content.items() if k in MethodSetting.model_fields and v is not None}
    for name in _LIMITS:
        if known.get(name) == _UNLIMITED:
            del known[name]
    return {**known, "spelling": key.removeprefix("/") if key.startswith("/*") else key}


def authored(settings: Mapping[str, MethodSetting], account: Limits) -> dict[str, dict[str, Any]]:
    """Settings as authors write them: those of a method say only in what they are not like those of all."""
    found: dict[str, dict[str, Any]] = {}
    for key in sorted(settings, key=lambda key: (key != STAR, key)):
        setting = open_limits(settings[key], MethodSetting(), account)
        star = found.get(STAR, {}) if key != STAR else {}
        own = written(setting)
        back = {name: written(getattr(setting, name)) for name in star if name not in own}
        found[key] = {name: value for name, value in (back | own).items() if star.get(name, ...) != value}
    return found


def lowered(old: Mapping[str, MethodSetting], new: Mapping[str, MethodSetting], account: Limits) -> Iterator[str]:
    """Where the settings of a stage let fewer requests through, in words: for all methods, then for single ones."""
    everywhere = _lowered(old, new, STAR, account)
    yield from [everywhere] if everywhere else []
    for key in sorted((old.keys() | new.keys()) - {STAR}):
        if (words := _lowered(old, new, key, account)) and words != everywhere:
            yield f"to {key} {words}"


def _lowered(old: Mapping[str, MethodSetting], new: Mapping[str, MethodSetting], key: str, account: Limits) -> str:
    burst, rate = account
    usual, plain = throttling.Limits(rate, burst), MethodSetting()
    settings = (found.get(key) or found.get(STAR) or plain for found in (old, new))
    limits = (throttling.Limits(item.throttlingRateLimit, item.throttlingBurstLimit) for item in settings)
    return throttling.lowered(*(item.within(usual) for item in limits))


def operations(old: Mapping[str, MethodSetting], new: Mapping[str, MethodSetting]) -> Iterator[Operation]:
    """Removals, then all methods, then single methods, whose settings start as a copy of the former."""
    for key in sorted(old.keys() - new.keys()):
        yield {"op": "remove", "path": _prefix(key, old[key])}
    for key in sorted(new, key=lambda key: (key != STAR, key)):
        before, after = old.get(key), new[key]
        if before is not None and same(before, after):
            continue
        prefix = _prefix(key, before or after)
        if before is not None and _limits_go(before, after):
            # No value means "the account's limit" here: only a fresh start brings it back.
            yield {"op": "remove", "path": prefix}
            before = None
        for name, facet in facets(MethodSetting).items():
            value = getattr(after, name)
            if facet.compared and value is not None and (before is None or getattr(before, name) != value):
                yield patch.replace(prefix + facet.patch, value)


def _limits_go(before: MethodSetting, after: MethodSetting) -> bool:
    return any(getattr(before, name) is not None and getattr(after, name) is None for name in _LIMITS)


def _prefix(key: str, setting: MethodSetting) -> str:
    """The path of a setting: spelt as AWS gave it back, since another spelling would make a second one."""
    if setting.spelling:
        return f"/{setting.spelling}"
    if key == STAR:
        return f"/{STAR}"
    verb, _, path = key.partition(" ")
    return f"/{patch.escape(path)}/{verb}"
