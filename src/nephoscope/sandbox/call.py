"""One API call, as the sandbox understood it: who asked which account for what, from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PrincipalType = Literal["IAMUser", "AssumedRole", "Root", "FederatedUser", "AWSAccount", "AWSService", "Anonymous"]


@dataclass(frozen=True)
class Session:
    """What temporary credentials carry beyond the principal that they belong to.

    issuer_*: the role or user whose credentials these are. policy: the inline session policy's text, "" for none.
    ec2_role_delivery: the metadata service's version ("2.0") where an instance was handed these.
    """

    issuer_type: Literal["Role", "IAMUser", "Root"]
    issuer_arn: str
    issuer_id: str
    issuer_account: str
    issuer_name: str
    issued_at: datetime
    expires_at: datetime
    name: str = ""
    has_mfa: bool = False
    policy: str = ""
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str = ""
    ec2_role_delivery: str = ""
    token: str = ""
    secret: str = ""
    is_from_console: bool = False


@dataclass(frozen=True)
class Principal:
    """Who signed a call. Anonymous calls have no account, arn or key; a service has its name in `invoked_by`."""

    type: PrincipalType
    account: str = ""
    arn: str = ""
    principal_id: str = ""
    access_key_id: str = ""
    user_name: str = ""
    session: Session | None = None
    invoked_by: str = ""


@dataclass(frozen=True)
class ApiCall:
    """One call.

    account: whose resources are asked for (the caller's; for an anonymous call of S3 the bucket owner's). service:
    botocore's name (`elbv2`); signing_name: as the signature's scope says (`elasticloadbalancing`). operation: as the
    API model names it, "" where no model does. parameters: named and typed as the model does, blobs as bytes.
    request_id: what the answer carries as its id.
    """

    account: str
    region: str
    service: str
    signing_name: str
    operation: str
    parameters: Mapping[str, Any]
    principal: Principal
    source_ip: str
    user_agent: str
    request_id: str
    at: datetime
    host: str = ""
    method: str = ""
    path: str = ""
    query: str = ""
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    body_bytes: int = 0
    is_secure: bool = False
    is_presigned: bool = False


@dataclass(frozen=True)
class Denial:
    """Why a call is refused, as AWS words it. code: `AccessDenied`, `UnauthorizedOperation`, …"""

    code: str
    message: str
    status: int = 403


class Declined(Exception):  # noqa: N818 - no error of ours: it is the answer
    """Raised by what the sandbox serves itself, to answer with a denial."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.message)
        self.denial = denial
