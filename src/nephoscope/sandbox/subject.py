"""The resources that a record names: services differ in whether they name any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nephoscope.sandbox.answer import Outcome
    from nephoscope.sandbox.call import ApiCall


def resources(call: ApiCall, outcome: Outcome) -> list[dict[str, Any]]:
    """What a record's `resources` lists; [] where AWS writes none."""
    namer = NAMERS.get(call.service)
    return namer(call, outcome) if namer else []


def _s3(call: ApiCall, outcome: Outcome) -> list[dict[str, Any]]:
    bucket, key = call.parameters.get("Bucket"), call.parameters.get("Key")
    if not bucket or call.operation == "CreateBucket":
        return []
    container = {"accountId": call.account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}
    if key:
        return [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}, container]
    if call.operation.startswith("ListObject"):
        return [container, {"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{bucket}/"}]
    return [container]


def _kms(call: ApiCall, outcome: Outcome) -> list[dict[str, Any]]:
    result = outcome.result or {}
    arn = str(result.get("KeyId") or result.get("KeyMetadata", {}).get("Arn") or call.parameters.get("KeyId", ""))
    if not arn:
        return []
    if not arn.startswith("arn:"):
        arn = f"arn:aws:kms:{call.region}:{call.account}:{arn if '/' in arn else 'key/' + arn}"
    return [{"accountId": arn.split(":")[4], "type": "AWS::KMS::Key", "ARN": arn}]


def _sts(call: ApiCall, outcome: Outcome) -> list[dict[str, Any]]:
    arn = str(call.parameters.get("RoleArn", ""))
    if outcome.error_code or arn.count(":") < 5:
        return []
    return [{"accountId": arn.split(":")[4], "type": "AWS::IAM::Role", "ARN": arn}]


def _ssm(call: ApiCall, outcome: Outcome) -> list[dict[str, Any]]:
    if call.operation not in ("PutParameter", "GetParameter", "GetParameters", "DeleteParameter", "DeleteParameters"):
        return []
    names = call.parameters.get("Names") or [call.parameters.get("Name", "")]
    start = f"arn:aws:ssm:{call.region}:{call.account}:parameter/"
    return [{"accountId": call.account, "ARN": start + str(name).lstrip("/")} for name in names]


def _lambda(call: ApiCall, outcome: Outcome) -> list[dict[str, Any]]:
    if call.operation not in ("Invoke", "InvokeAsync"):
        return []
    name = str(call.parameters.get("FunctionName", ""))
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"
    return [{"accountId": call.account, "type": "AWS::Lambda::Function", "ARN": arn}]


def _dynamodb(call: ApiCall, outcome: Outcome) -> list[dict[str, Any]]:
    name = call.parameters.get("TableName")
    if not name:
        return []
    arn = f"arn:aws:dynamodb:{call.region}:{call.account}:table/{name}"
    return [{"accountId": call.account, "type": "AWS::DynamoDB::Table", "ARN": arn}]


NAMERS = {"s3": _s3, "kms": _kms, "sts": _sts, "ssm": _ssm, "lambda": _lambda, "dynamodb": _dynamodb}
