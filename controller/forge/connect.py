"""From a place to a forge that can be asked, and to the pull request that the place is about."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from controller import http
from controller.errors import UsageError
from controller.forge import github, gitlab
from controller.forge.api import Api
from controller.forge.github import GitHub
from controller.forge.gitlab import GitLab
from controller.forge.port import Forge, Pull
from controller.forge.where import Place
from controller.sending import Persistent


SECONDS = 20.0
ATTEMPTS = 4


@contextmanager
def connect(
    place: Place,
    environ: Mapping[str, str] = os.environ,
    *,
    seconds: float = SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Forge]:
    """The forge of a place, for as long as the context lasts. Its token is read for each request."""
    with http.client(seconds) as client:
        yield forge_at(place, environ, Persistent(client, attempts=ATTEMPTS, sleep=sleep))


def forge_at(place: Place, environ: Mapping[str, str], sender: Persistent) -> Forge:
    """The forge of a place, with a sender that is told its token so as to mask it."""

    def token() -> str:
        value = place.token.read(environ)
        sender.mask.learn([value])
        return value

    base = place.api.rstrip("/")
    if place.host == "github":
        api = Api("GitHub", base, sender, lambda: github.headers(token()))
        return GitHub(api, place.repository)
    is_job = place.token.variable == "CI_JOB_TOKEN"
    header = gitlab.JOB_TOKEN if is_job else gitlab.PRIVATE_TOKEN
    return GitLab(Api("GitLab", base, sender, lambda: {header: token()}), place.repository, is_job)


def find_pull(forge: Forge, place: Place) -> Pull:
    """The pull request that a place is about. Raises ForgeError, and UsageError if there is none.

    For a `workflow_run` it is looked up by the commit that the host says the other run was for. A number that came
    some other way, such as in that run's artifacts, has to be the same: whoever made the pull request wrote those.
    """
    if place.branch is None:
        if not place.number:
            raise UsageError(
                f"it is not known which {forge.request} it is: give --pr NUMBER, or run for one"
                " (GITHUB_EVENT_PATH and CI_MERGE_REQUEST_IID say which)"
            )
        return forge.pull(place.number)
    pull = forge.pull_from(place.branch)
    if pull is None:
        raise UsageError(
            f"no open {forge.request} of {place.repository} is at commit {place.branch.sha[:12]} any more"
        )
    if place.number not in (0, pull.number):
        raise UsageError(f"the workflow ran for {forge.request} {pull.number}, not for {place.number}")
    return pull
