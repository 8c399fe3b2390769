"""The command on accounts in memory: one for each target, with secrets to look up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.aws.secrets import Secrets
from controller.errors import NotFoundError
from controller.gateway import Environment
from controller.offline import validate
from controller.reconcile import Pass
from controller.request import Request, desired
from controller.retry import Patient
from controller.snapshot import FrozenPass, Snapshot, Taken, take
from tests.fake import FakeGateway


class Account:
    """The fake, with a Secrets Manager and a Parameter Store that know these secrets."""

    def __init__(self, account: str = "111111111111", secrets: Mapping[str, str] | None = None) -> None:
        self.environment = Environment(account, "eu-west-1")
        self.fake = FakeGateway(self.environment)
        self.secrets = dict(secrets or {})
        self.asked: list[tuple[str, str]] = []

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        if service not in ("secretsmanager", "ssm"):
            return self.fake(operation, params, service=service)
        name = params["SecretId"] if service == "secretsmanager" else params["Name"]
        self.asked.append((operation, name))
        if name not in self.secrets:
            raise NotFoundError(f"{operation}: ResourceNotFoundException: no such secret", operation=operation)
        value = self.secrets[name]
        if service == "secretsmanager":
            return {"SecretString": value}
        assert params["WithDecryption"]
        return {"Parameter": {"Value": value}}


@dataclass
class FakeEngine:
    """What the command drives, on accounts in memory."""

    accounts: Mapping[str, Account]
    environ: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Request], None] = lambda _: None

    def open_pass(self, request: Request) -> Pass:
        self.before(request)
        account = self.accounts[request.target]
        where = Environment(account.environment.account, account.environment.region, owner=request.owner)
        patient = Patient(account, sleep=lambda _: None)
        own = Request(**{**vars(request), "environ": self.environ})
        return Pass(own, desired(own, where, Secrets(patient)), patient, where)

    def snapshot(self, request: Request) -> Taken:
        account = self.accounts[request.target]
        where = Environment(account.environment.account, account.environment.region, owner=request.owner)
        return take(account, where, desired(request, where, None), sleep=lambda _: None)

    def frozen(self, request: Request, snapshot: Snapshot, max_age: float) -> FrozenPass:
        return FrozenPass(request, snapshot, max_age=max_age)

    def validate(self, request: Request) -> int:
        return validate(Request(**{**vars(request), "environ": self.environ}))


def checkout(folder: Path, specs: str, settings: str = "") -> Path:
    """A checkout of these specs."""
    (folder / "specs").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "specs" / "all.yaml").write_text(specs)
    if settings:
        (folder / "reconcile.yaml").write_text(settings)
    return folder
