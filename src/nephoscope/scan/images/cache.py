"""A folder in which parts of images are kept by digest, and what was found in images by their layers."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from nephoscope import __version__
from nephoscope.agent.packages.package import Found, Package, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nephoscope.scan.images.manifest import Image

MOST_BYTES = 20 << 30
_decode = msgspec.json.Decoder(list[tuple[bool, list[str]]]).decode


@dataclass(frozen=True)
class Cache:
    """folder: made when something is kept, for its owner alone. What is in it was verified before it was put there."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def opened(self, digest: str, fetch: Callable[[BinaryIO], None]) -> BinaryIO:
        """A part, fetched unless it is there. What `fetch` raises leaves nothing behind."""
        path = self._path(digest)
        if not path.exists():
            self._written(path, fetch)
        os.utime(path)
        return path.open("rb")

    def content(self, digest: str, most: int) -> bytes | None:
        """A small part that is there; None for one that is not, or is not as its digest says any more."""
        try:
            with self._path(digest).open("rb") as file:
                content = file.read(most)
        except OSError:
            return None
        return (
            content if hashlib.new(digest.partition(":")[0], content).hexdigest() == digest.partition(":")[2] else None
        )

    def put(self, digest: str, content: bytes) -> None:
        """Keep a small part."""
        self._written(self._path(digest), lambda file: file.write(content))

    def found(self, image: Image) -> list[Found] | None:
        """What was found in an image of the same layers by the same program; None if it was not looked at."""
        try:
            rows = _decode(self._result(image).read_bytes())
            return [Package(*texts) if is_package else Problem(*texts) for is_package, texts in rows]
        except (OSError, msgspec.MsgspecError, TypeError):
            return None

    def keep(self, image: Image, found: Sequence[Found]) -> None:
        """Keep what was found in an image."""
        rows = msgspec.json.encode([(isinstance(each, Package), list(each)) for each in found])
        self._written(self._result(image), lambda file: file.write(rows))

    def prune(self) -> None:
        """Delete what was used longest ago, until the rest has room."""
        if not self.folder.exists():
            return
        files = sorted(
            ((path.stat(), path) for path in self.folder.rglob("*") if path.is_file()), key=lambda one: -one[0].st_mtime
        )
        total = 0
        for stat, path in files:
            total += stat.st_size
            if total > self.most_bytes:
                path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest.replace(":", "-")

    def _result(self, image: Image) -> Path:
        parts = (__version__, image.platform, *(layer.name for layer in image.layers))
        return self.folder / "found" / hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _written(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                write(file)  # type: ignore[arg-type]
                file.flush()
                os.replace(file.name, path)  # noqa: PTH105 - the file is named by its own text
            except BaseException:
                os.unlink(file.name)  # noqa: PTH108
                raise
