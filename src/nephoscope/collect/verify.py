"""A trail's digests, held against what was ingested of it: the evidence for each account and region."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nephoscope.clouds import aws_s3
from nephoscope.collect import digests
from nephoscope.collect.completeness import Allowance, Evidence, Ingested, TrailStatus
from nephoscope.model.coverage import Gap, HourState
from nephoscope.model.errors import AccessDenied, CloudError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nephoscope.clouds.aws import Aws
    from nephoscope.collect.digests import Digest
    from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail

BASE = re.compile(r"^(?P<base>.*?(?P<account>\d{12})/)[^/]+/(?P<region>[^/]+)/$")
BROKEN = frozenset({HourState.UNREADABLE, HourState.MISSING})
KEY_DAYS = 2
DAY = timedelta(days=1)

Place = tuple[str, str]  # account, region


@dataclass
class Verifier:
    """Gathers the evidence of one trail; a digest that was judged is not fetched again while its object is the same.

    name: the source's, for the hours.
    """

    name: str
    source: AwsCloudTrail
    aws: Aws
    allowance: Allowance = field(default_factory=Allowance)
    _judged: dict[tuple[str, str], Digest] = field(default_factory=dict[tuple[str, str], "Digest"], init=False)

    permissions = (*digests.PERMISSIONS, "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus")

    def evidence(self, read: Sequence[Ingested], since: datetime, now: datetime) -> tuple[list[Evidence], list[Gap]]:
        """Evidence of every account and region in the bucket, and what of it could not be asked for.

        read: log files as they were ingested, whose names put them at `since` or later.
        """
        gaps: list[Gap] = []
        status, region = self._status(gaps)
        days = [since + DAY * number for number in range((now - since).days + 2)]
        keys = self._keys(since, now, region, gaps)
        bases = self._bases(gaps)
        found = {place: self._digests(base, place, days, keys, gaps) for place, base in bases.items()}
        # After the digests: a file lies there before the digest that lists it, but one may come between two looks.
        stored, is_whole = self._stored(days, gaps)
        if not bases and is_whole:
            where = f"s3://{self.source.bucket}/{self.source.prefix}"
            gaps.append(self._unseen(where, "holds neither log files nor digests: does the trail deliver there?"))
        by_place = _by_place(self.source, read, stored)
        evidence = [
            Evidence(
                source=self.name,
                account=place[0],
                region=place[1],
                digests=judged,
                ingested=by_place[place],
                status=status,
                failed=_gone(judged, stored, self.source.bucket) if is_whole else {},
                allowance=self.allowance,
            )
            for place, judged in found.items()
            if judged is not None
        ]
        return evidence, gaps

    def _status(self, gaps: list[Gap]) -> tuple[TrailStatus, str]:
        """What CloudTrail says of the trail that writes to the bucket, and its home region."""
        account = self.source.account
        try:
            trails = self.aws.call("cloudtrail", "DescribeTrails", account=account, region=self.source.region)
            for trail in trails["trailList"]:
                if trail["S3BucketName"] == self.source.bucket:
                    home = trail["HomeRegion"]
                    said = self.aws.call(
                        "cloudtrail", "GetTrailStatus", account=account, region=home, Name=trail["TrailARN"]
                    )
                    return _status(said, has_digests=bool(trail.get("LogFileValidationEnabled"))), home
            cause = f"no trail that this account shows writes to {self.source.bucket}: whether it logs is not known"
            gaps.append(Gap("hours", f"{self.name}: trail's status", cause, account))
        except CloudError as error:
            gaps.append(self._gap("trail's status", error))
        return TrailStatus(), self.source.region

    def _keys(self, since: datetime, now: datetime, region: str, gaps: list[Gap]) -> dict[str, bytes]:
        start_at = since - DAY * KEY_DAYS
        try:
            return digests.public_keys(self.aws, start_at, now + DAY, account=self.source.account, region=region)
        except CloudError as error:
            gaps.append(self._gap("public keys", error))
            return {}

    def _bases(self, gaps: list[Gap]) -> dict[Place, str]:
        """`AWSLogs/[<organisation>/]<account>/` of every account and region that has logs or digests."""
        found: dict[Place, str] = {}
        for folder in ("CloudTrail", digests.FOLDER):
            for place in self.source.places(self.aws, self.source.prefix, folder):
                if isinstance(place, Gap):
                    gaps.append(self._unseen(place.subject, place.cause, place.permission))
                elif match := BASE.match(place):
                    found[match["account"], match["region"]] = match["base"]
        return found

    def _stored(self, days: list[datetime], gaps: list[Gap]) -> tuple[dict[str, datetime], bool]:
        """When each log file that lies in the bucket was written, and whether all could be listed."""
        found: dict[str, datetime] = {}
        is_whole = True
        for place in self.source.places(self.aws, self.source.prefix, "CloudTrail"):
            if isinstance(place, Gap):
                is_whole = False
                continue
            for day in days:
                try:
                    for one in aws_s3.stored(
                        self.aws, self.source.bucket, f"{place}{day:%Y/%m/%d}/", account=self.source.account
                    ):
                        found[f"s3://{self.source.bucket}/{one.key}"] = one.modified_at
                except CloudError as error:
                    is_whole = False
                    gaps.append(self._gap(place, error))
        return found, is_whole

    def _digests(
        self, base: str, place: Place, days: list[datetime], keys: dict[str, bytes], gaps: list[Gap]
    ) -> list[Digest] | None:
        """The digests of a place; None if they cannot be listed, which says nothing of whether they are there."""
        account, bucket = self.source.account, self.source.bucket
        prefixes = [f"{base}{digests.FOLDER}/{place[1]}/{day:%Y/%m/%d}/" for day in days]
        try:
            stored = [one for prefix in prefixes for one in aws_s3.stored(self.aws, bucket, prefix, account=account)]
        except CloudError as error:
            gaps.append(self._gap(f"digests of {' '.join(place)}", error))
            return None
        judged: list[Digest] = []
        for one in stored:
            if not digests.NAME.search(one.key):
                continue
            known = self._judged.get((one.key, one.etag))
            if known is None or (known.flaw is not None and known.flaw[0] in BROKEN) or not keys:
                known = digests.fetched(self.aws, bucket, one.key, keys, account=account)
                self._judged[one.key, one.etag] = known
            judged.append(known)
        return judged

    def _gap(self, subject: str, error: CloudError) -> Gap:
        permission = error.permission if isinstance(error, AccessDenied) else ""
        return self._unseen(subject, str(error), permission)

    def _unseen(self, subject: str, cause: str, permission: str = "") -> Gap:
        return Gap("hours", f"{self.name}: {subject}", cause, self.source.account, permission=permission)


def _status(said: dict[str, object], *, has_digests: bool) -> TrailStatus:
    started_at, stopped_at = said.get("StartLoggingTime"), said.get("StopLoggingTime")
    return TrailStatus(
        is_logging=bool(said.get("IsLogging")),
        has_digests=has_digests,
        started_at=started_at if isinstance(started_at, datetime) else None,
        stopped_at=stopped_at if isinstance(stopped_at, datetime) else None,
    )


def _by_place(
    source: AwsCloudTrail, read: Iterable[Ingested], stored: dict[str, datetime]
) -> defaultdict[Place, list[Ingested]]:
    """Ingested files by account and region, each with the moment at which it was written where that is known."""
    found: defaultdict[Place, list[Ingested]] = defaultdict(list)
    for one in read:
        name = source.file_name.search(one.uri)
        if name:
            delivered_at = one.delivered_at or stored.get(one.uri)
            found[name["account"], name["region"]].append(replace(one, delivered_at=delivered_at))
    return found


def _gone(judged: list[Digest], stored: dict[str, datetime], bucket: str) -> dict[str, tuple[HourState, str]]:
    """Log files that digests list, and that do not lie in the bucket any more."""
    return {
        log.uri: (HourState.MISSING, f"log file {log.uri} was deleted: a digest lists it")
        for digest in judged
        for log in digest.logs
        if log.uri not in stored and log.uri.startswith(f"s3://{bucket}/")
    }
