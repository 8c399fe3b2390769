"""Credentials of a git remote, and whose signatures its commits have."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from controller.errors import SourceError
from controller.http import client
from controller.source.git.auth import Auth, DeployKey, GitHubApp, Token
from controller.source.git.remote import Remote, Verify
from tests.git_remotes import HttpRemote, Repository, served


LOCAL = frozenset({"file", "http", "https", "ssh"})
SECRET = "gh-t0ken'\"$(x)%s"


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "served" / "origin")


@pytest.fixture
def http(origin: Repository) -> Iterator[HttpRemote]:
    with served(origin.folder.parent, SECRET) as server:
        yield server


def remote(url: str, tmp_path: Path, auth: Auth | None = None, **more: Any) -> Remote:
    return Remote(url, more.pop("ref", "main"), home=tmp_path / "home", auth=auth, protocols=LOCAL, **more)


def refused(one: Remote) -> str:
    with pytest.raises(SourceError) as error:
        one.fetch()
    return str(error.value)


def token(tmp_path: Path, text: str = SECRET) -> Token:
    file = tmp_path / "it's a token"
    file.write_text(f"{text}\n")
    return Token(file)


# --- tokens


def test_a_token_is_sent_and_kept_nowhere(origin: Repository, http: HttpRemote, tmp_path: Path) -> None:
    sha = origin.commit({"a.yaml": "x" * 100_000})
    one = remote(f"{http.url}/origin/.git", tmp_path, token(tmp_path))
    assert one.export(one.fetch()).name == sha
    kept = [file for file in (tmp_path / "home").rglob("*") if file.is_file() and b"t0ken" in file.read_bytes()]
    assert kept == []
    assert not any("t0ken" in line for line in http.requests)


def test_a_rotated_token_is_used_at_once(origin: Repository, http: HttpRemote, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "1"})
    auth = token(tmp_path)
    one = remote(f"{http.url}/origin/.git", tmp_path, auth)
    one.fetch()
    http.password = "another"
    told = refused(one)
    assert "Authentication failed" in told
    auth.file.write_text("another")
    assert one.fetch()


@pytest.mark.parametrize("auth", ["none", "wrong"])
def test_who_has_no_token_is_told_so_without_secrets(
    origin: Repository, http: HttpRemote, tmp_path: Path, auth: str
) -> None:
    origin.commit({"a.yaml": "1"})
    told = refused(
        remote(f"{http.url}/origin/.git", tmp_path, token(tmp_path, "wr0ng") if auth == "wrong" else None)
    )
    assert told.startswith(f"{http.url}/origin/.git cannot be read: ")
    assert "\n" not in told
    assert "wr0ng" not in told


def test_a_token_that_the_server_repeats_is_masked(tmp_path: Path) -> None:
    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"your token is gh-s3cret, do you know?\n"
            self.send_response(403)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        told = refused(remote(f"http://127.0.0.1:{server.server_port}/x", tmp_path, token(tmp_path, "gh-s3cret")))
        server.shutdown()
    assert "your token is (sensitive), do you know?" in told


def test_a_token_does_not_follow_a_redirect_to_another_host(
    origin: Repository, http: HttpRemote, tmp_path: Path
) -> None:
    origin.commit({"a.yaml": "1"})
    with served(origin.folder.parent) as front:
        front.redirect_to = http.url
        told = refused(remote(f"{front.url}/origin/.git", tmp_path, token(tmp_path)))
    assert http.requests, "the redirect was followed, but without the token that would have opened"
    assert "could not read Username" in told


@pytest.mark.parametrize(("text", "told"), [("", "is empty"), (None, "cannot be read: No such file")])
def test_a_token_must_be_there(tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    assert told in refused(remote("https://git.invalid/x.git", tmp_path, Token(file)))


# --- a GitHub App


class GitHub:
    """What mints tokens for whoever has the app's key."""

    def __init__(self, public_key: str) -> None:
        self.key, self.minted, self.status = public_key, 0, 201

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://github.test/app/installations/42/access_tokens"
        proof = request.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(
            proof, self.key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
        assert claims["iss"] == "7"
        assert claims["exp"] - claims["iat"] <= 600
        self.minted += 1
        return httpx.Response(self.status, json={"token": f"minted-{self.minted}", "expires_at": "…"})


@pytest.fixture(scope="module")
def app_key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    private = rsa.generate_private_key(65537, 2048)
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path_factory.mktemp("app") / "key.pem"
    file.write_bytes(private.private_bytes(encoding, serialization.PrivateFormat.TraditionalOpenSSL, none))
    public = private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    return file, public.decode()


def app(github: Any, key: Path, clock: Any = lambda: 1000.0) -> GitHubApp:
    http = httpx.Client(transport=httpx.MockTransport(github))
    return GitHubApp("7", 42, key, "https://github.test", clock=clock, http=http)


def test_an_app_makes_a_token_and_a_new_one_after_fifty_minutes(
    origin: Repository, http: HttpRemote, tmp_path: Path, app_key: tuple[Path, str]
) -> None:
    origin.commit({"a.yaml": "1"})
    now, github = [1000.0], GitHub(app_key[1])
    one = remote(f"{http.url}/origin/.git", tmp_path, app(github, app_key[0], lambda: now[0]))
    http.password = "minted-1"
    one.fetch()
    now[0] += 49 * 60
    one.fetch()
    assert github.minted == 1
    now[0] += 60
    http.password = "minted-2"
    one.fetch()
    assert github.minted == 2


def test_what_goes_wrong_with_an_app(tmp_path: Path, app_key: tuple[Path, str]) -> None:
    github = GitHub(app_key[1])
    github.status = 404
    told = refused(remote("https://git.invalid/x.git", tmp_path, app(github, app_key[0])))
    assert told == "GitHub gave no token for installation 42 of app 7: it answered 404 Not Found"

    def drops(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    told = refused(remote("https://git.invalid/x.git", tmp_path, app(drops, app_key[0])))
    assert told == "GitHub gave no token for installation 42 of app 7: no answer in time"
    no_token = app(lambda request: httpx.Response(201, json=[]), app_key[0])
    assert "its answer holds none" in refused(remote("https://git.invalid/x.git", tmp_path, no_token))
    no_key = tmp_path / "no.pem"
    no_key.write_text("s3cret")
    told = refused(remote("https://git.invalid/x.git", tmp_path, app(github, no_key)))
    assert told == f"{no_key} is not a private RSA key in PEM form"


def test_clients_do_not_log_urls(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with pytest.raises(httpx.ConnectError):
        client(1).get("http://127.0.0.1:1/s3cret")
    assert "s3cret" not in caplog.text


# --- deploy keys


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of ssh: notes its arguments and carries the command out here, where the server would."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    log = tmp_path / "ssh.json"
    program.write_text(
        "#!/usr/bin/env python3\nimport json, os, sys\n"
        f"json.dump(sys.argv[1:], open({str(log)!r}, 'w'))\nos.execvp('sh', ['sh', '-c', sys.argv[-1]])\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return log


def test_a_deploy_key_is_shown_to_known_hosts_only(origin: Repository, tmp_path: Path, ssh: Path) -> None:
    sha = origin.commit({"a.yaml": "1"})
    key, known = tmp_path / "the key", tmp_path / "known_hosts"
    key.write_text("private")
    known.write_text("git.example ssh-ed25519 AAAA")
    one = remote(f"ssh://git@git.example{origin.folder}", tmp_path, DeployKey(key, known))
    assert one.fetch().sha == sha
    asked = json.loads(ssh.read_text())
    for option in (
        f"-oIdentityFile={key}",
        f"-oUserKnownHostsFile={known}",
        "-oGlobalKnownHostsFile=/dev/null",
        "-oStrictHostKeyChecking=yes",
        "-oIdentitiesOnly=yes",
        "-oBatchMode=yes",
    ):
        assert option in asked
    assert "git@git.example" in asked


def test_ssh_takes_each_of_the_options(tmp_path: Path) -> None:
    if not shutil.which("ssh"):
        pytest.skip("there is no ssh here")
    for name in ("key", "known"):
        (tmp_path / name).write_text("x")
    access = DeployKey(tmp_path / "key", tmp_path / "known").access("ssh://git.example")
    command = f"{access.environment['GIT_SSH_COMMAND']} -G git.example"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert told["stricthostkeychecking"] in {"true", "yes"}
    assert told["userknownhostsfile"] == str(tmp_path / "known")


def test_ssh_without_a_key_is_refused_and_so_is_a_key_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a deploy key and known hosts"):
        remote("ssh://git@git.example/x", tmp_path)
    with pytest.raises(SourceError, match="a token, or nothing"):
        remote("https://git.example/x", tmp_path, DeployKey(tmp_path / "a", tmp_path / "b"))
    told = refused(remote("git@git.example:x.git", tmp_path, DeployKey(tmp_path / "a", tmp_path / "b")))
    assert told == f"{tmp_path / 'a'} cannot be read: No such file or directory"


# --- signatures


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "eve"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "signers").write_text(f"ada@example.com {(folder / 'ada.pub').read_text()}")
    return folder


def sign(origin: Repository, keys: Path, who: str) -> None:
    origin.git("config", "gpg.format", "ssh")
    origin.git("config", "user.signingKey", str(keys / who))


def test_a_commit_of_an_allowed_signer_is_taken(origin: Repository, tmp_path: Path, keys: Path) -> None:
    sign(origin, keys, "ada")
    sha = origin.commit({"a.yaml": "1"}, "-S")
    assert remote(origin.url, tmp_path, verify=Verify(keys / "signers")).fetch().sha == sha


@pytest.mark.parametrize("who", ["eve", "nobody"])
def test_other_commits_are_refused(origin: Repository, tmp_path: Path, keys: Path, who: str) -> None:
    sign(origin, keys, who)
    sha = origin.commit({"a.yaml": "1"}, *(["-S"] if who == "eve" else []))
    told = refused(remote(origin.url, tmp_path, verify=Verify(keys / "signers")))
    assert told == f"the commit {sha[:12]} has no signature of an allowed signer"


def test_a_signature_is_for_one_content_only(origin: Repository, tmp_path: Path, keys: Path) -> None:
    sign(origin, keys, "ada")
    origin.commit({"a.yaml": "1"}, "-S")
    signed = subprocess.run(
        ["git", "cat-file", "commit", "HEAD"], cwd=origin.folder, check=True, capture_output=True, text=True
    ).stdout
    forged = origin.git(
        "hash-object", "-t", "commit", "-w", "--stdin", given=signed.replace("a change", "a forgery")
    )
    origin.git("update-ref", "refs/heads/main", forged)
    assert "no signature" in refused(remote(origin.url, tmp_path, verify=Verify(keys / "signers")))


def test_who_is_no_longer_allowed_is_refused_at_the_next_look(
    origin: Repository, tmp_path: Path, keys: Path
) -> None:
    sign(origin, keys, "ada")
    origin.commit({"a.yaml": "1"}, "-S")
    signers = tmp_path / "signers"
    shutil.copy(keys / "signers", signers)
    one = remote(origin.url, tmp_path, verify=Verify(signers))
    one.fetch()
    signers.write_text(f"eve@example.com {(keys / 'eve.pub').read_text()}")
    assert "no signature" in refused(one)
    signers.unlink()
    assert "cannot be read" in refused(one)


@pytest.mark.parametrize(
    ("signed", "by", "taken"),
    [
        ("tag", (None, "ada"), True),
        ("tag", ("ada", "eve"), False),
        ("tag", ("ada", None), False),
        ("both", ("ada", "ada"), True),
        ("both", (None, "ada"), False),
        ("both", ("ada", None), False),
    ],
)
def test_tags_may_have_to_be_signed(
    origin: Repository, tmp_path: Path, keys: Path, signed: Any, by: Any, *, taken: bool
) -> None:
    commit, tag = by
    sign(origin, keys, commit or "ada")
    origin.commit({"a.yaml": "1"}, *(["-S"] if commit else []))
    sign(origin, keys, tag or "ada")
    origin.git("tag", "-m", "x", "-s" if tag else "-a", "v1")
    one = remote(origin.url, tmp_path, ref="v1", verify=Verify(keys / "signers", signed))
    if taken:
        assert one.fetch()
    else:
        assert "no signature" in refused(one)
