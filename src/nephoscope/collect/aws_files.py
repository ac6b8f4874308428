"""Log files that AWS delivers to a bucket, found by listing or by notification."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Self
from urllib.parse import unquote_plus

import msgspec

from nephoscope.clouds import aws_s3
from nephoscope.collect.source import LogObject, Source
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError, SourceError
from nephoscope.model.event import moment

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from nephoscope.clouds import Clouds
    from nephoscope.clouds.aws import Aws

ACCOUNT = re.compile(r"\d{12}/$")
LISTINGS = 8
AHEAD = 64
ROUND_MESSAGES = 10_000
WAIT_S = 2
TRICKLE_S = 1.0
CREATED = "ObjectCreated:"


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

    @property
    def is_announced(self) -> bool:
        return bool(self.queue)

    @property
    def reach_days(self) -> int:
        return self.lookback_days

    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        if self.queue:
            yield from self._notified(clouds.aws, seen)
            return
        yield from self._unseen(clouds.aws, seen)

    def backlog(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        if self.queue:
            yield from self._unseen(clouds.aws, seen)

    def probe(self, clouds: Clouds) -> Gap | None:
        """The queue is only looked at, and the bucket is listed whether or not a queue tells of it."""
        if self.queue:
            aws_s3.looked_at(clouds.aws, self.queue, account=self.account, region=self.region)
        return replace(self, queue="").probe(clouds) if self.queue else super().probe(clouds)

    def since(self, days: int) -> Self:
        return replace(self, lookback_days=self.lookback_days + days)

    def _unseen(self, aws: Aws, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        return (one for one in self._listed(aws) if isinstance(one, Gap) or one.key not in seen)

    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        key = log_object.uri.removeprefix(f"s3://{self.bucket}/")
        if key == log_object.uri:
            raise SourceError(log_object.uri, f"is not an object in the bucket {self.bucket}")
        return aws_s3.opened(clouds.aws, self.bucket, key, account=self.account)[0]

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
        found = list(self.places(aws, self.prefix, self.folder))
        places = [place for place in found if isinstance(place, str)]
        yield from (place for place in found if isinstance(place, Gap))
        if not found:
            where = f"s3://{self.bucket}/{self.prefix}"
            why = f"holds no folder <account>/{self.folder}/: nothing was delivered yet, or it is the wrong place"
            yield Gap("source", where, why, self.account)
        prefixes = [f"{place}{day:%Y/%m/%d}/" for day in days for place in places]
        with ThreadPoolExecutor(LISTINGS) as pool:
            for start in range(0, len(prefixes), AHEAD):  # no further ahead of whoever reads than memory allows
                for found in pool.map(lambda prefix: self._list(aws, prefix), prefixes[start : start + AHEAD]):
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

    def places(self, aws: Aws, prefix: str, folder: str) -> Iterator[str | Gap]:
        """`<prefix>[<organisation>/]<account>/<folder>/<region>/` of every account and region."""
        try:
            for below in aws_s3.folders(aws, self.bucket, prefix, account=self.account):
                if ACCOUNT.search(below):
                    yield from aws_s3.folders(aws, self.bucket, f"{below}{folder}/", account=self.account)
                elif below.removeprefix(prefix).startswith("o-"):
                    yield from self.places(aws, below, folder)
        except CloudError as error:
            yield self._gap(f"s3://{self.bucket}/{prefix}", error)

    def _notified(self, aws: Aws, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        """Objects that messages announce, each message's receipt on the last of its objects.

        Only a round's first look waits for a message, and a trickle ends it: what has come is not held up by what may.
        """
        until_s = time.monotonic() + WAIT_S + TRICKLE_S
        round_: set[tuple[str, str]] = set()
        for poll in range(ROUND_MESSAGES // 10):
            wait_s = 0 if poll else WAIT_S
            try:
                messages = aws_s3.received(aws, self.queue, account=self.account, region=self.region, wait_s=wait_s)
            except CloudError as error:
                yield self._gap(self.queue, error)
                return
            for message in messages:
                yield from self._announced(aws, message, seen, round_)
            if not messages or time.monotonic() >= until_s:
                return

    def _announced(
        self, aws: Aws, message: aws_s3.Message, seen: Container[tuple[str, str]], round_: set[tuple[str, str]]
    ) -> Iterator[LogObject | Gap]:
        """New objects of a message; one that has none, and waits for none of this round, is deleted."""
        found: list[LogObject] = []
        try:
            found = [one for named in announced(message.body) if (one := self._named(named)) is not None]
        except SourceError as error:
            yield Gap("object", self.queue, f"a message is no S3 notification: {error.reason}")
        fresh = [one for one in found if one.key not in seen]
        new = [one for one in fresh if one.key not in round_]
        round_.update(one.key for one in new)
        if not fresh:
            try:
                aws_s3.deleted(aws, self.queue, [message.receipt], account=self.account, region=self.region)
            except CloudError as error:
                yield self._gap(self.queue, error)
        yield from new[:-1]
        yield from (replace(one, receipt=message.receipt) for one in new[-1:])

    def _named(self, named: Announced) -> LogObject | None:
        if named.bucket != self.bucket:
            return None
        return self.log_object(named.key, named.etag, named.size_bytes, named.at)

    def _gap(self, subject: str, error: CloudError) -> Gap:
        permission = error.permission if isinstance(error, AccessDenied) else ""
        return Gap("source", subject, str(error), account=self.account, permission=permission)


def stamp(text: str) -> datetime | None:
    """`20230710T1145Z` → its moment."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True)
class Announced:
    """An object as a notification names it."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    at: datetime | None


def announced(body: str) -> list[Announced]:
    """The objects that a notification announces: direct, through SNS, or from EventBridge.

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
            return [_announced_by(inner, inner["object"]["key"], message.get("time"))]
        return [
            _announced_by(one["s3"], unquote_plus(one["s3"]["object"]["key"]), one.get("eventTime"))
            for one in message["Records"]
            if str(one.get("eventName", CREATED)).removeprefix("s3:").startswith(CREATED)
        ]
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise SourceError("notification", f"{type(error).__name__}: {error}"[:200]) from error


def _announced_by(s3: dict[str, Any], key: str, at: Any) -> Announced:
    found = s3["object"]
    size = found.get("size")
    etag = str(found.get("eTag", found.get("etag")) or "").strip('"')
    return Announced(str(s3["bucket"]["name"]), str(key), etag, size if isinstance(size, int) else 0, moment(at))
