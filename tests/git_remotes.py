"""Real git repositories to follow: on disk, and over smart HTTP with git's own server program."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgSign=false")
QUIET = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"]}


@dataclass
class Repository:
    """A repository with a work tree, whose files are what the last `commit` said."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "uploadpack.allowFilter", "true")

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def git(self, *arguments: str, given: str | None = None) -> str:
        done = subprocess.run(
            ["git", *IDENTITY, *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
            input=given,
            env=QUIET,
        )
        return done.stdout.strip()

    def commit(self, files: dict[str, str | bytes] | None = None, *options: str) -> str:
        for name, content in (files or {}).items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a change", *options)
        return self.git("rev-parse", "HEAD")

    def commit_tree(self, *lines: str) -> str:
        """A commit of lines as `git mktree` takes them: of things that no work tree could hold."""
        tree = self.git("mktree", "--missing", given="".join(f"{line}\n" for line in lines))
        sha = self.git("commit-tree", tree, "-m", "a tree")
        self.git("update-ref", "refs/heads/main", sha)
        return sha

    def blob(self, content: str) -> str:
        return self.git("hash-object", "-w", "--stdin", given=content)


@contextmanager
def served(folder: Path, password: str | None = None) -> Iterator[HttpRemote]:
    """The repositories of a folder over HTTP; with a password, which may be changed, for whoever sends it."""
    server = HttpRemote(folder, password)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class HttpRemote(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder: Path, password: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Backend)
        self.folder, self.password = folder, password
        self.requests: list[str] = []
        self.redirect_to = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Backend(BaseHTTPRequestHandler):
    server: HttpRemote

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        self.server.requests.append(format % args)

    def do_GET(self) -> None:
        self._run()

    def do_POST(self) -> None:
        self._run()

    def _run(self) -> None:
        if self.server.redirect_to:
            self.send_response(302)
            self.send_header("Location", self.server.redirect_to + self.path)
            self.end_headers()
            return
        if not self._may_enter():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environment = {
            **QUIET,
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        done = subprocess.run(
            ["git", "http-backend"], check=False, input=body, capture_output=True, env=environment
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _may_enter(self) -> bool:
        if self.server.password is None:
            return True
        expected = base64.b64encode(f"x-access-token:{self.server.password}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"
