"""Events of API Gateway as EventBridge hands CloudTrail's records on."""

from __future__ import annotations

import json
from typing import Any


PERSON = {
    "type": "IAMUser",
    "principalId": "AIDACKCEVSQ6C2EXAMPLE",
    "arn": "arn:aws:iam::123456789012:user/ada",
    "accountId": "123456789012",
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "userName": "ada",
}
MINE = "Boto3/1.43.0 md/Botocore#1.43.0 ua/2.1 os/linux cfg/retry-mode#legacy Botocore/1.43.0 apigateway-reconciler"
"""The user agent of the controller's own calls."""


def event(name: str, asked: Any = None, answered: Any = None, **detail: Any) -> str:
    """A message as EventBridge puts it into a queue: somebody made a call, with these parameters."""
    return json.dumps(
        {
            "version": "0",
            "id": "36eb8523-97d0-4518-b33d-ee3579ff19f0",
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.apigateway",
            "account": "123456789012",
            "time": "2026-01-01T12:00:00Z",
            "region": "eu-west-1",
            "resources": [],
            "detail": {
                "eventVersion": "1.10",
                "userIdentity": PERSON,
                "eventTime": "2026-01-01T12:00:00Z",
                "eventSource": "apigateway.amazonaws.com",
                "eventName": name,
                "awsRegion": "eu-west-1",
                "sourceIPAddress": "203.0.113.11",
                "userAgent": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1 lang/python#3.13.7",
                "requestParameters": asked,
                "responseElements": answered,
                "requestID": "c1a1e5d0-5a2c-4a0b-9d64-1f8d6d9a0b3e",
                "eventID": "7b7c8d3f-4f7b-4b8e-bd5c-5f0f2a1f9f11",
                "readOnly": False,
                "eventType": "AwsApiCall",
                "managementEvent": True,
                "recipientAccountId": "123456789012",
                "eventCategory": "Management",
                "tlsDetails": {
                    "tlsVersion": "TLSv1.3",
                    "clientProvidedHostHeader": "apigateway.eu-west-1.amazonaws.com",
                },
            }
            | detail,
        }
    )


def stage(api: str) -> str:
    """Somebody changed a stage of an API."""
    return event("UpdateStage", {"restApiId": api, "stageName": "prod"})


def entry(message: str) -> dict[str, str]:
    """The same for PutEvents, from a source of one's own: nobody but AWS may send as `aws.apigateway`."""
    content = json.loads(message)
    return {
        "Source": "com.example",
        "DetailType": content["detail-type"],
        "Detail": json.dumps(content["detail"]),
    }
