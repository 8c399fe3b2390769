"""What listens: probes and status, metrics, and the webhook, on a port each."""
