"""A file of settings as a pydantic model: what is wrong has its line, and a hint if a name is nearly right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from controller.errors import Problem, SpecErrors
from controller.source.load import load_yaml


M = TypeVar("M", bound=BaseModel)


def load_typed(file: Path, checkout: Path, model: type[M]) -> M:
    """What a YAML file says, as a model whose fields are strict. Raises SpecErrors with all that is wrong."""
    content, marks, problems = load_yaml(file, checkout)
    if problems:
        raise SpecErrors(problems)
    try:
        return model.model_validate(content, strict=True)
    except ValidationError as error:
        found = [
            Problem(_message(item), marks.at(list(item["loc"])), _near(item, model)) for item in error.errors()
        ]
        raise SpecErrors(found) from None


def _message(item: Mapping[str, Any]) -> str:
    field = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"unknown field {field!r}"
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


def _near(item: Mapping[str, Any], model: type[BaseModel]) -> str:
    if item["type"] != "extra_forbidden":
        return ""
    near = difflib.get_close_matches(str(item["loc"][-1]), _known(item["loc"][:-1], model), 1)
    return f"did you mean {near[0]!r}?" if near else ""


def _known(path: Sequence[str | int], model: type[BaseModel]) -> list[str]:
    """The fields of the model at that path."""
    for step in path:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if step in fields:
            model = _model(fields[str(step)].annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model in a type such as `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model(part))), None)
