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
from tests.test_events import MINE, event, stage

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


def test_the_rule_of_the_documentation_brings_them(ministack: Emulator):
    """The documented pattern but for its source: nobody but AWS may send as `aws.apigateway`."""
    text = (Path(__file__).parents[2] / "docs/events.md").read_text()
    (template,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    pattern = yaml.safe_load(template)["Resources"]["Rule"]["Properties"]["EventPattern"]
    assert pattern.pop("source") == [json.loads(stage("a"))["source"]]
    sqs, bus = client(ministack, "sqs"), client(ministack, "events")
    url = sqs.create_queue(QueueName="apigateway-rule")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="apigateway-events", EventPattern=json.dumps(pattern))
    bus.put_targets(Rule="apigateway-events", Targets=[{"Id": "queue", "Arn": arn}])
    sent = [
        stage("a"),
        event("UpdateStage", {"restApiId": "refused"}, errorCode="AccessDenied"),
        event("PutObject", {"restApiId": "foreign"}, eventSource="s3.amazonaws.com"),
        stage("b"),
    ]
    entries = [
        {"Source": "com.example", "DetailType": content["detail-type"], "Detail": json.dumps(content["detail"])}
        for content in map(json.loads, sent)
    ]
    assert bus.put_events(Entries=entries)["FailedEntryCount"] == 0
    ids = set[str]()
    queue = open_queue(
        url, lambda found: ids.update(found or {"all"}), threading.Event(), endpoint_url=ministack.endpoint_url
    )
    queue._long_poll = 1
    count = 0
    while more := queue.step():
        count += more
    assert (ids, count) == ({"a", "b"}, 2)
