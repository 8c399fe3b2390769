"""Settings: flags and `reconcile.yaml`, checked once and frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from controller.errors import UsageError
from controller.source import load_typed
from controller.source.files import SETTINGS


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


OWNER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"


class Target(_Strict):
    """An account and region to reconcile. None means whatever the usual AWS chain says.

    account      what the credentials must be of
    role         the role that is assumed, with `externalId` if its trust policy asks for one
    owner        in the place of the checkout's: targets that share account and region need one each
    """

    region: str | None = None
    account: str | None = Field(None, pattern=r"^\d{12}$")
    role: str | None = Field(None, pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/\S+$")
    externalId: str | None = Field(None, min_length=2, max_length=1224)
    owner: str | None = Field(None, pattern=OWNER)
    variables: dict[str, Any] = {}


Limit = Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^\d{1,3}%$")]


class Limits(_Strict):
    """The most a pass may do without being allowed to: a count, or a share of what is live, such as 30%."""

    deletes: Limit | None = "30%"
    updates: Limit | None = "50%"


class Settings(_Strict):
    """What `reconcile.yaml` may say; every field has a default, and the file is optional."""

    owner: str = Field("default", pattern=OWNER)
    specs: list[str] = ["specs/"]
    targets: dict[str, Target] = {"default": Target()}
    policy: Literal["sync", "upsert-only", "create-only"] = "sync"
    prune: bool = False
    limits: Limits = Limits()
    deploymentHistory: int = Field(10, ge=0)


def checkout_of(start: Path) -> Path:
    """The folder that bounds what a run may read: the nearest one up with .git or reconcile.yaml, else `start`."""
    here = start if start.is_dir() else start.parent
    here = here.resolve()
    for folder in (here, *here.parents):
        if (folder / ".git").exists() or (folder / SETTINGS).is_file():
            return folder
    return here


def read_settings(checkout: Path) -> Settings:
    """The settings of a checkout. Raises SpecErrors."""
    file = checkout / SETTINGS
    if not file.is_file():
        return Settings()
    return load_typed(file, checkout, Settings)


def chosen(settings: Settings, names: list[str]) -> dict[str, Target]:
    """The targets to run: those named, or all. Raises UsageError for an unknown name."""
    if unknown := [name for name in names if name not in settings.targets]:
        known = ", ".join(settings.targets)
        msg = f"there is no target {unknown[0]!r} in {SETTINGS}; it has {known}"
        raise UsageError(msg)
    return {name: target for name, target in settings.targets.items() if not names or name in names}
