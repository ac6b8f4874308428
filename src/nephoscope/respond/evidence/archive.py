"""Evidence in an archive: read without unpacking, and written with all that it takes to check it by hand."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from nephoscope.model.errors import CustodyError, NephoscopeError
from nephoscope.respond.evidence.folder import Folder
from nephoscope.respond.evidence.storage import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from nephoscope.respond.evidence.storage import Files

SUFFIXES = (".zip", ".tar")
MADE_AT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Zip:
    """A .zip as files; each is decompressed only as far as it is read."""

    place: str
    opened: zipfile.ZipFile

    def names(self, below: str = "") -> Iterator[str]:
        for each in self.opened.infolist():
            if each.filename.startswith(below) and not each.is_dir():
                yield each.filename

    def open(self, name: str) -> BinaryIO:
        try:
            return cast("BinaryIO", io.BufferedReader(_Member(self.opened.open(name)), CHUNK_BYTES))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError) as error:
            raise CustodyError(f"the archive is damaged there: {error}") from error


@dataclass(frozen=True)
class Tar:
    """An uncompressed .tar as files; links and devices in it are names that cannot be opened."""

    place: str
    opened: tarfile.TarFile

    def names(self, below: str = "") -> Iterator[str]:
        for each in self.opened.getmembers():
            if each.name.startswith(below) and not each.isdir():
                yield each.name

    def open(self, name: str) -> BinaryIO:
        member = self.opened.getmember(name)
        content = self.opened.extractfile(member) if member.isreg() else None
        if content is None:
            raise CustodyError(f"{name} is no plain file")
        return cast("BinaryIO", content)


class _Member(io.RawIOBase):
    """A member whose damage is said as ours."""

    def __init__(self, member: BinaryIO | io.BufferedIOBase | object) -> None:
        self.member = cast("BinaryIO", member)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            found = self.member.read(len(buffer))
        except zipfile.BadZipFile as error:
            raise CustodyError(f"the archive is damaged there: {error}") from error
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def opened_files(path: Path) -> Generator[Files]:
    """A folder, a .zip or a .tar as files. Raises CustodyError for what is none of them, or cannot be opened."""
    if path.is_dir():
        yield Folder(path)
        return
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as found:
                yield Zip(str(path), found)
        else:
            with tarfile.open(path, "r:") as found:
                yield Tar(str(path), found)
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise CustodyError(f"{path} is no archive of evidence, or is cut off: {error}") from error
    except OSError as error:
        raise CustodyError(f"{path} cannot be read: {error.strerror}") from error


class Writer(Protocol):
    """An archive that is being written."""

    def add(self, name: str, size_bytes: int, content: BinaryIO) -> None: ...


@contextmanager
def written(path: Path) -> Generator[Writer]:
    """An archive that is there, whole and flushed, once the block has ended; if the block raises, nothing is.

    Raises CustodyError for a suffix that is neither .zip nor .tar, a file that is there, or a full disk.
    """
    if path.suffix not in SUFFIXES:
        raise CustodyError(f"{path} is neither .zip nor .tar: name one of the two")
    if os.path.lexists(path):
        raise CustodyError(f"{path} is there already: name another file")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b") as file:
            with _writer(path, file) as writer:
                yield writer
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError as error:
        raise CustodyError(f"{path} is there already: name another file") from error
    except OSError as error:
        raise CustodyError(f"{path} cannot be written: {error.strerror}") from error
    except NephoscopeError:
        raise
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _writer(path: Path, file: BinaryIO) -> Generator[Writer]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            yield _ZipWriter(archive)
    else:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            yield _TarWriter(archive)


@dataclass(frozen=True)
class _ZipWriter:
    archive: zipfile.ZipFile

    def add(self, name: str, size_bytes: int, content: BinaryIO) -> None:
        entry = zipfile.ZipInfo(name, MADE_AT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o400 << 16
        with self.archive.open(entry, "w", force_zip64=size_bytes > 1 << 31) as member:
            while chunk := content.read(CHUNK_BYTES):
                member.write(chunk)


@dataclass(frozen=True)
class _TarWriter:
    archive: tarfile.TarFile

    def add(self, name: str, size_bytes: int, content: BinaryIO) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = size_bytes
        entry.mode = 0o400
        self.archive.addfile(entry, content)
