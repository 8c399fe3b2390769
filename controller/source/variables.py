"""`{{ variables }}` and secrets (`{$env: NAME}`, `{$secret: NAME}`, a mounted file): values that are not in git.

Variables are looked for in every scalar value, inline or from an included YAML or JSON file, but
never in the text of other included files: a mapping template may hold braces of its own.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from controller.errors import ControllerError, Problem
from controller.source.compose import weigh
from controller.source.files import Files
from controller.source.node import Node, Secret


VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}")
ASKED = ("$env", "$secret")
SECRETS = (*ASKED, "$file")
"""A `$file` that is left when includes are expanded is one of a folder of secrets."""
FOLDER = ("RECONCILE_SECRETS_DIR", "/run/secrets")
"""The folder in which secrets are mounted: the variable that names it, and where containers have it."""
# High enough to leave every "$word" of JSON Schema alone.
REFERENCE_LIKENESS = 0.8


def unread(reference: str) -> str:
    """What stands for a secret that is not looked up. Different secrets stay different."""
    return f"a secret that was not read: {reference}"


def meant(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """A hint that names the known word closest to an unknown one; empty if none is close."""
    close = difflib.get_close_matches(word, known, 1, likeness)
    return f'did you mean "{close[0]}"?' if close else ""


def reference(node: Node, *words: str) -> tuple[str, Node] | None:
    """Word and value of a mapping like `{$env: NAME}`, if the node is one of these words."""
    if isinstance(node.value, dict) and len(node.value) == 1:
        ((word, child),) = node.value.items()
        if word in words:
            return word, child
    return None


def has_variable(node: Node) -> bool:
    """True if there is a variable in the text, or in any text of the collection."""
    match node.value:
        case str() as text:
            return VARIABLE.search(text) is not None
        case dict() as entries:
            return any(map(has_variable, entries.values()))
        case list() as items:
            return any(map(has_variable, items))
        case _:
            return False


class Substitution:
    """Puts values in the place of what refers to them."""

    def __init__(
        self,
        variables: Mapping[str, Any],
        environ: Mapping[str, str],
        secrets: Callable[[str], str] | None,
        files: Files,
        problems: list[Problem],
        *,
        reveal: bool = True,
    ) -> None:
        self._variables = variables
        self._environ = environ
        self._secrets, self._reveal = secrets, reveal
        # Value and trouble of each reference: aliases can repeat one very often.
        self._looked_up: dict[str, tuple[str, str]] = {}
        self._files = files
        self._problems = problems

    def fill(self, node: Node) -> Node:
        """The node with everything replaced; what could not be found stays as it was written."""
        match node.value:
            case str() as text if not node.verbatim:
                return self._text(node, text)
            case dict() as entries:
                if found := reference(node, *SECRETS):
                    return self._secret(node, *found)
                self._check_word(node, entries)
                return node.holding({key: self.fill(child) for key, child in entries.items()})
            case list() as items:
                return node.holding([self.fill(item) for item in items])
            case _:
                return node

    def _text(self, node: Node, text: str) -> Node:
        if whole := VARIABLE.fullmatch(text):
            name = whole[1]
            return self._grown(node, self._variables[name]) if self._knows(name, node) else node
        filled = VARIABLE.sub(lambda found: self._inside(found, node), text)
        if filled == text or not self._files.charge(weigh(filled), node.where):
            return node
        return node.holding(filled)

    def _inside(self, found: re.Match[str], node: Node) -> str:
        name = found[1]
        if not self._knows(name, node):
            return found[0]
        match self._variables[name]:
            case bool() as truth:
                return "true" if truth else "false"
            case str() | int() | float() as scalar:
                return str(scalar)
            case _:
                hint = "only text, numbers, true and false can; let it be the whole value"
                self._report(f'variable "{name}" cannot stand inside longer text', node, hint)
                return found[0]

    def _knows(self, name: str, node: Node) -> bool:
        if name in self._variables:
            return True
        self._report(f'unknown variable "{name}"', node, meant(name, self._variables))
        return False

    def _grown(self, node: Node, value: Any) -> Node:
        if not self._files.charge(weigh(value), node.where):
            return node.holding(None)
        match value:
            case Mapping():
                return node.holding({str(key): self._grown(node, child) for key, child in value.items()})
            case list() | tuple():
                return node.holding([self._grown(node, item) for item in value])
            case _:
                return node.holding(value)

    def _secret(self, node: Node, word: str, child: Node) -> Node:
        name = self.fill(child)
        if not isinstance(name.value, str) or not name.value:
            self._report(f"the value of {word} must be a name", node)
            return node.holding(Secret(word, ""))
        label = f"{word} {name.value}"
        if has_variable(name):
            return node.holding(Secret(label, ""))
        if not self._reveal:
            return node.holding(Secret(label, unread(label), is_known=False))
        if label not in self._looked_up:
            look_up = {"$env": self._look_up_variable, "$secret": self._look_up_secret, "$file": self._look_up_file}
            self._looked_up[label] = look_up[word](name.value)
        value, trouble = self._looked_up[label]
        if trouble:
            self._report(trouble, node)
        return node.holding(Secret(label, value))

    def _look_up_variable(self, name: str) -> tuple[str, str]:
        if name in self._environ:
            return self._environ[name], ""
        return "", f"environment variable {name} is not set"

    @property
    def folder(self) -> Path:
        """Where files with secrets may be."""
        return Path(self._environ.get(*FOLDER))

    def _look_up_file(self, name: str) -> tuple[str, str]:
        # Kubernetes mounts links to files beside them; what they lead to must be in the folder, too.
        folder, path = os.path.realpath(self.folder), os.path.realpath(name)
        if not Path(path).is_relative_to(folder):
            return "", f"{name} leads out of {self.folder}"
        try:
            return Path(path).read_text("utf-8").rstrip("\r\n"), ""
        except UnicodeDecodeError:
            return "", f"{name} is no text"
        except OSError as error:
            return "", f"{name} cannot be read: {error.strerror}"

    def _look_up_secret(self, name: str) -> tuple[str, str]:
        if self._secrets is None:
            return "", "{$secret: …} needs access to AWS; not available here"
        try:
            return self._secrets(name), ""
        except ControllerError as error:
            return "", f"secret {name} cannot be read: {error}"
        except LookupError:
            return "", f"there is no secret {name}"

    def _check_word(self, node: Node, entries: Mapping[str, Node]) -> None:
        word = next(iter(entries)) if len(entries) == 1 else ""
        if not word.startswith("$") or word in SECRETS:
            return
        if hint := meant(word, SECRETS, REFERENCE_LIKENESS):
            self._report(f'unknown reference "{word}"', node, hint)

    def _report(self, message: str, node: Node, hint: str = "") -> None:
        self._problems.append(Problem(message, node.where, hint))
