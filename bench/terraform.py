"""Terraform's side: the same world in its words, one resource block for each of the four kinds."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.world import API, REGION, STAGE, Spent, run


PLUGINS = Path(os.environ.get("TF_PLUGINS", "/opt/tf-plugins"))
AWS_PROVIDER = "5.100.0"

_MAIN = f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws", version = "{AWS_PROVIDER}" }}
  }}
}}

variable "endpoint" {{ type = string }}
variable "size" {{ type = number }}
variable "changed" {{ type = string }}

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

locals {{
  paths = toset([for i in range(var.size) : format("r%04d", i)])
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

resource "aws_api_gateway_integration" "each" {{
  for_each                = local.paths
  rest_api_id             = aws_api_gateway_rest_api.api.id
  resource_id             = aws_api_gateway_resource.each[each.key].id
  http_method             = aws_api_gateway_method.each[each.key].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "https://${{each.key == var.changed ? "new" : "backend"}}.example.com/${{each.key}}"
}}

resource "aws_api_gateway_deployment" "now" {{
  rest_api_id = aws_api_gateway_rest_api.api.id
  triggers = {{
    redeployment = sha1(jsonencode([for path in local.paths : [
      aws_api_gateway_resource.each[path].id,
      aws_api_gateway_method.each[path].id,
      aws_api_gateway_integration.each[path].id,
      aws_api_gateway_integration.each[path].uri,
    ]]))
  }}
  lifecycle {{ create_before_destroy = true }}
}}

resource "aws_api_gateway_stage" "live" {{
  rest_api_id   = aws_api_gateway_rest_api.api.id
  deployment_id = aws_api_gateway_deployment.now.id
  stage_name    = "{STAGE}"
  # MiniStack answers with empty settings where AWS answers with none.
  lifecycle {{ ignore_changes = [access_log_settings] }}
}}
"""


@dataclass(frozen=True)
class Terraform:
    """A working folder of Terraform's, ready to use."""

    folder: Path
    endpoint: str
    size: int

    def apply(self, changed: str = "") -> Spent:
        """Brings the world about."""
        return self._run("apply", "-auto-approve", changed=changed)

    def plan(self, changed: str = "") -> Spent:
        """Plans; raises RuntimeError if there is anything to do."""
        return self._run("plan", "-detailed-exitcode", changed=changed)

    def destroy(self) -> Spent:
        """Takes the world away."""
        return self._run("destroy", "-auto-approve", changed="")

    def _run(self, *words: str, changed: str) -> Spent:
        given = {"endpoint": self.endpoint, "size": self.size, "changed": changed}
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(given))
        spent, _ = run(["terraform", *words, "-input=false", "-no-color"], self.folder, _variables(self.folder))
        return spent


def versions() -> str:
    """Which Terraform there is; empty without one."""
    if not shutil.which("terraform"):
        return ""
    _, said = run(["terraform", "version", "-json"], Path.cwd(), {"CHECKPOINT_DISABLE": "1"})
    return f"Terraform {json.loads(said)['terraform_version']} with AWS provider {AWS_PROVIDER}"


def prepare(folder: Path, endpoint: str, size: int) -> Terraform:
    """Writes the configuration and runs `terraform init`, from the local mirror if there is one."""
    (folder / "main.tf").write_text(_MAIN)
    mirror = f'filesystem_mirror {{ path = "{PLUGINS}" }}' if PLUGINS.is_dir() else "direct {}"
    (folder / "cli.rc").write_text(f"provider_installation {{\n  {mirror}\n}}\n")
    run(["terraform", "init", "-input=false", "-no-color"], folder, _variables(folder))
    return Terraform(folder, endpoint, size)


def _variables(folder: Path) -> dict[str, str]:
    return {"TF_CLI_CONFIG_FILE": str(folder / "cli.rc"), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
