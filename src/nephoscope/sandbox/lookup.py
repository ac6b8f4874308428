"""LookupEvents: the management events of the last 90 days of one account and region, newest first."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.sandbox.answer import now
from nephoscope.sandbox.caller import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.cloud import Cloud
    from nephoscope.sandbox.journal import Kept

DAYS = 90
NAMES = {
    "bucketName": "AWS::S3::Bucket",
    "userName": "AWS::IAM::User",
    "roleName": "AWS::IAM::Role",
    "groupId": "AWS::EC2::SecurityGroup",
    "name": "",
    "keyId": "AWS::KMS::Key",
    "roleArn": "AWS::IAM::Role",
}


@dataclass(frozen=True)
class Archive:
    """What LookupEvents searches."""

    cloud: Cloud

    def lookup_events(self, call: ApiCall) -> dict[str, Any]:
        """LookupEvents's answer: up to 50 events and a token for the rest."""
        given = call.parameters
        limit = min(50, int(given.get("MaxResults") or 50))
        before = _token(str(given.get("NextToken") or ""))
        page: list[Kept] = []
        for kept, record in self._events(call, before):
            if len(page) == limit:
                return {"Events": [_event(one) for one in page], "NextToken": _as_token(page[-1].number)}
            if all(_fits(wanted, record) for wanted in given.get("LookupAttributes") or ()):
                page.append(kept)
        return {"Events": [_event(one) for one in page]}

    def _events(self, call: ApiCall, before: int | None) -> Iterator[tuple[Kept, dict[str, Any]]]:
        given = call.parameters
        oldest = max(_time(given.get("StartTime"), datetime.min.replace(tzinfo=UTC)), now() - timedelta(days=DAYS))
        newest = _time(given.get("EndTime"), datetime.max.replace(tzinfo=UTC))
        for kept in reversed(self.cloud.kept):
            if kept.account != call.account or kept.region != call.region or (before and kept.number >= before):
                continue
            record = msgspec.json.decode(kept.record)
            if record["managementEvent"] and oldest <= datetime.fromisoformat(record["eventTime"]) <= newest:
                yield kept, record


def _time(given: Any, otherwise: datetime) -> datetime:
    return utc(given) if isinstance(given, datetime) else utc(otherwise)


def _token(text: str) -> int | None:
    try:
        return int(base64.b64decode(text)) if text else None
    except ValueError:
        return None


def _as_token(number: int) -> str:
    return base64.b64encode(str(number).encode()).decode()


def _fits(wanted: Mapping[str, str], record: Mapping[str, Any]) -> bool:
    key, value = wanted.get("AttributeKey", ""), wanted.get("AttributeValue", "")
    found = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "EventSource": record["eventSource"],
        "Username": username(record),
        "AccessKeyId": record["userIdentity"].get("accessKeyId", ""),
    }
    if key in ("ResourceName", "ResourceType"):
        return any(value == resource[key] for resource in named(record))
    return found.get(key) == value


def username(record: Mapping[str, Any]) -> str:
    """The name under which LookupEvents lists a caller."""
    identity = record["userIdentity"]
    if identity.get("userName"):
        return identity["userName"]
    if identity.get("type") == "Root":
        return "root"
    return str(identity.get("arn", "")).rpartition("/")[2]


def named(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """The resources that LookupEvents lists: those of the record, and the names among its parameters."""
    found = [
        {"ResourceType": one.get("type", ""), "ResourceName": one["ARN"].rpartition(":::")[2] or one["ARN"]}
        for one in record.get("resources", ())
        if "ARN" in one
    ]
    parameters = record.get("requestParameters") or {}
    found += [
        {"ResourceType": kind, "ResourceName": parameters[name]}
        for name, kind in NAMES.items()
        if isinstance(parameters.get(name), str)
    ]
    return found


def _event(kept: Kept) -> dict[str, Any]:
    record = msgspec.json.decode(kept.record)
    key = record["userIdentity"].get("accessKeyId")
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        **({"AccessKeyId": key} if key else {}),
        "EventTime": datetime.fromisoformat(record["eventTime"]),
        "EventSource": record["eventSource"],
        **({"Username": name} if (name := username(record)) else {}),
        "Resources": named(record),
        "CloudTrailEvent": bytes(kept.record).decode(),
    }
