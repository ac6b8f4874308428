"""Java archives, and those within them: `pom.properties`, else the manifest."""

from __future__ import annotations

import io
import re
import struct
import tempfile
import zipfile
import zlib
from typing import BinaryIO, Iterator

from nephoscope.agent.packages.package import Found, Package, Problem, printable_path, purl_of, text_of

LARGEST_FILE_BYTES = 1 << 20  # of a properties file or manifest
LARGEST_READ_BYTES = 32 << 20  # at once; an archive's table of contents is read so
MOST_BYTES = 1 << 30  # of all that is unpacked of one
LARGEST_RATIO = 50  # of that to the archive's own size; a file of text packs 3 to 10 times
ALWAYS_BYTES = 4 << 20  # whatever the ratio
DEEPEST = 4  # archives within archives
_SUFFIXES = (".jar", ".war", ".ear", ".hpi", ".jpi")
_POM = re.compile(r"(?:.+/)?META-INF/maven/[^/]+/[^/]+/pom\.properties", re.DOTALL)
_REPOSITORY = re.compile(
    r"(?:.*/)?repository/(?P<group>.+)/(?P<name>[^/]+)/(?P<version>[^/]+)/(?P=name)-(?P=version)\.jar"
)
_FILE_NAME = re.compile(r"(?P<name>.+?)-(?P<version>[0-9][^/]*)\.[a-z]+")
_REFUSED = (zipfile.BadZipFile, NotImplementedError, RuntimeError)
_ERRORS = (*_REFUSED, EOFError, ValueError, OSError, zlib.error, struct.error)


def wants(path: str, _mode: int) -> bool:
    """Archives by their name."""
    return path.lower().endswith(_SUFFIXES)


def read(file: BinaryIO, path: str) -> Iterator[Found]:
    """Each artifact that an archive says it holds, at any depth; one that says none is named.

    Source: https://maven.apache.org/shared/maven-archiver/; the JAR file specification.
    """
    most = min(file.seek(0, io.SEEK_END) * LARGEST_RATIO + ALWAYS_BYTES, MOST_BYTES)
    yield from _read(file, path, 0, _Budget(most))


class _Budget:
    """How many bytes may still be unpacked."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, part: bytes) -> bytes:
        """The part, counted. Raises BadZipFile when there is none left."""
        self.left -= len(part)
        if self.left < 0:
            raise zipfile.BadZipFile(f"unpacks to more than {LARGEST_RATIO} times its size")
        return part


class _Careful(io.RawIOBase):
    """A file that refuses to be read in pieces as large as only a made-up archive would ask for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(LARGEST_READ_BYTES + 1 if size < 0 else min(size, LARGEST_READ_BYTES + 1))
        if len(data) > LARGEST_READ_BYTES:
            raise zipfile.BadZipFile(f"its table of contents is larger than {LARGEST_READ_BYTES} bytes")
        return data

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _read(file: BinaryIO, path: str, depth: int, budget: _Budget) -> Iterator[Found]:
    """The artifacts of one archive."""
    try:
        with zipfile.ZipFile(_Careful(file)) as archive:  # type: ignore[arg-type]
            yield from _artifacts(archive, path, budget)
            for member in archive.infolist():
                if wants(member.filename, 0) and not member.is_dir():
                    yield from _nested(archive, member, f"{path}!{printable_path(member.filename)}", depth, budget)
    except _ERRORS as error:
        yield Problem(path, f"cannot be read on: {error}")


def _nested(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, depth: int, budget: _Budget
) -> Iterator[Found]:
    if depth + 1 == DEEPEST:
        yield Problem(path, f"lies within {DEEPEST} archives; not read")
        return
    with tempfile.SpooledTemporaryFile(1 << 20) as copy:
        try:
            with _opened(archive, member) as content:
                for part in iter(lambda: content.read(1 << 16), b""):
                    copy.write(budget.spend(part))
        except _ERRORS as error:
            yield Problem(path, f"cannot be read on: {error}")
            return
        copy.seek(0)
        yield from _read(copy, path, depth + 1, budget)  # type: ignore[arg-type]


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> zipfile.ZipExtFile:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"is compressed in a way that Java does not know: {member.compress_type}")
    return archive.open(member)  # type: ignore[return-value]


def _artifacts(archive: zipfile.ZipFile, path: str, budget: _Budget) -> Iterator[Found]:
    is_named = False
    for member in archive.infolist():
        if not _POM.fullmatch(member.filename):
            continue
        place = f"{path}!{printable_path(member.filename)}"
        fields = _fields(_content(archive, member, budget), "=")
        names = [fields.get(key, "") for key in ("groupId", "artifactId", "version")]
        if all(names):
            is_named = True
            yield _package(names[0], names[1], names[2], place)
        else:
            yield Problem(place, "names no artifact in a version")
    if not is_named:
        yield from _of_manifest(archive, path, budget)


def _of_manifest(archive: zipfile.ZipFile, path: str, budget: _Budget) -> Iterator[Found]:
    """The artifact of an archive without properties.

    Its place in a local Maven repository says it, or the vendor in its manifest together with its own name.
    """
    place = _REPOSITORY.fullmatch(path)
    if place:
        yield _package(place["group"].replace("/", "."), place["name"], place["version"], path)
        return
    held = [member for member in archive.infolist() if member.filename == "META-INF/MANIFEST.MF"]
    fields = _fields(_content(archive, held[0], budget), ":") if held else {}
    name = _FILE_NAME.fullmatch(re.split(r"[/!]", path)[-1])
    group = fields.get("Implementation-Vendor-Id", "")
    if name and group:
        yield _package(group, name["name"], name["version"], path)
    elif any(member.filename.endswith(".class") for member in archive.infolist()):
        yield Problem(path, "does not say which artifact it is")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: _Budget) -> str:
    with _opened(archive, member) as file:
        return text_of(budget.spend(file.read(LARGEST_FILE_BYTES)))


def _fields(text: str, sign: str) -> dict[str, str]:
    """Lines of a key, a sign and a value."""
    pairs = (line.partition(sign) for line in text.splitlines() if line[:1] not in ("#", " "))
    return {key.strip(): value.strip() for key, found, value in pairs if found}


def _package(group: str, name: str, version: str, path: str) -> Package:
    return Package("Maven", f"{group}:{name}", version, purl=purl_of("maven", group, name, version, {}), location=path)
