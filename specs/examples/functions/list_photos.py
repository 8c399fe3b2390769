"""Lists the photos in the bucket that the stage names."""

import json

import boto3


def handler(event, context):
    """Answer a request that came through the Lambda proxy."""
    stage = event["stageVariables"]
    found = boto3.client("s3").list_objects_v2(Bucket=stage["bucket"], MaxKeys=100)
    return {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/json",
            # A proxy's answer is passed on as it is, so the header for browsers is set here.
            "Access-Control-Allow-Origin": stage["site"],
        },
        "body": json.dumps([item["Key"] for item in found.get("Contents", [])]),
    }
