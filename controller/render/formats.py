"""The formats that a report can be written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from controller.render import json
from controller.render.frame import Frame
from controller.report import Report


Render = Callable[[Sequence[Report], Frame], str]

FORMATS: Mapping[str, Render] = {
    "json": json.document,
}
"""All but text, which is written to a console as the reports come."""
