"""Reports as one JSON document, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from controller.render.frame import Frame
from controller.report import FORMAT_VERSION, Report


PLAIN = Frame()


def document(reports: Sequence[Report], _frame: Frame = PLAIN) -> str:
    """The document, in a fixed order of keys.

    Only ASCII: it survives every encoding, and no value in it can act on a terminal.
    """
    targets = [report.model_dump(mode="json") for report in reports]
    return json.dumps({"formatVersion": FORMAT_VERSION, "targets": targets}, indent=2, default=str)
