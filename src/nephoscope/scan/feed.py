"""A publisher's feed in its own format → advisories in OSV's shape."""

from __future__ import annotations

import io
import zlib
from bz2 import BZ2File
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from lzma import LZMAError, LZMAFile
from typing import TYPE_CHECKING

from isal import igzip, isal_zlib

from nephoscope import plugins
from nephoscope.model.advisory import Advisory, Affected, AffectedPackage, Event, Range, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.ecosystem import place
from nephoscope.scan.reading import read_advisories

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import BinaryIO

Reader = Callable[[bytes, str], Iterator[Advisory | Gap]]
OSV = "osv"
LARGEST_BYTES = 512 << 20  # unpacked; Debian's, the largest, has about 80 MB


def _gzip(file: BinaryIO, mode: str) -> BinaryIO:
    return igzip.GzipFile(None, mode, fileobj=file)  # type: ignore[return-value]


_UNPACKED = {b"\x1f\x8b": _gzip, b"BZh": BZ2File, b"\xfd7zXZ\x00": LZMAFile}
_UNPACKING: tuple[type[Exception], ...] = (zlib.error, isal_zlib.error, LZMAError)  # pyright: ignore[reportAssignmentType]


@dataclass(frozen=True)
class Feed:
    """A format that a publisher has of its own.

    read: gets a file's content and its name, and answers with each advisory, or why a part of it is none. Raises
    SourceError for content that is no such file.
    """

    read: Reader

    def __post_init__(self) -> None:
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            object.__setattr__(self, name, getattr(self.read, name))


def feed(read: Reader) -> Feed:
    """Make a feed of the function that reads it; it registers nothing."""
    return Feed(read)


@cache
def feeds() -> dict[str, Feed]:
    """Every feed of the folder, by name."""
    return plugins.load("nephoscope.scan.advisories", lambda value: value if isinstance(value, Feed) else None)


def content_of(file: BinaryIO, origin: str) -> bytes:
    """A file's content, unpacked if it is gz, bz2 or xz. Raises SourceError for what cannot be, or is too large."""
    try:
        content = file.read(LARGEST_BYTES + 1)
        unpacked = next((opened for mark, opened in _UNPACKED.items() if content.startswith(mark)), None)
        if unpacked is not None:
            content = unpacked(io.BytesIO(content), "rb").read(LARGEST_BYTES + 1)
    except (OSError, EOFError, *_UNPACKING) as error:
        raise SourceError(origin, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > LARGEST_BYTES:
        raise SourceError(origin, f"is larger than {LARGEST_BYTES >> 20} MB; not read")
    return content


def records_of(format: str, path: Path) -> Iterator[Advisory | Gap]:
    """Each record of a file in a publisher's format, `osv` for records as they are; or what of it could not be read.

    What is no such file at all is a Gap whose subject is the path.
    """
    if format == OSV:
        yield from read_advisories([path])
        return
    try:
        with path.open("rb") as file:
            yield from feeds()[format].read(content_of(file, str(path)), str(path))
    except SourceError as error:
        yield Gap("object", str(path), error.reason)
    except OSError as error:
        yield Gap("object", str(path), f"cannot be read: {error.strerror}")


def affected(
    ecosystem: str, name: str, fixed: str, severity: Score | None = None, specific: dict[str, str] | None = None
) -> Affected:
    """A package that is affected up to the fixed version, or in every version if there is none.

    specific: what is asked of it besides, as `specifics` makes it.
    """
    events = [Event(introduced="0"), *([Event(fixed=fixed)] if fixed else [])]
    ranges = [Range("ECOSYSTEM", events)]
    said = [severity] if severity else None
    return Affected(AffectedPackage(ecosystem, name), ranges, severity=said, ecosystem_specific=specific)


def specifics(**said: str) -> dict[str, str] | None:
    """What is asked of a package besides its name and version (`scan/condition.py`), of what is said at all.

    package: `binary` or `source`, which of a package's names is meant where the ecosystem's advisories name the other;
    module: an RPM's module and stream; arch; state: what the publisher will do where there is no fix.
    """
    return {name: value for name, value in said.items() if value} or None


def lowest(ecosystem: str, versions: Iterable[str]) -> str:
    """The first of the versions that fix one vulnerability of a package: later ones have the fix from the start."""
    key = place(ecosystem).key
    return min(versions, key=lambda version: key(version) or b"")
