"""Where evidence is kept: what every place can do, and the spool in which content waits until it is whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from nephoscope.model.errors import CustodyError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path

CHUNK_BYTES = 1 << 20
FOLDER_MODE = 0o700
FILE_MODE = 0o400


class Files(Protocol):
    """Files that can be read: a folder, an archive, a bucket."""

    @property
    def place(self) -> str:
        """Where they are, for people."""
        ...

    def names(self, below: str = "") -> Iterator[str]:
        """Every file's name, `/` between folders, in no order; what is no plain file too."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file's content. Raises CustodyError for what is no plain file, OSError or CloudError otherwise."""
        ...


class Storage(Files, Protocol):
    """A place that keeps what it is given."""

    def put(self, name: str, part: Part, facts: Mapping[str, str]) -> None:
        """Keep a file for good; there already with the same content, it stays. facts: kept with it, where it can be.

        Raises CustodyError where another content has its name, or it cannot be written.
        """
        ...

    def put_latest(self, name: str, part: Part) -> None:
        """Keep a file in the place of the one that had its name."""
        ...

    def check(self, name: str, sha256: str, size_bytes: int) -> str:
        """What is wrong with a file that was put; empty if nothing is."""
        ...


@dataclass(frozen=True)
class Part:
    """Content on this machine's disk, whole and flushed."""

    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Spool:
    """A folder for content that is being written; what a killed process left there is swept away."""

    folder: Path

    @contextmanager
    def part(self, chunks: Iterable[bytes]) -> Generator[Part]:
        """Content on disk, for as long as the block lasts. Raises CustodyError where it cannot be written."""
        try:
            handle, path = self._create()
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        try:
            yield self._filled(handle, path, chunks)
        finally:
            os.close(handle)
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove parts that no process is writing."""
        for path in self.folder.glob("*.part") if self.folder.exists() else ():
            try:
                handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            except OSError:
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
            except OSError:
                continue
            finally:
                os.close(handle)

    def _create(self) -> tuple[int, Path]:
        """A new file that is locked, so that it is not swept away."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        while True:
            path = self.folder / f"{os.urandom(16).hex()}.part"
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:
                return handle, path
            os.close(handle)

    def _filled(self, handle: int, path: Path, chunks: Iterable[bytes]) -> Part:
        digest = hashlib.sha256()
        size = 0
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                _write(handle, chunk)
            os.fchmod(handle, FILE_MODE)
            os.fsync(handle)
        except OSError as error:
            raise _unwritable(path, error) from error
        return Part(path, digest.hexdigest(), size)


def _write(handle: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(handle, view) :]


def _unwritable(path: Path, error: OSError) -> CustodyError:
    return CustodyError(
        f"Evidence cannot be written to {path.parent}: {error.strerror}; nothing kept before is lost: "
        "free space or mend the folder, and run it again"
    )


def chunks_of(content: BinaryIO) -> Iterator[bytes]:
    """A stream's bytes, a megabyte at a time."""
    while chunk := content.read(CHUNK_BYTES):
        yield chunk
