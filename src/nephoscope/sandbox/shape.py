"""Parameters and results as the API models name them → requestParameters and responseElements as CloudTrail does."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox import ec2_shape, s3_shape
from nephoscope.sandbox.always import REQUEST_ALWAYS, RESPONSE_ALWAYS, RESPONSE_NEVER
from nephoscope.sandbox.answer import operation_model
from nephoscope.sandbox.naming import is_data, is_read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nephoscope.sandbox.answer import Outcome
    from nephoscope.sandbox.call import ApiCall

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
AS_NAMED = frozenset(("account", "ce", "devops-guru", "cloudcontrol", "resource-explorer-2"))
SECONDS = frozenset(("devops-guru",))  # services that log times as they were sent, in seconds since 1970
ANSWERED = frozenset(("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"))
OMITTED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("iam", "CreateLoginProfile"): ("Password",),
    ("iam", "UpdateLoginProfile"): ("Password",),
    ("iam", "ChangePassword"): ("OldPassword", "NewPassword"),
    ("kms", "Decrypt"): ("CiphertextBlob", "KeyId"),
    ("kms", "Encrypt"): ("Plaintext",),
    ("secretsmanager", "CreateSecret"): ("SecretString", "SecretBinary", "Tags"),
    ("secretsmanager", "PutSecretValue"): ("SecretString", "SecretBinary"),
    ("secretsmanager", "UpdateSecret"): ("SecretString", "SecretBinary"),
    ("bedrock", "CreateFoundationModelAgreement"): ("offerToken",),
    ("bedrock-runtime", "InvokeModel"): ("contentType", "accept"),
    ("sts", "AssumeRole"): ("TokenCode",),
    ("sts", "GetSessionToken"): ("TokenCode",),
}
REDACTED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("rds", "CreateDBInstance"): ("MasterUserPassword",),
    ("rds", "ModifyDBInstance"): ("MasterUserPassword",),
    ("rds", "CreateDBCluster"): ("MasterUserPassword",),
    ("rds", "ModifyDBCluster"): ("MasterUserPassword",),
    ("ssm", "PutParameter"): ("Value",),
    ("ssm", "SendCommand"): ("Parameters",),
}


def request_parameters(call: ApiCall) -> Any:
    """What a record's requestParameters holds; None where a call has none."""
    if call.service == "ec2":
        return ec2_shape.request_parameters(call)
    if call.service in ("s3", "s3control"):
        return s3_shape.request_parameters(call)
    key = (call.service, call.operation)
    given = {name: value for name, value in call.parameters.items() if name not in OMITTED.get(key, ())}
    given |= dict.fromkeys((name for name in REDACTED.get(key, ()) if name in given), HIDDEN)
    model = operation_model(call)
    found = written(given, call.service, model.input_shape if model else None)
    found = GIVERS.get(key, lambda given, _: given)(found, call)
    return filled(found, REQUEST_ALWAYS.get(key, {}), call) or None


def response_elements(call: ApiCall, outcome: Outcome) -> Any:
    """What a record's responseElements holds: null for reads, errors and empty answers."""
    if outcome.error_code or is_data(call) or (is_read_only(call) and call.operation not in ANSWERED):
        return None
    if call.service in ("s3", "s3control"):
        return None
    key = (call.service, call.operation)
    if call.service == "ec2":
        return filled(
            ec2_shape.response_elements(call, outcome), RESPONSE_ALWAYS.get(key, {}), call, RESPONSE_NEVER.get(key, ())
        )
    model = operation_model(call)
    kept = HIDERS.get(key, dict)(outcome.result or {})
    found = written(kept, call.service, model.output_shape if model else None)
    if (
        call.service in ("rds", "redshift")
        and len(found) == 1
        and isinstance(inner := next(iter(found.values())), dict)
    ):
        found = inner
    return filled(found, RESPONSE_ALWAYS.get(key, {}), call, RESPONSE_NEVER.get(key, ())) or None


def filled(found: Any, always: Mapping[str, Any], call: ApiCall, never: tuple[str, ...] = ()) -> Any:
    """A record's part with what AWS always writes, as far as it is absent, and without what AWS never writes.

    always: by path (`vpc.isDefault`, `items[].a`); `{region}`, `{account}`, `{request}` stand for the call's.
    """
    if not isinstance(found, dict):
        return found
    for path in never:
        _change(found, path.split("."), lambda place, name: place.pop(name, None))
    for path, value in always.items():
        text = _spoken(value, call)
        _change(found, path.split("."), lambda place, name, text=text: place.setdefault(name, copy.deepcopy(text)))
    return found


def _spoken(value: Any, call: ApiCall) -> Any:
    if isinstance(value, dict):
        return {name: _spoken(inner, call) for name, inner in value.items()}
    if not isinstance(value, str):
        return value
    return value.format(region=call.region, account=call.account, request=call.request_id)


def _change(place: Any, path: list[str], do: Callable[[dict[str, Any], str], Any]) -> None:
    name, rest = path[0], path[1:]
    if not isinstance(place, dict):
        return
    if not rest:
        do(place, name)
        return
    inner = place.get(name.removesuffix("[]"))
    for one in inner if isinstance(inner, list) else [inner]:
        _change(one, rest, do)


def written(value: Any, service: str, shape: Any = None) -> Any:
    """A value of the API as CloudTrail writes it: names begin small, times are words, blobs are left out."""
    if isinstance(value, dict):
        rename = str if service in AS_NAMED or getattr(shape, "type_name", "") == "map" else small
        return {
            rename(name): written(inner, service, _inner(shape, name))
            for name, inner in value.items()
            if inner is not None and not isinstance(inner, bytes) and not _is_status(shape, name)
        }
    if isinstance(value, list | tuple):
        return [written(inner, service, getattr(shape, "member", None)) for inner in value]
    if isinstance(value, datetime) and service in SECONDS:
        return value.timestamp()
    if isinstance(value, datetime):
        return (
            value.strftime("%b ") + f"{value.day}, {value.year}, {value.hour % 12 or 12}" + value.strftime(":%M:%S %p")
        )
    return value if isinstance(value, str | int | float) else str(value)


def _inner(shape: Any, name: str) -> Any:
    kind = getattr(shape, "type_name", "")
    if kind == "map":
        return shape.value
    return shape.members.get(name) if kind == "structure" else None


def _is_status(shape: Any, name: str) -> bool:
    member = _inner(shape, name)
    return member is not None and member.serialization.get("location") == "statusCode"


def small(name: str) -> str:
    """`DBInstanceIdentifier` → `dBInstanceIdentifier`."""
    return name[:1].lower() + name[1:]


def _access_key(result: Mapping[str, Any]) -> dict[str, Any]:
    key = dict(result.get("AccessKey", {}))
    key.pop("SecretAccessKey", None)
    return {"AccessKey": key}


def _credentials(result: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(result.get("Credentials", {}))
    kept.pop("SecretAccessKey", None)
    return {**result, "Credentials": kept}


def _secret(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"arn": result.get("ARN", "")}


def _nothing(_: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _lambda_code(given: dict[str, Any], call: ApiCall) -> dict[str, Any]:
    """A function's code is not logged, only where it lies; an update names the function in full."""
    arn = str(given.get("functionName", ""))
    name = arn.rpartition(":function:")[2].partition(":")[0] or arn
    prefix = {"partition": "aws", "region": call.region, "account": call.account}
    where = {"arnPrefix": prefix, "relativeId": {"functionName": name}, "functionQualifier": {}}
    return {**given, "fullyQualifiedArn": where}


def _as_text(given: dict[str, Any], _: ApiCall) -> dict[str, Any]:
    return {name: str(value) for name, value in given.items()}


GIVERS = {
    ("lambda", "UpdateFunctionCode"): _lambda_code,
    ("servicecatalog-appregistry", "ListApplications"): _as_text,
}
HIDERS = {
    ("iam", "CreateAccessKey"): _access_key,
    ("sts", "AssumeRole"): _credentials,
    ("sts", "GetFederationToken"): _credentials,
    ("sts", "GetSessionToken"): _credentials,
    ("secretsmanager", "CreateSecret"): _secret,
    ("secretsmanager", "PutSecretValue"): _secret,
    ("ecr", "GetAuthorizationToken"): _nothing,
}
