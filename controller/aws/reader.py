"""Reads what is live, in bulk: about ten calls for an API, whatever its size.

A root is found by its owner's tags; what lies in it arrives with the calls that its kinds declare as listings.
Kinds without specs are listed only if the index of tags knows of any. A root that cannot be read becomes unknown
and does not stop the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from pydantic import ValidationError

from controller.address import Address
from controller.aws import index
from controller.aws.seeker import Seeker
from controller.call import RAW_ID, Call, Text, resolve
from controller.errors import GatewayError, NotFoundError
from controller.facets import secrets
from controller.families import Families
from controller.gateway import Environment
from controller.kinds.rest.dialect import RootKind
from controller.kinds.rest.rest_api import RestApi
from controller.model import KINDS, Around, children
from controller.retry import Patient
from controller.standing import REPLACES_TAG, Standing, from_tags
from controller.state import State
from controller.terms import Context, Listing
from controller.tree import from_payload


A = TypeVar("A")
R = TypeVar("R")

_PARALLEL = 4
"""Roots read at once. The quotas bound the speed; this only hides the time of the way."""


def read(
    patient: Patient, environment: Environment, desired: State, only: frozenset[Address] | None = None
) -> State:
    """The live state of this owner's roots. Those that are desired are looked for by name too.

    With `only`, other desired roots are not looked into: just their ids are known. Raises GatewayError if the
    account as a whole cannot be read.
    """
    wanted = frozenset(desired.roots() | desired.standing.keys())
    live = State(beyond=frozenset() if only is None else wanted - only)
    seeker = Seeker(desired, environment, live)
    payloads: dict[Address, dict[str, Any]] = {}
    twins: dict[Address, list[dict[str, Any]]] = {}
    for kind, group in _found(patient, seeker, wanted).items():
        for at, item in _told_apart(kind, group, live):
            if at in payloads:
                twins.setdefault(at, [payloads[at]]).append(item)
            payloads[at] = item
    live.unknown = seeker.unmet(payloads, complete=patient.complete)
    for at, items in twins.items():
        count = "two" if len(items) == 2 else len(items)  # noqa: PLR2004
        are = "have or would get" if desired.standing.get(at, Standing()).adopt else "are tagged with"
        live.unknown[at] = f"{count} live resources {are} this name: {_ids(_kind(at), *items)}"
    looked_for = wanted - live.beyond
    payloads |= {at: patient.perform(Call(_kind(at).read_one)) for at in looked_for if KINDS[at.kind].singleton}
    found = {at: str(item[name]) for at, item in payloads.items() if (name := _kind(at).id_field)}
    ids = {(at.kind, aws_id): at.key for at, aws_id in found.items()}
    context = Context(ids=ids, throttle=_throttle(patient, desired, looked_for))
    live.standing = {at: from_tags(item.get("tags") or {}) for at, item in payloads.items()}
    live.ids.update({at: aws_id for at, aws_id in found.items() if at not in twins})
    readable = {at: item for at, item in payloads.items() if at not in live.unknown and at not in live.beyond}
    coming = sorted(looked_for - payloads.keys())
    found_secrets: set[str] = set()

    def contents(at: Address) -> dict[str, Any]:
        around = Around(desired.resources.of(at), patient.perform, environment)
        if at in readable:
            return _contents(patient, at, readable[at], around, inner_pool)
        return _gathered(at, {}, around)

    with ThreadPoolExecutor(_PARALLEL) as pool, ThreadPoolExecutor(_PARALLEL) as inner_pool:
        for at, job in _ahead(pool, contents, [*readable, *coming]):
            try:
                payload = job.result()
                resources, inner = from_payload(at, payload, context) if payload else ({}, {})
            except (GatewayError, ValidationError) as error:
                live.unknown[at] = _reason(error)
                continue
            if at in readable:
                inner |= resources[at].learn(at, readable[at])
            else:
                # Of a root that is not there, only what lies outside of it can be.
                resources.pop(at, None)
            live.resources.put(at, resources)
            live.ids.put(at, {**live.ids.of(at), **inner})
            found_secrets.update(value for item in resources.values() for value in secrets(item))
    live.secrets = frozenset(found_secrets)
    return live


def _ahead(pool: Executor, work: Callable[[A], R], items: Sequence[A]) -> Iterator[tuple[A, Future[R]]]:
    """The work on each of the items, in their order; only a few are begun, or done, before they are asked for."""
    begun: deque[tuple[A, Future[R]]] = deque()
    for item in items:
        begun.append((item, pool.submit(work, item)))
        if len(begun) > 2 * _PARALLEL:
            yield begun.popleft()
    yield from begun


def reread(patient: Patient, root: Address, ids: Families[str]) -> State:
    """What is live of a root now, as far as an import carries it. `ids` are those that are known of roots.

    Raises GatewayError.
    """
    kind = _kind(root)
    item = {kind.id_field or "id": ids[root]}
    names = {(at.kind, ids[at]): at.key for at in ids.roots() if at in ids}
    payload = item | patient.perform(one(kind, item))
    for child in children(kind):
        if child.importable and child.listing:
            payload[child.kind] = listed(patient, child.listing, kind.reading(item))
    try:
        resources, found = from_payload(root, payload, Context(names))
    except ValidationError as error:
        raise GatewayError(_reason(error)) from None
    return State(Families(resources), Families(found | resources[root].learn(root, payload)))


Found = list[tuple[Address, dict[str, Any]]]


def roots() -> list[type[RootKind]]:
    """The kinds that have no container."""
    return [kind for kind in KINDS.values() if issubclass(kind, RootKind)]


def _found(patient: Patient, seeker: Seeker, wanted: frozenset[Address]) -> dict[type[RootKind], Found]:
    """This owner's live roots: of kinds with specs, and of others if the index knows of any."""
    listable = [kind for kind in roots() if kind.listing]
    specified = {RestApi.kind, *(at.kind for at in wanted)}
    first = [kind for kind in listable if kind.kind in specified]
    others = [kind for kind in listable if kind.kind not in specified]

    def owned(kind: type[RootKind]) -> Found:
        return list(_owned(patient, seeker, kind, wanted))

    with ThreadPoolExecutor(_PARALLEL) as pool:
        found = dict(zip(first, pool.map(owned, first), strict=True))
        known = [kind for kind, items in found.items() if items]
        there = index.owned(patient, seeker.environment.owner, others, known) if others else frozenset()
        second = [kind for kind in others if kind.kind in there]
        return found | dict(zip(second, pool.map(owned, second), strict=True))


def _kind(at: Address) -> type[RootKind]:
    kind = KINDS[at.kind]
    assert issubclass(kind, RootKind), at
    return kind


def _owned(
    patient: Patient, seeker: Seeker, kind: type[RootKind], wanted: frozenset[Address]
) -> Iterator[tuple[Address, dict[str, Any]]]:
    """The live roots of a kind that carry this owner's tags, or that are to be adopted."""
    listing = kind.listing
    if listing is None:
        return
    names = {at.key for at in wanted if at.kind == kind.kind} | {""}
    for item in listed(patient, listing):
        if not kind.managed(item):
            continue
        found = item
        looked_for = kind.read_all or item.get("name", "") in names or seeker.adopter(kind, item)
        if not item.get("tags") and kind.read_one and looked_for:
            found = item | patient.perform(one(kind, item))
        if seeker.adopter(kind, item):
            found = found | {"tags": tags_of(patient, kind, found, seeker.environment)}
        if at := seeker.place(kind, found):
            yield at, found


def _told_apart(kind: type[RootKind], found: Found, live: State) -> Iterator[tuple[Address, dict[str, Any]]]:
    """What a later one replaced, but that is still there, goes by its AWS id."""
    replaced = {(at, (item.get("tags") or {}).get(REPLACES_TAG)) for at, item in found}
    for at, item in found:
        aws_id = str(item[kind.id_field or "id"])
        if (at, aws_id) in replaced:
            outlived = Address(kind.kind, f"{RAW_ID}{aws_id}")
            live.heirs[outlived] = at
            yield outlived, item
        else:
            yield at, item


def one(kind: type[RootKind], item: Mapping[str, Any]) -> Call:
    """The call that reads a listed root whole."""
    return Call(kind.read_one, {**kind.reading(item), **kind.read_params})


def tags_of(patient: Patient, kind: type[RootKind], item: Mapping[str, Any], where: Environment) -> dict[str, str]:
    """The tags of a root as GetTags has them: whether it is adopted already must be known for certain."""
    return dict(patient.perform(tags_call(kind, item, where)).get("tags") or {})


def tags_call(kind: type[RootKind], item: Mapping[str, Any], where: Environment) -> Call:
    """The call that reads a live root's tags."""
    root = Address(kind.kind, kind.identity(item))
    resource = kind.from_aws(item, Context())
    arn = resolve(Text(resource.tagging(root) or ()), resource.learn(root, item), where)
    return Call("GetTags", {"resourceArn": arn})


def _contents(
    patient: Patient, at: Address, item: dict[str, Any], around: Around, pool: ThreadPoolExecutor
) -> dict[str, Any]:
    """The payload of a root: itself, and the items of every kind that is listed inside it."""
    kind = _kind(at)
    jobs = {
        child.kind: pool.submit(listed, patient, child.listing, kind.reading(item))
        for child in children(kind)
        if child.listing
    }
    payload = item | {name: job.result() for name, job in jobs.items()}
    return payload | _gathered(at, payload, around)


def _gathered(at: Address, payload: dict[str, Any], around: Around) -> dict[str, Any]:
    """The items of kinds that live outside of the root."""
    found = {child.kind: child.gather(at, payload, around) for child in children(KINDS[at.kind])}
    return {kind: items for kind, items in found.items() if items}


def listing_call(listing: Listing, container: Mapping[str, Any] | None = None) -> Call:
    """The call of a listing, without what it says of pages."""
    return Call(listing.operation, {**(container or {}), **listing.params})


def listed(patient: Patient, listing: Listing, container: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """All items of a listing. Raises GatewayError."""
    try:
        return list(patient.pages(listing_call(listing, container), listing.items, paged=listing.paged))
    except NotFoundError:
        if listing.optional:
            return []
        raise


def _throttle(patient: Patient, desired: State, roots: Iterable[Address]) -> tuple[int, float]:
    """The account's own limits, which AWS puts where the settings of a stage's methods leave them open."""
    adopting = any(item.adopt for item in desired.standing.values())
    resources = (item for root in roots for item in desired.resources.of(root).values())
    if not adopting and not any(getattr(item, "methodSettings", None) for item in resources):
        return Context().throttle
    limits = patient.perform(Call("GetAccount")).get("throttleSettings") or {}
    return int(limits.get("burstLimit", 5000)), float(limits.get("rateLimit", 10000.0))


def _ids(kind: type[RootKind], *items: Mapping[str, Any]) -> str:
    return ", ".join(str(item[kind.id_field or "id"]) for item in items)


def _reason(error: GatewayError | ValidationError) -> str:
    if isinstance(error, GatewayError):
        return str(error)
    first = error.errors(include_input=False, include_url=False)[0]
    return f"AWS answered what this version does not know: {'.'.join(map(str, first['loc']))}: {first['msg']}"
