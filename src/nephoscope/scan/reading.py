"""Files and folders of OSV records → advisories; what cannot be read is named, and the rest goes on."""

from __future__ import annotations

import os
import sys
import zipfile
import zlib
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec
from isal import igzip, isal_zlib

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

STDIN = "-"
NAMES = (".json", ".jsonl", ".ndjson")
LARGEST_BYTES = 256 << 20  # of one document or line
LARGEST_MEMBER_BYTES = 64 << 20  # of an archive's file, unpacked
LARGEST_RATIO = 250  # of all that an archive unpacks to; JSON packs 10 to 30 times
ALWAYS_BYTES = 64 << 20  # whatever the ratio
_BUFFER_BYTES = 1 << 20
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_UNPACKING: tuple[type[Exception], ...] = (zlib.error, isal_zlib.error)  # pyright: ignore[reportAssignmentType]
_ERRORS = (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError, *_UNPACKING)
_decode = msgspec.json.Decoder(Advisory).decode


class _Answer(msgspec.Struct):
    """What a document may be besides a record: an answer of OSV's API."""

    vulns: list[msgspec.Raw]


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def read_advisories(paths: Sequence[Path]) -> Iterator[Advisory | Gap]:
    """Each record of the files and folders, `-` for standard input; or what could not be read, with its place."""
    for path in paths:
        for file in _files(path):
            yield from [file] if isinstance(file, Gap) else _guarded(file)


def _files(path: Path) -> Iterator[Path | Gap]:
    """The file itself, or each file below a folder that is named as records are; links out of it are not followed."""
    if str(path) == STDIN or not path.is_dir():
        yield path
        return
    errors: list[OSError] = []
    found = False
    for root, folders, names in os.walk(path, onerror=errors.append):
        folders.sort()
        for name in sorted(names):
            file = Path(root, name)
            if not name.endswith((*NAMES, ".gz", ".zip")):
                continue
            found = True
            yield file if file.is_file() else _gap(file, "is no file, and was not read")  # a pipe has no end
    yield from (_gap(error.filename, f"cannot be read: {error.strerror}") for error in errors)
    if not found:
        yield _gap(path, f"holds no file named {', '.join(NAMES)}, .gz or .zip")


def _gap(subject: object, cause: str) -> Gap:
    return Gap("object", str(subject), cause)


def _guarded(path: Path) -> Iterator[Advisory | Gap]:
    try:
        if str(path) == STDIN:
            yield from _records(sys.stdin.buffer, "standard input")
            return
        if path.exists() and not path.is_file():
            yield _gap(path, "is no file, and was not read")
            return
        with path.open("rb") as file:
            yield from _content(file, str(path))
    except SourceError as error:
        yield Gap("object", error.where, f"{error.place}: {error.reason}" if error.place else error.reason)
    except _ERRORS as error:
        yield _gap(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _content(file: BinaryIO, origin: str) -> Iterator[Advisory | Gap]:
    """What a file holds is told by its first bytes, not by its name."""
    start = file.read(4)
    file.seek(0)
    size = os.fstat(file.fileno()).st_size
    if start.startswith(_GZIP):
        with BufferedReader(igzip.GzipFile(fileobj=file), _BUFFER_BYTES) as unpacked:  # type: ignore[arg-type]
            yield from _records(_Bounded(unpacked, origin, size * LARGEST_RATIO + ALWAYS_BYTES), origin)
    elif start == _ZIP:
        yield from _members(file, origin, size * LARGEST_RATIO + ALWAYS_BYTES)
    else:
        yield from _records(file, origin)


@dataclass
class _Bounded:
    """A packed file's content, up to as much as an honest one could hold. Raises SourceError beyond."""

    file: BufferedReader[Any]
    origin: str
    left_bytes: int

    def readline(self, size: int) -> bytes:
        return self._counted(self.file.readline(size))

    def read(self, size: int) -> bytes:
        return self._counted(self.file.read(size))

    def _counted(self, data: bytes) -> bytes:
        self.left_bytes -= len(data)
        if self.left_bytes < 0:
            raise SourceError(self.origin, f"unpacks to more than {LARGEST_RATIO} times its size; not read on")
        return data


def _members(file: BinaryIO, origin: str, left_bytes: int) -> Iterator[Advisory | Gap]:
    """The records of a zip's files; nothing is unpacked to disk."""
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            where = f"{origin}!{member.filename}"
            if member.is_dir():
                continue
            if cause := _refusal(member):
                yield _gap(where, cause)
                continue
            try:
                with archive.open(member) as opened:
                    data = opened.read(LARGEST_MEMBER_BYTES + 1)
            except _ERRORS as error:
                yield _gap(where, f"cannot be read: {error}")
                continue
            left_bytes -= len(data)
            if left_bytes < 0:
                yield _gap(origin, f"unpacks to more than {LARGEST_RATIO} times its size; not read on")
                return
            if len(data) > LARGEST_MEMBER_BYTES:
                yield _gap(where, f"unpacks to more than {LARGEST_MEMBER_BYTES >> 20} MB; not read")
            else:
                yield from _document(data, where)


def _refusal(member: zipfile.ZipInfo) -> str:
    """Why a file of an archive is not read; empty if it is."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        return "its path leads out of the archive; not read"
    if not member.filename.endswith(NAMES):
        return f"is not named {', '.join(NAMES)}; not read"
    if member.flag_bits & 1:
        return "is encrypted; not read"
    if member.file_size > LARGEST_MEMBER_BYTES:
        return f"unpacks to more than {LARGEST_MEMBER_BYTES >> 20} MB; not read"
    return ""


def _records(lines: BinaryIO | _Bounded, origin: str) -> Iterator[Advisory | Gap]:
    """One record a line; or, where the first line is none, the whole as one document."""
    first = lines.readline(LARGEST_BYTES)
    text = first.removeprefix(b"\xef\xbb\xbf").strip()
    if not _is_whole(text):
        rest = lines.read(LARGEST_BYTES)
        if len(first) + len(rest) >= LARGEST_BYTES:
            raise SourceError(origin, f"is a document of more than {LARGEST_BYTES >> 20} MB; not read")
        yield from _document(first + rest, origin)
        return
    yield from _document(text, f"{origin}:1")
    number = 1
    while line := lines.readline(LARGEST_BYTES):
        number += 1
        if len(line) >= LARGEST_BYTES and not line.endswith(b"\n"):
            raise SourceError(origin, f"is longer than {LARGEST_BYTES >> 20} MB; not read on", f"line {number}")
        if text := line.strip():
            yield _record(text, f"{origin}:{number}")


def _is_whole(text: bytes) -> bool:
    """Whether a first line is a document of its own, so that others may follow."""
    if not (text.startswith(b"{") and text.endswith(b"}")):
        return False
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _document(data: bytes, where: str) -> Iterator[Advisory | Gap]:
    """A record, a list of records, an answer of OSV's API, or one record a line."""
    text = data.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        yield _gap(where, "is empty")
        return
    record = _record(text, where)
    if isinstance(record, Advisory):
        yield record
        return
    try:
        records = _decode_list(text) if text.startswith(b"[") else _decode_answer(text).vulns
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        lines = [_record(line, f"{where}:{at}") for at, line in enumerate(text.split(b"\n"), 1) if line.strip()]
        yield from lines if any(isinstance(each, Advisory) for each in lines) else [record]
        return
    yield from (_record(bytes(each), f"{where}[{at}]") for at, each in enumerate(records))


def _record(text: bytes, where: str) -> Advisory | Gap:
    try:
        return _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Gap("record", where, f"is not an OSV record: {error}")
