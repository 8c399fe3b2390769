"""Runs a plan: steps start as soon as what they wait for is done, one at a time in each root.

Rules that do not bend:
1. AWS refuses concurrent edits of one API: one call at a time for each root, roots in parallel.
2. A failed step blocks its successors and nothing else.
3. Once told to stop, no new call is started; those under way are waited for, but not what AWS does afterwards. A
   root that may not be begun is left as it is, and one that was begun is finished.
4. An import is read back. What it did not bring about is done by calls before anything goes on that waits for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from controller.address import Address
from controller.call import Call, Probe, resolve
from controller.diff import Action
from controller.errors import ControllerError, NotFoundError
from controller.gateway import Environment
from controller.retry import Patient
from controller.steps import Plan, Step


LANES = 8
"""Roots changed at once."""


@dataclass(frozen=True)
class Outcome:
    """How one step ended. `blocked` steps were never called; `error` says what they waited for.

    Nor were `skipped` ones: nobody wants them any more, or what they need.
    """

    step: Step
    status: Literal["done", "failed", "blocked", "skipped"]
    error: str = ""


@dataclass(frozen=True)
class Proof:
    """What reading back found: the ids of what is there, and the plan for what is not as desired."""

    ids: dict[Address, str]
    rest: Plan


def always(_root: Address) -> bool:
    """Every root may be begun."""
    return True


Prove = Callable[[Address], Proof]
"""Reads back the root that was imported. Raises ControllerError."""


def apply(
    plan: Plan,
    patient: Patient,
    ids: MutableMapping[Address, str],
    environment: Environment,
    stop: threading.Event | None = None,
    *,
    may_begin: Callable[[Address], bool] = always,
    prove: Prove | None = None,
) -> Iterator[Outcome]:
    """Carries out the steps and yields an outcome for each, as they end. Adds to `ids` what it learns.

    A plan with imports needs `prove`. `may_begin` is asked about a root when its turn comes.
    """
    stop = stop or threading.Event()
    run = _Run(plan, patient, ids, environment, stop, prove=prove)
    with ThreadPoolExecutor(LANES) as pool:
        running: dict[Future[dict[str, Any] | Proof], Step] = {}
        while True:
            if not stop.is_set():
                for step in run.startable(may_begin):
                    running[pool.submit(run.call, step)] = step
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from run.ended(running.pop(future), future)
    yield from run.never_started()


class _Run:
    """What is left to do, and which roots are busy."""

    def __init__(
        self,
        plan: Plan,
        patient: Patient,
        ids: MutableMapping[Address, str],
        environment: Environment,
        stop: threading.Event,
        *,
        prove: Prove | None,
    ) -> None:
        self.patient, self.ids, self.environment, self.stop, self.prove = patient, ids, environment, stop, prove
        self.missing = {step: set(waits) for step, waits in plan.steps.items()}
        self.followers: dict[Step, list[Step]] = {step: [] for step in plan.steps}
        for step, waits in plan.steps.items():
            for before in waits:
                self.followers[before].append(step)
        self.ready: dict[Address, deque[Step]] = {}
        for step in (step for step, waits in plan.steps.items() if not waits):
            self._is_ready(step)
        self.busy: set[Address] = set()
        self.begun: set[Address] = set()
        self.left = set(plan.steps)

    def startable(self, may_begin: Callable[[Address], bool]) -> list[Step]:
        """Takes the ready steps whose root is free."""
        wanted = (root for root in self.ready if root not in self.busy)
        free = [root for root in wanted if root in self.begun or may_begin(root)][: LANES - len(self.busy)]
        self.begun.update(free)
        found = [self.ready[root].popleft() for root in free]
        self.ready = {root: steps for root, steps in self.ready.items() if steps}
        self.busy.update(free)
        self.left.difference_update(found)
        return found

    def _is_ready(self, step: Step) -> None:
        self.ready.setdefault(step.at.root, deque()).append(step)

    def call(self, step: Step) -> dict[str, Any] | Proof:
        """Runs in a worker thread."""
        call = self._resolved(step.call)
        if not step.proof or self.prove is None:
            return self.patient.perform(call, self.stop)
        # Not every endpoint knows imports; what is read then says that all is still to be done.
        with suppress(NotFoundError):
            self.patient.perform(call, self.stop)
        return self.prove(step.at)

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

    def ended(self, step: Step, future: Future[dict[str, Any] | Proof]) -> Iterator[Outcome]:
        """Frees the root, learns ids, and lets successors go or blocks them."""
        self.busy.discard(step.at.root)
        try:
            answer = future.result()
            if isinstance(answer, Proof):
                self.ids.update(answer.ids)
                self._insert(answer.rest, step)
            elif step.teaches and step.change.new is not None:
                if step.change.action is Action.REPLACE:
                    for inner in [at for at in self.ids if at.within(step.at)]:
                        del self.ids[inner]
                self.ids.update(step.change.new.learn(step.at, answer))
        except (ControllerError, KeyError) as error:
            yield Outcome(step, "failed", _sentence(error))
            yield from self._block(step)
            return
        yield Outcome(step, "done")
        for follower in self.followers[step]:
            self.missing[follower].discard(step)
            if not self.missing[follower] and follower in self.left:
                self._is_ready(follower)

    def _insert(self, rest: Plan, before: Step) -> None:
        """Puts further steps between that one and all that wait for it."""
        waiting = list(self.followers[before])
        self.followers |= {step: list(waiting) for step in rest.steps}
        for step, waits in rest.steps.items():
            self.missing[step] = {before, *waits}
            for earlier in waits:
                self.followers[earlier].append(step)
        for follower in waiting:
            self.missing[follower].update(rest.steps)
        self.followers[before] += rest.steps
        self.left.update(rest.steps)

    def _block(self, failed: Step) -> Iterator[Outcome]:
        pending = deque(self.followers[failed])
        while pending:
            step = pending.popleft()
            if step in self.left:
                self.left.discard(step)
                pending.extend(self.followers[step])
                yield Outcome(step, "blocked", f"waits for: {failed.title}")

    def never_started(self) -> Iterator[Outcome]:
        """Whatever is left when a run was stopped, or may not be begun."""
        for step in sorted(self.left, key=lambda step: step.title):
            if self.stop.is_set():
                yield Outcome(step, "blocked", "stopped before it was started")
            else:
                yield Outcome(step, "skipped")


def _sentence(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the id of {error.args[0]} is not known: AWS's answer to its creation did not carry it"
    return str(error)
