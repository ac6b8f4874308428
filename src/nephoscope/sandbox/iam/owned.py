"""Whose resource an ARN is, its full name, and the policy that hangs on it, as moto keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.iam.stored import PARTITION, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nephoscope.sandbox.caller import Backends
    from nephoscope.sandbox.iam.policy import Policy

# Without their own policy's word nobody gets at these, whatever identity policies say.
MUST_ALLOW = ("kms", "iam")


def owner_of(arn: str, backends: Backends) -> str:
    """The account that a resource belongs to; "" where the ARN does not tell and nobody has it."""
    if arn.startswith("arn:aws:s3:::"):
        held = backends.of("s3").bucket_accounts.get(_bucket_name(arn))
        return held[1] if held else ""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def instance_arn(account: str, instance: str, backends: Backends) -> str:
    """The ARN of an instance, in whichever region it is; in none that is known, one that no policy names."""
    accounts = backends.of("ec2")
    for region, backend in list(accounts[account].items()) if account in accounts else ():
        if backend.get_instance_by_id(instance) is not None:
            return f"arn:aws:ec2:{region}:{account}:instance/{instance}"
    return f"arn:aws:ec2:*:{account}:instance/{instance}"


def full_arn(arn: str, backends: Backends) -> str:
    """The ARN with what the request left out: a path, a random suffix, the key behind an alias."""
    find = _FULL.get(arn.split(":")[2]) if arn.count(":") >= 5 else None
    return find(arn, backends) if find else arn


def resource_policies(arn: str, backends: Backends) -> tuple[Policy, ...]:
    """The policies on a resource. Raises MalformedPolicy."""
    read = _POLICY.get(arn.split(":")[2]) if arn.count(":") >= 5 else None
    document = read(arn, backends) if read else None
    own = (parsed(document, f"the policy of {arn}"),) if document else ()
    return own + (_acl(arn, backends) if arn.startswith("arn:aws:s3:::") else ())


def must_resource_allow(action: str, arn: str) -> bool:
    """Whether the resource's policy has to speak even in its own account."""
    if action.startswith("sts:AssumeRole"):
        return True
    return action.startswith("kms:") and ":key/" in arn


def is_public_blocked(arn: str, backends: Backends) -> bool:
    """Whether S3's public access block keeps all from outside the account out of this bucket."""
    bucket = _bucket(arn, backends)
    block = bucket.public_access_block if bucket else None
    return bool(block and block.restrict_public_buckets)


def _regional(service: str, arn: str, backends: Backends) -> Any:
    """Moto's backend of the ARN's account and region; None where nothing was ever made there."""
    _, _, _, region, account, _ = arn.split(":", 5)
    accounts = backends.of(service)
    return accounts[account][region] if account in accounts else None


def _bucket_name(arn: str) -> str:
    return arn.split(":", 5)[5].partition("/")[0]


def _bucket(arn: str, backends: Backends) -> Any:
    account = owner_of(arn, backends)
    return backends.of("s3")[account][PARTITION].buckets.get(_bucket_name(arn)) if account else None


def _s3(arn: str, backends: Backends) -> str | None:
    bucket = _bucket(arn, backends)
    policy = bucket.policy if bucket else None
    return policy.decode() if isinstance(policy, bytes) else policy


def _sqs(arn: str, backends: Backends) -> str | None:
    backend = _regional("sqs", arn, backends)
    queue = backend.queues.get(arn.split(":", 5)[5]) if backend else None
    return queue.policy if queue else None


def _sns(arn: str, backends: Backends) -> str | None:
    backend = _regional("sns", arn, backends)
    topic = backend.topics.get(arn) if backend else None
    return topic.policy if topic else None


def _key(arn: str, backends: Backends) -> Any:
    backend = _regional("kms", arn, backends)
    return backend.keys.get(arn.rpartition("/")[2]) if backend else None


def _kms(arn: str, backends: Backends) -> str | None:
    key = _key(arn, backends)
    return key.policy if key else None


def _lambda(arn: str, backends: Backends) -> str | None:
    backend = _regional("lambda", arn, backends)
    name = arn.split(":")[6] if arn.count(":") >= 6 else ""
    function = (
        next((each for each in backend.list_functions() if each.function_name == name), None) if backend else None
    )
    statements = function.policy.statements if function else None
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def _secret(arn: str, backends: Backends) -> Any:
    backend = _regional("secretsmanager", arn, backends)
    return backend.secrets.get(arn) or backend.secrets.get(arn.split(":", 6)[6]) if backend else None


def _secretsmanager(arn: str, backends: Backends) -> str | None:
    secret = _secret(arn, backends)
    return getattr(secret, "policy", None)


def _ecr(arn: str, backends: Backends) -> str | None:
    backend = _regional("ecr", arn, backends)
    repository = backend.repositories.get(arn.partition("repository/")[2]) if backend else None
    return repository.policy if repository else None


def _trust(arn: str, backends: Backends) -> str | None:
    """A role's trust policy: the resource policy of the role when somebody assumes it."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    account = owner_of(arn, backends)
    if kind != "role" or account not in backends.iam:
        return None
    roles = backends.iam[account][PARTITION].roles.values()
    return next((role.assume_role_policy_document for role in roles if role.name == name.rpartition("/")[2]), None)


_POLICY: Mapping[str, Callable[[str, Backends], str | None]] = {
    "ecr": _ecr,
    "iam": _trust,
    "kms": _kms,
    "lambda": _lambda,
    "s3": _s3,
    "secretsmanager": _secretsmanager,
    "sns": _sns,
    "sqs": _sqs,
}


def _full_iam(arn: str, backends: Backends) -> str:
    kind, _, name = arn.split(":", 5)[5].partition("/")
    held = {"user": "users", "role": "roles", "group": "groups", "instance-profile": "instance_profiles"}.get(kind)
    account = owner_of(arn, backends)
    if not held or "/" in name or account not in backends.iam:
        return arn
    found = getattr(backends.iam[account][PARTITION], held).values()
    return next((each.arn for each in found if each.name == name), arn)


def _full_kms(arn: str, backends: Backends) -> str:
    backend = _regional("kms", arn, backends)
    alias = arn.split(":", 5)[5]
    if backend is None or not alias.startswith("alias/"):
        return arn
    return next((key.arn for key in backend.keys.values() if alias in key.aliases), arn)


def _full_secret(arn: str, backends: Backends) -> str:
    return getattr(_secret(arn, backends), "arn", arn)


_FULL: Mapping[str, Callable[[str, Backends], str]] = {
    "iam": _full_iam,
    "kms": _full_kms,
    "secretsmanager": _full_secret,
}


def passed_role(arn: str, backends: Backends) -> str:
    """The role's ARN behind an instance profile's; another ARN as it is."""
    account = owner_of(arn, backends)
    if ":instance-profile/" not in arn or account not in backends.iam:
        return arn
    name = arn.rpartition("/")[2]
    profile = backends.iam[account][PARTITION].instance_profiles.get(name)
    profiles = backends.iam[account][PARTITION].instance_profiles.values()
    found = profile or next((each for each in profiles if each.name == name), None)
    return found.roles[0].arn if found and found.roles else arn


# What a permission in a list of grants stands for.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
_ON_BUCKET = {
    "READ": ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"],
    "WRITE": ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"],
    "READ_ACP": ["s3:GetBucketAcl"],
    "WRITE_ACP": ["s3:PutBucketAcl"],
}
_ON_OBJECT = {
    "READ": ["s3:GetObject", "s3:GetObjectVersion"],
    "READ_ACP": ["s3:GetObjectAcl", "s3:GetObjectVersionAcl"],
    "WRITE_ACP": ["s3:PutObjectAcl", "s3:PutObjectVersionAcl"],
}


def _acl(arn: str, backends: Backends) -> tuple[Policy, ...]:
    """What the bucket's and the object's access control lists grant to everybody, as policies."""
    bucket = _bucket(arn, backends)
    block = bucket.public_access_block if bucket else None
    if bucket is None or (block and block.ignore_public_acls):
        return ()
    found = _granted(bucket.acl, _ON_BUCKET)
    key = arn.partition("/")[2]
    held = bucket.keys.get(key) if key and not key.endswith("*") else None
    found += _granted(getattr(held, "acl", None), _ON_OBJECT)
    statement = {"Effect": "Allow", "Principal": "*", "Action": found, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return (parsed(document, f"the access control list of {arn}"),) if found else ()


def _granted(acl: Any, meanings: Mapping[str, list[str]]) -> list[str]:
    found: list[str] = []
    for grant in getattr(acl, "grants", None) or ():
        if any(grantee.uri.endswith("/global/AllUsers") for grantee in grant.grantees):
            for permission in grant.permissions:
                found += sum(meanings.values(), []) if permission == "FULL_CONTROL" else meanings.get(permission, [])
    return found
