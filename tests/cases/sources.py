"""Specs written to a folder, and read from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from controller.source import Document, Loaded, load


VARIABLES = {"target": "dev", "backend": "dev.internal", "port": 80, "on": True, "none": None}
KEY = "s3cr3t-value"


def spec(body: str = "", *, name: str = "photos", metadata: str = "", kind: str = "RestApi") -> str:
    extra = f", {metadata}" if metadata else ""
    return f"apiVersion: apigateway/v1\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\n{body}\n"


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def read(
    folder: Path,
    texts: Mapping[str, str] | str,
    *,
    variables: Mapping[str, Any] = VARIABLES,
    secrets: Callable[[str], str] | None = None,
) -> Loaded:
    write(folder, {"a.yaml": texts} if isinstance(texts, str) else texts)
    environ = {"ACME_API_KEY": KEY}
    return load([folder], checkout=folder, variables=variables, environ=environ, secrets=secrets)


def problems(folder: Path, texts: Mapping[str, str] | str, **options: Any) -> list[str]:
    return [str(problem) for problem in read(folder, texts, **options).problems]


def one(folder: Path, texts: Mapping[str, str] | str, **options: Any) -> Document:
    loaded = read(folder, texts, **options)
    assert not loaded.problems
    (document,) = loaded.documents
    return document
