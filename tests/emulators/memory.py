"""What an emulator forgets of VPC links and domains when it makes them is put back into what it answers.

LocalStack keeps the id of a link and the certificates of a domain, but no tags: nothing that is made there would
have an owner, and none of the calls that come after the first could be tried. What it answers is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.gateway import Caller


IDS = {"VpcLink": "id", "DomainName": "domainName"}


@dataclass
class Remembering:
    """A Caller over another that remembers with what links and domains were made."""

    caller: Caller
    made: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def __call__(self, operation: str, params: Mapping[str, Any], *, service: str = "apigateway") -> dict[str, Any]:
        answer = self.caller(operation, params, service=service)
        for kind, name in IDS.items():
            if operation == f"Create{kind}":
                self.made[kind, answer[name]] = dict(params)
            if operation in (f"Create{kind}", f"Get{kind}"):
                return self._whole(kind, answer)
            if operation == f"Get{kind}s":
                return {**answer, "items": [self._whole(kind, item) for item in answer["items"]]}
        return answer

    def _whole(self, kind: str, item: dict[str, Any]) -> dict[str, Any]:
        return {**self.made.get((kind, item[IDS[kind]]), {}), **item}
