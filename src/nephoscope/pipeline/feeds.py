"""Files of advisories, or a signed bundle, ─► feeds that the scan arrow matches; and back into a bundle."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from nephoscope.model.errors import SourceError
from nephoscope.scan.exploitation_feed import EPSS, KEV, NAMES, records
from nephoscope.scan.feed import OSV, records_of
from nephoscope.scan.feed_file import FeedFile, read_bundle, write_bundle, written_feed
from nephoscope.store.advisory_feeds import Feed, drop_feed, list_feeds, put_feed
from nephoscope.store.advisory_fetches import drop_fetch
from nephoscope.store.exploitation import exploitation, named_cves, replace_exploitation
from nephoscope.store.gaps import close_others_of
from nephoscope.store.packages import drop_vulnerabilities, sets_with, untell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import IO

    from sqlalchemy import Connection

    from nephoscope.model.advisory import Advisory
    from nephoscope.model.coverage import Gap
    from nephoscope.model.evidence import Envelope
    from nephoscope.scan.exploitation_feed import Record
    from nephoscope.store.ledger import Ledger

FETCH = "fetch"  # the area of what could not be had of a publisher


def import_files(
    ledger: Ledger,
    folder: Path,
    name: str,
    paths: Sequence[Path],
    seen: Callable[[int], None],
    format: str = OSV,
) -> tuple[Feed, list[Gap]]:
    """Make files, or folders of OSV records, the feed of a name in place of what it was; answers what was not read.

    `kev` and `epss` are CISA's and FIRST's own files. Raises SourceError if another format is named for them.
    """
    if name not in NAMES:
        read = chain.from_iterable(records_of(format, path) for path in paths)
        return keep_feed(ledger, folder, name, read, seen)
    if format != OSV:
        raise SourceError(name, f"is a feed of exploitation, which has a format of its own and not {format}")
    return keep_feed(ledger, folder, name, records(name, paths), seen)


def keep_feed(
    ledger: Ledger,
    folder: Path,
    name: str,
    records: Iterable[Advisory | Record | Gap],
    seen: Callable[[int], None],
    dated: str = "",
) -> tuple[Feed, list[Gap]]:
    """Make records the feed of a name, in place of what it was; answers what was not read."""
    made, gaps = written_feed(name, records, folder, seen, dated)
    return _put(ledger, folder, [made])[0], gaps


def import_bundle(ledger: Ledger, folder: Path, bundle: Path, check: Callable[[Envelope], bool]) -> list[Feed]:
    """Take up every feed of a bundle, or none. Raises SourceError for one that is not as it was signed."""
    return _put(ledger, folder, read_bundle(bundle, folder, check))


def export_bundle(ledger: Ledger, folder: Path, out: IO[bytes], sign: Callable[[bytes], Envelope]) -> list[Feed]:
    """Write every feed as a bundle."""
    with ledger.read() as connection:
        feeds = list_feeds(connection)
    files = [
        FeedFile(feed.name, feed.sha256, (folder / feed.file).stat().st_size, feed.advisories, feed.newest_at)
        for feed in feeds
    ]
    write_bundle(out, folder, files, sign)
    return feeds


def remove_feed(ledger: Ledger, folder: Path, name: str) -> bool:
    """Forget a feed and what it said; answers whether there was one."""
    with ledger.write() as connection:
        known = [feed for feed in list_feeds(connection) if feed.name == name]
        gone = drop_vulnerabilities(connection, name, ())
        gone |= _forget_exploitation(connection, name) if name in NAMES else set()
        untell(connection, sets_with(connection, gone))
        drop_feed(connection, name)
        drop_fetch(connection, name)
        close_others_of(connection, FETCH, name, [])
    _sweep(folder, known)
    shutil.rmtree(folder / "fetched" / name, ignore_errors=True)
    return bool(known)


def _forget_exploitation(connection: Connection, name: str) -> set[int]:
    """Take back what the catalogue or the table said; answers the package versions that it was about."""
    known = {
        cve: (None if name == KEV else kev, None if name == EPSS else epss)
        for cve, (kev, epss) in exploitation(connection).items()
    }
    changed = replace_exploitation(connection, {cve: said for cve, said in known.items() if any(said)})
    named = named_cves(connection)
    return set[int]().union(*(named.get(cve, ()) for cve in changed))


def _put(ledger: Ledger, folder: Path, files: Sequence[FeedFile]) -> list[Feed]:
    """Keep feeds whose files are there; the files that they had before go last."""
    at = datetime.now(UTC)
    made = [Feed(one.name, one.file, one.sha256, one.advisories, one.newest_at, at) for one in files]
    with ledger.write() as connection:
        before = [feed for feed in list_feeds(connection) if feed.name in {one.name for one in made}]
        for feed in made:
            put_feed(connection, feed)
    _sweep(folder, [feed for feed in before if feed.file not in {one.file for one in made}])
    return made


def _sweep(folder: Path, feeds: Sequence[Feed]) -> None:
    for feed in feeds:
        with suppress(OSError):
            (folder / feed.file).unlink()
