"""A small API on a fake, and short ways to work on it."""

from __future__ import annotations

from typing import Any

from tests.fake import FakeGateway


LAMBDA = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f/invocations"
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/"
ROLE = "arn:aws:iam::123456789012:role/logs"


class Shop:
    """An API with one mock method at its root, and short ways to work on it."""

    def __init__(self, fake: FakeGateway | None = None, **fields: Any) -> None:
        self.fake = fake or FakeGateway()
        made = self.fake("CreateRestApi", {"name": "shop", **fields})
        self.api, self.root = made["id"], made["rootResourceId"]
        self.method = {"resourceId": self.root, "httpMethod": "GET"}
        self("PutMethod", **self.method, authorizationType="NONE")
        self("PutIntegration", **self.method, type="MOCK")

    def __call__(self, operation: str, /, **params: Any) -> dict[str, Any]:
        return self.fake(operation, {"restApiId": self.api, **params})

    def patch(self, operation: str, /, *operations: dict[str, str], **at: Any) -> dict[str, Any]:
        return self(operation, **at, patchOperations=list(operations))

    def stage(self, name: str = "live") -> str:
        deployment = str(self("CreateDeployment")["id"])
        self("CreateStage", stageName=name, deploymentId=deployment)
        return deployment

    def authorizer(self, name: str = "guard") -> str:
        fields = {"type": "TOKEN", "authorizerUri": LAMBDA, "identitySource": "method.x"}
        return str(self("CreateAuthorizer", name=name, **fields)["id"])

    def link(self) -> str:
        link = self.fake("CreateVpcLink", {"name": "l", "targetArns": ["arn:aws:elb:x"]})["id"]
        fields = {"type": "HTTP", "uri": "http://x.org", "integrationHttpMethod": "GET"}
        private = {"connectionType": "VPC_LINK", "connectionId": link}
        self("PutIntegration", **self.method, **fields, **private)
        return str(link)
