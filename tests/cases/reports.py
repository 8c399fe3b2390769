"""Reports as they come about, for every format that people read."""

from collections.abc import Callable, Mapping, Sequence

from controller.report import Report
from tests.stub_engine import change, report


SPEC = "specs/photos.yaml"

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke"}],
}
TEMPLATE = "\n".join(["{", *(f'  "field{number}": "$input.{number}",' for number in range(20)), '  "last": 1', "}"])


def nothing() -> Report:
    return report()


def drift() -> Report:
    """Somebody was at the console; the change itself does nothing."""
    return report(
        change(
            "Stage prod",
            action="update",
            origin="drift",
            file=SPEC,
            line=40,
            column=5,
            fields=(
                {"field": "cachePolicy", "old": "b", "new": "a", "origin": "drift", "base": "a"},
                {"field": "tracingEnabled", "old": False, "new": True, "origin": "drift", "base": True},
            ),
        ),
        change("Path /debug", action="delete", origin="drift"),
        change("Path /debug > Method ANY", action="delete", origin="drift"),
        base="def5678",
        roots=({"root": "RestApi photos", "calls": 3, "seconds": 0.6},),
    )


def conflict() -> Report:
    """The change and somebody at the console were about the same fields; others only drifted."""
    return report(
        change(
            "Path /photos > Method GET > Integration",
            action="update",
            origin="conflict",
            file=SPEC,
            line=17,
            column=11,
            deploys=True,
            requests=48213,
            fields=(
                {"field": "timeoutInMillis", "old": 5000, "new": 20000, "origin": "conflict", "base": 29000},
                {
                    "field": "requestTemplates",
                    "old": {"application/json": TEMPLATE.replace("1\n", "2\n")},
                    "new": {"application/json": TEMPLATE.replace("1\n", "3\n")},
                    "origin": "conflict",
                    "base": {"application/json": TEMPLATE},
                },
                {"field": "uri", "old": "https://old.test", "new": "https://new.test", "origin": "intended"},
                {"field": "cacheNamespace", "old": "hand", "new": "made", "origin": "drift", "base": "made"},
            ),
        ),
        change("Deployment 4d43593edd8d6e51", action="create", origin="intended", file=SPEC, line=2, column=1),
        base="def5678",
        usage="since 2026-11-18",
        seconds=5.0,
        roots=({"root": "RestApi photos", "calls": 6, "seconds": 5.0, "deploys": True},),
    )


def destructive() -> Report:
    """APIs go, one is exposed, a stage goes, something is replaced; one API is left alone."""
    exposed = {
        "rule": "api-key-dropped", "severity": "exposure", "message": "GET /photos needs no API key any more",
        "field": "apiKeyRequired", "file": SPEC, "line": 12, "column": 9,
    }  # fmt: skip
    removed = {
        "rule": "method-removed", "severity": "breaking", "message": "DELETE /photos is no longer answered",
        "file": SPEC, "line": 10, "column": 5,
    }  # fmt: skip
    return report(
        change(root="RestApi old", action="delete", file="specs/old.yaml", line=1, column=1, requests=3),
        change("Path /a", root="RestApi old", action="delete"),
        change("Path /a > Method GET", root="RestApi old", action="delete"),
        change("Stage prod", root="RestApi old", action="delete"),
        change(
            "Path /photos > Method GET",
            action="update",
            file=SPEC,
            line=11,
            column=7,
            requests=120,
            deploys=True,
            impacts=(exposed,),
            fields=({"field": "apiKeyRequired", "old": True, "new": False},),
        ),
        change("Path /photos > Method DELETE", action="delete", impacts=(removed,), deploys=True),
        change("Stage beta", action="delete"),
        change("Model Photo", action="delete"),
        change(
            root="DomainName img.example.com",
            action="replace",
            reason="endpointConfiguration cannot be changed in place",
            file="specs/domain.yaml",
            line=6,
            column=3,
        ),
        held={"RestApi lost": "live, but no spec: left alone; --prune deletes it"},
        unreadable={"RestApi broken": "GetStages: AccessDenied"},
        warnings=(
            {"message": "links are ignored", "file": SPEC, "line": 3, "column": 5, "hint": "leave them out"},
        ),
        seconds=64.0,
        roots=(
            {"root": "RestApi photos", "calls": 4, "seconds": 2.0, "deploys": True},
            {"root": "RestApi old", "calls": 1, "seconds": 60.0},
            {"root": "DomainName img.example.com", "calls": 2, "seconds": 0.4},
        ),
    )


def foreign() -> Report:
    """Another tool's mark is on it."""
    mark = "RestApi photos carries the mark of CloudFormation: two managers would undo each other's changes"
    fields = ({"field": "description", "old": "Theirs", "new": "Ours"},)
    return report(change(action="update", fields=fields), refusals=(mark,), digest="68ac3dbbe140e331")


def error() -> Report:
    """Nothing could be planned."""
    return report(unchanged=0, revision="", errors=("GetRestApis: AccessDenied: not allowed (request 1b2c)",))


def targets() -> tuple[Report, ...]:
    """Several targets, one of them as declared."""
    prod = {"target": "prod", "account": "222222222222", "region": "eu-central-1"}
    return (
        nothing().model_copy(update={"target": "dev"}),
        drift().model_copy(update=prod),
        foreign().model_copy(update={"target": "old"}),
    )


def outcome() -> Report:
    """What became of a plan: not all of it."""
    failure = "CreateResource: BadRequestException: no such parent"
    return report(
        change(status="applied"),
        change("Path /photos", status="failed", error=failure, file=SPEC, line=8, column=3),
        change("Path /photos > Method GET", status="blocked", error="waits for: create Path /photos"),
        dryRun=False,
    )


def large(number: int = 2000) -> Report:
    """Many differences, of which some are dangers."""
    changes = [
        change(
            f"Path /p{n} > Method GET > Integration",
            root=f"RestApi api{n % 20}",
            action="update",
            file=f"specs/api{n % 20}.yaml",
            line=n,
            fields=({"field": "uri", "old": f"https://old.test/{n}", "new": f"https://new.test/{n}"},),
        )
        for n in range(number)
    ]
    changes += [change("Stage prod", root=f"RestApi api{n}", action="delete") for n in range(20)]
    return report(*changes)


REPORTS: Mapping[str, Callable[[], Sequence[Report]]] = {
    "nothing-to-do": lambda: [nothing()],
    "drift": lambda: [drift()],
    "conflict": lambda: [conflict()],
    "destructive": lambda: [destructive()],
    "foreign": lambda: [foreign()],
    "error": lambda: [error()],
    "targets": targets,
    "partly-applied": lambda: [outcome()],
}
