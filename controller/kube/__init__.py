"""Kubernetes, over plain HTTPS: who leads, what happened, what is suspended, and which replica looks after what.

Nothing here is needed to reconcile; outside of a cluster the controller runs without.
"""

from controller.kube.api import Api, Connection
from controller.kube.events import Events
from controller.kube.fence import Fence
from controller.kube.lease import Election, Timing
from controller.kube.overrides import Overrides
from controller.kube.shard import Shards


__all__ = ["Api", "Connection", "Election", "Events", "Fence", "Overrides", "Shards", "Timing"]
