"""Which changes stand under which, and which of them need not be told one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controller.report import ChangeView


@dataclass(frozen=True)
class Nested:
    """A change among others of its root.

    above    the paths of the changes around it, outermost first; the root's own is empty
    inside   how many deletions go along with this one untold
    """

    change: ChangeView
    above: tuple[str, ...]
    inside: int = 0

    @property
    def notes(self) -> list[str]:
        """What stands behind its name: why, what goes along, and how it went if that is not as planned."""
        change = self.change
        along = f"and {self.inside} resource{'' if self.inside == 1 else 's'} inside" if self.inside else ""
        notes = [note for note in (change.reason, along) if note]
        if change.status in ("held", "skipped"):
            notes.append(": ".join(filter(None, (change.status, change.error))))
        return notes


def nested(changes: Sequence[ChangeView], *, whole: bool) -> Iterator[Nested]:
    """The changes of one root. Unless `whole`, what is deleted with its container is only counted."""
    told = {change.path for change in changes}
    gone = {change.path for change in changes if change.action == "delete" and not whole}
    taken = {path: above[0] for path in gone if (above := _above(path, gone))}
    inside = Counter(taken.values())
    for change in changes:
        deleted = change.action == "delete"
        if not deleted or change.path not in taken:
            yield Nested(change, _above(change.path, told), inside[change.path] if deleted else 0)


def _above(path: str, paths: set[str]) -> tuple[str, ...]:
    """Those of the paths that this one is under."""
    steps = path.split(" > ") if path else []
    return tuple(above for n in range(len(steps)) if (above := " > ".join(steps[:n])) in paths)
