"""CloudTrail's deliveries: log files into trails' buckets, changes onto EventBridge."""

from __future__ import annotations

import gzip
import json
import random
import string
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from nephoscope.sandbox.answer import now
from nephoscope.sandbox.cloud import service_wire
from nephoscope.sandbox.trail import trail_of

if TYPE_CHECKING:
    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.cloud import Cloud
    from nephoscope.sandbox.journal import Entry, Kept
    from nephoscope.sandbox.trail import Trail

PER_FILE = 2000
LETTERS = string.ascii_letters + string.digits
ENDINGS = frozenset(("StopLogging", "DeleteTrail", "UpdateTrail"))
SIGN_IN, CALL = "AWS Console Sign In via CloudTrail", "AWS API Call via CloudTrail"


@dataclass(frozen=True)
class Pile:
    """Where a record waits: which trail's, of which account and region."""

    trail: str
    account: str
    region: str


class Heading(msgspec.Struct):
    """What delivery reads of a record."""

    eventTime: str  # noqa: N815 - CloudTrail's names
    eventSource: str  # noqa: N815
    eventType: str  # noqa: N815
    readOnly: bool  # noqa: N815
    managementEvent: bool  # noqa: N815


@dataclass
class Courier:
    """Delivers, and remembers through the journal how far each pile has been delivered.

    failures: what the last attempt at each trail answered, where it was refused.
    """

    cloud: Cloud
    through: dict[Pile, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    told: int = 0

    def __post_init__(self) -> None:
        self._busy = threading.RLock()
        self._dice = random.SystemRandom()
        self._read = 0
        self._waiting: dict[Pile, list[Kept]] = defaultdict(list)
        self._views: dict[str, Trail] = {}
        self.cloud.heard.append(self.hear)

    def hear(self, entry: Entry) -> None:
        """Take note of a delivery that the journal holds."""
        if found := entry.meta.get("delivered"):
            pile = Pile(found["trail"], found["account"], found["region"])
            self.through[pile] = max(self.through.get(pile, 0), found["through"])
        self.told = max(self.told, entry.meta.get("told", 0))

    def flush_before(self, call: ApiCall) -> None:
        """Deliver what waits for a trail before it is changed, so that it goes where it was meant for."""
        if call.service == "cloudtrail" and call.operation in ENDINGS:
            self.deliver()

    def deliver(self) -> int:
        """Deliver everything that waits; returns the number of files. What a bucket refuses waits on."""
        with self._busy:
            self._sort()
            files = sum(self._deliver(pile) for pile in list(self._waiting))
            self._tell()
            return files

    def _sort(self) -> None:
        """Lay new records on their piles."""
        kept = self.cloud.kept
        end = len(kept)
        for trail in self.cloud.trails():
            self._views[trail.arn] = trail
        for event in kept[self._read : end]:
            for arn in event.trails:
                pile = Pile(arn, event.account, event.region)
                if event.number > self.through.get(pile, 0):
                    self._waiting[pile].append(event)
        self._read = end

    def _deliver(self, pile: Pile) -> int:
        trail = self._view(pile)
        files = 0
        while trail and (events := self._waiting[pile][:PER_FILE]):
            if not self._put(trail, pile, events):
                return files
            del self._waiting[pile][: len(events)]
            files += 1
        del self._waiting[pile]
        return files

    def _view(self, pile: Pile) -> Trail | None:
        account, region = pile.trail.split(":")[4], pile.trail.split(":")[3]
        with self.cloud.locked():
            return trail_of(self.cloud.backends, account, region, pile.trail) or self._views.get(pile.trail)

    def _put(self, trail: Trail, pile: Pile, events: list[Kept]) -> bool:
        moment = now()
        content = b'{"Records":[' + b",".join(bytes(event.record) for event in events) + b"]}"
        times = [msgspec.json.decode(event.record, type=Heading).eventTime for event in events]
        key = self._key(trail, pile, moment)
        meta = {
            "trail": pile.trail,
            "account": pile.account,
            "region": pile.region,
            "through": events[-1].number,
            "bucket": trail.bucket,
            "key": key,
            "sha256": sha256(content),
            "oldest": min(times),
            "newest": max(times),
        }
        refusal = put_object(self.cloud, trail, key, gzip.compress(content, 6, mtime=0), {"delivered": meta})
        if refusal:
            self.failures[trail.arn] = refusal
            return False
        self.failures.pop(trail.arn, None)
        self._notify(trail, key)
        return True

    def _key(self, trail: Trail, pile: Pile, moment: datetime) -> str:
        dice = "".join(self._dice.choices(LETTERS, k=16))
        name = f"{pile.account}_CloudTrail_{pile.region}_{moment:%Y%m%dT%H%MZ}_{dice}.json.gz"
        return f"{trail.folder(pile.account)}/CloudTrail/{pile.region}/{moment:%Y/%m/%d}/{name}"

    def _notify(self, trail: Trail, key: str) -> None:
        if not trail.topic_arn:
            return
        message = json.dumps({"s3Bucket": trail.bucket, "s3ObjectKey": [key]})
        form = f"Action=Publish&Version=2010-03-31&TopicArn={quote(trail.topic_arn)}&Message={quote(message)}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        wire = service_wire(trail.account, trail.home_region, "sns", "/", form.encode(), headers)
        self.cloud.act(wire, {"notified": key})

    def _tell(self) -> None:
        """Put changes that a trail logs onto the default event bus of their account and region, where rules wait."""
        fresh = [event for event in self.cloud.kept[-10_000:] if event.number > self.told and event.trails]
        for event in fresh:
            heading = msgspec.json.decode(event.record, type=Heading)
            if not heading.readOnly and heading.managementEvent and self._is_ruled(event):
                self._put_event(event, heading)
        if fresh:
            self.told = fresh[-1].number

    def _is_ruled(self, event: Kept) -> bool:
        with self.cloud.locked():
            regions = self.cloud.backends.of("events")[event.account]
            return event.region in regions.keys() and bool(regions[event.region].event_buses["default"].rules)  # noqa: SIM118

    def _put_event(self, event: Kept, heading: Heading) -> None:
        kind = SIGN_IN if heading.eventType == "AwsConsoleSignIn" else CALL
        entry = {
            "Source": "aws." + heading.eventSource.partition(".")[0],
            "DetailType": kind,
            "Detail": bytes(event.record).decode(),
            "Time": datetime.fromisoformat(heading.eventTime).timestamp(),
        }
        body = json.dumps({"Entries": [entry]}).encode()
        headers = {"X-Amz-Target": "AWSEvents.PutEvents", "Content-Type": "application/x-amz-json-1.1"}
        self.cloud.act(service_wire(event.account, event.region, "events", "/", body, headers), {"told": event.number})


def sha256(content: bytes) -> str:
    """A hash in hexadecimal."""
    import hashlib

    return hashlib.sha256(content).hexdigest()


def put_object(cloud: Cloud, trail: Any, key: str, content: bytes, meta: dict[str, Any], **metadata: str) -> str:
    """Put an object into a trail's bucket; returns "" or what S3 answered.

    metadata: user metadata, without `x-amz-meta-`, underscores standing for dashes.
    """
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "x-amz-acl": "bucket-owner-full-control"}
    headers |= {"x-amz-meta-" + name.replace("_", "-"): value for name, value in metadata.items()}
    path = f"/{trail.bucket}/{quote(key)}"
    answer = cloud.act(service_wire(trail.account, trail.home_region, "s3", path, content, headers), meta)
    return "" if answer.status == 200 else f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}"
