"""Lines on a console: indented, wrapped, and with nothing in them that a terminal would act on.

Rules that do not bend:
1. A value can neither colour, move nor hide text: what is invisible is shown as an escape.
2. No line is a command to a CI system that reads along, such as GitHub's runner: it takes them from any output.
3. A symbol always stands beside the colour, and no width loses it.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text


MIN_TEXT = 12
"""Columns that are left for text however deep it is indented."""

_UNICODE = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "replace": "±",
    "rename": "→",
    "adopt": "⇐",
    "failed": "✗",
    "blocked": "!",
    "skipped": "!",
    "held": "!",
    "arrow": "→",
    "more": "…",
}
_ASCII = _UNICODE | {"replace": "-/+", "rename": "->", "adopt": "<=", "failed": "x", "arrow": "->", "more": "..."}

# Cc control · Cf format, all bidi marks among them · Cs lone surrogates · Zl, Zp line ends
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""The text with everything that has no shape of its own as an escape: `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSEEN else char for char in text
    )


def _is_unicode(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


_COMMAND, _OLD_COMMAND = "::", "##["
"""How a line begins that GitHub's runner carries out, spaces before it aside, and what it once had anywhere."""


def _no_command(line: Text) -> Text:
    """The line, so that it does not begin as a command does."""
    start = len(line.plain) - len(line.plain.lstrip())
    if not line.plain.startswith(_COMMAND, start):
        return line
    return Text.assemble(line[:start], "\\x3a", line[start + 1 :])


@dataclass(frozen=True)
class Part:
    """A piece of a line: text that is not trusted, and a style of ours."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Writer:
    """Writes lines to a console."""

    console: Console

    @property
    def marks(self) -> Mapping[str, str]:
        """The symbols that this console can show."""
        return _UNICODE if _is_unicode(self.console.encoding) else _ASCII

    def line(self, indent: int, *parts: str | Part, wrap: bool = True) -> None:
        """One line, continued a little deeper where it does not fit.

        Without `wrap` that is left to the terminal, which lets people copy a URL in one piece.
        """
        pieces = [Part(part) if isinstance(part, str) else part for part in parts]
        text = Text()
        for piece in pieces:
            text.append(self.harmless(piece.text), piece.style)
        width = self.console.width
        indent = min(indent, max(0, width - MIN_TEXT - 2))
        hang = indent + 2
        lines = text.wrap(self.console, max(1, width - hang), overflow="fold") if wrap else [text]
        for number, wrapped in enumerate(lines or [Text()]):
            shown = Text(" " * (hang if number else indent)) + wrapped
            shown.rstrip()
            shown = _no_command(shown)
            # Wrapped already: a second time would cut symbols off.
            self.console.print(shown, soft_wrap=True, highlight=False)

    def gap(self) -> None:
        """An empty line."""
        self.console.print()

    def harmless(self, text: str) -> str:
        """The text with nothing in it that acts on this console or that it cannot encode."""
        encoding = self.console.encoding
        text = text.replace(_OLD_COMMAND, "#\\x23[")
        try:
            return visible(text).encode(encoding, "backslashreplace").decode(encoding)
        except LookupError:
            return visible(text).encode("ascii", "backslashreplace").decode()
