"""Plans on the fake: what leads from one world to another, carried out and proven."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from controller.address import Address
from controller.apply import apply
from controller.aws.reader import read
from controller.diff import diff
from controller.plan import plan
from controller.retention import retained
from controller.retry import Patient
from controller.state import State
from controller.steps import Plan, Step
from controller.succession import succeed
from tests.engine import HERE, desired
from tests.fake import FakeGateway


World = Mapping[str, Mapping[str, Any]]


def shop(**spec: Any) -> dict[str, dict[str, Any]]:
    """A world of one API."""
    return {"RestApi shop": spec}


def mock(**fields: Any) -> dict[str, Any]:
    """A method that answers by itself."""
    return {"integration": {"type": "MOCK"}, **fields}


def get(**fields: Any) -> dict[str, Any]:
    """A path with such a method."""
    return {"methods": {"GET": mock(**fields)}}


def live(fake: FakeGateway, wanted: State | None = None) -> State:
    return read(Patient(fake, sleep=lambda _: None), HERE, wanted or State())


def prepared(fake: FakeGateway, world: World, history: int = 10) -> tuple[Plan, dict[Address, str]]:
    """The plan that leads from what is on the fake to a world, and the ids it starts with."""
    wanted = desired(world)
    wanted, found = succeed(wanted, live(fake, wanted), datetime.now(UTC))
    present = retained(wanted, found, history)
    changes = diff(wanted, present)
    return plan(changes, wanted, present), present.ids


def planned(fake: FakeGateway, world: World, history: int = 10) -> Plan:
    """The plan alone."""
    return prepared(fake, world, history)[0]


def carry_out(fake: FakeGateway, world: World, history: int = 10) -> Plan:
    """Brings a world about; every step must succeed."""
    todo, ids = prepared(fake, world, history)
    outcomes = list(apply(todo, Patient(fake, sleep=lambda _: None), ids, HERE))
    assert [outcome.error for outcome in outcomes if outcome.status != "done"] == []
    return todo


def turn(before: World, after: World, history: int = 10) -> list[str]:
    """The steps from one world to another, in order, after they were carried out and found to suffice."""
    fake = FakeGateway()
    carry_out(fake, before, history)
    return further(fake, after, history)


def replaced(before: World, after: World) -> list[str]:
    """The operations that lead from one world to another."""
    return [step.split(" ")[0] for step in turn(before, after)]


def further(fake: FakeGateway, world: World, history: int = 10) -> list[str]:
    """The steps to a world, in order, after they were carried out and found to suffice."""
    todo = carry_out(fake, world, history)
    assert planned(fake, world, history).steps == {}
    return [line(step) for step in todo.steps]


def line(step: Step) -> str:
    """`UpdateMethod /pets GET`."""
    names = [at.key or at.kind for at in step.at.lineage]
    return " ".join([step.call.operation, *(names[1:] or names)])
