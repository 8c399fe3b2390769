"""Terraform, in both of the styles that its AWS provider has for a REST API."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.process import Spent, run
from bench.world import API, JSON, REGION, REQUEST, STAGE, World, openapi


PLUGINS = Path(os.environ.get("TF_PLUGINS", "/opt/tf-plugins"))
"""A mirror of providers; without it the provider comes from the registry."""

AWS_PROVIDER = "5.100.0"

_COMMON = f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws", version = "{AWS_PROVIDER}" }}
  }}
}}

variable "endpoint" {{ type = string }}
variable "size" {{ type = number }}
variable "first" {{ type = number }}
variable "rest" {{ type = number }}

provider "aws" {{
  region                      = "{REGION}"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
  endpoints {{
    apigateway = var.endpoint
    sts        = var.endpoint
    iam        = var.endpoint
  }}
}}

resource "aws_api_gateway_stage" "live" {{
  rest_api_id   = aws_api_gateway_rest_api.api.id
  deployment_id = aws_api_gateway_deployment.now.id
  stage_name    = "{STAGE}"
}}
"""

OBJECTS = (
    _COMMON
    + f"""
locals {{
  paths    = toset([for i in range(var.size) : format("r%04d", i)])
  versions = {{ for path in local.paths : path => path == "r0000" ? var.first : var.rest }}
}}

resource "aws_api_gateway_rest_api" "api" {{
  name = "{API}"
  endpoint_configuration {{ types = ["REGIONAL"] }}
}}

resource "aws_api_gateway_resource" "each" {{
  for_each    = local.paths
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_rest_api.api.root_resource_id
  path_part   = each.key
}}

resource "aws_api_gateway_method" "each" {{
  for_each      = local.paths
  rest_api_id   = aws_api_gateway_rest_api.api.id
  resource_id   = aws_api_gateway_resource.each[each.key].id
  http_method   = "GET"
  authorization = "NONE"
}}

resource "aws_api_gateway_method_response" "each" {{
  for_each    = local.paths
  rest_api_id = aws_api_gateway_rest_api.api.id
  resource_id = aws_api_gateway_resource.each[each.key].id
  http_method = aws_api_gateway_method.each[each.key].http_method
  status_code = "200"
}}

resource "aws_api_gateway_integration" "each" {{
  for_each          = local.paths
  rest_api_id       = aws_api_gateway_rest_api.api.id
  resource_id       = aws_api_gateway_resource.each[each.key].id
  http_method       = aws_api_gateway_method.each[each.key].http_method
  type              = "MOCK"
  request_templates = {{ "{JSON}" = {json.dumps(REQUEST)} }}
}}

resource "aws_api_gateway_integration_response" "each" {{
  for_each    = local.paths
  rest_api_id = aws_api_gateway_rest_api.api.id
  resource_id = aws_api_gateway_resource.each[each.key].id
  http_method = aws_api_gateway_integration.each[each.key].http_method
  status_code = aws_api_gateway_method_response.each[each.key].status_code
  response_templates = {{
    "{JSON}" = "{{\\"path\\": \\"${{each.key}}\\", \\"version\\": ${{local.versions[each.key]}}}}"
  }}
}}

resource "aws_api_gateway_deployment" "now" {{
  rest_api_id = aws_api_gateway_rest_api.api.id
  triggers = {{
    redeployment = sha1(jsonencode([for path in local.paths : [
      aws_api_gateway_resource.each[path].id,
      aws_api_gateway_method.each[path].id,
      aws_api_gateway_method_response.each[path].id,
      aws_api_gateway_integration.each[path].request_templates,
      aws_api_gateway_integration_response.each[path].response_templates,
    ]]))
  }}
  lifecycle {{ create_before_destroy = true }}
}}
"""
)
"""One resource for each object, as the provider's documentation shows it."""

BODY = (
    _COMMON
    + f"""
resource "aws_api_gateway_rest_api" "api" {{
  name = "{API}"
  body = file("${{path.module}}/body.json")
  endpoint_configuration {{ types = ["REGIONAL"] }}
}}

resource "aws_api_gateway_deployment" "now" {{
  rest_api_id = aws_api_gateway_rest_api.api.id
  triggers    = {{ redeployment = sha1(aws_api_gateway_rest_api.api.body) }}
  lifecycle {{ create_before_destroy = true }}
}}
"""
)
"""The whole API as one OpenAPI document."""


@dataclass(frozen=True)
class Terraform:
    """A working folder of Terraform's, ready to use."""

    folder: Path
    endpoint: str
    timeout: float

    def apply(self, world: World) -> Spent:
        """Brings the world about."""
        self._write(world)
        return self._run("apply", "-auto-approve")[0]

    def plan(self, world: World) -> tuple[Spent, str]:
        """Plans."""
        self._write(world)
        spent, _ = self._run("plan", "-out=plan.bin", "-detailed-exitcode", ends=(0, 2))
        show = ["terraform", "show", "-json", "plan.bin"]
        _, said = run(show, self.folder, self._variables, timeout=self.timeout)
        changes = [one for one in json.loads(said).get("resource_changes", []) if _changes(one)]
        return spent, json.dumps([(one["address"], one["change"]) for one in changes]) if changes else ""

    def forget(self) -> None:
        """Nothing: Terraform deletes without being allowed to."""

    def delete(self) -> Spent:
        """Takes everything away."""
        return self._run("destroy", "-auto-approve")[0]

    def _write(self, world: World) -> None:
        given = {"endpoint": self.endpoint, "size": world.size, "first": world.first, "rest": world.rest}
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(given))
        (self.folder / "body.json").write_text(json.dumps(openapi(world)))

    def _run(self, *words: str, ends: tuple[int, ...] = (0,)) -> tuple[Spent, str]:
        command = ["terraform", *words, "-input=false", "-no-color"]
        return run(command, self.folder, self._variables, timeout=self.timeout, ends=ends)

    @property
    def _variables(self) -> dict[str, str]:
        own = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        return own | {"TF_CLI_CONFIG_FILE": str(self.folder / "cli.rc")}

    def init(self) -> None:
        """Gets the provider."""
        self._run("init")


def _changes(one: dict[str, Any]) -> bool:
    return bool(one["change"]["actions"] != ["no-op"])


def prepare(configuration: str, folder: Path, endpoint: str, timeout: float) -> Terraform:
    """Writes the configuration and runs `terraform init`, from the local mirror if there is one."""
    (folder / "main.tf").write_text(configuration)
    mirror = f'filesystem_mirror {{ path = "{PLUGINS}" }}' if PLUGINS.is_dir() else "direct {}"
    (folder / "cli.rc").write_text(f"provider_installation {{\n  {mirror}\n}}\n")
    found = Terraform(folder, endpoint, timeout)
    found.init()
    return found


def version() -> str:
    """Which Terraform there is; empty without one."""
    if not shutil.which("terraform"):
        return ""
    variables = {"CHECKPOINT_DISABLE": "1"}
    _, said = run(["terraform", "version", "-json"], Path.cwd(), variables, timeout=60)
    return f"Terraform {json.loads(said)['terraform_version']} with AWS provider {AWS_PROVIDER}"
