"""The files of a commit, written by us: without a work tree, links, hooks, filters and submodules do nothing.

1. Only regular files are written, below a folder that was not there before.
2. What could hold specs and cannot be written refuses the commit: skipped in silence, its specs would vanish, and
   then what they had made. Other things are left out, and the log says so.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from controller.errors import SourceError
from controller.source.files import MAX_FILE, SPEC_SUFFIXES
from controller.source.git.process import OFFLINE, Bounds, GitError, output, running


_log = structlog.get_logger()

REGULAR = {"100644", "100755", "100664"}
LINK, SUBMODULE = "120000", "160000"
LONGEST_NAME, LONGEST_PATH, LONGEST_LINK = 255, 1024, 4096
CHUNK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """What a remote may cost.

    files, file, total   how many files are written; bytes of each and of all
    fetched              bytes that the cache may take on disk
    seconds, answer      for a fetch, and for the name of the commit
    """

    files: int = 10_000
    file: int = MAX_FILE
    total: int = 100 << 20
    fetched: int = 500 << 20
    seconds: float = 300.0
    answer: float = 30.0


@dataclass(frozen=True)
class Entry:
    """A line of a tree."""

    mode: str
    id: str
    name: str

    @property
    def may_hold_specs(self) -> bool:
        """True for names that the loader takes for specs."""
        return posixpath.splitext(self.name)[1].lower() in SPEC_SUFFIXES and not self.is_hidden

    @property
    def is_hidden(self) -> bool:
        """True for what the loader does not look at by itself."""
        return any(part.startswith(".") for part in self.name.split("/"))


class Tree:
    """The tree of one commit in a bare repository. Nothing here reaches the network."""

    def __init__(self, repository: Path, sha: str, limits: Limits) -> None:
        self._home, self._sha, self._limits = repository.parent, sha, limits
        self._git = [f"--git-dir={repository}"]
        self._bounds = Bounds(limits.seconds)

    def write(self, path: str, folder: Path) -> None:
        """Writes the files below `path` into a new folder. Raises SourceError, GitError and OverLimitError."""
        entries = self._entries()
        below = [entry for entry in entries if not path or (entry.name + "/").startswith(path + "/")]
        if not below:
            raise SourceError(f"commit {self._sha[:12]} has no {path or 'files'}")
        for entry in below:
            _check_name(entry.name)
        self._refuse_links(entries, below)
        wanted = self._within_limits([entry for entry in below if entry.mode in REGULAR])
        folder.mkdir(mode=0o700)
        self._read(wanted, lambda entry, size, content: _write(folder / entry.name, size, content))

    def _entries(self) -> list[Entry]:
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", self._sha)
        return [_entry(line) for line in listing.split(b"\0") if line]

    def _refuse_links(self, entries: list[Entry], below: list[Entry]) -> None:
        for entry in below:
            if entry.mode == SUBMODULE:
                _leave_out(entry, "submodules are not followed")
        links = [entry for entry in below if entry.mode == LINK and not entry.is_hidden]
        targets = self._targets(links)
        folders = {parent for entry in entries for parent in _parents(entry.name)}
        folders |= {entry.name for entry in entries if entry.mode == LINK}
        for link in links:
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(link.name), targets[link.name]))
            if link.may_hold_specs or goal in folders or goal == ".":
                told = "is a symbolic link, and links are not followed; put the files in its place"
                raise SourceError(f"{link.name} {told}")
            _leave_out(link, "symbolic links are not followed")

    def _targets(self, links: list[Entry]) -> dict[str, str]:
        found: dict[str, str] = {}

        def remember(entry: Entry, size: int, content: IO[bytes]) -> None:
            if size > LONGEST_LINK:
                raise SourceError(f"{entry.name} is a symbolic link that leads to more than a path")
            found[entry.name] = content.read(size).decode(errors="replace")

        self._read(links, remember)
        return found

    def _within_limits(self, entries: list[Entry]) -> list[Entry]:
        missing = self._missing()
        wanted = []
        for entry in entries:
            if entry.id in missing:
                self._too_large(entry)
            else:
                wanted.append(entry)
        if len(wanted) > self._limits.files:
            told = f"{len(wanted):,} files, more than the {self._limits.files:,} that are read"
            raise SourceError(f"commit {self._sha[:12]} has {told}; name the folder with the specs")
        sizes = self._sizes(wanted)
        for entry in wanted:
            if sizes[entry.id] > self._limits.file:
                self._too_large(entry)
        kept = [entry for entry in wanted if sizes[entry.id] <= self._limits.file]
        total = sum(sizes[entry.id] for entry in kept)
        if total > self._limits.total:
            told = f"{_megabytes(total)}, more than the {_megabytes(self._limits.total)} that are read"
            raise SourceError(f"the files of commit {self._sha[:12]} have {told}; name the folder with the specs")
        return kept

    def _missing(self) -> set[str]:
        """The blobs that the server left out for their size. Asking for sizes would fetch them after all."""
        found = ("--objects", "--no-object-names", "--missing=print", "--max-count=1")
        lines = self._run("rev-list", *found, self._sha)
        return {line[1:].decode() for line in lines.splitlines() if line.startswith(b"?")}

    def _sizes(self, entries: list[Entry]) -> dict[str, int]:
        arguments = [*self._git, "cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", "--buffer"]
        sizes: dict[str, int] = {}
        with running(self._home, arguments, OFFLINE, self._bounds, _ids(entries)) as stream:
            for line in stream:
                id_, type_, size = _header(line)
                if type_ == "blob":
                    sizes[id_] = size
        if len(sizes) != len({entry.id for entry in entries}):
            raise GitError("an object is not the file it should be")
        return sizes

    def _read(self, entries: list[Entry], take: Callable[[Entry, int, IO[bytes]], None]) -> None:
        """Hands each entry, its size and a stream that begins with its content to `take`, which reads that much."""
        if not entries:
            return
        arguments = [*self._git, "cat-file", "--batch", "--buffer"]
        with running(self._home, arguments, OFFLINE, self._bounds, _ids(entries)) as stream:
            for entry in entries:
                id_, type_, size = _header(stream.readline())
                if (id_, type_) != (entry.id, "blob"):
                    raise GitError(f"{entry.name} is not the file it should be")
                take(entry, size, stream)
                stream.read(1)

    def _too_large(self, entry: Entry) -> None:
        told = f"larger than {_megabytes(self._limits.file)}"
        if entry.may_hold_specs:
            raise SourceError(f"{entry.name} is {told}")
        _leave_out(entry, told)

    def _run(self, *arguments: str) -> bytes:
        return output(self._home, [*self._git, *arguments], OFFLINE, self._bounds)


def _entry(line: bytes) -> Entry:
    facts, _, name = line.partition(b"\t")
    mode, _, id_ = facts.decode().split(" ")
    try:
        return Entry(mode, id_, name.decode())
    except UnicodeDecodeError:
        raise SourceError(f"the file name {name.decode(errors='replace')!r} is not UTF-8") from None


def _header(line: bytes) -> tuple[str, str, int]:
    match line.decode(errors="replace").split():
        case [id_, type_, size] if size.isdecimal():
            return id_, type_, int(size)
        case _:
            raise GitError("an object is missing or broken")


def _check_name(name: str) -> None:
    parts = name.split("/")
    harmless = name.isprintable() and "\\" not in name and len(name.encode()) <= LONGEST_PATH
    # git refuses such trees when it fetches them; it is we who write, so it is we who make sure.
    strange = any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts)
    if strange or not harmless or any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise SourceError(f"the file name {name[:100]!a} is not safe to write")


def _write(file: Path, size: int, content: IO[bytes]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.open("xb") as stream:
        left = size
        while left:
            data = content.read(min(left, CHUNK))
            if not data:
                raise GitError(f"{file.name} ends too early")
            stream.write(data)
            left -= len(data)


def _ids(entries: list[Entry]) -> bytes:
    return "".join(f"{entry.id}\n" for entry in entries).encode()


def _parents(name: str) -> Iterator[str]:
    while name := posixpath.dirname(name):
        yield name


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):g} MB" if size >= 1 << 20 else f"{size} bytes"


def _leave_out(entry: Entry, why: str) -> None:
    _log.warning("source_entry_left_out", name=entry.name, why=why)
