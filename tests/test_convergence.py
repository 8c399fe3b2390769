"""Properties: whatever was there before, a pass brings about what the specs say, and the next has nothing to do."""

import contextlib
import os
from typing import Any

from deepdiff import DeepDiff
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from controller.diff import diff
from controller.errors import RefusedError, ThrottledError, UnavailableError
from tests.engine import changes, converge, desired
from tests.fake import FakeGateway
from tests.strategies import worlds


# Shrinking runs hundreds of further pairs: ask for it with SHRINK=1 when there is something to find.
PAIRS = int(os.environ.get("PAIRS", "200"))
THOROUGH = settings(
    max_examples=PAIRS,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, *([Phase.shrink] if "SHRINK" in os.environ else [])],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def reached(fake: FakeGateway) -> dict[str, Any]:
    """All but the account's role, which is shared with others and stays when its spec goes."""
    return {name: part for name, part in fake.snapshot_state().items() if name != "account"}


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_a_state_does_not_differ_from_itself(world):
    assert diff(desired(world), desired(world)) == ()


@THOROUGH
@given(worlds(), worlds())
def test_any_spec_after_any_other_reaches_the_same_state(before, after):
    fake, fresh = FakeGateway(), FakeGateway()
    first = converge(fake, before)
    assert first.summary.failed == 0, [c.error for c in first.changes if c.error]
    assert changes(fake, before) == []

    second = converge(fake, after, deploymentHistory=0)
    assert second.summary.failed == 0, [c.error for c in second.changes if c.error]
    assert changes(fake, after, deploymentHistory=0) == []

    converge(fresh, after)
    assert DeepDiff(reached(fake), reached(fresh)) == {}


@THOROUGH
@given(
    worlds(),
    worlds(),
    st.integers(0, 400),
    st.sampled_from(["refused", "lost", "crash"]),
    st.sampled_from(["calls", "import"]),
)
def test_a_failure_at_any_call_is_repaired_by_the_next_pass(before, after, at, how, strategy):
    fake, fresh = FakeGateway(), FakeGateway()
    # By an import there are few calls, so that the failure has to come early to hit one.
    at = at // 6 if strategy == "import" else at
    converge(fake, before)
    start = len(fake.calls)

    def failing(number, operation, params):
        position = number - start
        if how == "crash":
            return KeyboardInterrupt() if position == at else None
        # One failure is repeated and forgotten; a row of them makes the call fail for good.
        error = ThrottledError if how == "refused" else UnavailableError
        return error("injected") if at <= position < at + 12 else None

    if how == "refused":
        fake.fail = failing
    else:
        fake.fail_after = failing
    with contextlib.suppress(KeyboardInterrupt, ThrottledError, UnavailableError, RefusedError):
        converge(fake, after, deploymentHistory=0, strategy=strategy)
    fake.fail = fake.fail_after = None

    converge(fake, after, deploymentHistory=0, strategy=strategy)
    assert changes(fake, after, deploymentHistory=0) == []
    converge(fresh, after, strategy="calls")
    assert DeepDiff(reached(fake), reached(fresh)) == {}
