"""Access key → principal: IAM users and roles of moto's backends, sessions that the sandbox has handed out, root."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.call import Denial, Principal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.sandbox.recognise import Signature

ROOT_KEY = re.compile(r"(?:AKIAROOT)?(\d{12})")
UNKNOWN_KEY = {
    "s3": Denial("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    "ec2": Denial("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    "json": Denial("UnrecognizedClientException", "The security token included in the request is invalid.", 400),
    "": Denial("InvalidClientTokenId", "The security token included in the request is invalid."),
}
EXPIRED = Denial("ExpiredToken", "The security token included in the request is expired")
PARTITION = "aws"


@dataclass(frozen=True)
class Backends:
    """moto's state, read in place: `iam[account]["aws"]`, `of("ec2")[account][region]`."""

    iam: Mapping[str, Mapping[str, Any]]
    extra: dict[str, Any] = field(default_factory=dict)

    def of(self, service: str) -> Any:
        """Another service's backends, by moto's name of it."""
        if service not in self.extra:
            from moto.backends import get_backend

            named: Any = service
            self.extra[service] = get_backend(named)
        return self.extra[service]


def open_backends() -> Backends:
    """The backends of the moto that runs in this process."""
    from moto.iam.models import iam_backends

    return Backends(iam_backends)


def root_access_key_id(account: str) -> str:
    """The access key of an account's root user; the sandbox takes any secret with it."""
    return f"AKIAROOT{account}"


def identify(
    signature: Signature, sessions: Mapping[str, Principal], backends: Backends, now: datetime
) -> Principal | Denial:
    """Say whose signature this is.

    sessions: by access key, as `session.remember` keeps them. now: aware UTC. A Denial for a key that nobody has,
    that is inactive, or whose session is over or has another token. Signatures themselves are not verified.
    """
    key = signature.access_key_id
    if not key:
        return Principal("Anonymous")
    if found := ROOT_KEY.fullmatch(key):
        return root(found[1], key)
    if principal := sessions.get(key):
        return _session(principal, signature, now)
    return _user(key, backends) or unknown_key(signature.service)


def root(account: str, access_key_id: str = "") -> Principal:
    """An account's root user."""
    return Principal("Root", account, f"arn:{PARTITION}:iam::{account}:root", account, access_key_id)


def unknown_key(signing_name: str) -> Denial:
    """How a service words that it does not know a key."""
    if signing_name in ("kms", "ssm", "secretsmanager", "dynamodb", "logs", "lambda", "organizations", "cloudtrail"):
        return UNKNOWN_KEY["json"]
    return UNKNOWN_KEY.get(signing_name, UNKNOWN_KEY[""])


def _session(principal: Principal, signature: Signature, now: datetime) -> Principal | Denial:
    session = principal.session
    if session is None or signature.token != session.token:
        return unknown_key(signature.service)
    return EXPIRED if now >= session.expires_at else principal


def _user(key: str, backends: Backends) -> Principal | None:
    for account, partitions in list(backends.iam.items()):
        backend = partitions[PARTITION]
        found = backend.access_keys.get(key)
        user = backend.users.get(found.user_name) if found and found.user_name else None
        if found and user and found.status == "Active":
            return Principal("IAMUser", account, user.arn, user.id, key, user.name)
    return None


def utc(moment: datetime) -> datetime:
    """A naive time of moto, aware."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
