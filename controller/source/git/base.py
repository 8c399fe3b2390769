"""The specs as they were at another revision of the same repository, read without a second checkout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from controller.errors import SourceError
from controller.source.git.export import Limits, Tree
from controller.source.git.process import GitError, OverLimitError, words
from controller.source.revision import ask


@dataclass(frozen=True)
class Base:
    """A checkout's content at a revision.

    folder     where it lies, with the same paths as in the checkout
    revision   the short id of the commit
    warning    what makes comparing with it less telling; empty if nothing does
    """

    folder: Path
    revision: str
    warning: str = ""


@contextmanager
def base(checkout: Path, wanted: str) -> Iterator[Base]:
    """The checkout as it was at a branch, tag or commit, until the block is left.

    A branch that only the remote has is meant by its plain name too, as CI systems give it. Raises SourceError.
    """
    sha = _commit(checkout, wanted)
    git_dir, prefix = ask(checkout, "rev-parse", "--absolute-git-dir"), ask(checkout, "rev-parse", "--show-prefix")
    if git_dir is None or prefix is None:
        raise SourceError(f"{checkout} is in no git repository: there is no base {wanted!r}")
    with TemporaryDirectory(prefix="reconcile-base-") as scratch:
        folder = Path(scratch) / "base"
        try:
            Tree(Path(git_dir), sha, Limits()).write(prefix.rstrip("/"), folder)
        except (GitError, OverLimitError) as error:
            raise SourceError(f"the base {wanted!r} cannot be read: {words(str(error))}") from None
        yield Base(folder / prefix.rstrip("/"), sha[:7], _warning(checkout, wanted, sha))


def _commit(checkout: Path, wanted: str) -> str:
    # What begins with a dash is an option to git, wherever it stands.
    for name in (wanted, f"refs/remotes/origin/{wanted}") if wanted and not wanted.startswith("-") else ():
        if sha := ask(checkout, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
            return sha
    if ask(checkout, "rev-parse", "HEAD") is None:
        raise SourceError(f"{checkout} is in no git repository: there is no base {wanted!r}")
    if ask(checkout, "rev-parse", "--is-shallow-repository") == "true":
        fetch = f"git fetch --depth=1 origin {wanted}:refs/remotes/origin/{wanted}"
        raise SourceError(f"this shallow clone does not have the base {wanted!r}: {fetch}")
    raise SourceError(f"there is no revision {wanted!r} in this repository")


def _warning(checkout: Path, wanted: str, sha: str) -> str:
    """Where HEAD lacks commits of the base, undoing them would pass for intended."""
    if ask(checkout, "rev-parse", "--is-shallow-repository") == "true":
        # What is an ancestor of what is not known there: CI checks out the merge of both.
        return ""
    if ask(checkout, "merge-base", "--is-ancestor", sha, "HEAD") is not None:
        return ""
    since = "what came to it since shows as intended; merge or rebase first"
    return f"HEAD does not contain {wanted} ({sha[:7]}): {since}"
