"""Markdown around words that are not trusted: they come from files that strangers edit.

Rules that do not bend:
1. Outside code stand only plain words, in which no host finds a link, a mention, an image, HTML or markup.
   Everything else is code.
2. Code ends where we end it: its fence is longer than any run of backticks inside.
3. What has no shape of its own is shown as an escape, and there is no line end in a value.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from controller.render.words import shortened
from controller.render.writer import visible


NAME = 200
"""Characters of a name that are shown where it stands in a line."""
SENTENCE = 600
"""Characters of a sentence that are shown; more is no sentence."""

# Hosts make links of #1, GH-1, PRJ-1, user@, @team, www., http:, 1234567 and abcdef1: none of these is plain.
_PLAIN = re.compile(r"\(?(?:[A-Za-z]+(?:['’-][A-Za-z]+)*|\d{1,6}(?:[.,]\d{1,3})?%?)\)?[.,:;]?|→|–")
_AROUND = re.compile(r"(\(?)([^()]+?)(\)?[.,:;]?)")
_HASH = re.compile(r"[0-9a-fA-F]{7,}")


def code(text: str, most: int = NAME) -> str:
    """The text as code in a line."""
    shown = shortened(visible(text), most) or '""'
    mark = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{mark}{pad}{shown}{pad}{mark}"


def cell(text: str, most: int = 60) -> str:
    """The text as code in a table, where a pipe would end the cell even in code."""
    return code(visible(text).replace("|", "\\x7c"), most)


def prose(text: str) -> str:
    """A sentence: plain words as they are, others as code."""
    words = shortened(visible(text), SENTENCE).split(" ")
    pieces = []
    for plain, group in groupby(words, _is_plain):
        joined = " ".join(group)
        pieces.append(joined if plain or not joined.strip() else _coded(joined))
    return " ".join(pieces)


def _coded(text: str) -> str:
    """The text as code, without the punctuation of the sentence around it."""
    parts = _AROUND.fullmatch(text)
    begin, inner, end = parts.groups() if parts else ("", text, "")
    return f"{begin}{code(inner, SENTENCE * 2)}{end}"


def _is_plain(word: str) -> bool:
    return bool(_PLAIN.fullmatch(word)) and not _HASH.search(word)


def link(text: str, url: str) -> str:
    """The text as code, leading to a URL of ours if there is one."""
    return f"[{code(text)}]({url})" if url else code(text)


def fenced(lines: Sequence[str]) -> str:
    """The lines as a diff."""
    shown = [visible(line) for line in lines]
    fence = "`" * max(3, max((_longest_run(line) for line in shown), default=0) + 1)
    return "\n".join([f"{fence}diff", *shown, fence])


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are markdown already. All but the first column are numbers."""
    lines = [titles, ["---", *["--:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def folded(name: str, note: str, body: str, *, opened: bool) -> str:
    """A part that can be opened and closed. The note is ours, the name is not."""
    shown = f"<code>{html.escape(shortened(visible(name), NAME))}</code>" if name else ""
    summary = ": ".join(filter(None, (shown, html.escape(note))))
    return f"<details{' open' if opened else ''}>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
