"""Runs a plan: steps start as soon as what they wait for is done, one at a time in each root.

Rules that do not bend:
1. AWS refuses concurrent edits of one API: one call at a time for each root, roots in parallel.
2. A failed step blocks its successors and nothing else.
3. Once told to stop, no new call is started; those under way are waited for, but not what AWS does afterwards.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any, Literal

from controller.address import Address
from controller.call import Call, Probe, resolve
from controller.diff import Action
from controller.errors import GatewayError
from controller.gateway import Environment
from controller.plan import Plan, Step
from controller.retry import Patient


LANES = 8
"""Roots changed at once."""


@dataclass(frozen=True)
class Outcome:
    """How one step ended. `blocked` steps were never called; `error` says what they waited for."""

    step: Step
    status: Literal["done", "failed", "blocked"]
    error: str = ""


def apply(
    plan: Plan,
    patient: Patient,
    ids: dict[Address, str],
    environment: Environment,
    stop: threading.Event | None = None,
) -> Iterator[Outcome]:
    """Carries out the steps and yields an outcome for each, as they end. Adds to `ids` what it learns."""
    stop = stop or threading.Event()
    run = _Run(plan, patient, ids, environment, stop)
    with ThreadPoolExecutor(LANES) as pool:
        running: dict[Future[dict[str, Any]], Step] = {}
        while True:
            if not stop.is_set():
                for step in run.startable():
                    running[pool.submit(run.call, step)] = step
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from run.ended(running.pop(future), future)
    yield from run.never_started("stopped before it was started")


class _Run:
    """What is left to do, and which roots are busy."""

    def __init__(
        self, plan: Plan, patient: Patient, ids: dict[Address, str], environment: Environment, stop: threading.Event
    ) -> None:
        self.patient, self.ids, self.environment, self.stop = patient, ids, environment, stop
        self.missing = {step: set(waits) for step, waits in plan.steps.items()}
        self.followers: dict[Step, list[Step]] = {step: [] for step in plan.steps}
        for step, waits in plan.steps.items():
            for before in waits:
                self.followers[before].append(step)
        self.ready: dict[Address, deque[Step]] = {}
        for step in (step for step, waits in plan.steps.items() if not waits):
            self._is_ready(step)
        self.busy: set[Address] = set()
        self.left = set(plan.steps)

    def startable(self) -> list[Step]:
        """Takes the ready steps whose root is free."""
        free = [root for root in self.ready if root not in self.busy][: LANES - len(self.busy)]
        found = [self.ready[root].popleft() for root in free]
        self.ready = {root: steps for root, steps in self.ready.items() if steps}
        self.busy.update(free)
        self.left.difference_update(found)
        return found

    def _is_ready(self, step: Step) -> None:
        self.ready.setdefault(step.at.root, deque()).append(step)

    def call(self, step: Step) -> dict[str, Any]:
        """Runs in a worker thread."""
        return self.patient.perform(self._resolved(step.call), self.stop)

    def _resolved(self, call: Call) -> Call:
        probe = call.probe and Probe(
            call.probe.operation,
            self._fill(call.probe.params),
            call.probe.items,
            self._fill(call.probe.match),
            call.probe.single,
        )
        wait = call.wait and replace(call.wait, params=self._fill(call.wait.params))
        return replace(call, params=self._fill(call.params), probe=probe, wait=wait)

    def _fill(self, value: Any) -> Any:
        return resolve(value, self.ids, self.environment)

    def ended(self, step: Step, future: Future[dict[str, Any]]) -> Iterator[Outcome]:
        """Frees the root, learns ids, and lets successors go or blocks them."""
        self.busy.discard(step.at.root)
        try:
            answer = future.result()
            if step.teaches and step.change.new is not None:
                if step.change.action is Action.REPLACE:
                    for inner in [at for at in self.ids if at.within(step.at)]:
                        del self.ids[inner]
                self.ids |= step.change.new.learn(step.at, answer)
        except (GatewayError, KeyError) as error:
            yield Outcome(step, "failed", _sentence(error))
            yield from self._block(step)
            return
        yield Outcome(step, "done")
        for follower in self.followers[step]:
            self.missing[follower].discard(step)
            if not self.missing[follower] and follower in self.left:
                self._is_ready(follower)

    def _block(self, failed: Step) -> Iterator[Outcome]:
        pending = deque(self.followers[failed])
        while pending:
            step = pending.popleft()
            if step in self.left:
                self.left.discard(step)
                pending.extend(self.followers[step])
                yield Outcome(step, "blocked", f"waits for: {failed.title}")

    def never_started(self, reason: str) -> Iterator[Outcome]:
        """Whatever is left when a run was stopped."""
        for step in sorted(self.left, key=lambda step: step.title):
            yield Outcome(step, "blocked", reason)


def _sentence(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the id of {error.args[0]} is not known: AWS's answer to its creation did not carry it"
    return str(error)
