"""Advisories of many files → one feed's file, complete or not there at all; and signed bundles of feeds.

A feed's file is gz of one record a line. A bundle is a tar: the signed list of its feeds first, then each feed's file;
what is not as the list says is refused before anything is kept.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import tarfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.model.evidence import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import IO

    from nephoscope.model.advisory import Advisory
    from nephoscope.scan.exploitation_feed import Record

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LIST = "feeds.json"
LARGEST_LIST_BYTES = 1 << 20
LARGEST_FEED_BYTES = 8 << 30
KIND = "nephoscope advisories 1"
STEP_BYTES = 1 << 20


@dataclass(frozen=True)
class FeedFile:
    """A feed as a file holds it. newest_at: when its latest record was modified, as that says."""

    name: str
    sha256: str
    size: int
    advisories: int
    newest_at: str

    @property
    def file(self) -> str:
        """What the file is called; of its content, so that a new one never overwrites what is being read."""
        return f"{self.name}.{self.sha256[:16]}.jsonl.gz"


class _List(msgspec.Struct):
    kind: str
    feeds: list[FeedFile]


def checked_name(name: str) -> str:
    """The name, if it may be a feed's. Raises SourceError."""
    if not NAME.fullmatch(name):
        raise SourceError(name, "is no name of a feed: small letters, digits, dots, dashes, at most 64")
    return name


def written_feed(
    name: str, records: Iterable[Advisory | Record | Gap], folder: Path, seen: Callable[[int], None], dated: str = ""
) -> tuple[FeedFile, list[Gap]]:
    """Write records, of advisories or of exploitation, as a feed's file.

    seen: told now and then how many there were. dated: of when they are, where they do not say. What could not be read
    is answered, and the rest is kept. Raises SourceError if there is no record at all; then, and after a crash, nothing
    is left behind that counts.
    """
    gaps: list[Gap] = []
    count, newest = 0, ""
    encode = msgspec.json.Encoder().encode
    with _Fresh(folder / f"{checked_name(name)}.new") as fresh:
        with gzip.GzipFile(fileobj=fresh, mode="wb", compresslevel=6, mtime=0, filename="") as packed:
            for each in records:
                if isinstance(each, Gap):
                    gaps.append(each)
                    continue
                packed.write(encode(each) + b"\n")
                count, newest = count + 1, max(newest, each.modified)
                if count % 1_000 == 0:
                    seen(count)
        if not count:
            why = f": {gaps[0].subject}: {gaps[0].cause}" if gaps else ""
            raise SourceError(name, f"holds no advisory that can be read{why}")
        made = FeedFile(name, fresh.sha256(), fresh.tell(), count, newest or dated)
        fresh.keep(folder / made.file)
    return made, gaps


def write_bundle(out: IO[bytes], folder: Path, feeds: Sequence[FeedFile], sign: Callable[[bytes], Envelope]) -> None:
    """Write feeds' files with their signed list; the same feeds and key give the same bytes."""
    said = msgspec.json.encode({"kind": KIND, "feeds": [asdict(feed) for feed in feeds]})
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        envelope = sign(said).to_bytes()
        tar.addfile(_member(LIST, len(envelope)), io.BytesIO(envelope))
        for feed in feeds:
            with (folder / feed.file).open("rb") as file:
                tar.addfile(_member(feed.file, feed.size), file)


def _member(name: str, size: int) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.mode = size, 0o644
    return made


def read_bundle(bundle: Path, folder: Path, check: Callable[[Envelope], bool]) -> list[FeedFile]:
    """Keep every feed's file of a bundle. check: whether the list is signed by whom one trusts.

    Raises SourceError for a bundle that is not signed so, or holds anything else than its list says.
    """
    origin = str(bundle)
    try:
        with bundle.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            wanted = _wanted(tar, origin, check)
            found: list[FeedFile] = []
            while (member := tar.next()) is not None:
                feed = wanted.pop(member.name, None)
                content = tar.extractfile(member) if feed is not None and member.isreg() else None
                if feed is None or content is None:
                    raise SourceError(origin, f"holds {member.name!r}, which its list does not name")
                _keep(content, feed, folder, origin)
                found.append(feed)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SourceError(origin, f"is no bundle of advisories: {error}") from error
    if wanted:
        raise SourceError(origin, f"lacks {', '.join(wanted)}, which its list names")
    return found


def _wanted(tar: tarfile.TarFile, origin: str, check: Callable[[Envelope], bool]) -> dict[str, FeedFile]:
    """The feeds that a bundle's list names, by file."""
    first = tar.next()
    text = tar.extractfile(first) if first is not None and first.name == LIST and first.isreg() else None
    if text is None or first is None or first.size > LARGEST_LIST_BYTES:
        raise SourceError(origin, f"is no bundle of advisories: it does not begin with {LIST}")
    envelope = Envelope.from_bytes(text.read())
    if not check(envelope):
        raise SourceError(origin, "is not signed by the key that was given")
    try:
        said = msgspec.json.decode(envelope.payload, type=_List)
    except msgspec.MsgspecError as error:
        raise SourceError(origin, f"has a list that cannot be read: {error}") from error
    if said.kind != KIND:
        raise SourceError(origin, f"is signed as {said.kind!r}, not as {KIND!r}")
    for feed in said.feeds:
        checked_name(feed.name)
    return {feed.file: feed for feed in said.feeds}


def _keep(content: IO[bytes], feed: FeedFile, folder: Path, origin: str) -> None:
    if feed.size > LARGEST_FEED_BYTES:
        raise SourceError(origin, f"{feed.file} is larger than {LARGEST_FEED_BYTES} bytes")
    with _Fresh(folder / f"{feed.name}.new") as fresh:
        while part := content.read(STEP_BYTES):
            fresh.write(part)
        if fresh.sha256() != feed.sha256 or fresh.tell() != feed.size:
            raise SourceError(origin, f"{feed.file} is not as the signed list says: it was changed")
        fresh.keep(folder / feed.file)


class _Fresh(io.RawIOBase):
    """A file that is written beside its place, hashed, and put there whole; what is not kept is taken away."""

    def __init__(self, part: Path) -> None:
        part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._part = part.with_name(f"{part.name}.{os.getpid()}.{os.urandom(4).hex()}")
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file: IO[bytes] = os.fdopen(handle, "wb")
        self._digest = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def sha256(self) -> str:
        """Of what was written."""
        return self._digest.hexdigest()

    def keep(self, place: Path) -> None:
        """Put it into its place, on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(place)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            with suppress(FileNotFoundError):
                self._part.unlink()
        super().close()
