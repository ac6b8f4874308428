"""What an image's file or folder holds, by name: manifests, configurations, layers."""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from typing import TYPE_CHECKING, BinaryIO, Protocol

from nephoscope.agent.tree import Absent, TreeError
from nephoscope.scan.images.tree import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MEMBERS = 100_000  # of an image's own archive; an image has a few for each layer
LARGEST_READ_BYTES = 1 << 24  # at once; tar's own headers are far smaller
MOST_LINKS = 5
_DIGEST = re.compile(r"(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})")
TAR_ERRORS = (tarfile.TarError, OSError, EOFError, ValueError, OverflowError, RecursionError)


class Blobs(Protocol):
    """Where an image's parts lie. `open` raises TreeError for what is not there or is no file."""

    def open(self, path: str) -> BinaryIO: ...


class Careful(io.RawIOBase):
    """A file that refuses to be read in pieces as large as only a made-up header would ask for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_READ_BYTES:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def members(file: BinaryIO) -> Iterator[tarfile.TarInfo]:
    """Each member of a tar, one after the other, without keeping them; raises `TAR_ERRORS`."""
    with tarfile.open(fileobj=Careful(file), mode="r:", errors="surrogateescape") as archive:  # type: ignore[call-overload]
        while (member := archive.next()) is not None:
            archive.members = []  # pyright: ignore[reportAttributeAccessIssue] - it would keep them all
            yield member


class Archive:
    """A tar's files, read where they lie. Raises `TAR_ERRORS` for what is no tar."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int] | str] = {}
        for number, member in enumerate(members(file)):
            if number == MOST_MEMBERS:
                raise tarfile.ReadError(f"holds more than {MOST_MEMBERS} files")
            name = posixpath.normpath(member.name)
            if member.isreg() and not member.issparse():
                self._places[name] = (member.offset_data, member.size)
            elif member.issym() or member.islnk():
                folder = posixpath.dirname(name) if member.issym() else ""
                self._places[name] = posixpath.normpath(posixpath.join(folder, member.linkname))

    def open(self, path: str) -> BinaryIO:
        place = self._places.get(posixpath.normpath(path))
        for _ in range(MOST_LINKS):
            if not isinstance(place, str):
                break
            place = self._places.get(place)
        if not isinstance(place, tuple):
            raise Absent(path, "is not in the archive")
        return io.BufferedReader(Window(self._file.fileno(), *place), 1 << 20)


def read_blob(blobs: Blobs, path: str, limit: int) -> bytes:
    """A blob's content. Raises TreeError for a larger one."""
    with blobs.open(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise TreeError(path, f"is larger than {limit} bytes; not read")
    return content


def path_of(digest: str) -> str:
    """Where a digest's blob lies. Raises TreeError for what is no digest."""
    if not _DIGEST.fullmatch(digest):
        raise TreeError(digest, "is no digest of a kind that is known")
    return "blobs/" + digest.replace(":", "/")
