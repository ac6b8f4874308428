"""apk's database of what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Iterator

from nephoscope.agent.packages.package import Found, Package, Problem, purl_of, text_of
from nephoscope.agent.tree import Absent, Tree, TreeError

if TYPE_CHECKING:
    from nephoscope.agent.packages.release import Release

PLACES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
LONGEST_LINE_BYTES = 1 << 20
_FIELDS = (b"P", b"V", b"A", b"o")


def read(tree: Tree, release: Release | None) -> Iterator[Found]:
    """Each package of the first database that is there, or what could not be read.

    Source: apk-installed, https://wiki.alpinelinux.org/wiki/Apk_spec
    """
    for path in PLACES:
        try:
            with tree.open(path) as file:
                for number, fields in _paragraphs(file):
                    yield _package(fields, path, number, release)
            return
        except Absent:
            continue
        except TreeError as error:
            yield Problem(error.path, error.reason)
        except OSError as error:
            yield Problem(path, f"cannot be read on: {error.strerror or error}")


def _paragraphs(file: BinaryIO) -> Iterator[tuple[int, dict[bytes, str]]]:
    """The wanted fields of each paragraph, and the line where it begins."""
    fields: dict[bytes, str] = {}
    start, number, is_begun = 1, 0, False
    while True:
        line = file.readline(LONGEST_LINE_BYTES)
        number += 1
        if not line.strip():
            if is_begun:
                yield start, fields
            fields, start, is_begun = {}, number + 1, False
            if not line:
                return
            continue
        is_begun = True
        name, colon, value = line.partition(b":")
        if colon and name in _FIELDS:
            fields.setdefault(name, text_of(value).strip())


def _package(fields: dict[bytes, str], path: str, number: int, release: Release | None) -> Found:
    name, version = fields.get(b"P", ""), fields.get(b"V", "")
    if not name or not version:
        return Problem(f"{path}:{number}", f"names no {'version' if name else 'package'}")
    arch, source = fields.get(b"A", ""), fields.get(b"o", "")
    qualifiers = {"arch": arch, "distro": release.distro if release else "", "upstream": source}
    namespace = release.namespace if release else "alpine"
    purl = purl_of("apk", namespace, name, version, qualifiers)
    ecosystem = release.ecosystem if release else "Alpine"
    return Package(ecosystem, name, version, source, "", "", arch, purl, path)
