"""Parameters and results as the API models name them → requestParameters and responseElements as CloudTrail does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox import ec2_shape, s3_shape
from nephoscope.sandbox.naming import is_data, is_read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.sandbox.answer import Outcome
    from nephoscope.sandbox.call import ApiCall

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
AS_NAMED = frozenset(("account", "ce", "devops-guru", "cloudcontrol", "accessanalyzer"))
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
    return written(given, call.service) or None


def response_elements(call: ApiCall, outcome: Outcome) -> Any:
    """What a record's responseElements holds: null for reads, errors and empty answers."""
    if outcome.error_code or is_data(call) or (is_read_only(call) and call.operation not in ANSWERED):
        return None
    if call.service == "ec2":
        return ec2_shape.response_elements(call, outcome)
    if call.service in ("s3", "s3control"):
        return None
    kept = HIDERS.get((call.service, call.operation), dict)(outcome.result or {})
    return written(kept, call.service) or None


def written(value: Any, service: str) -> Any:
    """A value of the API as CloudTrail writes it: names begin small, times are words, blobs are left out."""
    if isinstance(value, dict):
        rename = str if service in AS_NAMED else small
        return {
            rename(name): written(inner, service)
            for name, inner in value.items()
            if inner is not None and not isinstance(inner, bytes)
        }
    if isinstance(value, list | tuple):
        return [written(inner, service) for inner in value]
    if isinstance(value, datetime):
        return (
            value.strftime("%b ") + f"{value.day}, {value.year}, {value.hour % 12 or 12}" + value.strftime(":%M:%S %p")
        )
    if isinstance(value, str | int | float | bool):
        return value
    return str(value)


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


HIDERS = {
    ("iam", "CreateAccessKey"): _access_key,
    ("sts", "AssumeRole"): _credentials,
    ("sts", "GetFederationToken"): _credentials,
    ("sts", "GetSessionToken"): _credentials,
    ("secretsmanager", "CreateSecret"): _secret,
    ("secretsmanager", "PutSecretValue"): _secret,
    ("ecr", "GetAuthorizationToken"): _nothing,
}
