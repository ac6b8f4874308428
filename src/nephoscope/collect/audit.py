"""Reads what proves a trail complete (digests, keys, status, what the bucket holds now) and has it judged."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from nephoscope.clouds import aws_s3
from nephoscope.collect import digests
from nephoscope.collect.aws_files import stamp
from nephoscope.collect.completeness import STAMP, Allowance, Evidence, Ingested, TrailStatus, hour_of, hours
from nephoscope.model.coverage import Gap, Hour, HourState
from nephoscope.model.errors import AccessDenied, CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nephoscope.clouds.aws import Aws
    from nephoscope.collect.digests import Digest
    from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail

T = TypeVar("T")
Place = tuple[str, str]  # account, region
PERMISSIONS = (*digests.PERMISSIONS, "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus")
KEY_MARGIN = timedelta(days=2)


@dataclass(frozen=True)
class Audit:
    """What an audit found: hours of every account and region, and what could not be read for it."""

    hours: tuple[Hour, ...]
    gaps: tuple[Gap, ...]


@dataclass
class Auditor:
    """Audits one CloudTrail source again and again; a digest is fetched once, and anew when it has changed.

    name: the source's, in the configuration. ingested: (account, region, since, until) → every version of each log
    file that was read, as the ledger knows them.
    """

    name: str
    source: AwsCloudTrail
    aws: Aws
    ingested: Callable[[str, str, datetime, datetime], Sequence[Ingested]]
    _read: dict[tuple[str, str], Digest] = field(default_factory=dict[tuple[str, str], "Digest"], init=False)
    _keys: dict[str, dict[str, bytes]] = field(default_factory=dict[str, dict[str, bytes]], init=False)
    _gaps: list[Gap] = field(default_factory=list[Gap], init=False)

    def audit(self, now: datetime) -> Audit:
        """The state of every hour that may still change: from `lookback_days` ago until now."""
        self._gaps, self._keys = [], {}
        since = hour_of(now).replace(hour=0) - timedelta(days=self.source.lookback_days)
        days = [since + timedelta(days=ahead) for ahead in range((now - since).days + 2)]
        chains = self._chains(days, now)
        blind = len(self._gaps)
        present = self._present(days)
        can_miss = len(self._gaps) == blind
        status = self._status()
        found: list[Hour] = []
        for account, region in sorted(chains.keys() | present.keys()):
            place = (account, region)
            there = present.get(place, set()) if can_miss else None
            evidence = self._evidence(place, chains[place], there, since, now)
            evidence = replace(evidence, status=status)
            found += hours(evidence, _begin(evidence, since, now), now)
        return Audit(tuple(found), tuple(self._gaps))

    def _evidence(
        self, place: Place, chain: list[Digest], present: set[str] | None, since: datetime, now: datetime
    ) -> Evidence:
        ingested = self.ingested(*place, since, now + timedelta(days=1))
        gone = {
            log.uri: (HourState.MISSING, f"log file {log.uri} was deleted")
            for digest in chain
            for log in digest.logs
            if present is not None and log.uri not in present and _day(log.uri) >= since
        }
        return Evidence(self.name, *place, chain, ingested, failed=gone, allowance=_allowance(chain))

    def _chains(self, days: list[datetime], now: datetime) -> defaultdict[Place, list[Digest]]:
        """Every digest of some days, by account and region."""
        found: defaultdict[Place, list[Digest]] = defaultdict(list)
        for folder in self._accounts(self.source.prefix):
            for one in self._listed(f"{folder}{digests.FOLDER}/", days):
                if digests.NAME.search(one.key):
                    digest = self._digest(one, days[0], now)
                    found[digest.account, digest.region].append(digest)
        return found

    def _digest(self, one: aws_s3.Stored, since: datetime, now: datetime) -> Digest:
        known = self._read.get((one.key, one.etag))
        if known is None or (known.flaw is not None and known.flaw[0] is HourState.UNREADABLE):
            keys = self._public_keys(one.key, since, now)
            known = digests.fetched(self.aws, self.source.bucket, one.key, keys, account=self.source.account)
            self._read[one.key, one.etag] = known
        return known

    def _public_keys(self, key: str, since: datetime, now: datetime) -> dict[str, bytes]:
        """The keys of the home region that a digest's name tells."""
        name = digests.NAME.search(key)
        home = name["trail"].rpartition("_")[2] if name else self.source.region
        if home not in self._keys:
            self._keys[home] = self._tried(
                f"public keys of {home}",
                lambda: digests.public_keys(
                    self.aws, since - KEY_MARGIN, now, account=self.source.account, region=home
                ),
                {},
            )
        return self._keys[home]

    def _present(self, days: list[datetime]) -> dict[Place, set[str]]:
        """The log files that the bucket holds now, by account and region."""
        found: dict[Place, set[str]] = defaultdict(set)
        for folder in self._accounts(self.source.prefix):
            for one in self._listed(f"{folder}{self.source.folder}/", days):
                log = self.source.log_object(one.key, one.etag, one.size_bytes, one.modified_at)
                if log is not None:
                    found[log.account, log.region].add(log.uri)
        return found

    def _accounts(self, prefix: str) -> list[str]:
        """`<prefix>[<organisation>/]<account>/` of every account."""
        found: list[str] = []
        for folder in self._folders(prefix):
            name = folder.removeprefix(prefix)
            if name.startswith("o-"):
                found += self._accounts(folder)
            elif name.strip("/").isdecimal():
                found.append(folder)
        return found

    def _listed(self, prefix: str, days: list[datetime]) -> Iterator[aws_s3.Stored]:
        """Objects below `<prefix><region>/<day>/`."""
        for region in self._folders(prefix):
            for day in days:
                place = f"{region}{day:%Y/%m/%d}/"
                yield from self._stored(place)

    def _stored(self, prefix: str) -> list[aws_s3.Stored]:
        uri = f"s3://{self.source.bucket}/{prefix}"
        listing = lambda: list(aws_s3.stored(self.aws, self.source.bucket, prefix, account=self.source.account))  # noqa: E731
        return self._tried(uri, listing, [])

    def _tried(self, subject: str, ask: Callable[[], T], otherwise: T) -> T:
        """An answer, or what stands for none; then it is a gap."""
        try:
            return ask()
        except CloudError as error:
            permission = error.permission if isinstance(error, AccessDenied) else ""
            self._gaps.append(Gap("source", subject, str(error), self.source.account, permission=permission))
            return otherwise

    def _folders(self, prefix: str) -> list[str]:
        return self._tried(
            f"s3://{self.source.bucket}/{prefix}",
            lambda: aws_s3.folders(self.aws, self.source.bucket, prefix, account=self.source.account),
            [],
        )

    def _status(self) -> TrailStatus:
        """What CloudTrail says of the trails that deliver to the bucket; the best of them, if there are several."""
        found = self._tried("trails", lambda: trail_statuses(self.aws, self.source), [])
        return max(found, key=lambda status: (status.is_logging, status.has_digests), default=TrailStatus())


def _begin(evidence: Evidence, since: datetime, now: datetime) -> datetime:
    """Where there is something to say: `since`, or the trail's first hour if it is younger."""
    known = [one for one in evidence.digests if one.flaw is None]
    first = min(known, key=lambda digest: digest.start_at, default=None)
    if first is not None and first.previous_uri:
        return since
    starts = [digest.start_at for digest in evidence.digests]
    starts += [one.delivered_at for one in evidence.ingested if one.delivered_at is not None]
    return max(since, min(starts, default=now))


def _allowance(chain: Iterable[Digest]) -> Allowance:
    """As long as this chain's digests take to come."""
    periods = sorted(digest.end_at - digest.start_at for digest in chain if digest.flaw is None)
    return Allowance(period=periods[len(periods) // 2]) if periods else Allowance()


def _day(uri: str) -> datetime:
    """When a log file's name says it is of; long ago if it says nothing."""
    found = STAMP.search(uri)
    return (stamp(found[1]) if found else None) or datetime(1970, 1, 1, tzinfo=UTC)


def trail_statuses(aws: Aws, source: AwsCloudTrail) -> list[TrailStatus]:
    """The status of each trail that delivers to a source's bucket. Raises CloudError."""
    place = {"account": source.account, "region": source.region}
    answer = aws.call("cloudtrail", "DescribeTrails", **place)
    found: list[TrailStatus] = []
    for trail in answer.get("trailList", ()):
        if trail.get("S3BucketName") != source.bucket:
            continue
        home = {**place, "region": trail.get("HomeRegion", source.region)}
        said = aws.call("cloudtrail", "GetTrailStatus", Name=trail.get("TrailARN") or trail["Name"], **home)
        found.append(
            TrailStatus(
                bool(said.get("IsLogging")),
                bool(trail.get("LogFileValidationEnabled")),
                said.get("StartLoggingTime"),
                said.get("StopLoggingTime"),
            )
        )
    return found
