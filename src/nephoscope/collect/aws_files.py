"""Log files that AWS delivers to a bucket, found by listing or by notification."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar
from urllib.parse import unquote_plus

import msgspec

from nephoscope.clouds import aws_s3
from nephoscope.collect.source import LogObject, Source
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError, SourceError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from nephoscope.clouds import Clouds
    from nephoscope.clouds.aws import Aws

ACCOUNT = re.compile(r"\d{12}/$")
LISTINGS = 8
ROUND_MESSAGES = 10_000


@dataclass(frozen=True)
class AwsLogFiles(Source):
    """Files below `<prefix>[<organisation>/]<account>/<folder>/<region>/<yyyy>/<mm>/<dd>/`.

    bucket, prefix: where the log is delivered; prefix ends in `AWSLogs/`. queue: URL of the SQS queue that S3 (or SNS)
    notifies of new files; without one the bucket is listed. account: whose credentials read them, if several are
    named. lookback_days: how many days before today may still get files.
    """

    bucket: str
    prefix: str = "AWSLogs/"
    queue: str = ""
    account: str = ""
    region: str = ""
    lookback_days: int = 2

    permissions = (*aws_s3.READING, *aws_s3.NOTIFIED[1:])
    folder: ClassVar[str]
    file_name: ClassVar[re.Pattern[str]]  # groups: account, region, stamp

    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        found = self._notified(clouds.aws) if self.queue else self._listed(clouds.aws)
        for one in found:
            if isinstance(one, Gap) or one.receipt or one.key not in seen:
                yield one

    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        bucket, _, key = log_object.uri.removeprefix("s3://").partition("/")
        if not key:
            raise SourceError(log_object.uri, "is not an object in S3")
        return aws_s3.opened(clouds.aws, bucket, key, account=self.account)[0]

    def acknowledge(self, clouds: Clouds, log_objects: Sequence[LogObject]) -> None:
        receipts = [one.receipt for one in log_objects if one.receipt]
        aws_s3.deleted(clouds.aws, self.queue, receipts, account=self.account, region=self.region)

    def log_object(self, key: str, version: str, size_bytes: int, delivered_at: datetime | None) -> LogObject | None:
        """What a key names; None if it is no file of this log."""
        name = self.file_name.search(key)
        if name is None:
            return None
        hour_at = stamp(name["stamp"])
        uri = f"s3://{self.bucket}/{key}"
        return LogObject(uri, version, size_bytes, name["account"], name["region"], hour_at, delivered_at)

    def _listed(self, aws: Aws) -> Iterator[LogObject | Gap]:
        today = datetime.now(UTC).date()
        days = [today - timedelta(days=ago) for ago in range(self.lookback_days, -2, -1)]
        places: list[str] = []
        for place in self._places(aws, self.prefix):
            if isinstance(place, Gap):
                yield place
            else:
                places.append(place)
        prefixes = [f"{place}{day:%Y/%m/%d}/" for day in days for place in places]
        with ThreadPoolExecutor(LISTINGS) as pool:
            for found in pool.map(lambda prefix: self._list(aws, prefix), prefixes):
                yield from found

    def _list(self, aws: Aws, prefix: str) -> list[LogObject | Gap]:
        found: list[LogObject | Gap] = []
        try:
            for one in aws_s3.stored(aws, self.bucket, prefix, account=self.account):
                log_object = self.log_object(one.key, one.etag, one.size_bytes, one.modified_at)
                if log_object is not None:
                    found.append(log_object)
        except CloudError as error:
            found.append(self._gap(f"s3://{self.bucket}/{prefix}", error))
        return found

    def _places(self, aws: Aws, prefix: str) -> Iterator[str | Gap]:
        """`<prefix>[<organisation>/]<account>/<folder>/<region>/` of every account and region."""
        try:
            for below in aws_s3.folders(aws, self.bucket, prefix, account=self.account):
                if ACCOUNT.search(below):
                    yield from aws_s3.folders(aws, self.bucket, f"{below}{self.folder}/", account=self.account)
                elif below.removeprefix(prefix).startswith("o-"):
                    yield from self._places(aws, below)
        except CloudError as error:
            yield self._gap(f"s3://{self.bucket}/{prefix}", error)

    def _notified(self, aws: Aws) -> Iterator[LogObject | Gap]:
        """Objects that messages announce, each message's receipt on the last of its objects."""
        for _ in range(ROUND_MESSAGES // 10):
            try:
                messages = aws_s3.received(aws, self.queue, account=self.account, region=self.region)
            except CloudError as error:
                yield self._gap(self.queue, error)
                return
            for message in messages:
                yield from self._announced(aws, message)
            if not messages:
                return

    def _announced(self, aws: Aws, message: aws_s3.Message) -> Iterator[LogObject | Gap]:
        found: list[LogObject] = []
        try:
            for bucket, key, etag, size in announced(message.body):
                log_object = self.log_object(key, etag, size, None) if bucket == self.bucket else None
                if log_object is not None:
                    found.append(log_object)
        except SourceError as error:
            yield Gap("object", self.queue, f"a message is no S3 notification: {error.reason}")
        if not found:
            aws_s3.deleted(aws, self.queue, [message.receipt], account=self.account, region=self.region)
        for one in found[:-1]:
            yield one
        for one in found[-1:]:
            yield replace(one, receipt=message.receipt)

    def _gap(self, subject: str, error: CloudError) -> Gap:
        permission = error.permission if isinstance(error, AccessDenied) else ""
        return Gap("source", subject, str(error), account=self.account, permission=permission)


def stamp(text: str) -> datetime | None:
    """`20230710T1145Z` → its moment."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def announced(body: str) -> list[tuple[str, str, str, int]]:
    """(bucket, key, ETag, size) of the objects that a notification announces, direct, through SNS, or EventBridge.

    S3's test message announces none. Raises SourceError for anything else.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    try:
        message: Any = msgspec.json.decode(body)
        if "Message" in message and "Records" not in message:
            message = msgspec.json.decode(message["Message"])
        if message.get("Event") == "s3:TestEvent":
            return []
        if "detail" in message:
            inner = message["detail"]
            return [_named(inner["bucket"]["name"], inner["object"], inner["object"]["key"])]
        return [
            _named(one["s3"]["bucket"]["name"], one["s3"]["object"], unquote_plus(one["s3"]["object"]["key"]))
            for one in message["Records"]
            if str(one.get("eventName", "ObjectCreated:")).removeprefix("s3:").startswith("ObjectCreated:")
        ]
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise SourceError("notification", f"{type(error).__name__}: {error}"[:200]) from error


def _named(bucket: str, found: dict[str, Any], key: str) -> tuple[str, str, str, int]:
    size = found.get("size")
    etag = found.get("eTag", found.get("etag"))
    return str(bucket), str(key), str(etag or "").strip('"'), size if isinstance(size, int) else 0
