"""What one run on one target needs to know, and what is read from its checkout."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from controller import kinds
from controller.aws.client import Client, Role, connect, session_name
from controller.aws.observing import Observer, nobody
from controller.desired import build, sound
from controller.errors import Problem, SpecErrors
from controller.gateway import Environment
from controller.policy import Rules
from controller.settings import Settings, Target, read_settings
from controller.source import Loaded, load, revision
from controller.source.git.base import Base
from controller.state import State
from controller.strategy import Strategy
from controller.terms import Scope


_ = kinds  # importing it is what registers the kinds


@dataclass(frozen=True)
class Request:
    """What one pass on one target needs to know.

    quota_share   the share of AWS's control-plane quotas this run may use; None for no pacing
    prune         overrides the settings where it is not None
    allow         the digest of a refused plan that may be carried out all the same
    strict        whether a warning of the specs is an error
    strategy      how the definition of an API is changed: by calls, by an import, or by what is cheaper
    keys          an access key in the place of the usual AWS chain
    observer      is told of every call of AWS
    usage         whether to count the requests that came lately to what breaks
    sleep         how AWS's quotas are waited for, if not in the usual way
    base          the specs that changes start from, for those who ask why things differ
    """

    specs: tuple[Path, ...]
    checkout: Path
    settings: Settings
    target: str
    endpoint_url: str | None = None
    quota_share: float | None = 0.85
    prune: bool | None = None
    allow: str = ""
    strict: bool = False
    strategy: Strategy = "auto"
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    keys: tuple[str, str] | None = field(default=None, repr=False)
    observer: Observer = field(default=nobody, repr=False)
    usage: bool = False
    sleep: Callable[[float], None] | None = field(default=None, repr=False)
    base: Base | None = None

    @property
    def aim(self) -> Target:
        """What the settings say of the target."""
        return self.settings.targets[self.target]

    @property
    def owner(self) -> str:
        """Whose the roots of the target are."""
        return self.aim.owner or self.settings.owner

    @property
    def rules(self) -> Rules:
        """What the run may do."""
        prune = self.settings.prune if self.prune is None else self.prune
        limits = self.settings.limits
        history = self.settings.deploymentHistory
        return Rules(self.settings.policy, prune, history, limits.deletes, limits.updates)


def connection(request: Request) -> Client:
    """A client for the target, in its role."""
    region, url = request.aim.region, request.endpoint_url
    role, keys = _role(request), request.keys
    return connect(
        region=region,
        endpoint_url=url,
        role=role,
        keys=keys,
        observer=request.observer,
        sleep=request.sleep,
    )


def _role(request: Request) -> Role | None:
    aim = request.aim
    if not aim.role:
        return None
    now = revision(request.checkout) or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return Role(aim.role, session_name(request.target, now), aim.externalId)


def desired(request: Request, where: Environment, look_up: Callable[[str], str] | None) -> State:
    """The desired state that the specs describe for a target. Raises SpecErrors.

    `look_up` reads secrets; without it none is looked up, those of files and of the environment neither.
    """
    found = loaded(request, where, look_up)
    state, problems = build(found.documents, Scope(where.account, where.region, where.partition), found.revision)
    wrong = [*found.problems, *problems, *(state.warnings if request.strict else ())]
    if wrong:
        raise SpecErrors(wrong)
    return state


def earlier(
    request: Request, where: Environment, look_up: Callable[[str], str] | None, wanted: State
) -> State | None:
    """What the specs said at the base, `wanted` being what they say now; None if nobody asks for it.

    What was wrong in them then is unknown, and told of in warnings.
    """
    base = request.base
    if base is None:
        return None
    if base.folder == request.checkout:
        return wanted
    try:
        settings = read_settings(base.folder)
    except SpecErrors as error:
        unknown = dict.fromkeys(wanted.roots(), "the settings of the base cannot be read")
        return State(unknown=unknown, revision=base.revision, warnings=_of_base(base, error.problems))
    if request.target not in settings.targets:
        return State(revision=base.revision)
    then = replace(request, checkout=base.folder, settings=settings, specs=_specs_of(request, base, settings))
    read = loaded(then, where, look_up, base.revision)
    scope = Scope(where.account, where.region, where.partition)
    state, problems = sound(read.documents, read.broken, lambda: scope, base.revision)
    return replace(state, warnings=_of_base(base, [*read.problems, *problems]))


def _specs_of(request: Request, base: Base, settings: Settings) -> tuple[Path, ...]:
    """Where the specs were: those that were asked for, or what the settings said then."""
    usual = tuple(request.checkout / name for name in request.settings.specs)
    within = request.checkout.resolve()
    names = [path.resolve() for path in request.specs]
    asked = [name.relative_to(within) for name in names if name.is_relative_to(within)]
    found = settings.specs if request.specs == usual else asked
    return tuple(path for name in found if (path := base.folder / name).exists())


def _of_base(base: Base, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(item, message=f"in the base {base.revision}: {item.message}") for item in problems)


def loaded(
    request: Request, where: Environment, look_up: Callable[[str], str] | None, commit: str | None = None
) -> Loaded:
    """The documents of a target, before anything is made of them.

    `commit` is the revision if it is known; otherwise the checkout is asked.
    """
    given = {
        "account": where.account,
        "region": where.region,
        "partition": where.partition,
        "target": request.target,
    }
    return load(
        request.specs,
        checkout=request.checkout,
        variables=given | request.aim.variables,
        environ=request.environ,
        secrets=look_up,
        reveal=look_up is not None,
        commit=commit,
    )
