"""How a report that is too long is shortened, rung by rung."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from controller.render.outline import Outline


LINE = 300
"""Characters of a line where room is scarce."""


@dataclass(frozen=True)
class Rung:
    """How much is shown. None is everything.

    note      what is missing, in words; empty if nothing is
    context   the unchanged lines around a difference
    values    what fields were and will be; else only their names
    blocks    changes of each root that are told of one by one
    bodies    the folds' contents
    width     characters of a line in a body
    tallies   rows of each target's table
    dangers   of each target
    targets   that are told of one by one
    problems  errors outside of any report
    """

    note: str = ""
    context: bool = True
    values: bool = True
    blocks: int | None = None
    bodies: bool = True
    width: int | None = None
    tallies: int | None = None
    dangers: int | None = None
    targets: int | None = None
    problems: int = 20


FULL = Rung()
BRIEF = Rung("Shortened to fit: without the lines around each difference", context=False, width=LINE)
NAMES = replace(BRIEF, note="Shortened to fit: without values", values=False)
MORE = "Shortened to fit: without values, and only some changes of each root"
TABLE = replace(NAMES, note="Shortened to fit: without details", bodies=False)


def rungs(outlines: Sequence[Outline]) -> Sequence[Rung]:
    """From everything to next to nothing: tables give way before dangers, and these before whole targets."""
    sections = (section for one in outlines for section in (*one.changes, *one.drift, *one.left))
    blocks = max((len(section.blocks) for section in sections), default=0)
    tallies = max((len(one.tallies) for one in outlines), default=0)
    dangers = max((len(one.dangers) for one in outlines), default=0)
    return [
        *(FULL, BRIEF, NAMES),
        *(replace(NAMES, note=MORE, blocks=most) for most in _fewer(blocks) if most),
        TABLE,
        *(replace(TABLE, tallies=most) for most in _fewer(tallies)),
        *(replace(TABLE, tallies=0, dangers=most) for most in _fewer(dangers)),
        *(replace(TABLE, tallies=0, dangers=0, targets=most) for most in _fewer(len(outlines))),
    ]


def _fewer(number: int) -> Iterator[int]:
    """Less and less of so many, down to none."""
    while number:
        number = number * 4 // 5
        yield number
