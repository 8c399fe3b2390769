"""One load: all specs of a checkout for one target, with everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller.errors import Problem, Where
from controller.packing import Packed
from controller.source.document import Document, Draft, Drafting, is_spec
from controller.source.files import Files
from controller.source.includes import Includes
from controller.source.node import Marks, Node, Page
from controller.source.revision import revision
from controller.source.variables import Substitution


@dataclass(frozen=True)
class Loaded:
    """What a checkout holds for one target.

    `broken` names kind and name of the documents that have a problem. They are in `documents`, so
    that the problems of their kinds can be told in the same run, but nothing may be made of them;
    with any problem at all, a root without a document is unknown rather than gone.
    """

    documents: Sequence[Document]
    problems: tuple[Problem, ...]
    revision: str
    broken: frozenset[tuple[str, str]] = frozenset()


def load(
    paths: Sequence[Path],
    *,
    checkout: Path,
    variables: Mapping[str, Any],
    environ: Mapping[str, str],
    secrets: Callable[[str], str] | None = None,
    reveal: bool = True,
    commit: str | None = None,
) -> Loaded:
    """Read the specs below `paths` for the target that `variables` name; never raises for them.

    Unless secrets are to be revealed, none is looked up: neither in the environment, nor in files, nor elsewhere.
    `commit` is what the checkout shows, where that is known; otherwise git is asked.
    """
    problems: list[Problem] = []
    files = Files(checkout, problems)
    filling = Substitution(variables, environ, secrets, files, problems, reveal=reveal)
    includes = Includes(files, filling, problems)
    target = variables.get("target")
    drafting = Drafting(includes, filling, None if target is None else str(target), problems)
    found = {path: files.found(path) for path in paths}
    sources = _distinct(files, (file for group in found.values() for file in group))
    documents, drafts = Packed[Document](), list[Draft]()
    strangers: dict[Path, _Strangers] = {}
    for path in sources:
        for draft in _drafts(path, files, drafting, strangers):
            if draft.document:
                documents.append(draft.document)
            drafts.append(replace(draft, document=None))
    skipped = _skipped(strangers, includes, problems)
    problems.extend(_without_specs(found, skipped, files))
    problems.extend(_twice(drafts))
    return Loaded(
        documents,
        tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.where or Where(""))),
        revision(checkout) if commit is None else commit,
        frozenset((draft.kind, draft.name) for draft in drafts if draft.is_broken),
    )


def load_yaml(path: Path, checkout: Path) -> tuple[Any, Marks, list[Problem]]:
    """The one document of a YAML (or JSON) file as it is written; None if it has problems."""
    problems: list[Problem] = []
    files = Files(checkout, problems)
    parsed = files.parsed(path)
    roots = parsed.documents if parsed else ()
    if len(roots) > 1:
        problems.append(Problem("only one document is expected here", roots[1].where))
    root = roots[0] if roots else Node(Page(files.shown(path), ""), 0, None)
    return None if problems else root.plain(), Marks(root), problems


def _distinct(files: Files, paths: Iterable[Path]) -> list[Path]:
    """Each file once, although several of the given paths may lead to it."""
    return list({files.real(path): path for path in paths}.values())


@dataclass(frozen=True)
class _Strangers:
    """The documents of a file that are no specs, and whether there is nothing else in it."""

    places: tuple[Where, ...]
    are_all: bool


def _drafts(path: Path, files: Files, drafting: Drafting, strangers: dict[Path, _Strangers]) -> Iterator[Draft]:
    parsed = files.parsed(path)
    if parsed is None:
        return
    places = tuple(root.where for root in parsed.documents if not is_spec(root))
    strangers[path] = _Strangers(places, are_all=len(places) == len(parsed.documents) and not parsed.problems)
    if not files.charge(parsed.weight, Where(files.shown(path))):
        return
    for root in filter(is_spec, parsed.documents):
        draft = drafting.draft(root, path, is_broken=bool(parsed.problems))
        if draft:
            yield draft


def _skipped(found: Mapping[Path, _Strangers], includes: Includes, problems: list[Problem]) -> set[Path]:
    """The files that are no specs because they are included by some; others are problems."""
    skipped = set()
    for path, strangers in found.items():
        if strangers.places and includes.reaches(path):
            if strangers.are_all:
                skipped.add(path)
            continue
        hint = "files that are no specs can be moved out of the directory, or hidden"
        message = "not a spec: apiVersion and kind are missing"
        problems.extend(Problem(message, where, hint) for where in strangers.places)
    return skipped


def _without_specs(found: dict[Path, list[Path]], skipped: set[Path], files: Files) -> Iterator[Problem]:
    for path, group in found.items():
        if group not in ([], [path]) and skipped.issuperset(group):
            message = "no specs in this directory, only files that others include"
            yield Problem(message, Where(files.shown(path)))


def _twice(drafts: list[Draft]) -> Iterator[Problem]:
    """A problem for each document whose kind and name another one has for the same target."""
    first: dict[tuple[str, str, str | None], Draft] = {}
    anywhere: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        root = (draft.kind, draft.name)
        targets = (None,) if draft.targets is None else draft.targets
        rivals = [first.get((*root, target)) for target in (None, *targets)]
        if draft.targets is None:
            rivals.append(anywhere.get(root))
        rival = next(filter(None, rivals), None)
        if rival:
            message = f"{draft.kind} {draft.name} is there already, at {rival.where}"
            yield Problem(message, draft.where)
        anywhere.setdefault(root, draft)
        for target in targets:
            first.setdefault((*root, target), draft)
