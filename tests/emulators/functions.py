"""Lambda functions on an emulator, which do nothing: there to be named."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import boto3

from .driver import REGION
from .harness import Emulator


def client(emulator: Emulator, service: str) -> Any:
    """boto3, to work around API Gateway."""
    return boto3.client(service, region_name=REGION, endpoint_url=emulator.endpoint_url)


def make_functions(emulator: Emulator, *names: str) -> None:
    """Makes those that are not there yet; `name:alias` gets the alias too."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {'statusCode': 200}\n")
    functions = client(emulator, "lambda")
    known = {function["FunctionName"] for function in functions.list_functions()["Functions"]}
    for full in dict.fromkeys(names):
        name, _, alias = full.partition(":")
        if name not in known:
            functions.create_function(
                FunctionName=name,
                Runtime="python3.11",
                Handler="index.handler",
                Role="arn:aws:iam::000000000000:role/functions",
                Code={"ZipFile": package.getvalue()},
            )
            known.add(name)
        if alias:
            version = functions.publish_version(FunctionName=name)["Version"]
            functions.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
