"""Reports in which every text is a stranger's, who would like to be more than text."""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

from hypothesis import strategies as st

from controller.report import ChangeView, Report
from tests.stub_engine import change, report


HOSTILE = [
    "`",
    "```",
    "~~~",
    "</details>",
    "<details>",
    "<!--",
    "-->",
    "<script>alert(1)</script>",
    '<img src="x">',
    "@team",
    "a@b.test",
    "#123",
    "GH-12",
    "o/r#1",
    "0123abc",
    "deadbeef",
    "0123456789abcdef0123456789abcdef01234567",
    "|",
    "\\",
    "\n",
    "\r\n",
    "\n\n",
    "\u202e",
    "\u2066",
    "\x1b[31m",
    "\x00",
    "![x](https://evil.test)",
    "[x](https://evil.test)",
    "https://evil.test",
    "www.evil.test",
    "<https://evil.test>",
    "[x]: https://evil.test",
    "# head",
    "- item",
    "---",
    "&lt;b&gt;",
    "&#64;team",
    "*bold*",
    "_x_",
    "~~x~~",
    "$x$",
    ":smile:",
    "\ud800",
    "\t",
    "     code",
    "1. one",
    "> quote",
    "é",
    "日本",
    " ",
    "",
]
LONG = "LONG"
"""Stands for a very long name, which hypothesis need not print."""
NAMES = st.lists(st.sampled_from([*HOSTILE, LONG]) | st.text(max_size=6), max_size=5).map("".join)
HARMLESS = tuple(f"n{number}" for number in range(20))

SHAPES = st.fixed_dictionaries(
    {
        "actions": st.lists(st.sampled_from(["create", "update", "replace", "rename", "delete"]), max_size=3),
        "status": st.sampled_from(["planned", "held", "failed"]),
        "origin": st.sampled_from([None, "drift", "conflict", "intended"]),
        "dry": st.booleans(),
    }
)


def strange(shape: dict[str, Any], names: Sequence[str]) -> Report:
    """A report of this shape, whose every text is one of these names."""
    texts = cycle(name.replace(LONG, "x" * 7_000) for name in names)

    def one(action: str, number: int) -> ChangeView:
        at = {"file": next(texts), "line": 3}
        impact = {"rule": "r", "severity": "breaking", "message": next(texts), **at}
        values = {"old": next(texts), "new": next(texts), "base": next(texts)}
        notes = {name: next(texts) for name in ("reason", "was", "error")}
        return change(
            f"Stage {next(texts)}",
            root=f"RestApi {number} {next(texts)}",
            action=action,
            impacts=(impact,),
            fields=({"field": next(texts), "origin": shape["origin"], **values},),
            status=shape["status"],
            origin=shape["origin"],
            requests=7,
            **at,
            **notes,
        )

    plain = ("target", "account", "region", "owner", "version", "digest")
    return report(
        *(one(action, number) for number, action in enumerate(shape["actions"])),
        dryRun=shape["dry"],
        refusals=(next(texts),),
        errors=(next(texts),),
        held={f"h{next(texts)}": next(texts)},
        unreadable={f"u{next(texts)}": next(texts)},
        warnings=({"message": next(texts), "file": f"f{next(texts)}", "line": 1, "hint": f"h{next(texts)}"},),
        **{name: next(texts) for name in plain},
        **{name: f"{name}{next(texts)}" for name in ("revision", "base", "usage")},
    )


EVERYTHING = {"actions": ["create", "update", "delete"], "status": "planned", "origin": "conflict", "dry": True}
