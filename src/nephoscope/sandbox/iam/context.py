"""The condition keys of a request: global ones, and those of the services that policies here use.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.iam.federation import federation_keys
from nephoscope.sandbox.iam.owned import instance_arn, owner_of
from nephoscope.sandbox.iam.stored import organisation_of, tags_of_principal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nephoscope.sandbox.call import ApiCall, Principal
    from nephoscope.sandbox.caller import Backends
    from nephoscope.sandbox.iam.actions import Need

_GLOBAL_SERVICES = ("iam", "organizations", "route53", "cloudfront", "account")
_TYPES = {"Root": "Account", "IAMUser": "User", "AssumedRole": "AssumedRole", "Anonymous": "Anonymous"}

# Keys that take a parameter's value as it is.
_PARAMETERS = {
    "ec2": {"InstanceType": "ec2:instancetype", "Owner": "ec2:owner"},
    "iam": {"PolicyArn": "iam:policyarn", "PermissionsBoundary": "iam:permissionsboundary"},
    "lambda": {"Principal": "lambda:principal", "FunctionUrlAuthType": "lambda:functionurlauthtype"},
    "s3": {
        "ACL": "s3:x-amz-acl",
        "Delimiter": "s3:delimiter",
        "MaxKeys": "s3:max-keys",
        "Prefix": "s3:prefix",
        "ServerSideEncryption": "s3:x-amz-server-side-encryption",
        "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "StorageClass": "s3:x-amz-storage-class",
        "VersionId": "s3:versionid",
    },
    "secretsmanager": {"Name": "secretsmanager:name", "SecretId": "secretsmanager:secretid"},
    "sns": {"Protocol": "sns:protocol", "Endpoint": "sns:endpoint"},
    "sts": {
        "ExternalId": "sts:externalid",
        "RoleSessionName": "sts:rolesessionname",
        "SourceIdentity": "sts:sourceidentity",
    },
}


def context_of(call: ApiCall, need: Need, resource: str, backends: Backends) -> dict[str, tuple[str, ...]]:
    """Lower-case condition key → values, of one action of a call on one resource.

    A call on the loopback counts as made over TLS, as every call of AWS's own endpoints is.
    """
    principal = call.principal
    found: dict[str, Any] = {
        "aws:currenttime": call.at.isoformat(),
        "aws:epochtime": str(int(call.at.timestamp())),
        "aws:principaltype": _TYPES.get(principal.type, principal.type),
        "aws:requestedregion": "us-east-1" if call.service in _GLOBAL_SERVICES else call.region,
        "aws:securetransport": "true",
        "aws:sourceip": "" if principal.type == "AWSService" else call.source_ip,
        "aws:useragent": call.user_agent,
        "aws:viaawsservice": "true" if principal.invoked_by else "false",
        "aws:principalisawsservice": "true" if principal.type == "AWSService" else "false",
        "aws:resourceaccount": owner_of(resource, backends) or call.account,
        "iam:passedtoservice": need.passed_to,
        **_about(principal, backends),
        **_of_session(principal, backends),
        **_of_parameters(call),
        **_of_tags(call, resource, backends),
        **_of_tagging(call, need),
        **federation_keys(call),
    }
    return {key: values for key, value in found.items() if (values := _listed(value))}


def _listed(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(each) for each in value)


def _about(principal: Principal, backends: Backends) -> dict[str, Any]:
    if not principal.account:
        return {}
    organisation = organisation_of(principal.account, backends)
    tags = tags_of_principal(principal, backends)
    session = principal.session
    return {
        "aws:principalaccount": principal.account,
        "aws:principalarn": session.issuer_arn if session else principal.arn,
        "aws:principalorgid": organisation.id if organisation else "",
        "aws:sourceowner": principal.account,
        "aws:userid": principal.principal_id,
        "aws:username": principal.user_name,
        **{f"aws:principaltag/{key.lower()}": value for key, value in tags.items()},
    }


def _of_session(principal: Principal, backends: Backends) -> dict[str, Any]:
    session = principal.session
    if session is None:
        return {}
    instance = session.name if session.ec2_role_delivery else ""
    return {
        "aws:multifactorauthpresent": "true" if session.has_mfa else "false",
        "aws:sourceidentity": session.source_identity,
        "aws:tokenissuetime": session.issued_at.isoformat(),
        "ec2:roledelivery": session.ec2_role_delivery,
        "ec2:sourceinstancearn": instance_arn(principal.account, instance, backends) if instance else "",
    }


def _of_parameters(call: ApiCall) -> dict[str, Any]:
    keys = _PARAMETERS.get(call.service, {})
    given = {name: call.parameters.get(name) for name in keys}
    found: dict[str, Any] = {keys[name]: str(value) for name, value in given.items() if value is not None}
    if call.service == "kms":
        pairs = call.parameters.get("EncryptionContext") or {}
        found |= {f"kms:encryptioncontext:{key.lower()}": str(value) for key, value in pairs.items()}
        found["kms:grantoperations"] = tuple(call.parameters.get("Operations") or ())
    if call.service == "ec2":
        found["ec2:region"] = call.region
    return found


def _of_tags(call: ApiCall, resource: str, backends: Backends) -> dict[str, Any]:
    asked = dict(_requested_tags(call.parameters))
    found: dict[str, Any] = {f"aws:requesttag/{key.lower()}": value for key, value in asked.items()}
    for key, value in _resource_tags(resource, call.account, backends).items():
        found[f"aws:resourcetag/{key.lower()}"] = value
        found[f"{resource.split(':')[2]}:resourcetag/{key.lower()}"] = value
    return found | {"aws:tagkeys": tuple(asked)}


def _of_tagging(call: ApiCall, need: Need) -> dict[str, str]:
    """Which call makes what is tagged with it."""
    is_beside = need.action == "ec2:CreateTags" and call.operation != "CreateTags"
    return {"ec2:createaction": call.operation} if is_beside else {}


def _requested_tags(parameters: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    listed: list[Any] = []
    for name in ("Tags", "tags", "TagSet"):
        tags = parameters.get(name)
        if isinstance(tags, dict):
            return list(tags.items())
        listed += tags or []
    for each in parameters.get("TagSpecifications") or ():
        listed += each.get("Tags") or []
    return [(each.get("Key", each.get("key", "")), each.get("Value", each.get("value", ""))) for each in listed]


def _resource_tags(resource: str, account: str, backends: Backends) -> dict[str, str]:
    """Tags of EC2's resources, of users and of roles; of other services' none are known here.

    account: whose tags count of what bears no account in its ARN: snapshots and images.
    """
    parts = resource.split(":", 5)
    if len(parts) < 6 or "/" not in parts[5]:
        return {}
    identity = parts[5].rpartition("/")[2]
    owner_id = parts[4] or account
    if parts[2] == "ec2" and owner_id in backends.of("ec2"):
        return dict(backends.of("ec2")[owner_id][parts[3]].tags.get(identity, {}))
    if parts[2] == "iam" and parts[4] in backends.iam:
        backend = backends.iam[parts[4]]["aws"]
        owner = backend.users.get(identity) or next((r for r in backend.roles.values() if r.name == identity), None)
        tags = (owner.tags or []) if owner else []
        return dict(tags) if isinstance(tags, dict) else {each["Key"]: each["Value"] for each in tags}
    return {}
