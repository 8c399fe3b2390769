"""Plans from snapshots of the fake, as the command makes them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from controller.facets import Unread
from controller.gateway import Caller, Environment
from controller.reconcile import Pass
from controller.report import Report
from controller.settings import Limits, Settings
from controller.snapshot import Content, Taken, take
from controller.snapshot.replay import Replay
from tests import engine


NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
World = Mapping[str, Mapping[str, Any]]


def unread(value: Any) -> Any:
    """The same world where nobody looks secrets up."""
    match value:
        case SecretStr():
            return Unread(f"a secret that was not read: {len(value)}")
        case Mapping():
            return {key: unread(item) for key, item in value.items()}
        case list():
            return [unread(item) for item in value]
        case _:
            return value


def taken(caller: Caller, world: World, where: Environment = engine.HERE, **more: Any) -> Taken:
    return take(caller, where, engine.desired(unread(world), **more), sleep=lambda _: None)


def content(**targets: Taken) -> Content:
    return Content(
        version="1", taken=NOW, revision="abc1234", targets={name: item.target for name, item in targets.items()}
    )


def through_a_file(found: Taken) -> Taken:
    """What is left of it when it was written and read."""
    text = content(default=found).model_dump_json(exclude_defaults=True)
    return Taken(Content.model_validate_json(text).targets["default"], found.unread)


def planned(found: Taken, world: World, **settings: Any) -> tuple[Report, set[str]]:
    """The plan that a snapshot gives, and what was assumed."""
    replay = Replay(found.target)
    adopt = settings.pop("adopt", None)
    live = engine.open_pass(replay, world, **settings)
    one = Pass(live._request, engine.desired(unread(world), adopt=adopt), replay, found.target.place.environment)
    return one.plan(), replay.assumed


__all__ = ["NOW", "Limits", "Settings", "content", "planned", "taken", "through_a_file", "unread"]
