"""Finding the files of a checkout and reading no more of them than is safe.

1. Nothing outside the checkout is reached through a link that the checkout contains.
2. A file is read once, however often it is included; every use of it is charged by its size, which bounds how much
   is parsed again as well.
3. One load reads a bounded number of files, bytes and (aliases and includes expanded) values.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from controller.errors import Problem, Where
from controller.packing import pack, unpack
from controller.source.compose import MAX_EXPANDED, Parsed, parse
from controller.source.node import Page, UnreadableError


MEGABYTE = 1024 * 1024
MAX_FILE = 6 * MEGABYTE
MAX_TOTAL = 10 * MEGABYTE
MAX_FILES = 2_000
MAX_KEPT = 20_000
"""So many values of files are kept as trees, some five megabytes; those of others are read from the text again."""

SETTINGS = "reconcile.yaml"
"""The settings may lie beside the specs, and are none."""

SPEC_SUFFIXES = {".yaml", ".yml"}


class Files:
    """The files of one load, within its limits. What is wrong with them goes to `problems`."""

    def __init__(self, checkout: Path, problems: list[Problem]) -> None:
        self._problems = problems
        self._given_checkout = _lexical(checkout)
        self._real: dict[Path, Path] = {}
        self._checkout = self.real(checkout)
        # Texts are packed.
        self._texts: dict[Path, bytes | Problem] = {}
        # By its path without links: how each file was first asked for, and the trees asked for last, oldest first.
        self._asked: dict[Path, Path] = {}
        self._trees: dict[Path, Parsed] = {}
        self._bytes = 0
        self._weight = 0

    def real(self, path: Path) -> Path:
        """The path without links (remembered: aliases can repeat an include very often)."""
        if path not in self._real:
            # Unlike Path.resolve, this does not fail on links that form a loop.
            self._real[path] = Path(os.path.realpath(path))
        return self._real[path]

    def shown(self, path: Path) -> str:
        """The path as people see it: relative to the checkout inside it, otherwise as given."""
        lexical = _lexical(path)
        if lexical.is_relative_to(self._given_checkout):
            path = lexical.relative_to(self._given_checkout)
        elif self.real(path).is_relative_to(self._checkout):
            path = self.real(path).relative_to(self._checkout)
        return os.fsencode(path).decode(errors="replace")

    def holds(self, real: Path, top: Path | None = None) -> bool:
        """True if a path without links is part of the checkout (or of `top`)."""
        for root in (self._checkout, *((self.real(top),) if top else ())):
            if real.is_relative_to(root):
                # Git's own files are not: they hold the credentials of remotes.
                return ".git" not in real.relative_to(root).parts
        return False

    def found(self, given: Path) -> list[Path]:
        """The file itself, or the spec files below a directory, sorted; hidden ones are skipped."""
        try:
            is_folder = stat.S_ISDIR(given.stat().st_mode)
        except (OSError, ValueError):
            self._report("no such file or directory", self._top(given))
            return []
        if not is_folder:
            return [given]
        files: list[Path] = []
        for path in self._below(given):
            if len(files) == MAX_FILES:
                self._report(f"more than {MAX_FILES:,} spec files", self._top(given))
                break
            files.append(path)
        if not files:
            self._report("no specs in this directory", self._top(given))
        return files

    def _below(self, top: Path) -> Iterator[Path]:
        for name, folders, names in os.walk(top, onerror=self._unreadable_folder):
            folder = Path(name)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for link in (folder / name for name in folders if (folder / name).is_symlink()):
                # Skipped in silence, its specs would vanish, and then what they had made.
                hint = "name the directory itself among the specs"
                self._report("a link to a directory is not followed", self._top(link), hint)
            for path in (folder / name for name in sorted(names) if not name.startswith(".")):
                if path.suffix.lower() not in SPEC_SUFFIXES or path.name == SETTINGS:
                    continue
                if self.holds(self.real(path), top):
                    yield path
                else:
                    self._report("this link leads out of the checkout", self._top(path))

    def _unreadable_folder(self, error: OSError) -> None:
        where = self._top(Path(error.filename))
        self._report(f"the directory cannot be read: {error.strerror}", where)

    def parsed(self, path: Path, blame: Where | None = None) -> Parsed | None:
        """The documents of a file; None, and a problem at `blame`, if it cannot be read at all."""
        real = self.real(path)
        found = self._trees.pop(real, None)
        if found is None:
            text = self.text(path, blame)
            if text is None:
                return None
            is_new = real not in self._asked
            first = self._asked.setdefault(real, path)
            found = parse(text, self.shown(first), as_json=first.suffix.lower() == ".json")
            self._problems.extend(found.problems if is_new else ())
        self._trees[real] = found
        self._forget_trees()
        return found

    def _forget_trees(self) -> None:
        """What is included again and again stays; of thousands of specs, only the last few do."""
        weight = sum(tree.weight for tree in self._trees.values())
        for real in list(self._trees)[:-1]:
            if weight <= MAX_KEPT:
                break
            weight -= self._trees.pop(real).weight

    def text(self, path: Path, blame: Where | None = None) -> str | None:
        """The text of a file; None, and a problem at `blame`, if it cannot be read."""
        real = self.real(path)
        if real not in self._texts:
            try:
                data = self._read(path, blame or self._top(path))
            except UnreadableError as error:
                self._problems.append(error.problem)
                return None
            decoded = self._decoded(data, path)
            self._texts[real] = decoded if isinstance(decoded, Problem) else pack(decoded)
        found = self._texts[real]
        if isinstance(found, Problem):
            self._problems.append(found)
            return None
        return str(unpack(found))

    def charge(self, weight: int, where: Where) -> bool:
        """Count values that a file, an include or a variable brings in; False if too many."""
        if self._weight + weight > MAX_EXPANDED:
            # Not added, so that one file of too many includes leaves room for the others.
            message = f"all files together expand to more than {MAX_EXPANDED:,} values"
            self._report(message, where)
            return False
        self._weight += weight
        return True

    def _read(self, path: Path, blame: Where) -> bytes:
        name = self.shown(path)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError(f"{name} is not a file", blame)
            self._check_size(name, status.st_size, blame)
            with path.open("rb") as stream:
                data = stream.read(MAX_FILE + 1)
        except FileNotFoundError:
            raise UnreadableError(f"{name} does not exist", blame) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            raise UnreadableError(f"{name} cannot be read: {reason}", blame) from None
        # Once more: the file may have grown, and some (in /proc) claim to be empty.
        self._check_size(name, len(data), blame)
        self._bytes += len(data)
        return data

    def _check_size(self, name: str, size: int, blame: Where) -> None:
        if size > MAX_FILE:
            raise UnreadableError(f"{name} is larger than {MAX_FILE // MEGABYTE} MB", blame)
        if self._bytes + size > MAX_TOTAL or len(self._texts) >= MAX_FILES:
            limit = f"{MAX_FILES:,} files and {MAX_TOTAL // MEGABYTE} MB"
            raise UnreadableError(f"{name} is not read: one load reads at most {limit}", blame)

    def _decoded(self, data: bytes, path: Path) -> str | Problem:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode()
            where = Page(self.shown(path), before).where(len(before))
            return Problem("not UTF-8 text", where, "save the file as UTF-8")

    def _top(self, path: Path) -> Where:
        return Where(self.shown(path))

    def _report(self, message: str, where: Where, hint: str = "") -> None:
        self._problems.append(Problem(message, where, hint))


def _lexical(path: Path) -> Path:
    # Not Path.resolve, which would follow links, nor Path.absolute, which would keep "..".
    return Path(os.path.abspath(path))  # noqa: PTH100
