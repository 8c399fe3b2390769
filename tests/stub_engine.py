"""An engine without AWS for tests of the command: canned reports in, a record of what was asked out."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from controller.cli import main
from controller.errors import ControllerError, Problem
from controller.offline import Checked
from controller.report import ChangeView, Progress, Report, StageView, Status, Summary, summarise
from controller.request import Request


ROOT = "RestApi photos"


def change(path: str = "", *, action: str = "create", **facts: object) -> ChangeView:
    """A change of the API photos."""
    name = (path or ROOT).rpartition(" > ")[2]
    kind, _, key = name.partition(" ")
    given = {"root": ROOT, "path": path, "kind": kind, "key": key, "action": action}
    return ChangeView.model_validate(given | facts)


def report(*changes: ChangeView, unchanged: int = 12, **facts: object) -> Report:
    """A report of these changes, a plan unless said otherwise."""
    given = {
        "version": "1.2.3",
        "target": "prod",
        "account": "111111111111",
        "region": "eu-west-1",
        "owner": "media",
        "revision": "abc1234",
        "dryRun": True,
        "changes": changes,
        "summary": summarise(changes, unchanged) if changes else Summary(unchanged=unchanged),
        "calls": 2 * len(changes),
        "readCalls": 9,
    }
    return Report.model_validate(given | facts)


@dataclass
class StubPass:
    """A pass whose outcome is given: how each change ends, in order."""

    planned: Report
    ends: tuple[Status, ...]
    at_apply: Callable[[threading.Event], None] | None = None

    @property
    def totals(self) -> Mapping[str, int]:
        return {ROOT: len(self.planned.changes)}

    def plan(self) -> Report:
        return self.planned

    def apply(self, progress: Callable[[Progress], None], stop: threading.Event) -> Report:
        if self.at_apply:
            self.at_apply(stop)
        changes = []
        ends = self.ends or ("applied",) * len(self.planned.changes)
        for number, (item, end) in enumerate(zip(self.planned.changes, ends, strict=True), 1):
            error = "" if end == "applied" else f"{end} for a reason"
            changes.append(item.model_copy(update={"status": end, "error": error}))
            told = "done" if end == "applied" else end
            progress(
                Progress(
                    root=ROOT,
                    title=f"create {item.path}",
                    status=told,
                    done=number,
                    total=len(self.planned.changes),
                    error=error,
                )
            )
        stage = StageView(
            api="photos", stage="prod", url="https://abc123.execute-api.eu-west-1.amazonaws.com/prod/"
        )
        left = {"unreadable": self.planned.unreadable, "target": self.planned.target, "owner": self.planned.owner}
        return report(*changes, dryRun=False, stages=(stage,), **left)


@dataclass
class StubEngine:
    """Passes by target; an error instead of one is raised."""

    passes: Mapping[str, StubPass | ControllerError | Exception]
    documents: int = 3
    requests: list[Request] = field(default_factory=list)
    warnings: tuple[Problem, ...] = ()

    def open_pass(self, request: Request) -> StubPass:
        self.requests.append(request)
        found = self.passes[request.target]
        if isinstance(found, Exception):
            raise found
        return found

    def validate(self, request: Request) -> Checked:
        self.requests.append(request)
        found = self.passes[request.target]
        if isinstance(found, Exception):
            raise found
        return Checked(self.documents, self.warnings)

    def iam_policy(self, request: Request, *, read_only: bool) -> dict[str, object]:
        self.requests.append(request)
        return {"Version": "2012-10-17", "Statement": [{"Sid": "Read" if read_only else "Write"}]}

    def export(self, request: Request, name: str, stage: str) -> dict[str, object]:
        self.requests.append(request)
        return {"openapi": "3.0.1", "info": {"title": name, "version": ""}, "paths": {}, "x-stage": stage}


def two_changes(*ends: Status, **facts: object) -> StubEngine:
    """An engine with one target and two changes to make."""
    planned = report(change(), change("Path /photos"), **facts)
    return StubEngine({"default": StubPass(planned, ends)})


if __name__ == "__main__":
    # For tests that need a real process: a terminal, or a signal.
    engine = two_changes()
    if names := os.environ.get("STUB_TARGETS"):
        two = {name: report(change(), change("Path /b"), target=name, owner=name) for name in names.split(",")}
        engine = StubEngine({name: StubPass(planned, ()) for name, planned in two.items()})
    if os.environ.get("STUB_WAITS"):

        def wait(stop: threading.Event) -> None:
            sys.stderr.write("applying\n")
            sys.stderr.flush()
            if not stop.wait(30):
                raise SystemExit(99)

        engine = StubEngine({"default": StubPass(report(change()), ("blocked",), wait)})
    sys.exit(main(sys.argv[1:], engine))
