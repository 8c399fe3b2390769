"""`make soak`: the controller for ten minutes on an emulator, while specs and live APIs change at random.

It ends well if at the end all is in sync, each change by hand was undone in time, and neither memory nor threads
grew. Changes by hand are found at the interval; with --events it is a long one, and a rule, a queue and an event
of each change have to bring them up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from controller.cli import emulator
from tests.trail import entry, event


SLACK = 3.0
LINES = 30
"""Of the controller's log, shown when something did not come about."""

APIS = ("orders", "photos", "users")
REGION = "eu-west-1"
EXPECTED = {"in-sync"}


@dataclass(frozen=True)
class Way:
    """How changes by hand are found, at the interval or by events, and in how many seconds they must be undone."""

    interval: float
    undone: float
    announced: bool = False


POLLED = Way(interval=5.0, undone=5.0 * 1.05 + SLACK)
ANNOUNCED = Way(interval=600.0, undone=5.0, announced=True)


@dataclass
class Course:
    """What happened."""

    edits: int = 0
    commits: int = 0
    repairs: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Runs it and says how it went; 1 if something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", action="store_true", help="announce changes by hand; the interval is long")
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311  nothing secret is drawn
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port, http = _free(), _free()
        url = f"http://127.0.0.1:{port}"
        process = emulator.spawn(port, folder, folder / "emulator.log")
        try:
            emulator.wait_until_ready(process, url, folder / "emulator.log")
            way = ANNOUNCED if given.events else POLLED
            course = _soak(folder / "checkout", url, http, given.minutes * 60, chance, way=way)
        finally:
            emulator.end(process.pid)
            process.wait()
    return _told(course, way)


def _soak(checkout: Path, url: str, http: int, seconds: float, chance: random.Random, *, way: Way) -> Course:
    course, texts = Course(), dict.fromkeys(APIS, 0)
    (checkout / "specs").mkdir(parents=True)
    # Random specs delete more than the usual limits would let them.
    limits = "limits: {deletes: 100%, updates: 100%}"
    (checkout / "reconcile.yaml").write_text(f"owner: soak\ntargets: {{default: {{region: {REGION}}}}}\n{limits}\n")
    for name in APIS:
        _write(checkout, name, 0)
    session = boto3.Session("t", "t", region_name=REGION)
    gateway = session.client("apigateway", endpoint_url=url)
    queue, announce = _rule(session, url) if way.announced else ("", _nobody)
    controller = _controller(checkout, url, http, way, queue)
    try:
        _until(lambda: _conditions(http) == EXPECTED, 60)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            name = chance.choice(APIS)
            if chance.random() < 1 / 2:
                texts[name] += 1
                _write(checkout, name, texts[name])
                course.commits += 1
            else:
                course.repairs.append(_tampered(gateway, name, texts[name], chance, announce))
                course.edits += 1
            time.sleep(chance.uniform(0.2, 3))
            course.memory.append(_status(controller.pid, "VmRSS"))
            course.threads.append(_status(controller.pid, "Threads"))
        _until(lambda: all(_description(gateway, name) == f"text {texts[name]}" for name in APIS), 60)
        _until(lambda: _conditions(http) == EXPECTED, 60)
    except TimeoutError as error:
        log = (checkout.parent / "controller.log").read_text().splitlines()
        course.wrong += [str(error), *log[-LINES:]]
    finally:
        controller.send_signal(signal.SIGTERM)
        if controller.wait(90) != 0:
            course.wrong.append(f"the controller ended with {controller.returncode}")
    return course


Announce = Callable[[str], None]
"""Sends a message about what was just done by hand."""


def _nobody(_message: str) -> None:
    """Where changes are found without."""


def _rule(session: boto3.Session, url: str) -> tuple[str, Announce]:
    """A queue that a rule fills, and what sends to it: as docs/events.md sets it up, but for CloudTrail."""
    sqs, bus = session.client("sqs", endpoint_url=url), session.client("events", endpoint_url=url)
    queue = sqs.create_queue(QueueName="soak")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="soak", EventPattern=json.dumps({"detail": {"eventSource": ["apigateway.amazonaws.com"]}}))
    bus.put_targets(Rule="soak", Targets=[{"Id": "queue", "Arn": arn}])
    return queue, lambda message: bus.put_events(Entries=[entry(message)])


def _controller(checkout: Path, url: str, http: int, way: Way, queue: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "controller", "run", "--directory", str(checkout), "--endpoint-url", url]
    more = ["--interval", f"{way.interval:.0f}s", "--http", f"127.0.0.1:{http}", "--metrics", ""]
    more += ["--quota-share", "none", "--events-queue", queue]
    keys = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_REGION": REGION}
    with (checkout.parent / "controller.log").open("wb") as log:
        return subprocess.Popen([*command, *more], env={**os.environ, **keys}, stderr=log)


def _write(checkout: Path, name: str, number: int) -> None:
    mock = {"methods": {"GET": {"integration": {"type": "MOCK"}}}}
    paths = {f"/{name}/{index}": mock for index in range(number % 5 + 1)}
    spec = {"description": f"text {number}", "paths": paths, "stages": {"prod": {}}}
    document = {"apiVersion": "apigateway/v1", "kind": "RestApi", "metadata": {"name": name}, "spec": spec}
    new = checkout / f".{name}"
    new.write_text(json.dumps(document))
    new.replace(checkout / "specs" / f"{name}.yaml")


def _tampered(gateway: Any, name: str, number: int, chance: random.Random, announce: Announce) -> float:
    """Changes something by hand; the seconds until it is as it was. Raises TimeoutError."""
    # What was committed just before is to be live first, or the change is lost in it.
    _until(lambda: _description(gateway, name) == f"text {number}", 60)
    api = _api(gateway, name)
    began = time.monotonic()
    if chance.random() < 1 / 2:
        operation = {"op": "replace", "path": "/description", "value": "by hand"}
        gateway.update_rest_api(restApiId=api["id"], patchOperations=[operation])
        announce(event("UpdateRestApi", {"restApiId": api["id"]}))
        _until(lambda: _description(gateway, name) == f"text {number}", 60)
    else:
        root = next(item for item in _resources(gateway, api["id"]) if item["path"] == "/")
        gateway.create_resource(restApiId=api["id"], parentId=root["id"], pathPart="rogue")
        announce(event("CreateResource", {"restApiId": api["id"], "parentId": root["id"]}, {"id": "rogue"}))
        _until(lambda: all(item["path"] != "/rogue" for item in _resources(gateway, api["id"])), 60)
    return time.monotonic() - began


def _api(gateway: Any, name: str) -> dict[str, Any]:
    found = [item for item in gateway.get_rest_apis(limit=500)["items"] if item["name"] == name]
    if len(found) != 1:
        msg = f"there are {len(found)} APIs named {name}"
        raise TimeoutError(msg)
    return dict(found[0])


def _description(gateway: Any, name: str) -> str:
    return str(_api(gateway, name).get("description", ""))


def _resources(gateway: Any, api: str) -> list[dict[str, Any]]:
    return list(gateway.get_resources(restApiId=api, limit=500)["items"])


def _conditions(http: int) -> set[str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/api/v1/roots", timeout=5) as answer:
            return {root["condition"] for root in json.load(answer)["roots"]}
    except (urllib.error.URLError, TimeoutError):
        return set()


def _until(seen: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            msg = f"it did not come about in {seconds:.0f} s"
            raise TimeoutError(msg)
        time.sleep(0.1)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _told(course: Course, way: Way) -> int:
    wrong = list(course.wrong)
    if late := [seconds for seconds in course.repairs if seconds > way.undone]:
        wrong.append(f"{len(late)} changes by hand took longer than {way.undone} s, the longest {max(late):.1f} s")
    third = max(1, len(course.memory) // 3)
    middle, end = slice(third, 2 * third), slice(-third, None)
    memory = [max(course.memory[part], default=0) // 1024 for part in (middle, end)]
    threads = [sorted(set(course.threads[part])) for part in (middle, end)]
    if memory[1] > memory[0] * 1.05:
        wrong.append("memory grew")
    if len({*threads[0], *threads[1]}) > 4:  # noqa: PLR2004  pools come and go
        wrong.append("the number of threads does not settle")
    longest = max(course.repairs, default=0.0)
    print(f"{course.commits} versions, {course.edits} changes by hand, undone in {longest:.1f} s at most")  # noqa: T201
    for part, megabytes, counts in zip(("in the middle", "at the end"), memory, threads, strict=True):
        print(f"{part}: {megabytes} MB, threads {counts}")  # noqa: T201
    for line in wrong:
        print(f"wrong: {line}")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
