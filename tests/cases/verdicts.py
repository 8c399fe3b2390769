"""What the rules say of the way from one world to another."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from controller.diff import diff
from controller.policy import Rules, Verdict, guard
from controller.retention import retained
from controller.standing import Standing
from tests.cases.steps import get, live, shop
from tests.engine import converge, desired
from tests.fake import FakeGateway


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALL = Rules(prune=True, deletes=None, updates=None)
World = Mapping[str, Mapping[str, Any]]


def judged(before: World, after: World, rules: Rules = ALL, **standing: Standing) -> Verdict:
    """What the rules say of the way from one world to another; `standing` by the key of a live root."""
    fake = FakeGateway()
    converge(fake, before)
    wanted = desired(after)
    present = retained(wanted, live(fake, wanted), rules.history)
    for at in present.roots():
        present.standing[at] = standing.get(at.key, present.standing.get(at, Standing()))
    return guard(diff(wanted, present), wanted, present, rules, NOW)


def keys(count: int, **spec: Any) -> dict[str, Any]:
    return {f"ApiKey k{number:02}": spec for number in range(count)}


def actions(verdict: Verdict) -> list[str]:
    return [f"{change.action} {change.at.key}" for change in verdict.changes]


def new_value(number: int) -> Any:
    return SecretStr(f"a-new-value-for-number-{number}")


API = shop(paths={"/": get()})


def spec(metadata: str = "", kind: str = "ApiKey", name: str = "acme", body: str = "{}") -> str:
    extra = f", {metadata}" if metadata else ""
    return f"---\napiVersion: apigateway/v1\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\nspec: {body}\n"
