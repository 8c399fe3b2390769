"""The events queue over HTTP, on MiniStack: LocalStack as it is installed here has API Gateway alone."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.aws.events import open_queue
from tests.processes import running
from tests.trail import MINE, entry, event, stage

from .functions import client
from .harness import Emulator


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


def left(sqs: Any, url: str) -> dict[str, str]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return found


def test_messages_are_heard_and_gone(ministack: Emulator):
    sqs = client(ministack, "sqs")
    url = sqs.create_queue(QueueName="apigateway-events")["QueueUrl"]
    for body in (stage("a"), stage("b"), "not json", event("UpdateStage", {"restApiId": "c"}, userAgent=MINE)):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    stop, ids = threading.Event(), set[str]()

    def heard(found: frozenset[str] | None) -> None:
        ids.update(found or {"all"})
        if ids >= {"a", "b"}:
            stop.set()

    queue = open_queue(url, heard, stop, endpoint_url=ministack.endpoint_url)
    queue._long_poll = 1
    thread = queue.start()
    thread.join(20)
    assert not thread.is_alive()
    assert ids == {"a", "b"}
    while queue.step():
        pass
    assert set(left(sqs, url).values()) == {"0"}


def rule(emulator: Emulator, name: str) -> str:
    """The documented rule on the emulator, with a queue of its own: the queue's URL.

    The pattern is that of the documentation but for its source: nobody but AWS may send as `aws.apigateway`.
    """
    text = (Path(__file__).parents[2] / "docs/events.md").read_text()
    (template,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    pattern = yaml.safe_load(template)["Resources"]["Rule"]["Properties"]["EventPattern"]
    assert pattern.pop("source") == [json.loads(stage("a"))["source"]]
    sqs, bus = client(emulator, "sqs"), client(emulator, "events")
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name=name, EventPattern=json.dumps(pattern))
    bus.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def put(emulator: Emulator, *messages: str) -> None:
    answer = client(emulator, "events").put_events(Entries=[entry(message) for message in messages])
    assert answer["FailedEntryCount"] == 0


def test_the_rule_of_the_documentation_brings_them(ministack: Emulator):
    url = rule(ministack, "apigateway-rule")
    put(
        ministack,
        stage("a"),
        event("UpdateStage", {"restApiId": "refused"}, errorCode="AccessDenied"),
        event("PutObject", {"restApiId": "foreign"}, eventSource="s3.amazonaws.com"),
        stage("b"),
    )
    ids = set[str]()
    queue = open_queue(
        url, lambda found: ids.update(found or {"all"}), threading.Event(), endpoint_url=ministack.endpoint_url
    )
    queue._long_poll = 1
    count = 0
    while more := queue.step():
        count += more
    assert (ids, count) == ({"a", "b"}, 2)


SPEC = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: announced}
spec:
  description: as the spec says
  paths: {/: {methods: {GET: {integration: {type: MOCK}}}}}
  stages: {prod: {}}
"""


def test_what_is_changed_by_hand_is_undone_within_seconds_of_its_event(ministack: Emulator, tmp_path: Path):
    """The rule, the queue and the controller as a process, whose interval would come much too late."""
    url = rule(ministack, "apigateway-announced")
    gateway = client(ministack, "apigateway")
    (tmp_path / "specs").mkdir()
    (tmp_path / "reconcile.yaml").write_text("owner: events\n")
    (tmp_path / "specs" / "api.yaml").write_text(SPEC)

    def apis() -> list[dict[str, Any]]:
        return [item for item in gateway.get_rest_apis(limit=500)["items"] if item["name"] == "announced"]

    def api() -> dict[str, Any]:
        (found,) = apis()
        return found

    def paths() -> set[str]:
        return {item["path"] for item in gateway.get_resources(restApiId=api()["id"], limit=500)["items"]}

    options = ["--interval", "10m", "--events-queue", url, "--endpoint-url", ministack.endpoint_url]
    with running(tmp_path, *options) as controller:
        controller.until(lambda: set(controller.conditions().values()) == {"in-sync"})
        identity = api()["id"]
        patch = [{"op": "replace", "path": "/description", "value": "by hand"}]
        gateway.update_rest_api(restApiId=identity, patchOperations=patch)
        put(ministack, event("UpdateRestApi", {"restApiId": identity, "updateRestApiInput": {}}))
        controller.until(lambda: api()["description"] == "as the spec says", seconds=5)
        gateway.create_resource(restApiId=identity, parentId=api()["rootResourceId"], pathPart="rogue")
        put(ministack, event("CreateResource", {"restApiId": identity, "parentId": "p"}, {"id": "r1"}))
        controller.until(lambda: paths() == {"/"}, seconds=5)
        gateway.delete_rest_api(restApiId=identity)
        put(ministack, event("DeleteRestApi", {"restApiId": identity}))
        controller.until(lambda: len(apis()) == 1, seconds=5)
        controller.until(lambda: set(controller.conditions().values()) == {"in-sync"})
        triggers = {line["trigger"] for line in controller.lines() if line["event"] == "pass"}
    assert controller.code == 0
    assert triggers == {"revision", "event"}
    gateway.delete_rest_api(restApiId=api()["id"])
