"""A call → the (action, resource) pairs that must be allowed, in the Service Authorization Reference's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.iam.names import ACTIONS, FREE, PASSED_ROLES, PREFIXES
from nephoscope.sandbox.iam.resources import CREATED, EC2_ONLY, IAM_PATHS, RESOURCES, UNSCOPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.sandbox.call import ApiCall

_VERBS = {
    "Create": "POST", "Delete": "DELETE", "Flush": "DELETE", "Generate": "POST", "Get": "GET", "Import": "POST",
    "Put": "PUT", "Tag": "PUT", "Test": "POST", "Untag": "DELETE", "Update": "PATCH", "Reject": "POST",
    "Export": "GET", "Reimport": "PUT", "Reset": "DELETE",
}  # fmt: skip


@dataclass(frozen=True)
class Need:
    """One permission that a call needs. passed_to: for iam:PassRole, the service that gets the role."""

    action: str
    resource: str = "*"
    passed_to: str = ""


def required(call: ApiCall) -> tuple[Need, ...]:
    """Name the permissions that a call needs; none for what everybody may do.

    A resource that the request does not name fully (a role's path, an alias of a key) is written as far as known.
    """
    if (call.service, call.operation) in FREE:
        return ()
    if call.service in ("apigateway", "apigatewayv2"):
        return (_api_gateway(call),)
    if call.service == "s3":
        return tuple(_s3(call))
    prefix = prefix_of(call)
    names = ACTIONS.get(call.service, {}).get(call.operation, call.operation)
    listed = (names,) if isinstance(names, str) else names
    needs = [Need(f"{prefix}:{name}", resource) for name in listed for resource in _resources(call, prefix, name)]
    return (*needs, *_tagging(call), *_passed_roles(call))


def prefix_of(call: ApiCall) -> str:
    """The prefix of the service's actions: `elasticloadbalancing`, `states`, …"""
    return PREFIXES.get(call.service, call.signing_name or call.service)


def _resources(call: ApiCall, prefix: str, action: str) -> list[str]:
    if prefix == "iam" and action in IAM_PATHS:
        return [f"arn:aws:iam::{call.account}:{IAM_PATHS[action]}"]
    if action in UNSCOPED.get(prefix, ()):
        return ["*"]
    if prefix == "ec2":
        return _ec2(call)
    for parameter, template in RESOURCES.get(prefix, {}).items():
        operation, _, name = parameter.rpartition(".")
        if operation in ("", call.operation) and (values := _values(call.parameters, name)):
            return [_arn(call, template, value) for value in values]
    return _own_user(call) or _arns(call, prefix) or ["*"]


def _arns(call: ApiCall, prefix: str) -> list[str]:
    """The service's ARNs among the parameters: those of tagging, mostly."""
    return [value for name in call.parameters for value in _values(call.parameters, name) if _is_of(prefix, value)]


def _is_of(prefix: str, value: str) -> bool:
    return value.startswith(f"arn:aws:{prefix}:")


def _own_user(call: ApiCall) -> list[str]:
    """IAM's operations on a user mean the caller where they name none."""
    is_about_user = call.service == "iam" and call.operation in _OWN_USER and call.principal.type == "IAMUser"
    return [call.principal.arn] if is_about_user else []


_OWN_USER = {
    "ChangePassword", "CreateAccessKey", "DeleteAccessKey", "GetUser", "ListAccessKeys", "ListMFADevices",
    "ListSSHPublicKeys", "ListServiceSpecificCredentials", "ListSigningCertificates", "UpdateAccessKey",
}  # fmt: skip


def _ec2(call: ApiCall) -> list[str]:
    if call.operation.startswith("Describe") and not call.operation.endswith("Attribute"):
        return ["*"]
    forms = RESOURCES["ec2"]
    if only := EC2_ONLY.get(call.operation):
        forms = {only: forms[only]}
    found = [_arn(call, forms[name], value) for name, value in _named(call.parameters) if name in forms]
    found += [f"arn:aws:ec2:{call.region}:{call.account}:{kind}" for kind in CREATED.get(call.operation, ())]
    if call.operation in ("CreateTags", "DeleteTags"):
        found = [_tagged(call, each) for each in call.parameters.get("Resources", ())]
    return list(dict.fromkeys(found)) or ["*"]


_KINDS = {
    "acl": "network-acl", "ami": "image", "eipalloc": "elastic-ip", "eni": "network-interface", "fl": "vpc-flow-log",
    "i": "instance", "igw": "internet-gateway", "nat": "natgateway", "rtb": "route-table", "sg": "security-group",
    "snap": "snapshot", "subnet": "subnet", "vol": "volume", "vpc": "vpc", "vpce": "vpc-endpoint",
}  # fmt: skip


def _tagged(call: ApiCall, identity: str) -> str:
    kind = _KINDS.get(identity.partition("-")[0], "*")
    account = "" if kind in ("image", "snapshot") else call.account
    return f"arn:aws:ec2:{call.region}:{account}:{kind}/{identity}"


def _named(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(parameter, value) of the call, in one level of nesting: interfaces' subnets and groups."""
    for name, value in parameters.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(one, str):
                yield name, one
            elif isinstance(one, dict) and name == "NetworkInterfaces":
                yield from _named(one)


def _tagging(call: ApiCall) -> list[Need]:
    if call.service != "ec2" or call.operation == "CreateTags" or not call.parameters.get("TagSpecifications"):
        return []
    kinds = [each.get("ResourceType", "*") for each in call.parameters["TagSpecifications"] if each.get("Tags")]
    return [Need("ec2:CreateTags", f"arn:aws:ec2:{call.region}:{call.account}:{kind}/*") for kind in kinds]


def _passed_roles(call: ApiCall) -> Iterator[Need]:
    for path, service in PASSED_ROLES.get((call.service, call.operation), ()):
        for value in _values(call.parameters, path):
            kind = "instance-profile" if "InstanceProfile" in path else "role"
            yield Need("iam:PassRole", _arn(call, f"arn:aws:iam::{{account}}:{kind}/{{}}", value), service)


def _values(parameters: Any, path: str) -> list[str]:
    """The strings at a dotted path; lists are gone through."""
    head, _, rest = path.partition(".")
    value = parameters.get(head) if isinstance(parameters, dict) else None
    found: list[str] = []
    for one in value if isinstance(value, (list, tuple)) else [value]:
        if rest:
            found += _values(one, rest)
        elif isinstance(one, str) and one:
            found.append(one)
    return found


def _arn(call: ApiCall, template: str, value: str) -> str:
    if value.startswith("arn:"):
        return value
    account = call.account
    if call.service == "sqs" and "/" in value:
        account, _, value = value.rstrip("/").rpartition("/")
        account = account.rpartition("/")[2]
    elif call.service == "kms" and value.startswith("alias/"):
        template = "arn:aws:kms:{region}:{account}:{}"
    elif call.service == "logs" and "log-stream" in template:
        template = template.replace("*", str(call.parameters.get("logGroupName", "*")))
    elif call.service == "eks" and "/*/" in template:
        template = template.replace("/*/", f"/{call.parameters.get('clusterName', '*')}/")
    return template.format(value.strip("/"), region=call.region, account=account)


def _api_gateway(call: ApiCall) -> Need:
    verb = next((verb for start, verb in _VERBS.items() if call.operation.startswith(start)), "POST")
    path = f"/restapis/{api}" if (api := call.parameters.get("restApiId")) else "/*"
    return Need(f"apigateway:{verb}", f"arn:aws:apigateway:{call.region}::{path}")


def _s3(call: ApiCall) -> Iterator[Need]:
    bucket, key = call.parameters.get("Bucket", ""), call.parameters.get("Key")
    if not bucket:
        yield Need(f"s3:{ACTIONS['s3'].get(call.operation, call.operation)}")
        return
    arn = bucket if bucket.startswith("arn:") else f"arn:aws:s3:::{bucket}"
    action = f"s3:{_s3_action(call)}"
    if call.operation == "DeleteObjects":
        for each in call.parameters.get("Delete", {}).get("Objects", ()):
            yield Need(action + ("Version" if each.get("VersionId") else ""), f"{arn}/{each.get('Key', '')}")
        return
    if source := call.parameters.get("CopySource"):
        yield Need("s3:GetObject", f"arn:aws:s3:::{_copied(source)}")
    resource = f"{arn}/{key}" if key else arn
    yield Need(action, resource)
    if action == "s3:PutObject":
        yield from _beside_put(call, resource)


def _s3_action(call: ApiCall) -> str:
    names = ACTIONS["s3"].get(call.operation, call.operation)
    name = names if isinstance(names, str) else names[0]
    if call.parameters.get("VersionId") and name in _VERSIONED:
        return _VERSIONED[name]
    return name


_VERSIONED = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}


def _copied(source: Any) -> str:
    if isinstance(source, dict):
        return f"{source.get('Bucket', '')}/{source.get('Key', '')}"
    return str(source).lstrip("/").partition("?")[0]


def _beside_put(call: ApiCall, resource: str) -> Iterator[Need]:
    parameters = call.parameters
    if any(name in parameters for name in ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")):
        yield Need("s3:PutObjectAcl", resource)
    if parameters.get("Tagging"):
        yield Need("s3:PutObjectTagging", resource)
    if parameters.get("ObjectLockMode") or parameters.get("ObjectLockRetainUntilDate"):
        yield Need("s3:PutObjectRetention", resource)
    if parameters.get("ObjectLockLegalHoldStatus") == "ON":
        yield Need("s3:PutObjectLegalHold", resource)
