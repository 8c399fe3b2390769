"""Lambda, as far as API Gateway needs it: which functions there are, and who may call them."""

from __future__ import annotations

import json

from controller.errors import ConflictError, NotFoundError
from tests.fake.kinds import answers
from tests.fake.patch import Record
from tests.fake.world import World


OPERATIONS = frozenset({"GetPolicy", "AddPermission", "RemovePermission", "GetFunctionConfiguration"})


def _function(world: World, params: Record) -> tuple[str, str]:
    """Function and qualifier. Unless a test says which functions there are, any name is one."""
    name, qualifier = params["FunctionName"], params.get("Qualifier", "")
    full = f"{name}:{qualifier}" if qualifier else name
    if world.functions is not None and full not in world.functions:
        raise _missing(f"Function not found: {_arn(world, full)}")
    return name, qualifier


def _missing(message: str) -> NotFoundError:
    return NotFoundError(message, code="ResourceNotFoundException")


def _arn(world: World, full: str) -> str:
    here = world.environment
    return f"arn:{here.partition}:lambda:{here.region}:{here.account}:function:{full}"


@answers("GetFunctionConfiguration")
def configuration(world: World, params: Record) -> Record:
    name, qualifier = _function(world, params)
    return {"FunctionName": name, "FunctionArn": _arn(world, f"{name}:{qualifier}".rstrip(":"))}


@answers("GetPolicy")
def get_policy(world: World, params: Record) -> Record:
    statements = world.statements.get(_function(world, params))
    if not statements:
        raise _missing("The resource you requested does not exist.")
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": list(statements.values())}
    return {"Policy": json.dumps(policy), "RevisionId": "1"}


@answers("AddPermission")
def add(world: World, params: Record) -> Record:
    function = _function(world, params)
    statements = world.statements.setdefault(function, {})
    if params["StatementId"] in statements:
        message = f"The statement id ({params['StatementId']}) provided already exists."
        raise ConflictError(message, code="ResourceConflictException")
    statement = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": {"Service": params["Principal"]},
        "Action": params["Action"],
        "Resource": _arn(world, ":".join(function).rstrip(":")),
        "Condition": {"ArnLike": {"AWS:SourceArn": params["SourceArn"]}},
    }
    statements[params["StatementId"]] = statement
    return {"Statement": json.dumps(statement)}


@answers("RemovePermission")
def remove(world: World, params: Record) -> Record:
    statements = world.statements.get(_function(world, params), {})
    if statements.pop(params["StatementId"], None) is None:
        raise _missing(f"Statement {params['StatementId']} is not found in resource policy.")
    return {}
