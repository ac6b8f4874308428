"""dpkg's databases: `status`, and `status.d` of images that were built without dpkg."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Dict, Iterator

from nephoscope.agent.packages.package import Found, Package, Problem, purl_of, text_of
from nephoscope.agent.tree import FILE, Absent, Tree, TreeError

STATUS = "var/lib/dpkg/status"
FOLDERS = ("var/lib/dpkg/status.d", "usr/lib/dpkg/status.d")
PLACES = (STATUS, *FOLDERS)
LONGEST_LINE_BYTES = 1 << 20
_FIELDS = (b"package", b"version", b"status", b"source", b"architecture")
_NOT_PACKAGES = re.compile(
    r".*\.(md5sums|list|conffiles|triggers|shlibs|symbols|templates|config|(pre|post)(inst|rm))", re.DOTALL
)
_SOURCE = re.compile(r"(\S+)(?:\s*\((\S+)\))?")
_GONE = ("not-installed", "config-files")
if TYPE_CHECKING:
    from nephoscope.agent.packages.release import Release

    _Paragraph = Dict[bytes, str]


def read(tree: Tree, release: Release | None) -> Iterator[Found]:
    """Each package whose files are there, in whatever state; or what could not be read.

    Source: deb822(5); dpkg-query(1).
    """
    yield from _read_file(tree, STATUS, release)
    for folder in FOLDERS:
        try:
            names = [each.name for each in tree.entries(folder) if each.kind == FILE]
        except Absent:
            continue
        except TreeError as error:
            yield Problem(error.path, error.reason)
            continue
        for name in names:
            if not _NOT_PACKAGES.fullmatch(name):
                yield from _read_file(tree, folder + "/" + name, release)


def _read_file(tree: Tree, path: str, release: Release | None) -> Iterator[Found]:
    try:
        with tree.open(path) as file:
            for line, paragraph, cause in _paragraphs(file):
                where = f"{path}:{line}"
                if cause:
                    yield Problem(where, cause)
                found = _package(paragraph, path, where, release) if paragraph else None
                if found:
                    yield found
    except Absent:
        return
    except TreeError as error:
        yield Problem(error.path, error.reason)
    except OSError as error:
        yield Problem(path, f"cannot be read on: {error.strerror or error}")


def _paragraphs(file: BinaryIO) -> Iterator[tuple[int, _Paragraph, str]]:
    """The wanted fields of each paragraph, the line where it begins, and what is wrong with it if something is."""
    paragraph: _Paragraph = {}
    start, number, cause = 1, 0, ""
    while True:
        line = file.readline(LONGEST_LINE_BYTES)
        number += 1
        if not line.strip():
            if paragraph or cause:
                yield start, paragraph, cause
            paragraph, start, cause = {}, number + 1, ""
            if not line:
                return
        else:
            wrong = _take(line, number, paragraph)
            cause = cause or wrong


def _take(line: bytes, number: int, paragraph: dict[bytes, str]) -> str:
    """Put a line's field into the paragraph, if it is wanted; what is wrong with the line, or nothing."""
    if len(line) == LONGEST_LINE_BYTES and not line.endswith(b"\n"):
        return f"line {number} is longer than {LONGEST_LINE_BYTES} bytes"
    if line[:1] in b" \t":
        return ""
    name, colon, value = line.partition(b":")
    if not colon:
        return f"line {number} is no field"
    if name.lower() in _FIELDS:
        paragraph[name.lower()] = text_of(value).strip()
    return ""


def _package(paragraph: _Paragraph, path: str, where: str, release: Release | None) -> Found | None:
    name, version = paragraph.get(b"package", ""), paragraph.get(b"version", "")
    default = "not-installed" if path == STATUS else "installed"  # images without dpkg keep none
    if paragraph.get(b"status", default).rpartition(" ")[2] in _GONE:
        return None
    if not name:
        return Problem(where, "names no package")
    if not version:
        return Problem(where, f"the package {name} has no version")
    source = _SOURCE.match(paragraph.get(b"source", ""))
    source_name, source_version = (source.group(1), source.group(2) or "") if source else ("", "")
    arch = paragraph.get(b"architecture", "")
    upstream = "@".join(filter(None, (source_name, source_version)))
    qualifiers = {"arch": arch, "distro": release.distro if release else "", "upstream": upstream}
    namespace = release.namespace if release else "debian"
    return Package(
        release.ecosystem if release else "Debian",
        name,
        version,
        source_name,
        source_version,
        "",
        arch,
        purl_of("deb", namespace, name, version, qualifiers),
        path,
    )
