"""The formats that a report can be written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from controller.render import github, gitlab, html, json, junit, markdown, sarif, summary
from controller.render.frame import Frame
from controller.report import Report


Render = Callable[[Sequence[Report], Frame], str]

FORMATS: Mapping[str, Render] = {
    "markdown": markdown.document,
    "html": html.document,
    "json": json.document,
    "sarif": sarif.document,
    "junit": junit.document,
    "github": github.document,
    "github-summary": summary.document,
    "gitlab-terraform": gitlab.counts,
    "gitlab-codequality": gitlab.quality,
}
"""All but text, which is written to a console as the reports come."""

OF_PROBLEMS = ("json", "sarif", "junit", "github", "gitlab-codequality")
"""Those that tell problems of specs as well: `Frame.problems`, without any report."""
