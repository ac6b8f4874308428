"""Evidence in a folder: files that are read-only once they are whole."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nephoscope.model.errors import CustodyError
from nephoscope.respond.evidence.storage import FOLDER_MODE, chunks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.respond.evidence.storage import Part

PARTS = ".parts"


@dataclass(frozen=True)
class Folder:
    """A folder as a place for evidence, and as files to verify. Links are never followed."""

    root: Path

    @property
    def place(self) -> str:
        return str(self.root)

    def names(self, below: str = "") -> Iterator[str]:
        for folder, folders, files in os.walk(self.root / below):
            links = [each for each in folders if (Path(folder) / each).is_symlink()]
            folders[:] = sorted(each for each in folders if each != PARTS or Path(folder) != self.root)
            for each in sorted(files + links):
                yield (Path(folder) / each).relative_to(self.root).as_posix()

    def open(self, name: str) -> BinaryIO:
        path = self.root / name
        if path.is_symlink():
            raise CustodyError(f"{name} is a link")
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise CustodyError(f"{name} is no plain file")
        return os.fdopen(handle, "rb")

    def put(self, name: str, part: Part, facts: Mapping[str, str]) -> None:
        """A name is taken at once or not at all: content is whole before it gets its name."""
        del facts
        if os.path.lexists(self.root / name):
            if flaw := self.check(name, part.sha256, part.size_bytes):
                raise CustodyError(f"{self.root / name} {flaw}: something else has its name")
            return
        self.put_latest(name, part)

    def put_latest(self, name: str, part: Part) -> None:
        target = self.root / name
        try:
            self._make(target.parent)
            part.path.rename(target)
            _sync(target.parent)
        except OSError as error:
            raise CustodyError(f"Evidence cannot be written to {target}: {error.strerror}") from error

    def check(self, name: str, sha256: str, size_bytes: int) -> str:
        try:
            with self.open(name) as content:
                digest = hashlib.sha256()
                for chunk in chunks_of(content):
                    digest.update(chunk)
        except CustodyError as error:
            return f"is not what was kept: {error}"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return "" if digest.hexdigest() == sha256 else f"is not what was kept ({size_bytes} bytes, SHA-256 {sha256})"

    def _make(self, folder: Path) -> None:
        """Folders from the root down, each flushed into the one above it."""
        if folder.exists():
            return
        self._make(folder.parent)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
