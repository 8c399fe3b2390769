"""The values behind `{$secret: …}`: Secrets Manager, or SSM's Parameter Store.

name, or an ARN of Secrets Manager        the secret as it is
name#key                                  one key of a secret that is a JSON object
ssm:/path/name, or an ARN of SSM          a parameter, decrypted
"""

from __future__ import annotations

import json
import re
from typing import Any

from controller.call import Call, Fact, Text
from controller.errors import InvalidError
from controller.retry import Patient
from controller.terms import Right


_SSM = "ssm:"
_SSM_ARN = re.compile(r"arn:[a-z-]+:ssm:")


class Secrets:
    """Looks secrets up with the credentials of a target, each once."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._read: dict[str, str] = {}

    def __call__(self, reference: str) -> str:
        """The value. Raises GatewayError, without the value in it."""
        name, hash_, key = reference.partition("#")
        if name not in self._read:
            self._read[name] = self._parameter(name) if _is_parameter(name) else self._secret(name)
        return _entry(self._read[name], key) if hash_ else self._read[name]

    def _parameter(self, name: str) -> str:
        params = {"Name": name.removeprefix(_SSM), "WithDecryption": True}
        answer = self._patient.perform(Call("GetParameter", params, service="ssm"))
        return str(answer["Parameter"]["Value"])

    def _secret(self, name: str) -> str:
        answer = self._patient.perform(Call("GetSecretValue", {"SecretId": name}, service="secretsmanager"))
        if "SecretString" not in answer:
            raise InvalidError("it is binary, and text is wanted")
        return str(answer["SecretString"])


def right(reference: str) -> Right:
    """What reading this secret has to be allowed; a key of KMS that a customer manages comes on top.

    Secrets Manager adds a hyphen and six characters to the name. Source: its user guide, "IAM policy examples".
    """
    name = reference.partition("#")[0]
    if _is_parameter(name):
        action, tail = "ssm:GetParameter", "parameter/" + name.removeprefix(_SSM).removeprefix("/")
    else:
        action, tail = "secretsmanager:GetSecretValue", f"secret:{name}-??????"
    here = ("arn:", Fact.PARTITION, f":{action.partition(':')[0]}:", Fact.REGION, ":", Fact.ACCOUNT, ":", tail)
    return Right(action, Text((name,) if name.startswith("arn:") else here), writes=False)


def _is_parameter(name: str) -> bool:
    return name.startswith(_SSM) or _SSM_ARN.match(name) is not None


def _entry(text: str, key: str) -> str:
    try:
        content: Any = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise InvalidError("it is no JSON object, so it has no keys")
    if key not in content:
        raise InvalidError(f"it has no key {key!r}")
    value = content[key]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidError(f"its key {key!r} holds no text")
    return str(value)
