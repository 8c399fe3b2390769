"""What a plan from a snapshot says of the snapshot."""

from __future__ import annotations

from controller.render.words import age
from controller.render.writer import Part, Writer
from controller.report import SnapshotView


_FINGERPRINT = len("sha256:") + 16
"""Characters of a fingerprint that tell keys apart."""


def origin(out: Writer, snapshot: SnapshotView) -> None:
    """Where what is taken for live comes from, and how old it is."""
    facts = [f"{snapshot.taken:%Y-%m-%d %H:%M} UTC"]
    if snapshot.revision:
        facts.append(f"revision {snapshot.revision}")
    facts.append(f"signed by {snapshot.signedBy[:_FINGERPRINT]}" if snapshot.signedBy else "not known by whom")
    told = f"From a snapshot that is {age(snapshot.ageSeconds)} old ({', '.join(facts)})"
    out.line(0, f"{told}: what happened on AWS since is not in it.")


def doubts(out: Writer, snapshot: SnapshotView) -> bool:
    """What makes the plan less sure; True if there is anything."""
    if snapshot.isOld:
        out.line(0, Part("warning: ", "bold yellow"), f"the snapshot is {age(snapshot.ageSeconds)} old")
    for told in snapshot.assumed:
        out.line(0, Part("not in the snapshot: ", "yellow"), told)
    return snapshot.isOld or bool(snapshot.assumed)
