"""A forge with a pull request, and a client to it: the same tests on GitHub and GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from controller import http
from controller.forge import Forge, Mode, Place, Posted, Token, post_comment
from controller.forge.connect import ATTEMPTS, forge_at
from controller.sending import Persistent
from tests.forge.server import ForgeServer, running
from tests.forge.world import HEAD, Actor, PullState, World


BOT = Actor(1, "github-actions[bot]", is_bot=True)
APP = Actor(2, "controller[bot]", is_bot=True)
ANN = Actor(3, "ann")
TOKENS = {"t0ken-of-ci": BOT, "t0ken-of-app": APP, "t0ken-of-ann": ANN}

NOW = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC."""


@dataclass
class Hosted:
    """One of the hosts, with its world. `slept` is for how long a client would have waited."""

    name: str
    server: ForgeServer
    world: World
    client: httpx.Client
    slept: list[float] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"{self.server.url}/api/{'v3' if self.name == 'github' else 'v4'}"

    @property
    def channel(self) -> str:
        where = "repository" if self.name == "github" else "project"
        return f"{self.name}: {{{where}: acme/apis, api: '{self.api}', token: {{$env: TOKEN}}"

    def place(self, **more: Any) -> Place:
        return Place(
            **{"host": self.name, "api": self.api, "repository": "acme/apis", "token": Token("TOKEN"), **more}
        )

    def forge(self, value: str = "t0ken-of-ci", **place: Any) -> Forge:
        sender = Persistent(self.client, attempts=ATTEMPTS, sleep=self.slept.append, clock=lambda: NOW)
        return forge_at(self.place(**place), {"TOKEN": value, "CI_JOB_TOKEN": value}, sender)

    def post(self, text: str = "plan", *, token: str = "t0ken-of-ci", **more: Any) -> Posted:
        said = {"key": "acme/apis/prod", "digest": f"of {text}", "sha": HEAD, "mode": Mode.UPDATE, **more}
        return post_comment(self.forge(token), 7, text, **said)


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    # One for all: making one takes longer than most tests.
    with http.client(10) as found:
        yield found


def _hosted(name: str, client: httpx.Client) -> Iterator[Hosted]:
    world = World(tokens=dict(TOKENS), pulls={7: PullState(7)})
    with running(world) as server:
        yield Hosted(name, server, world, client)


@pytest.fixture(params=["github", "gitlab"])
def host(request: pytest.FixtureRequest, client: httpx.Client) -> Iterator[Hosted]:
    yield from _hosted(request.param, client)


@pytest.fixture
def github(client: httpx.Client) -> Iterator[Hosted]:
    yield from _hosted("github", client)


@pytest.fixture
def gitlab(client: httpx.Client) -> Iterator[Hosted]:
    yield from _hosted("gitlab", client)
