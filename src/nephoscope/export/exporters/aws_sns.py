"""Notices to an SNS topic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from nephoscope.export.aws import called
from nephoscope.export.exporter import Exporter
from nephoscope.export.message import message_of
from nephoscope.export.record import notice_record
from nephoscope.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice

TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
SUBJECT = 100
BYTES = 250_000  # of 262,144


@dataclass(frozen=True, kw_only=True)
class AwsSns(Exporter):
    """An SNS topic: JSON, with severity, kind, what and account as attributes to filter by.

    account: whose credentials, by the name of `[accounts.NAME]`. A FIFO topic keeps each finding's order and drops
    what it has already.
    Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """

    topic: str
    account: str

    takes_digests: ClassVar[bool] = True
    permissions: ClassVar[tuple[str, ...]] = ("sns:Publish",)

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        found = TOPIC.fullmatch(self.topic)
        if not found:
            raise ConfigError(f"{self.topic!r} is no ARN of an SNS topic")
        for notice in notices:
            called(outside.clouds(self.account), "sns", "Publish", found[1], **self.message(notice))
        return {}

    def message(self, notice: Notice) -> dict[str, Any]:
        """The parameters of the call."""
        finding = notice.stored.finding
        named = {"what": notice.what, "severity": finding.severity, "kind": finding.kind, "rule": finding.rule}
        subject = message_of(notice).title.encode("ascii", "replace").decode()[:SUBJECT]
        message: dict[str, Any] = {
            "TopicArn": self.topic,
            "Subject": subject,
            "Message": _body(notice),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": str(value)} for name, value in named.items() if value
            },
        }
        if self.topic.endswith(".fifo"):
            message |= {"MessageGroupId": notice.uid, "MessageDeduplicationId": notice.id}
        return message


def _body(notice: Notice) -> str:
    body = msgspec.json.encode(notice_record(notice))
    if len(body) <= BYTES:
        return body.decode()
    short = {"id": notice.id, "what": notice.what, "uid": notice.uid, "title": message_of(notice).title, "is_cut": True}
    return msgspec.json.encode(short).decode()
