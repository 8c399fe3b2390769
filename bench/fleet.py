"""A pass with nothing to do over a fleet of APIs: it should take what the quotas take, and little memory for each.

No emulator holds so many in good time, so `bench/answers.py` answers, over HTTP and behind the same proxy.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.answers import answering
from bench.process import Spent
from bench.proxy import proxy
from bench.quotas import least_seconds
from bench.tools import OWNER, Reconcile
from bench.world import World, specs
from controller.kinds.rest.dialect import NAME_TAG, OWNER_TAG
from tests.engine import converge, desired
from tests.fake import FakeGateway


ENDPOINTS = 20
SHARE = 0.85
"""The share of the quotas that the command uses unless it is told otherwise."""


@dataclass(frozen=True)
class Fleet:
    """A pass over so many APIs. `least` is the time that the quotas allow for its calls, at the command's share."""

    apis: int
    seconds: float
    cpu: float
    peak_mb: float
    calls: int
    refused: int
    least: float

    @property
    def busy(self) -> float:
        """The share of the time in which the quotas, and nothing else, were what it waited for."""
        return self.least / self.seconds


def measure(apis: int, timeout: float) -> Fleet:
    """Makes the fleet, and a pass over it. Raises RuntimeError if that would change anything."""
    names = [f"api{index:04}" for index in range(apis)]
    gateway = FakeGateway(quotas=False, validate=False)
    _populate(gateway, names)
    with tempfile.TemporaryDirectory() as folder, answering(gateway) as url, proxy(url) as way:
        tool = Reconcile(Path(folder), way.url, timeout)
        spent, changes = tool.look([_document(name) for name in names])
        if changes:
            raise RuntimeError(f"a second pass over {apis} APIs would change something: {changes[:500]}")
        return _fleet(apis, spent, *way.seen())


def _fleet(apis: int, spent: Spent, calls: Mapping[str, int], refused: int) -> Fleet:
    paced = {name: count for name, count in calls.items() if ":" not in name}
    total = sum(calls.values())
    return Fleet(apis, spent.seconds, spent.cpu, spent.peak_mb, total, refused, least_seconds(paced, SHARE))


def _populate(gateway: FakeGateway, names: list[str]) -> None:
    """The first as a pass makes it; the others are like it in all but id, tags and the digest they deploy."""
    world = {f"RestApi {name}": _document(name)["spec"] for name in names}
    digests = {at.root.key: at.key for at in desired(world).resources if at.kind == "Deployment"}
    first = names[0]
    converge(gateway, {f"RestApi {first}": _document(first)["spec"]})
    (model,) = gateway.world.apis.values()
    gateway.world.apis.clear()
    for name in names:
        twin = deepcopy(model)
        tags = {OWNER_TAG: OWNER, NAME_TAG: name}
        twin.record |= {"id": gateway.world.new_id(), "tags": twin.record["tags"] | tags}
        for deployment in twin.deployments.values():
            deployment["description"] = deployment["description"].replace(digests[first], digests[name])
        gateway.world.apis[twin.id] = twin


def _document(name: str) -> dict[str, Any]:
    document = specs(World(ENDPOINTS))
    document["metadata"]["name"] = name
    # What AWS calls them: all alike, so that a copy of one is like each other.
    document["spec"]["name"] = "fleet"
    return document
