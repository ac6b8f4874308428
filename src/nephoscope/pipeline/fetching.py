"""Publishers' sites ─► the feeds that the scan arrow matches; what cannot be had stays as it was, and is a gap."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from nephoscope.clouds.download import Download, Version
from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.clouds.tunnel import proxy_at
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ConfigError, DeliveryError, SourceError
from nephoscope.pipeline.feeds import FETCH as AREA
from nephoscope.pipeline.feeds import keep_feed
from nephoscope.scan.feed import records_of
from nephoscope.scan.publishers import PUBLISHERS
from nephoscope.scan.repository import base_of, updateinfo_of
from nephoscope.settings import duration, nearest
from nephoscope.store.advisory_feeds import age_days, list_feeds
from nephoscope.store.advisory_fetches import Fetch, list_fetches, put_fetch
from nephoscope.store.gaps import close_gaps, close_others_of, record_gaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from nephoscope.config import Config
    from nephoscope.model.advisory import Advisory
    from nephoscope.scan.publishers import File, Publisher
    from nephoscope.store.ledger import Ledger

NEW, UNCHANGED, FAILED = "new", "unchanged", "failed"
DEADLINE_S = 1800.0
SMALL_BYTES = 16 << 20
GAPS = 1_000  # told at once
AGAIN = timedelta(minutes=15)  # after a failure


@dataclass(frozen=True)
class Outcome:
    """What came of asking for one feed. state: new, unchanged or failed; gaps: parts of it that were not read."""

    name: str
    state: str
    cause: str = ""
    advisories: int = 0
    gaps: Sequence[Gap] = ()


def _ignore(_: int) -> None:
    return


@dataclass(frozen=True)
class Fetching:
    """How feeds are fetched.

    folder: where they are kept. feeds, every: which of them a round asks for, and how long one is taken for current.
    mirrors: {feed: the address of a folder that has its files}, instead of its publisher's.
    """

    ledger: Ledger
    folder: Path
    feeds: Sequence[str] = ()
    every: timedelta = timedelta(hours=6)
    mirrors: Mapping[str, str] = field(default_factory=dict[str, str])
    network: Network = field(default_factory=lambda: Network(deadline_s=DEADLINE_S))
    publishers: Mapping[str, Publisher] = field(default_factory=lambda: PUBLISHERS)
    seen: Callable[[int], None] = _ignore

    def refresh(self, names: Iterable[str], now: datetime | None = None) -> list[Outcome]:
        """Ask for feeds by name, one after the other; each is replaced whole, or stays as it is.

        Raises ConfigError for a name that no publisher has.
        """
        wanted = list(dict.fromkeys(names))
        unknown = [name for name in wanted if name not in self.publishers]
        if unknown:
            raise ConfigError(f"no publisher's feed is named {', '.join(unknown)}: nephoscope advisories fetch --list")
        return [self._one(self.publishers[name], now or datetime.now(UTC)) for name in wanted]

    def listed(self, now: datetime | None = None) -> list[dict[str, object]]:
        """A row for each feed that can be fetched: whether it is asked for, and how old what is here is."""
        with self.ledger.read() as connection:
            fetches, here = list_fetches(connection), {feed.name: feed for feed in list_feeds(connection)}
        rows: list[dict[str, object]] = []
        for name, publisher in self.publishers.items():
            fetch, feed = fetches.get(name), here.get(name)
            rows.append(
                {
                    "name": name,
                    "is_configured": name in self.feeds,
                    "checked_at": fetch.checked_at if fetch else None,
                    "newest_at": feed.newest_at if feed else "",
                    "age_days": age_days(feed.newest_at, now) if feed else None,
                    "cause": fetch.cause if fetch else "",
                    "format": publisher.format,
                    "addresses": [file.url for file in publisher.files],
                }
            )
        return rows

    def round(self) -> bool:
        """Ask for one feed that is due; answers whether more are."""
        due = self.due()
        self.refresh(due[:1])
        return len(due) > 1

    def due(self, now: datetime | None = None) -> list[str]:
        """Which of the feeds are to be asked for again; one that failed, after a quarter of an hour."""
        at = now or datetime.now(UTC)
        with self.ledger.read() as connection:
            known = list_fetches(connection)
        pauses = {name: min(AGAIN, self.every) if fetch.cause else self.every for name, fetch in known.items()}
        return [name for name in self.feeds if name not in known or at - known[name].tried_at >= pauses[name]]

    def _one(self, publisher: Publisher, now: datetime) -> Outcome:
        with self.ledger.read() as connection:
            before = list_fetches(connection).get(publisher.name)
            is_there = any(feed.name == publisher.name for feed in list_feeds(connection))
        known = before.parts if before else {}
        try:
            files = dict(self._fetched(publisher, known))
            parts = {name: asdict(version) for name, (_, version) in files.items()}
            if is_there and parts == known:
                outcome = Outcome(publisher.name, UNCHANGED)
            else:
                outcome = self._kept(publisher, files)
        except (DeliveryError, SourceError, ConfigError, OSError) as error:
            outcome, parts = Outcome(publisher.name, FAILED, str(error)), known
        checked = before.checked_at if before and outcome.state == FAILED else now
        checked = None if outcome.state == FAILED and before is None else checked
        self._note(Fetch(publisher.name, now, checked, outcome.cause, parts), outcome)
        return outcome

    def _note(self, fetch: Fetch, outcome: Outcome) -> None:
        """Keep what came of it: a failure, or what was not read, is a gap until it is mended."""
        failure = Gap(AREA, f"{fetch.name}: its publisher", fetch.cause)
        gaps = [Gap(AREA, f"{fetch.name}: {each.subject}", each.cause) for each in outcome.gaps[:GAPS]]
        with self.ledger.write() as connection:
            put_fetch(connection, fetch)
            if outcome.state == FAILED:
                record_gaps(connection, [failure])
                return
            close_gaps(connection, [failure.key])
            if outcome.state == NEW:
                close_others_of(connection, AREA, fetch.name, gaps)
                record_gaps(connection, gaps)

    def _kept(self, publisher: Publisher, files: Mapping[str, tuple[Path, Version]]) -> Outcome:
        """Make the feed of its files."""
        records = chain.from_iterable(_records(publisher, path) for path, _ in files.values())
        dated = max((_date(version.last_modified) for _, version in files.values()), default="")
        feed, gaps = keep_feed(self.ledger, self.folder, publisher.name, records, self.seen, dated)
        return Outcome(publisher.name, NEW, advisories=feed.advisories, gaps=gaps)

    def _fetched(
        self, publisher: Publisher, known: Mapping[str, Mapping[str, object]]
    ) -> Iterator[tuple[str, tuple[Path, Version]]]:
        """(name, where it is and which version it is) of each file of a publisher."""
        for file in publisher.files:
            mirror = self.mirrors.get(publisher.name, "")
            version = Version(**known.get(file.name, {}))  # pyright: ignore[reportArgumentType]
            if mirror.startswith("file:"):
                yield file.name, _local(mirror, file)
                continue
            url = f"{mirror.rstrip('/')}/{file.name}" if mirror else file.url
            place = self.folder / "fetched" / publisher.name / file.name
            download = Download(SafeHttp(self.network), publisher.hosts)
            if publisher.is_repository and not mirror:
                yield file.name, self._of_repository(url, place, download, version)
            else:
                yield file.name, (place, download.fetch(url, place, version))

    def _of_repository(self, url: str, place: Path, download: Download, known: Version) -> tuple[Path, Version]:
        """`updateinfo.xml` of the repository that a list of mirrors names first; proven by the digest that it tells."""
        small = Download(download.http, download.hosts, SMALL_BYTES)
        listed, index = place.with_name(f"{place.name}-mirrors"), place.with_name(f"{place.name}-repomd.xml")
        small.fetch(url, listed, Version())
        base = base_of(listed.read_bytes(), url)
        small.fetch(f"{base}repodata/repomd.xml", index, Version())
        location, digest = updateinfo_of(index.read_bytes(), f"{base}repodata/repomd.xml")
        if known.sha256 == digest and place.exists():
            return place, known
        found = download.fetch(f"{base}{location}", place, Version())
        if found.sha256 != digest:
            place.unlink()
            raise DeliveryError(urlsplit(base).hostname or base, f"{location} is not as repomd.xml says", is_final=True)
        return place, found


def _records(publisher: Publisher, path: Path) -> Iterator[Advisory | Gap]:
    """A file's records. Raises SourceError for a file that is not of the publisher's format: then the old one stays."""
    for each in records_of(publisher.format, path):
        if isinstance(each, Gap) and each.subject == str(path):
            raise SourceError(path.name, each.cause)
        yield each


def _date(text: str) -> str:
    """An HTTP date as the feeds have dates; empty if it is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC).isoformat()
    except (ValueError, TypeError):
        return ""


def _local(mirror: str, file: File) -> tuple[Path, Version]:
    """A file of a mirror on this machine; which version it is tells its content."""
    path = Path(unquote(urlsplit(mirror).path)) / file.name
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        return path, Version(sha256=digest, size=content.tell())


def check_feeds(config: Config) -> None:
    """Raise ConfigError for a feed or mirror that nobody publishes, a time or a proxy that is none."""
    said = config.advisories
    for name in (*said.feeds, *said.mirrors):
        if name not in PUBLISHERS:
            raise ConfigError(f"advisories: no publisher's feed is named '{name}'{nearest(name, PUBLISHERS)}")
    duration(said.every, "advisories: every")
    if said.proxy:
        proxy_at(said.proxy)


def fetching_of(config: Config, ledger: Ledger, seen: Callable[[int], None] = _ignore) -> Fetching:
    """How a configuration's feeds are fetched. Raises ConfigError as `check_feeds`."""
    check_feeds(config)
    said = config.advisories
    network = Network(allow_private=said.allow_private, deadline_s=DEADLINE_S, proxy=said.proxy)
    every = duration(said.every, "advisories: every")
    return Fetching(ledger, config.data / "advisories", said.feeds, every, said.mirrors, network, seen=seen)
