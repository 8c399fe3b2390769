"""One replica of the controller, as a process that a test may kill: `python -m tests.emulators.replica …`.

It keeps a diary of its changing calls: who, when it began, when it ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from controller.aws.client import Client, environment
from controller.cli.assembly import Assembly, Cluster, Wishes
from controller.gateway import Caller, Environment
from controller.kube import Connection, Timing
from controller.kube.fence import READING
from controller.loop.following import Directory


TIMING = Timing(duration=3, renew=2.0, retry=0.4)


@dataclass(frozen=True)
class Diary:
    """A Caller that writes down what it changed."""

    caller: Caller
    file: Path

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        began = time.time()
        try:
            return self.caller(operation, params, service=service)
        finally:
            if not operation.startswith(READING):
                with self.file.open("a") as file:
                    file.write(f"{os.getpid()} {began:.4f} {time.time():.4f} {operation}\n")


def main(url: str, cluster: str, folder: str, diary: str) -> int:
    """Until terminated."""

    def arriving(_request: object) -> tuple[Caller, Environment]:
        client = Client(boto3.Session("test", "test", region_name="eu-west-1"), endpoint_url=url)
        return Diary(client, Path(diary)), environment(client, "replicas")

    whole = Assembly(
        Directory(Path(folder)),
        Wishes(interval=1.0, share=None, cluster=Cluster(lease="reconciler", timing=TIMING, events=False)),
        arriving=arriving,
        connection=Connection(cluster, "here", "token"),
        environ={},
    )
    signal.signal(signal.SIGTERM, lambda *_: whole.over.set())
    whole.start()
    whole.over.wait()
    return 0 if whole.end() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
