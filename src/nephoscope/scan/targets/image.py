"""A container image: an archive of `docker save`, or an OCI layout as a folder or a tar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.agent.packages.package import Problem
from nephoscope.agent.tree import Folder
from nephoscope.scan.images.blobs import TAR_ERRORS, Archive
from nephoscope.scan.images.looking import look
from nephoscope.scan.target import target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nephoscope.agent.packages.package import Found

_MARK, _MARK_AT = b"ustar", 257


def is_image(path: Path) -> bool:
    """Whether it is a tar, or a folder with an OCI layout."""
    if path.is_dir():
        return (path / "oci-layout").exists()
    if not path.is_file():
        return False
    with path.open("rb") as file:
        file.seek(_MARK_AT)
        return file.read(len(_MARK)) == _MARK


@target(is_image)
def image(path: Path, platform: str) -> Iterator[Found]:
    """The packages of a container image, from its merged layers; nothing is unpacked to where the image says."""
    if path.is_dir():
        with Folder(str(path)) as folder:
            yield from look(folder, platform)
        return
    with path.open("rb") as file:
        try:
            archive = Archive(file)
        except TAR_ERRORS as error:
            yield Problem("", f"is no tar that can be read: {error}")
            return
        yield from look(archive, platform)
