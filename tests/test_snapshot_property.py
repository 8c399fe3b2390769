"""Whatever is live and whatever is wanted: a plan from a snapshot is the plan from AWS, secrets aside."""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr

from controller.report import Report
from controller.snapshot import written
from tests.engine import converge, open_pass
from tests.fake import FakeGateway
from tests.snapshots import content, planned, taken, through_a_file
from tests.strategies import worlds


PAIRS = int(os.environ.get("PAIRS", "60"))
THOROUGH = settings(
    max_examples=PAIRS,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, *([Phase.shrink] if "SHRINK" in os.environ else [])],
    suppress_health_check=list(HealthCheck),
)


def secret(title: str) -> str:
    return title.ljust(20, "x")


def with_one_secret_each(world: dict[str, Any]) -> dict[str, Any]:
    """Keys whose values never change: that they did is what a snapshot cannot know."""
    return {
        title: spec | {"value": SecretStr(secret(title))} if title.startswith("ApiKey") else spec
        for title, spec in world.items()
    }


def compared(report: Report) -> dict[str, Any]:
    facts = report.model_dump(exclude={"readCalls", "snapshot"})
    return facts | {"changes": {(change.root, change.path, change.action): change for change in report.changes}}


@THOROUGH
@given(worlds(), worlds())
def test_a_snapshot_gives_the_plan_that_aws_gives(before, after):
    before, after = with_one_secret_each(before), with_one_secret_each(after)
    fake = FakeGateway()
    converge(fake, before)
    found = through_a_file(taken(fake, after))
    text = written(content(default=found))
    live = open_pass(fake, after).plan()
    plan, assumed = planned(found, after)
    assert found.unread == {}
    assert assumed == set()
    assert compared(plan) == compared(live)
    for title in (title for title in before | after if title.startswith("ApiKey")):
        assert secret(title) not in text
        assert secret(title) not in plan.model_dump_json()
    # Of what only the new specs name outside of their roots, the snapshot of the old ones knows nothing.
    plan, assumed = planned(through_a_file(taken(fake, before)), after)
    assert all(": taken " in told for told in assumed)
    assert compared(plan) == compared(live)
