"""The shell around AWS: the only place that knows boto3."""
