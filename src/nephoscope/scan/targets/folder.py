"""A folder: a root file system that is mounted or unpacked, or `/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.agent.packages.finding import packages_of
from nephoscope.agent.tree import Folder
from nephoscope.scan.target import target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nephoscope.agent.packages.package import Found


def is_folder(path: Path) -> bool:
    """Whether it is one, and no image that is laid out in a folder."""
    return path.is_dir() and not (path / "oci-layout").exists()


@target(is_folder)
def folder(path: Path, _platform: str) -> Iterator[Found]:
    """The packages below a folder; nothing outside of it is read, whatever links say."""
    with Folder(str(path)) as tree:
        yield from packages_of(tree)
