"""Reconciles the examples on the local emulator, then calls the APIs that it made.

`make demo` starts the emulator, runs this and stops it. By hand, with an emulator that was just started:

    reconcile local start && python specs/examples/demo.py; reconcile local stop

Ends with 1 if anything answers otherwise than expected.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import yaml
from rich.console import Console
from rich.table import Table


HERE = Path(__file__).parent
SITE = "https://photos.example.com"
PARTNER_TOKEN = "Bearer acme-token"
BURST = 30
WIDTH = 110
"""Columns where there is no terminal."""

out = Console(highlight=False)
if not out.is_terminal:
    out.width = WIDTH


def main() -> int:
    """The demo; its exit code."""
    isolate()
    endpoint = emulator()
    key = secrets.token_urlsafe(24)
    with backend() as pets, tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "examples"
        shutil.copytree(HERE, checkout)
        aws = Aws(endpoint)
        out.rule("What the specs expect in the account", align="left")
        token = aws.prepare(checkout, backend=pets)
        reconcile = Reconcile(checkout, {**os.environ, "ACME_API_KEY": key})
        reconcile("--dry-run", head=24, tail=2)
        reconcile("--yes", tail=4)
        right = call_all(aws.urls(), token=token, key=key)
        # Exit code 2 would mean that something is left to do.
        reconcile("--dry-run", "--detailed-exitcode", tail=20)
    out.print("The second plan is empty (exit code 0): what is live is what the specs say.\n")
    out.print("[bold green]The demo is through.[/]" if right else "[bold red]Some answers are wrong.[/]")
    return 0 if right else 1


# ── around API Gateway ───────────────────────────────────────────────────────────────────────────


def isolate() -> None:
    """Forget what the environment says about AWS and about reconcile, but for the emulator's place."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "RECONCILE_")) and name != "RECONCILE_LOCAL_DIR":
            del os.environ[name]
    os.environ |= dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    os.environ["no_proxy"] = "127.0.0.1"


def emulator() -> str:
    """Where the local emulator answers."""
    command = [sys.executable, "-m", "controller", "local", "status"]
    status = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"http://\S+", status.stdout)
    if not found:
        sys.exit("start the emulator first: reconcile local start")
    return found[0]


class Aws:
    """The emulator's AWS, through boto3: everything but API Gateway is made here."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.session = boto3.Session("000000000000", "local", region_name="eu-west-1")

    def client(self, service: str) -> Any:
        """A client of a service."""
        return self.session.client(service, endpoint_url=self.endpoint)

    def prepare(self, checkout: Path, *, backend: str) -> str:
        """Make what the examples rely on, and write its names into reconcile.yaml; a user's token."""
        if self.client("apigateway").get_rest_apis()["items"] or self.client("s3").list_buckets()["Buckets"]:
            sys.exit("the emulator is in use: the demo needs one that was just started")
        file = checkout / "reconcile.yaml"
        settings = yaml.safe_load(file.read_text())
        variables = settings["targets"]["demo"]["variables"]
        pool, token = self._user_pool()
        # The pool's id is made up by Cognito, the backend's port by the system.
        variables |= {"userPoolArn": pool, "backend": backend, "site": SITE}
        file.write_text(yaml.safe_dump(settings))
        self._bucket(variables["bucket"])
        for name in ("list-photos", "partner-authorizer"):
            self._function(name, checkout / "functions" / f"{name.replace('-', '_')}.py")
        made = ("a user pool with a user", f"bucket {variables['bucket']}", "two functions")
        out.print(f"Made with boto3: {', '.join(made)}.")
        out.print(f"The pet store's backend is a server of this script: {backend}.\n")
        return token

    def _user_pool(self) -> tuple[str, str]:
        cognito = self.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="photos")["UserPool"]
        app = cognito.create_user_pool_client(
            UserPoolId=pool["Id"], ClientName="web", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        user = {"USERNAME": "ann", "PASSWORD": f"Aa1!{secrets.token_urlsafe(12)}"}
        who = {"UserPoolId": pool["Id"], "Username": user["USERNAME"]}
        cognito.admin_create_user(**who, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**who, Password=user["PASSWORD"], Permanent=True)
        answer = cognito.initiate_auth(ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=user)
        return pool["Arn"], answer["AuthenticationResult"]["IdToken"]

    def _bucket(self, name: str) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket=name, Key="cat.jpg", Body=b"meow", ContentType="image/jpeg")

    def _function(self, name: str, source: Path) -> None:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.write(source, "index.py")
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/functions",
            Code={"ZipFile": package.getvalue()},
        )

    def urls(self) -> dict[str, str]:
        """Where each API's stage answers."""
        stages = {"petstore": "v1", "photos": "prod", "shelter": "v1"}
        apis = self.client("apigateway").get_rest_apis(limit=500)["items"]
        ids = {api["name"]: api["id"] for api in apis}
        return {
            name: f"{self.endpoint}/_aws/execute-api/{ids[name]}/{stage}" for name, stage in stages.items()
        }


class Pets(BaseHTTPRequestHandler):
    """The pet store's backend, with one dog in it."""

    DOG = {"id": 1, "type": "dog", "price": 249.99}

    def do_GET(self) -> None:
        """One pet, or those of a type."""
        url = urllib.parse.urlsplit(self.path)
        wanted = urllib.parse.parse_qs(url.query).get("type")
        match url.path.split("/"):
            case ["", "pets"]:
                self._answer(200, [self.DOG] if wanted == ["dog"] else [])
            case ["", "pets", "1"]:
                self._answer(200, self.DOG)
            case _:
                self._answer(404, {"error": "there is no such pet"})

    def do_POST(self) -> None:
        """A new pet."""
        new = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(201, {"id": 2, **new})

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@contextmanager
def backend() -> Iterator[str]:
    """Where the pet store's backend answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pets) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# ── reconcile ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Reconcile:
    """The command, run in a checkout of the examples."""

    checkout: Path
    environ: Mapping[str, str]

    def __call__(self, *options: str, head: int = 0, tail: int) -> None:
        """Show the first and the last lines of what it says; end the demo if it fails."""
        out.rule(f"reconcile --local {' '.join(options)}", align="left")
        colour = "always" if out.is_terminal and not out.no_color else "never"
        result = subprocess.run(
            [sys.executable, "-m", "controller", "--local", "--color", colour, *options],
            cwd=self.checkout,
            env={**self.environ, "COLUMNS": str(out.width)},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        lines = result.stdout.strip().splitlines()
        hidden = len(lines) - head - tail
        if hidden > 0 and not os.environ.get("DEMO_FULL"):
            note = [f"    … {hidden} more lines, shown with DEMO_FULL=1 …"] * (head > 0)
            lines = [*lines[:head], *note, *lines[-tail:]]
        print("\n".join(lines), flush=True)
        print()
        if result.returncode:
            sys.exit(f"reconcile ended with {result.returncode}")


# ── the calls ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Request:
    """A request and what is expected of the answer: `headers` and the text `holds` must be in it."""

    what: str
    method: str
    path: str
    status: int
    given: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    holds: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str


def requests(token: str, key: str) -> dict[str, list[Request]]:
    """All requests, by API."""
    signed_in = {"Authorization": token}
    partner = {"Authorization": PARTNER_TOKEN}
    both = partner | {"x-api-key": key}
    stranger = {"Authorization": "Bearer stranger", "x-api-key": key}
    preflight = {"Origin": SITE, "Access-Control-Request-Method": "GET"}
    seen = {"Access-Control-Allow-Origin": SITE}
    allowed = seen | {"Access-Control-Allow-Methods": "GET,OPTIONS", "Access-Control-Max-Age": "600"}
    anyone = {"Access-Control-Allow-Origin": "*"}
    dragon = {"type": "dragon", "price": 1}
    cat = {"type": "cat", "price": 9.5}
    return {
        "petstore": [
            Request("answered by API Gateway itself", "GET", "/", 200, headers=anyone),
            Request("proxied, with a query", "GET", "/pets?type=dog", 200),
            Request("a query parameter is missing", "GET", "/pets", 400, headers=anyone),
            Request("a path variable", "GET", "/pets/1", 200, holds='"dog"'),
            Request("the backend's own 404", "GET", "/pets/2", 404),
            Request("a body that fits the model", "POST", "/pets", 201, body=cat),
            Request("a body that does not", "POST", "/pets", 400, body=dragon),
            Request("CORS preflight", "OPTIONS", "/pets", 200, preflight, headers=anyone),
        ],
        "shelter": [
            Request("described in OpenAPI", "GET", "/status", 200, holds='"open": true'),
            Request("proxied, with a query", "GET", "/animals?type=dog", 200, holds='"dog"'),
            Request("a body that the schema does not know", "POST", "/animals", 400, body=dragon, headers=anyone),
        ],
        "photos": [
            Request("health check", "GET", "/health", 200, holds='{"ok": true}'),
            Request("CORS preflight", "OPTIONS", "/photos", 200, preflight, headers=allowed),
            Request("no token; the error has CORS too", "GET", "/photos", 401, headers=seen),
            Request("a forged token", "GET", "/photos", 401, {"Authorization": "junk"}),
            Request("Cognito token", "GET", "/photos", 200, signed_in, headers=seen, holds="cat.jpg"),
            Request("partner without a token", "GET", "/partner/photos", 401, {"x-api-key": key}),
            Request("the Lambda authorizer denies", "GET", "/partner/photos", 403, stranger),
            Request("no API key", "GET", "/partner/photos", 403, partner),
            Request("a wrong API key", "GET", "/partner/photos", 403, partner | {"x-api-key": "x" * 32}),
            Request("partner with token and API key", "GET", "/partner/photos", 200, both, holds="cat.jpg"),
        ],
    }


def call_all(urls: Mapping[str, str], *, token: str, key: str) -> bool:
    """Make the requests and show a table of them; True if all went as expected."""
    out.rule("Requests over plain HTTP", align="left")
    table = Table("", "Request", "", "Expected", "Got", box=None, pad_edge=False, header_style="dim")
    right = True
    for api, group in requests(token, key).items():
        table.add_row("", f"[bold]{api}[/]")
        for request in group:
            answer = call(urls[api], request)
            wrong = [name for name, value in request.headers.items() if answer.headers.get(name) != value]
            good = answer.status == request.status and not wrong and request.holds in answer.body
            right &= good
            got = ", ".join([str(answer.status), *(f"wrong {name}" for name in wrong)])
            got += "" if good else f" {answer.body[:200]}"
            _row(table, request, str(request.status), got, good=good)
    partner = {"Authorization": PARTNER_TOKEN, "x-api-key": key}
    # The throttle comes last: it has to fill up again afterwards.
    over = Request(f"{BURST} at once, the plan allows 5", "GET", "/partner/photos", 429, partner)
    with ThreadPoolExecutor(BURST) as pool:
        answers = list(pool.map(lambda _: call(urls["photos"], over), range(BURST)))
    counts = Counter(answer.status for answer in answers)
    good = counts.keys() <= {200, 429} and counts[429] > 0
    got = ", ".join(f"{number} × {status}" for status, number in sorted(counts.items()))
    _row(table, over, "some 429", got, good=good)
    out.print(table)
    out.print("\nNot called: photos' /photos/{key}. The emulator has no S3 behind API Gateway; AWS has.\n")
    return right and good


def _row(table: Table, request: Request, expected: str, got: str, *, good: bool) -> None:
    mark = "[green]✓[/]" if good else "[bold red]✗[/]"
    with_what = f"[dim]{request.what}[/]"
    table.add_row(mark, f"{request.method} {request.path}", with_what, expected, got)


def call(base: str, request: Request) -> Answer:
    """The answer, whatever its status. No proxy is in between."""
    body = None if request.body is None else json.dumps(request.body).encode()
    given = {"Content-Type": "application/json", **request.given}
    wire = urllib.request.Request(base + request.path, body, given, method=request.method)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(wire, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read().decode())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
