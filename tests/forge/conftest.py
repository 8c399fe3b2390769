"""A forge with a pull request, and a client to it: the same tests on GitHub and GitLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from controller.forge import Forge, Mode, Place, Posted, Token, connect, post_comment
from tests.forge.server import ForgeServer, running
from tests.forge.world import HEAD, Actor, PullState, World


BOT = Actor(1, "github-actions[bot]", is_bot=True)
APP = Actor(2, "controller[bot]", is_bot=True)
ANN = Actor(3, "ann")
TOKENS = {"t0ken-of-ci": BOT, "t0ken-of-app": APP, "t0ken-of-ann": ANN}


@dataclass
class Hosted:
    """One of the hosts, with its world. `slept` is for how long a client would have waited."""

    name: str
    server: ForgeServer
    world: World
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

    @contextmanager
    def forge(self, token: str = "t0ken-of-ci") -> Iterator[Forge]:
        with connect(self.place(), {"TOKEN": token}, sleep=self.slept.append) as found:
            yield found

    def post(self, text: str = "plan", *, token: str = "t0ken-of-ci", **more: Any) -> Posted:
        said = {"key": "acme/apis/prod", "digest": f"of {text}", "sha": HEAD, "mode": Mode.UPDATE, **more}
        with self.forge(token) as forge:
            return post_comment(forge, 7, text, **said)


def _hosted(name: str) -> Iterator[Hosted]:
    world = World(tokens=dict(TOKENS), pulls={7: PullState(7)})
    with running(world) as server:
        yield Hosted(name, server, world)


@pytest.fixture(params=["github", "gitlab"])
def host(request: pytest.FixtureRequest) -> Iterator[Hosted]:
    yield from _hosted(request.param)


@pytest.fixture
def github() -> Iterator[Hosted]:
    yield from _hosted("github")


@pytest.fixture
def gitlab() -> Iterator[Hosted]:
    yield from _hosted("gitlab")


Opened = Callable[[], AbstractContextManager[Forge]]
