"""Requests and answers held against botocore's own service model.

Shape mistakes (unknown or mistyped members) are what boto3 refuses before it sends anything;
enums and patterns are what AWS refuses first, all offenders in one ValidationException.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from controller.errors import InvalidError


VALIDATOR = ParamValidator()


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    return service_model(service).operation_model(operation)


def check_request(service: str, operation: str, params: Mapping[str, Any]) -> None:
    shape = operation_model(service, operation).input_shape
    if shape is None:
        if params:
            raise InvalidError(f"{operation} takes no parameters", code="ParamValidationError")
        return
    report = VALIDATOR.validate(params, shape)
    if report.has_errors():
        raise InvalidError(report.generate_report(), code="ParamValidationError")
    offenders = list(_offenders(params, shape, _input_name(operation)))
    if offenders:
        count = len(offenders)
        plural = "s" if count > 1 else ""
        raise InvalidError(
            f"{count} validation error{plural} detected: {'; '.join(offenders)}",
            code="ValidationException",
        )


def check_answer(service: str, operation: str, answer: Mapping[str, Any]) -> None:
    """A wrong answer is a mistake of the fake itself, so it fails loudly and not as AWS would."""
    shape = operation_model(service, operation).output_shape
    if shape is None:
        assert not answer, f"{operation} answers nothing, got {answer}"
        return
    report = VALIDATOR.validate(_without_nulls(answer), shape)
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"


def _input_name(operation: str) -> str:
    return operation[0].lower() + operation[1:] + "Input"


def _offenders(value: Any, shape: Shape, at: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            yield from _offenders(member, shape.members[name], f"{at}.{name}")
    elif isinstance(shape, ListShape):
        yield from _list_offenders(value, shape, at)
    elif isinstance(shape, MapShape):
        for key, member in value.items():
            yield from _offenders(member, shape.value, f"{at}.{key}.member")
    elif shape.type_name == "string":
        constraint = _broken_constraint(value, shape)
        if constraint:
            yield f"Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"


def _list_offenders(value: list[Any], shape: ListShape, at: str) -> Iterator[str]:
    if getattr(shape.member, "enum", None):
        broken = [_broken_constraint(member, shape.member) for member in value]
        if any(broken):
            yield (
                f"Value '[{', '.join(value)}]' at '{at}' failed to satisfy constraint: "
                f"Member must satisfy constraint: [{next(filter(None, broken))}]"
            )
        return
    for number, member in enumerate(value, start=1):
        yield from _offenders(member, shape.member, f"{at}.{number}.member")


def _broken_constraint(value: str, shape: Shape) -> str:
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        return f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_in_python(pattern), value):
        return f"Member must satisfy regular expression pattern: {pattern}"
    return ""


def _in_python(pattern: str) -> str:
    """Java's classes of letters, numbers and spaces in Python's words."""
    return re.sub(r"\\p\{(\w)\w?\}", lambda found: r"\s" if found[1] == "Z" else r"\w", pattern)


def _without_nulls(value: Any) -> Any:
    """AWS answers null for an empty template; the validator has no notion of null."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
