"""What a change does to those who call an API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Impact:
    """One thing that a change does to callers.

    rule       its stable name, such as `method-removed`
    severity   breaking: some who are served now will not be; exposure: some will be who are not
    message    a sentence for people, without secrets
    field      the field that does it; empty for the whole resource
    """

    rule: str
    severity: Literal["breaking", "exposure"]
    message: str
    field: str = ""
