"""`reconcile export`: an API of the specs for other tools."""

from __future__ import annotations

import json
from typing import Any

import typer
import yaml

from controller.cli.scope import single
from controller.cli.session import Session


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        # A document that people read says things twice rather than by anchors.
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def run(session: Session, name: str, stage: str, *, endpoint_url: str | None, as_json: bool) -> int:
    """Print the document."""
    found = session.engine.export(single(session, "an export", endpoint_url), name, stage)
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        text = yaml.dump(found, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=116)
        typer.echo(text, nl=False)
    return 0
