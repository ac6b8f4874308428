"""What pip and its like installed: METADATA and egg-info."""

from __future__ import annotations

import re
from typing import BinaryIO, Iterator

from nephoscope.agent.packages.package import Found, Package, Problem, purl_of, text_of

LARGEST_BYTES = 4 << 20
_FIELD = re.compile(r"(name|version):[ \t]*(.*)", re.IGNORECASE)


def wants(path: str, _mode: int) -> bool:
    """`x.dist-info/METADATA`, `x.egg-info/PKG-INFO`, and `x.egg-info` where it is a file."""
    return path.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO", "/EGG-INFO/PKG-INFO", ".egg-info"))


def read(file: BinaryIO, path: str) -> Iterator[Found]:
    """The package that a metadata file describes.

    Source: https://packaging.python.org/en/latest/specifications/core-metadata/
    """
    content = file.read(LARGEST_BYTES)
    fields: dict[str, str] = {}
    for line in text_of(content).splitlines():
        if not line.strip():
            break  # what follows is the description
        found = _FIELD.fullmatch(line)
        if found:
            fields.setdefault(found.group(1).lower(), found.group(2).strip())
    name, version = fields.get("name", ""), fields.get("version", "")
    if not name or not version:
        yield Problem(path, f"names no {'version' if name else 'package'}")
        return
    purl = purl_of("pypi", "", re.sub(r"[-_.]+", "-", name).lower(), version, {})
    yield Package("PyPI", name, version, purl=purl, location=path)
