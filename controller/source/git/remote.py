"""A git remote that is followed: which commit a branch or tag names now, and the specs of that commit as files.

1. There is no work tree. A bare repository, one commit deep and without large files, is only a cache: when
   anything in it is wrong, it is thrown away and fetched anew.
2. The remote is asked for a name first; nothing is fetched while it names the same commit. History does not
   matter, so a force-push is a change like any other.
3. Only what talks to the remote may use the network, over the protocol of its URL and no other.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Literal, TypeVar

from controller.errors import SourceError, UnverifiedError
from controller.masking import Mask
from controller.source.git.auth import Anonymous, Auth, DeployKey
from controller.source.git.export import Limits, Tree
from controller.source.git.process import OFFLINE, Access, Bounds, GitError, OverLimitError, output, words
from controller.source.git.url import PROTOCOLS, checked_path, checked_ref, checked_url


T = TypeVar("T")

FULL_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
CURRENT = "refs/reconcile/current"
MOST_PACKS = 50
"""Each fetch brings a pack; rather than collecting garbage, a cache of so many is thrown away."""

KEPT_EXPORTS = 2
"""The newest, and the one before, which a pass may still be reading."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What the remote has under the ref. `author` is a name."""

    sha: str
    author: str
    committed: datetime

    @property
    def short(self) -> str:
        """As people see it."""
        return self.sha[:12]


@dataclass(frozen=True, slots=True)
class Verify:
    """Who may sign (an allowed-signers file of SSH), and what must be: the commit, the tag naming it, or both."""

    signers: Path
    signed: Literal["commit", "tag", "both"] = "commit"


class Remote:
    """A branch, tag or commit of a repository, and the folder `path` in it. Safe for threads, one at a time.

    `home` is a private folder for the cache and the exports. `protocols` other than https and ssh are for tests.
    Raises SourceError for a URL, ref or path that is none.
    """

    def __init__(
        self,
        url: str,
        ref: str = "HEAD",
        *,
        home: Path,
        path: str = "",
        auth: Auth | None = None,
        limits: Limits | None = None,
        verify: Verify | None = None,
        protocols: frozenset[str] = PROTOCOLS,
    ) -> None:
        self._url, self._ref, self.path = checked_url(url, protocols), checked_ref(ref), checked_path(path)
        self._auth, self._limits, self._verify = auth or Anonymous(), limits or Limits(), verify
        if (self._url.protocol == "ssh") != isinstance(self._auth, DeployKey):
            wanted = "a deploy key and known hosts" if self._url.protocol == "ssh" else "a token, or nothing"
            raise SourceError(f"what {self._url} needs as credentials is {wanted}")
        self._home = home.absolute()
        self._exports = self._home / "exports"
        self._repository = self._home / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.git"
        self._mask = Mask()
        self._lock = Lock()
        self._tip = ""
        self._written: set[Path] = set()

    def fetch(self) -> Commit:
        """The commit that the ref names now, with all that `export` needs. Raises SourceError with one sentence."""
        with self._lock:
            return self._told(self._fetch)

    def export(self, commit: Commit) -> Path:
        """A folder, named for the commit, that holds its files below `path` at their places. Raises SourceError.

        It is written once, and stays as it is while it is read. The folders of earlier commits are removed, but for
        the last one.
        """
        folder = self._exports / commit.sha
        with self._lock:
            if folder not in self._written or not folder.is_dir():
                self._told(lambda: self._anew_if_broken(lambda: self._export(commit.sha, folder)))
                self._written.add(folder)
        return folder

    def _fetch(self) -> Commit:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        access = self._access()
        self._tip = self._named(access)
        commit = self._anew_if_broken(lambda: self._brought(self._tip, access))
        self._check_signatures(commit.sha)
        return commit

    def _access(self) -> Access:
        access = self._auth.access(self._url.origin)
        self._mask.learn(access.secrets)
        settings = {f"protocol.{self._url.protocol}.allow": "always", **access.settings}
        return Access(settings, access.environment, access.secrets)

    def _named(self, access: Access) -> str:
        """The id of what the ref names: of a commit, or of a tag's own object."""
        if FULL_SHA.fullmatch(self._ref):
            return self._ref
        names = [self._ref] if self._ref == "HEAD" or self._ref.startswith("refs/") else []
        names = names or [f"refs/heads/{self._ref}", f"refs/tags/{self._ref}"]
        arguments = ["ls-remote", "--", str(self._url), *names]
        lines = output(self._home, arguments, access, Bounds(self._limits.answer)).decode(errors="replace")
        found = {name: id_ for id_, _, name in (line.partition("\t") for line in lines.splitlines())}
        tip = next((found[name] for name in names if name in found), "")
        if not FULL_SHA.fullmatch(tip):
            raise SourceError(f"{self._url} has no branch or tag {self._ref}")
        return tip

    def _brought(self, tip: str, access: Access = OFFLINE) -> Commit:
        """The commit of a tip, fetched unless it is there. Raises GitError if the cache is broken."""
        if not self._holds(tip):
            if len(list(self._repository.glob("objects/pack/*.pack"))) >= MOST_PACKS:
                self._discard()
            if not self._repository.exists():
                self._git("init", "--quiet", "--bare", "--template=", str(self._repository), within=False)
            self._get(tip, access)
        lines = self._git("log", "-1", "--no-show-signature", "--format=%H%n%ct%n%an", f"{tip}^{{commit}}")
        sha, seconds, author = (*lines.split("\n"), "", "", "")[:3]
        return Commit(sha, words(author), datetime.fromtimestamp(int(seconds), UTC))

    def _get(self, tip: str, access: Access) -> None:
        large = f"--filter=blob:limit={self._limits.file + 1}"
        quiet = ("--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
        bounds = Bounds(self._limits.seconds, self._repository, self._limits.fetched)
        target = f"+{tip}:{CURRENT}"
        try:
            self._git("fetch", *quiet, large, "--", str(self._url), target, access=access, bounds=bounds)
        except OverLimitError:
            self._discard()
            raise

    def _holds(self, tip: str) -> bool:
        return self._id_of(CURRENT) == tip

    def _has(self, sha: str) -> bool:
        return self._id_of(f"{sha}^{{tree}}") != ""

    def _id_of(self, name: str) -> str:
        if not self._repository.exists():
            return ""
        try:
            return self._git("rev-parse", "--verify", "--quiet", name).strip()
        except GitError:
            return ""

    def _check_signatures(self, sha: str) -> None:
        if not self._verify:
            return
        if not self._verify.signers.is_file():
            raise SourceError(f"{self._verify.signers} cannot be read, so no signature can be checked")
        # git says "Good signature" for keys of strangers too; only its exit code means trust.
        settings = {
            "gpg.ssh.allowedSignersFile": str(self._verify.signers.absolute()),
            "gpg.ssh.program": "ssh-keygen",
            "gpg.openpgp.program": "false",
            "gpg.x509.program": "false",
        }
        checks = {"commit": ("verify-commit", sha), "tag": ("verify-tag", self._tip)}
        for what in ("commit", "tag") if self._verify.signed == "both" else (self._verify.signed,):
            try:
                self._git(*checks[what], access=Access(settings))
            except GitError:
                told = f"the {what} {checks[what][1][:12]} has no signature of an allowed signer"
                raise UnverifiedError(told) from None

    def _export(self, sha: str, folder: Path) -> None:
        unfinished = self._exports / f".{sha}"
        self._exports.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        if not self._has(sha):
            self._brought(sha, self._access())
        Tree(self._repository, sha, self._limits).write(self.path, unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
        others = [other for other in self._exports.iterdir() if other != folder]
        for other in sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT_EXPORTS - 1 :]:
            shutil.rmtree(other, ignore_errors=True)

    def _anew_if_broken(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (GitError, ValueError):
            self._discard()
            return work()

    def _discard(self) -> None:
        shutil.rmtree(self._repository, ignore_errors=True)

    def _git(
        self, *arguments: str, access: Access = OFFLINE, bounds: Bounds | None = None, within: bool = True
    ) -> str:
        place = [f"--git-dir={self._repository}"] if within else []
        bounds = bounds or Bounds(self._limits.answer)
        return output(self._home, [*place, *arguments], access, bounds).decode(errors="replace")

    def _told(self, work: Callable[[], T]) -> T:
        """What `work` gives; everything that goes wrong becomes one sentence without secrets."""
        try:
            return work()
        except SourceError as error:
            raise SourceError(self._mask(str(error))) from None
        except GitError as error:
            raise SourceError(f"{self._url} cannot be read: {words(self._mask(str(error)))}") from None
        except OverLimitError as error:
            raise SourceError(f"{self._url} cannot be read: {error}") from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SourceError(f"{self._url} cannot be kept in {self._home}: {reason}") from None
