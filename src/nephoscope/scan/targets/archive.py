"""A zip: the package of a function, a layer of functions, or any other."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nephoscope.agent.packages.finding import packages_of
from nephoscope.agent.tree import Folder
from nephoscope.scan.target import target
from nephoscope.scan.zipped import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.agent.packages.package import Found

_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


def is_archive(path: Path) -> bool:
    """Whether it is a file that begins as a zip does."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in _MARKS


@target(is_archive)
def archive(path: Path, _platform: str) -> Iterator[Found]:
    """The packages in a zip; only what a reader wants is unpacked, into a folder that is deleted."""
    with tempfile.TemporaryDirectory(prefix="nephoscope-") as folder:
        with path.open("rb") as file:
            yield from unpack(file, Path(folder))
        with Folder(folder) as tree:
            yield from packages_of(tree)
