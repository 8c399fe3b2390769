"""The formats that a report can be written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from controller.render import html, json, markdown
from controller.render.frame import Frame
from controller.report import Report


Render = Callable[[Sequence[Report], Frame], str]

FORMATS: Mapping[str, Render] = {
    "html": html.document,
    "json": json.document,
    "markdown": markdown.document,
}
"""All but text, which is written to a console as the reports come."""
