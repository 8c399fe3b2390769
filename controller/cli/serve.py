"""`reconcile run`: the loop, until told to end."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from controller.cli import local
from controller.cli.assembly import Assembly, Wishes
from controller.cli.session import Session
from controller.errors import UsageError
from controller.loop.following import Directory, Origin, Repository
from controller.source.git.auth import Anonymous, Auth, DeployKey, GitHubApp, Token
from controller.source.git.remote import Remote, Verify


@dataclass(frozen=True)
class Source:
    """Where the specs come from: a repository, or a folder."""

    git: str = ""
    ref: str = "main"
    path: str = ""
    directory: Path | None = None
    ssh_key: Path | None = None
    known_hosts: Path | None = None
    token: Path | None = None
    app_id: str = ""
    installation: int = 0
    app_key: Path | None = None
    signers: Path | None = None


def run(session: Session, source: Source, wishes: Wishes) -> int:
    """Until SIGTERM or Ctrl-C; the exit code."""
    emulator = local.running() if session.local else None
    with tempfile.TemporaryDirectory(prefix="reconcile-") as home:
        whole = Assembly(
            origin(source, Path(home)),
            wishes,
            aimed=lambda plain: local.aimed(plain, emulator) if emulator else plain,
        )
        with _signals(whole):
            try:
                whole.start()
                whole.over.wait()
            finally:
                # Also when something cannot listen: what has begun does not keep the process.
                ended = whole.end()
    if whole.host.running:
        # A call that is not answered would keep the process for as long as that takes.
        sys.stderr.flush()
        os._exit(1)
    return 0 if ended else 1


def origin(source: Source, home: Path) -> Origin:
    """What is followed. Raises UsageError unless it is exactly one thing, and SourceError for what is no URL."""
    if bool(source.git) == bool(source.directory):
        raise UsageError("give either --git URL or --directory DIR")
    if source.directory:
        if not source.directory.is_dir():
            raise UsageError(f"--directory {source.directory}: there is no such folder")
        return Directory(source.directory)
    verify = Verify(source.signers) if source.signers else None
    return Repository(
        Remote(source.git, source.ref, home=home / "git", path=source.path, auth=_auth(source), verify=verify)
    )


def _auth(source: Source) -> Auth:
    app = (source.app_id, source.installation, source.app_key)
    if any(app) and not all(app):
        raise UsageError("a GitHub App needs its id, its installation's id and its key")
    if bool(source.ssh_key) != bool(source.known_hosts):
        raise UsageError("--git-ssh-key and --git-known-hosts go together")
    if sum(map(bool, (source.ssh_key, source.token, source.app_key))) > 1:
        raise UsageError("give one kind of credentials for git: a key, a token or a GitHub App")
    if source.ssh_key and source.known_hosts:
        return DeployKey(source.ssh_key, source.known_hosts)
    if source.app_key:
        return GitHubApp(source.app_id, source.installation, source.app_key)
    return Token(source.token) if source.token else Anonymous()


@contextmanager
def _signals(whole: Assembly) -> Iterator[None]:
    """The first SIGTERM or Ctrl-C lets what was begun end, the second stops it; SIGHUP means look at everything."""

    def end(number: int, _frame: FrameType | None) -> None:
        if whole.over.is_set():
            whole.host.stop.now.set()
            signal.signal(number, before[signal.Signals(number)])
        whole.over.set()

    def look(_number: int, _frame: FrameType | None) -> None:
        # Not here: a handler runs in the middle of whatever holds a lock.
        threading.Thread(target=whole.host.look, name="hangup").start()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, look)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
