"""A project on a host like GitHub, whose live side is MiniStack: what its workflows do is seen from outside."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.ci.files import ROOT
from tests.ci.runner import PYTHON, Host, Told
from tests.emulators import harness
from tests.forge.server import ForgeServer, running
from tests.forge.world import Actor, PullState, Said, World
from tests.git_remotes import Repository


REGION = "eu-west-1"
ROLE = "arn:aws:iam::111111111111:role/reconcile-plan"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
BOT = "github-actions[bot]"

SPEC = """\
apiVersion: apigateway/v1
kind: RestApi
metadata: {name: NAME}
spec:
  description: greets
  paths:
    /health:
      methods:
        GET:
          integration:
            type: MOCK
            requestTemplates: {application/json: '{"statusCode": 200}'}
            responses: {"200": {}}
          responses: {"200": {}}
  stages:
    prod: {description: for all}
"""
PATH = """\
    /PATH:
      methods:
        GET:
          integration: {type: MOCK, requestTemplates: {application/json: '{"statusCode": 200}'}}
  stages:"""


def with_path(spec: str, path: str) -> str:
    """A spec with one path more."""
    return spec.replace("  stages:", PATH.replace("PATH", path))


@pytest.fixture(scope="session")
def ministack() -> Iterator[harness.Emulator]:
    with harness.ministack() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's temporary folder, with the command as the action installs it: once for all tests."""
    folder = tmp_path_factory.mktemp("runner")
    files = {name: str(folder / name) for name in ("GITHUB_ENV", "GITHUB_PATH")}
    environ = os.environ | files | {"PYTHON": PYTHON, "RUNNER_TEMP": str(folder)}
    subprocess.run([ROOT / "ci/github/install.sh"], env=environ, check=True)
    return folder


@dataclass
class Project:
    """The repository acme/apis with its pull request 7, and what is live of it."""

    name: str
    repository: Repository
    server: ForgeServer
    world: World
    host: Host
    live: Any
    environ: Mapping[str, str]
    head: str = ""
    base: str = field(init=False)

    def __post_init__(self) -> None:
        self.base = self.repository.commit(
            {
                "specs/api.yaml": SPEC.replace("NAME", self.name),
                "reconcile.yaml": f"owner: {self.name}\ntargets: {{prod: {{region: {REGION}}}}}\n",
            }
        )

    def spec(self) -> str:
        return (self.repository.folder / "specs/api.yaml").read_text()

    def deploy(self) -> None:
        """What is on main becomes live."""
        done = self.reconcile("--yes", cwd=self.repository.folder)
        assert done.returncode == 0, done.stdout + done.stderr

    def reconcile(
        self, *arguments: str, cwd: Path, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The command that the action installed, by hand."""
        whole = {"PATH": os.environ["PATH"], **self.environ, **CREDENTIALS, "AWS_REGION": REGION, **(environ or {})}
        command = [self.host.temp / "reconcile/bin/reconcile", *arguments]
        return subprocess.run(command, cwd=cwd, env=whole, capture_output=True, text=True, check=False)

    def api(self) -> str:
        (found,) = (item["id"] for item in self.live.get_rest_apis(limit=500)["items"] if item["name"] == self.name)
        return str(found)

    def drift(self, value: str) -> None:
        """Somebody changes the description of the stage by hand."""
        operation = {"op": "replace", "path": "/description", "value": value}
        self.live.update_stage(restApiId=self.api(), stageName="prod", patchOperations=[operation])

    def propose(self, files: dict[str, str | bytes], *, fork: bool = False) -> None:
        """A commit on the pull request's branch; the host makes the merge with main."""
        git = self.repository.git
        git("checkout", "-q", "-B", "topic", self.head or "main")
        self.head = self.repository.commit(files)
        git("checkout", "-q", "--detach", "main")
        git("merge", "-q", "--no-ff", "-m", "Merge topic into main", "topic")
        git("update-ref", "refs/pull/7/merge", "HEAD")
        git("checkout", "-q", "main")
        owner = "stranger/apis" if fork else "acme/apis"
        self.world.pulls[7] = PullState(7, head=self.head, repository=owner)

    def add(self, path: str, *, fork: bool = False) -> None:
        """The pull request adds a path to the API."""
        self.propose({"specs/api.yaml": with_path(self.spec(), path)}, fork=fork)

    def pull_request(self, workflow: str | Path = "pull-request") -> Told | None:
        """The workflow's run for the pull request as it is now."""
        merge = self.repository.git("rev-parse", "refs/pull/7/merge")
        owner = self.world.pulls[7].repository
        event = {
            "pull_request": {
                "number": 7,
                "head": {"sha": self.head, "ref": "topic", "repo": {"full_name": owner}},
                "base": {"sha": self.base, "ref": "main"},
            }
        }
        return self.run(workflow, "pull_request", event, ref="refs/pull/7/merge", sha=merge, base_ref="main")

    def after(self, told: Told | None) -> Told | None:
        """The run of the workflow that reports what the one of a fork has planned."""
        assert told is not None
        event = {
            "workflow_run": {
                "id": 41,
                "event": "pull_request",
                "conclusion": "success" if told.is_good else "failure",
                "head_sha": self.head,
                "head_branch": "topic",
                "head_repository": {"full_name": self.world.pulls[7].repository},
            }
        }
        return self.run("fork-report", "workflow_run", event, ref="refs/heads/main", sha=self.base)

    def scheduled(self, workflow: str | Path) -> Told | None:
        main = self.repository.git("rev-parse", "main")
        event = {"schedule": "17 5 * * *", "repository": {"default_branch": "main"}}
        return self.run(workflow, "schedule", event, ref="refs/heads/main", ref_name="main", sha=main)

    def run(self, workflow: str | Path, trigger: str, event: Mapping[str, Any], **github: str) -> Told | None:
        file = workflow if isinstance(workflow, Path) else ROOT / f"ci/github/{workflow}.yml"
        return self.host.run(file, trigger, event, **github)

    def comment(self) -> Said:
        """The only comment that there is."""
        (found,) = self.world.comments
        return found

    def posts(self) -> list[str]:
        """What was written to the host, but for statuses: these may be said again."""
        return [request for request in self.world.writes() if "status" not in request]


@pytest.fixture
def project(
    tmp_path: Path, temp: Path, ministack: harness.Emulator, request: pytest.FixtureRequest
) -> Iterator[Project]:
    world = World(tokens={"t0ken-of-ci": Actor(1, BOT, is_bot=True, may=frozenset())})
    name = re.sub(r"\W+", "-", request.node.name.replace("_", "-")).strip("-")
    on_aws = {"RECONCILE_ENDPOINT_URL": ministack.endpoint_url, "RECONCILE_QUOTA_SHARE": "none"}

    def grant(permissions: Mapping[str, str]) -> None:
        written = {right for right, access in permissions.items() if access == "write"}
        world.tokens["t0ken-of-ci"].may = frozenset(written | ({"labels"} if "issues" in written else set()))

    def assume(role: str) -> Mapping[str, str]:
        assert role == ROLE
        return {**CREDENTIALS, **on_aws}

    live = boto3.client(
        "apigateway",
        region_name=REGION,
        endpoint_url=ministack.endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with running(world) as server:
        origin = Repository(tmp_path / "origin")
        environ = {"GITHUB_API_URL": f"{server.url}/api/v3"}
        host = Host(origin.folder, tmp_path / "host", temp, environ, assume, grant)
        yield Project(name, origin, server, world, host, live, on_aws)
    live.close()


@pytest.fixture(scope="session")
def keys() -> tuple[str, str]:
    """A private key and its public one, as PEM."""
    private = Ed25519PrivateKey.generate()
    plain = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return plain.decode(), public.decode()
