"""Files of a scanned tree → their text, within limits; what leads out of the tree is not followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.model.item import Item

MAX_BYTES = 20_000_000
MAX_FILES = 100_000
PASSED_OVER = frozenset(["node_modules", "__pycache__"])


def text_of(path: Path, limit: int = MAX_BYTES) -> str:
    """A file's text. Raises SourceError for what is no regular file, too large, not UTF-8 or not readable."""
    try:  # without waiting, as a named pipe would for its writer
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SourceError(str(path), "is no regular file")
            content = file.read(limit + 1)
    except OSError as error:
        raise SourceError(str(path), f"cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise SourceError(str(path), f"is larger than {limit:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(str(path), "is not UTF-8", f"line {line}") from error


def walk(root: Path) -> Iterator[Path | Gap]:
    """The files below a folder, in order; hidden folders and those of packages are passed over, and so are links."""
    count = 0
    failures: list[OSError] = []
    for folder, names, files in os.walk(root, onerror=failures.append):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in PASSED_OVER)
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_symlink():
                continue
            count += 1
            if count > MAX_FILES:
                yield Gap("object", str(root), f"holds more than {MAX_FILES:,} files; the rest was not read")
                return
            yield path
    yield from (Gap("object", str(each.filename), f"cannot be read: {each.strerror}") for each in failures)


def gap_of(error: SourceError) -> Gap:
    """What could not be read, as a gap whose subject is `file:line`."""
    line = error.place.removeprefix("line ")
    return Gap("object", f"{error.where}:{line}" if line else error.where, error.reason)


def guarded(subject: Path, found: Iterator[Item | Gap]) -> Iterator[Item | Gap]:
    """The items of one template or module; where it cannot be understood, the others go on."""
    try:
        yield from found
    except SourceError as error:
        yield gap_of(error)
    except Exception as error:  # noqa: BLE001 - one template is a named boundary
        yield Gap("object", str(subject), f"cannot be understood: {type(error).__name__}: {str(error)[:200]}")
