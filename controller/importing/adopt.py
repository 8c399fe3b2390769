"""`reconcile import`: specs for what is live, written as a person would, and the plan that proves them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from controller.address import Address
from controller.authored import authored
from controller.aws.reader import read
from controller.aws.secrets import Secrets
from controller.call import Call
from controller.desired import build
from controller.errors import GatewayError, SpecErrors, UsageError
from controller.gateway import Environment
from controller.importing.documents import Draft, draft, logical_name, untagged
from controller.importing.survey import Found, survey
from controller.importing.text import yaml_text
from controller.kinds.rest.dialect import NAME_TAG
from controller.reconcile import Pass
from controller.report import Report, summarise
from controller.request import Request, desired, loaded
from controller.retry import Patient
from controller.schema import json_schema
from controller.source import Document, Marks
from controller.source.files import SPEC_SUFFIXES
from controller.source.node import Node, Page
from controller.standing import Standing
from controller.state import State
from controller.terms import Scope


SCHEMA = "schema.json"


@dataclass(frozen=True)
class Wish:
    """What to import: these AWS ids, or everything, of these kinds; and whether files may be overwritten."""

    ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    everything: bool = False
    overwrite: bool = False


@dataclass
class Imported:
    """What came of it.

    written   the files, relative to the checkout
    roots     what they describe
    left      what was not written, and why
    report    the plan right after, of these roots alone; None when nothing was written
    """

    written: list[str] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    report: Report | None = None

    @property
    def differences(self) -> list[str]:
        """What the plan holds besides the adoption itself."""
        changes = self.report.changes if self.report else ()
        return [f"{c.action} {c.root}{f' > {c.path}' if c.path else ''}" for c in changes if c.action != "adopt"]


def import_roots(request: Request, wish: Wish, patient: Patient, where: Environment) -> Imported:
    """Writes specs for what is wished, and plans. Raises SpecErrors, UsageError and GatewayError's subclasses."""
    folder = specs_folder(request)
    known = _documents(request, where, patient)
    state, problems = build(known, Scope(where.account, where.region, where.partition), "")
    if problems:
        raise SpecErrors(problems)
    result = Imported()
    chosen = dict(_chosen(survey(patient, wish.kinds, wish.ids), wish, state, where, result))
    wanted = {at: Standing(adopt=found.aws_id) for at, found in chosen.items()}
    live = read(patient, where, State(state.resources, standing=state.standing | wanted))
    scope = _scope(live, patient, where)
    drafts = [_draft(at, found, live, scope, request) for at, found in chosen.items() if _is_read(at, live, result)]
    _write(_valid(drafts, known, scope, result), folder, request, wish, result)
    if result.written:
        one = Pass(request, desired(request, where, Secrets(patient)), patient, where)
        result.report = of_roots(one.plan(), result.roots)
    return result


def specs_folder(request: Request) -> Path:
    """Where new specs go: the first folder of specs. Raises UsageError if there is none."""
    for path in request.specs:
        if path.suffix.lower() not in SPEC_SUFFIXES:
            return path
    msg = "say with -f which folder the specs are to be written to"
    raise UsageError(msg)


def of_roots(report: Report, roots: Iterable[str], *, adopting: bool = True) -> Report:
    """The part of a report that is about these roots; if wanted, without their adoption."""
    kept = set(roots)
    actions = () if adopting else ("adopt",)
    changes = tuple(one for one in report.changes if one.root in kept and one.action not in actions)
    return report.model_copy(
        update={
            "changes": changes,
            "summary": summarise(changes, report.summary.unchanged),
            "held": {root: reason for root, reason in report.held.items() if root in kept},
            "unreadable": {root: reason for root, reason in report.unreadable.items() if root in kept},
        }
    )


def _documents(request: Request, where: Environment, patient: Patient) -> Sequence[Document]:
    """The specs that are there already."""
    if not any(_has_specs(path) for path in request.specs):
        return ()
    there = tuple(path for path in request.specs if _has_specs(path))
    found = loaded(replace(request, specs=there), where, Secrets(patient))
    if found.problems:
        raise SpecErrors(list(found.problems))
    return found.documents


def _has_specs(path: Path) -> bool:
    return path.is_file() or any(file.suffix.lower() in SPEC_SUFFIXES for file in path.rglob("*"))


# ── what is meant ────────────────────────────────────────────────────────────────────────────────


def _chosen(
    found: Iterable[Found], wish: Wish, state: State, where: Environment, result: Imported
) -> Iterator[tuple[Address, Found]]:
    """The roots to write, each with a logical name of its own."""
    taken: dict[str, set[str]] = {}
    for at in state.standing:
        taken.setdefault(at.kind, set()).add(at.key.lower())
    adopted = {(at.kind, standing.adopt) for at, standing in state.standing.items() if standing.adopt}
    for one in sorted(found, key=lambda one: (one.kind.kind, one.title)):
        if reason := _reason(one, wish, state, where, adopted):
            result.left.append(f"{one.title}: {reason}")
            continue
        names = taken.setdefault(one.kind.kind, set())
        wished = one.tags[NAME_TAG] if one.owner == where.owner else one.wished_name
        yield Address(one.kind.kind, one.kind.canonical_key(logical_name(wished, names))), one


def _reason(one: Found, wish: Wish, state: State, where: Environment, adopted: set[tuple[str, str]]) -> str:
    """Why a root is not written; empty if it is."""
    own = Address(one.kind.kind, one.kind.canonical_key(one.tags.get(NAME_TAG, "")))
    if own in state.standing and (one.owner == where.owner or one.kind.singleton):
        return f"managed already, as {own}; --update writes what differs into its spec"
    if (one.kind.kind, one.aws_id) in adopted:
        return "adopted by a spec already"
    if wish.ids:
        return ""
    if one.owner not in ("", where.owner):
        return f"managed by owner {one.owner}; name its id to import it all the same"
    if manager := one.standing.manager:
        return f"carries the mark of {manager}; name its id to import it all the same"
    return ""


def _is_read(at: Address, live: State, result: Imported) -> bool:
    if at in live.unknown:
        result.left.append(f"{at}: {live.unknown[at]}")
    return at in live.resources and at not in live.unknown


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────


def _draft(at: Address, found: Found, live: State, scope: Scope, request: Request) -> Draft:
    resource = live.resources[at]
    further, note = resource.kept(at, live.resources, scope)
    name = at.key or at.kind.lower()
    metadata: dict[str, object] = {"name": name}
    if len(request.settings.targets) > 1:
        metadata["targets"] = [request.target]
    if found.aws_id:
        metadata["adopt"] = found.aws_id
    metadata |= {"protect": True} if found.standing.protect else {}
    metadata |= {"onDelete": "retain"} if found.standing.retain else {}
    spec = untagged(authored(at, live.resources, live.ids, scope))
    first: dict[str, object] = {key: spec[key] for key in ("name", "description") if key in spec}
    return draft(at, metadata, {**first, **further, **spec}, [note] if note else [])


def _scope(live: State, patient: Patient, where: Environment) -> Scope:
    """What folding may take for granted: log groups that are there."""
    own = f"arn:{where.partition}:logs:{where.region}:{where.account}:log-group:"
    logs = [getattr(resource, "accessLogSettings", None) for resource in live.resources.values()]
    arns = {str(item.destinationArn) for item in logs if item}
    names = {arn.removeprefix(own) for arn in arns if arn.startswith(own)}
    there = {name: days for wish in sorted(names) for name, days in _log_groups(wish, patient) if name == wish}
    return Scope(where.account, where.region, where.partition, there)


def _log_groups(prefix: str, patient: Patient) -> list[tuple[str, int | None]]:
    try:
        groups = patient.perform(Call("DescribeLogGroups", {"logGroupNamePrefix": prefix}, "logs"))["logGroups"]
    except GatewayError:
        # Who may not look at log groups names them by ARN.
        return []
    return [(group["logGroupName"], group.get("retentionInDays")) for group in groups]


def _valid(drafts: list[Draft], known: Sequence[Document], scope: Scope, result: Imported) -> list[Draft]:
    """The drafts that make sense together with the specs that are there; each of the others with its reason."""
    kept = {str(one.root): one for one in drafts}
    while True:
        documents = [_as_document(one) for one in kept.values()]
        _, problems = build([*known, *documents], replace(scope, problems=[]), "")
        wrong = {p.where.file: p.message for p in problems if p.where and p.where.file in kept}
        if not wrong:
            return list(kept.values())
        for root, message in wrong.items():
            result.left.append(f"{root}: {message}")
            del kept[root]


def _as_document(one: Draft) -> Document:
    marks = Marks(Node(Page(str(one.root), ""), 0, None))
    return Document(one.root.kind, str(one.metadata["name"]), one.metadata, one.whole, marks)


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def _write(drafts: list[Draft], folder: Path, request: Request, wish: Wish, result: Imported) -> None:
    schema = _schema(folder, request.checkout)
    for one in drafts:
        texts = {one.path: yaml_text(one, schema), **one.files}
        there = [name for name in texts if (folder / name).exists()]
        if there and not wish.overwrite:
            place = shown(folder / there[0], request.checkout)
            result.left.append(f"{one.root}: {place} is there already; --overwrite replaces it")
            continue
        for name, text in texts.items():
            write(folder / name, text)
        result.written += [shown(folder / name, request.checkout) for name in texts]
        result.roots.append(str(one.root))
    if result.written and not (folder / schema).exists():
        write(folder / SCHEMA, json.dumps(json_schema(), indent=2) + "\n")
        result.written.append(shown(folder / SCHEMA, request.checkout))


def _schema(folder: Path, checkout: Path) -> str:
    """The JSON Schema nearest to the specs, as seen from there; beside them if there is none yet."""
    steps = ""
    for above in (folder.resolve(), *folder.resolve().parents):
        if (above / SCHEMA).is_file():
            return f"{steps}{SCHEMA}"
        if above == checkout.resolve():
            break
        steps += "../"
    return SCHEMA


def write(file: Path, text: str) -> None:
    """Writes a text as it is. Raises UsageError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        msg = f"{file} cannot be written: {error.strerror}"
        raise UsageError(msg) from None


def shown(file: Path, checkout: Path) -> str:
    """A path as people see it."""
    whole, top = file.resolve(), checkout.resolve()
    return str(whole.relative_to(top) if whole.is_relative_to(top) else file)
