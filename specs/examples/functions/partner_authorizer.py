"""Lets partners in by their token. A real one would look it up, or check a signature."""


def handler(event, context):
    """Allow or deny a caller everything in this stage."""
    known = event["authorizationToken"] == "Bearer acme-token"
    # API Gateway remembers the answer for a token, so it must hold for every method.
    stage = "/".join(event["methodArn"].split("/")[:2])
    return {
        "principalId": "acme" if known else "unknown",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if known else "Deny",
                    "Resource": f"{stage}/*",
                }
            ],
        },
    }
