"""AWS CloudTrail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from msgspec import UNSET

from nephoscope.collect.activity import API_ACTIVITY, AUTHENTICATION, FAILURE, LOGOFF, LOGON, SUCCESS, leading_activity
from nephoscope.collect.aws_files import AwsLogFiles
from nephoscope.collect.decode import read
from nephoscope.collect.layout import Layout
from nephoscope.collect.narrow import narrowed
from nephoscope.collect.sources._aws_cloudtrail_record import Record
from nephoscope.model.event import LogSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nephoscope.collect.batch import JsonBatch

COLUMNS = {
    "eventTime": "time",
    "eventID": "metadata.uid",
    "awsRegion": "cloud.region",
    "recipientAccountId": "cloud.account.uid",
    "eventName": "api.operation",
    "eventSource": "api.service.name",
    "apiVersion": "api.version",
    "requestID": "api.request.uid",
    "errorCode": "api.response.error",
    "errorMessage": "api.response.message",
    "userIdentity.arn": "actor.user.uid",
    "userIdentity.type": "actor.user.type",
    "userIdentity.accountId": "actor.user.account.uid",
    "userIdentity.accessKeyId": "actor.user.credential_uid",
    "userIdentity.principalId": "actor.session.uid",
    "userIdentity.sessionContext.sessionIssuer.arn": "actor.session.issuer",
    "userIdentity.invokedBy": "actor.invoked_by",
    "sourceIPAddress": "src_endpoint.ip",
    "userAgent": "http_request.user_agent",
    "readOnly": "is_read_only",
    "eventType": "event_code",
    "requestParameters": "api.request.data",
    "responseElements": "api.response.data",
}
VARYING = frozenset(
    (
        "eventTime",
        "eventID",
        "requestID",
        "sourceIPAddress",
        "errorMessage",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "resources",
        "sharedEventID",
    )
)
SIGN_INS = frozenset(("ConsoleLogin", "CheckMfa", "SwitchRole", "ExitRole", "CredentialVerification", "Federate"))
MFA = {"true": True, "false": False}
ARN = re.compile(r'"ARN"\s*:\s*"([^"\\]+)"')


def derive(batch: JsonBatch) -> dict[str, Sequence[Any]]:
    """The columns that fields alike in many records imply."""
    names = batch.values("eventName")
    kinds = {name: _kind(name) for name in {*map(str, names)}}
    found = [kinds[name] if name.__class__ is str else kinds[str(name)] for name in names]
    users = batch.values("userIdentity.userName")
    issuers = batch.values("userIdentity.sessionContext.sessionIssuer.userName")
    accounts = batch.values("recipientAccountId")
    callers = batch.values("userIdentity.accountId")
    return {
        "class_uid": [kind for kind, _ in found],
        "activity_id": [activity for _, activity in found],
        "cloud.provider": ["AWS"] * len(batch),
        "cloud.account.uid": list(accounts)
        if all(accounts)
        else [mine or caller for mine, caller in zip(accounts, callers, strict=True)],
        "actor.user.name": [user or issuer for user, issuer in zip(users, issuers, strict=True)],
        "actor.session.is_mfa": _mfa(batch),
    }


def derive_each(batch: JsonBatch) -> dict[str, Sequence[Any]]:
    """The columns that take what differs from record to record."""
    return {"status_id": _statuses(batch, batch.values("eventName")), "resource_uids": _resources(batch)}


def _kind(name: Any) -> tuple[int, int]:
    """Class and activity of an operation."""
    if name in SIGN_INS:
        return AUTHENTICATION, LOGOFF if name == "ExitRole" else LOGON
    return API_ACTIVITY, leading_activity(str(name))


def _statuses(batch: JsonBatch, names: Sequence[Any]) -> list[int]:
    statuses = [SUCCESS if not error else FAILURE for error in batch.values("errorCode")]
    for row, name in enumerate(map(str, names)) if not SIGN_INS.isdisjoint(map(str, names)) else ():
        if name in SIGN_INS and batch.value(f"responseElements.{name}", row) == "Failure":
            statuses[row] = FAILURE
    return statuses


def _mfa(batch: JsonBatch) -> list[bool | None]:
    return [MFA.get(value) for value in batch.values("userIdentity.sessionContext.attributes.mfaAuthenticated")]


def _resources(batch: JsonBatch) -> list[list[str]]:
    """ARNs of the resources that a record names."""
    return [
        [] if text is UNSET else ARN.findall(str(text, "utf-8", "replace")) for text in batch.values_for("resources")
    ]


LAYOUT = Layout(
    source="aws_cloudtrail",
    log_source=LogSource(product="aws", service="cloudtrail"),
    record=Record,
    columns=COLUMNS,
    time="eventTime",
    envelope=("Records",),
    varying=VARYING,
    derive=derive,
    derive_each=derive_each,
)


@dataclass(frozen=True)
class AwsCloudTrail(AwsLogFiles):
    """AWS CloudTrail: who called which AWS API, from where.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
    """

    name = LAYOUT.source
    log_source = LAYOUT.log_source
    columns = COLUMNS
    folder = "CloudTrail"
    file_name = re.compile(
        r"/(?P<account>\d{12})_CloudTrail_(?P<region>[a-z0-9-]+)_(?P<stamp>\d{8}T\d{4}Z)_[^/]+\.json(?:\.gz)?$"
    )

    @classmethod
    def batches(cls, stream: BinaryIO, origin: str) -> Iterator[JsonBatch]:
        return read(stream, origin, LAYOUT)

    @classmethod
    def batches_for(cls, fields: Iterable[str]) -> Callable[[BinaryIO, str], Iterator[JsonBatch]]:
        return partial(read, layout=narrowed(LAYOUT, fields))
