"""`reconcile import --update`: what is live becomes what the specs say, at its place in the files there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.address import Address
from controller.aws.reader import read
from controller.aws.secrets import Secrets
from controller.desired import build
from controller.errors import ControllerError, SpecErrors, UsageError
from controller.facets import facets
from controller.gateway import Environment
from controller.importing.adopt import of_roots, write
from controller.importing.editor import Blocked, Editor
from controller.importing.edits import Edit, edits
from controller.model import KINDS
from controller.reconcile import Pass
from controller.report import ChangeView, Report
from controller.request import Request, desired, loaded
from controller.retry import Patient
from controller.source import Document
from controller.state import State
from controller.terms import Scope


ROUNDS = 3
"""An edit may uncover another one: a setting for all methods that some method had said, too."""


@dataclass
class Updated:
    """What came of it: places that were written, those that could not be and why, and the plan right after.

    `shared` are roots whose spec is for other targets as well.
    """

    report: Report
    written: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        """What the plan holds besides what follows from a definition: its deployment, and who may be called."""
        changes = [view for view in self.report.changes if not _follows(view)]
        return [f"{view.action} {view.root}{f' > {view.path}' if view.path else ''}" for view in changes]


def _follows(view: ChangeView) -> bool:
    kind = KINDS[view.kind]
    served = {name for name, facet in facets(kind).items() if facet.ref and KINDS[facet.ref.kind].snapshot}
    names = {item.field for item in view.fields}
    return kind.snapshot or kind.support or bool(view.action == "update" and names and names <= served)


def update(request: Request, names: tuple[str, ...], patient: Patient, where: Environment) -> Updated:
    """Writes what is live into the specs. Raises SpecErrors, UsageError and GatewayError's subclasses.

    When the files would not be right any more, they are left as they were.
    """
    before: dict[Path, str | None] = {}
    written: list[str] = []
    left: list[str] = []
    chosen: set[Address] = set()
    shared: list[str] = []
    try:
        for _ in range(ROUNDS):
            state, documents = _built(request, where, patient)
            chosen = set(_chosen(state, names))
            live = read(patient, where, state)
            editor = Editor(request.checkout, request.target, request.specs)
            scope = Scope(where.account, where.region, where.partition)
            wanted = {root: documents[root] for root in sorted(chosen)}
            done, left = _edited(editor, state, live, wanted, scope)
            written += [line for line in done if line not in written]
            shared = [str(root) for root, document in wanted.items() if _is_shared(document, request)]
            if not done:
                break
            _save(editor, before)
        state = desired(request, where, Secrets(patient))
    except SpecErrors as error:
        if not before:
            raise
        _restore(before)
        reasons = "; ".join(dict.fromkeys(problem.message for problem in error.problems))
        msg = f"what is live makes no valid spec, so the files were left as they were: {reasons}"
        raise ControllerError(msg) from None
    report = Pass(request, state, patient, where).plan()
    return Updated(of_roots(report, map(str, chosen), adopting=False), written, left, shared if written else [])


def _built(request: Request, where: Environment, patient: Patient) -> tuple[State, dict[Address, Document]]:
    found = loaded(request, where, Secrets(patient))
    state, problems = build(found.documents, Scope(where.account, where.region, where.partition), found.revision)
    if found.problems or problems:
        raise SpecErrors([*found.problems, *problems])
    return state, {Address(one.kind, KINDS[one.kind].canonical_key(one.name)): one for one in found.documents}


def _chosen(state: State, names: tuple[str, ...]) -> Iterator[Address]:
    """The roots that are meant, by name or by kind and name. Raises UsageError for a name that no spec has."""
    if not names:
        yield from state.standing
    for name in names:
        meant = [at for at in state.standing if name in (at.key, str(at), at.kind if not at.key else at.key)]
        if not meant:
            msg = f"there is no spec named {name!r} for this target"
            raise UsageError(msg)
        yield from meant


def _is_shared(document: Document, request: Request) -> bool:
    """True for a spec that other targets have as well."""
    return len(request.settings.targets) > 1 and document.metadata.get("targets") != [request.target]


def _edited(
    editor: Editor, state: State, live: State, documents: Mapping[Address, Document], scope: Scope
) -> tuple[list[str], list[str]]:
    """What was edited, and what was not and why."""
    done, left = [], []
    for root, document in documents.items():
        if root in live.unknown:
            left.append(f"{root}: {live.unknown[root]}")
        elif root not in live.resources:
            left.append(f"{root} is not live: there is nothing to write")
        else:
            for edit in edits(root, state, live, scope, document.spec):
                if _is_compiled(edit, document.spec):
                    place = document.marks.at(["spec", "openapi"])
                    left.append(f"{place}: {edit.title} comes from the OpenAPI document")
                    continue
                try:
                    if line := editor.apply(edit, document.marks.at([])):
                        done.append(line)
                except Blocked as reason:
                    left.append(str(reason))
    return done, left


def _is_compiled(edit: Edit, said: Mapping[str, Any]) -> bool:
    """True for what an OpenAPI document says, and not the spec beside it."""
    node: Any = said
    for index, step in enumerate(edit.trail, 1):
        if not isinstance(node, Mapping) or step not in node:
            # What is new goes beside what the author wrote, or is an entry of a slot of its own.
            fits = edit.added and len(edit.trail) in (index, 2)
            return "openapi" in said and not fits
        node = node[step]
    return False


def _save(editor: Editor, before: dict[Path, str | None]) -> None:
    for file, text in editor.texts.items():
        before.setdefault(file, file.read_bytes().decode("utf-8") if file.exists() else None)
        write(file, text)


def _restore(before: Mapping[Path, str | None]) -> None:
    for file, text in before.items():
        if text is not None:
            write(file, text)
