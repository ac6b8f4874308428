"""RPM's database since 4.16: `rpmdb.sqlite`, with what waits in its log."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Iterator

from nephoscope.agent.tree import Absent, Tree

if TYPE_CHECKING:
    import sqlite3

LARGEST_BYTES = 1 << 30
MOST_STEPS = 20_000  # of a hundred thousand instructions each
_STEP = 100_000


def blobs(tree: Tree, path: str) -> Iterator[bytes | str]:
    """Each package's header, or why it could not be read.

    A copy is read, so that a running host's database is neither locked nor changed. Raises TreeError.
    """
    try:
        import sqlite3
    except ImportError:
        yield "needs Python's sqlite3, which is not there"
        return
    with tempfile.TemporaryDirectory(prefix="nephoscope-") as folder:
        copy = Path(folder, "rpmdb.sqlite")
        with tree.open(path) as file:
            is_whole = _copied(file, copy)
        try:
            with tree.open(path + "-wal") as file:
                is_whole = _copied(file, Path(folder, "rpmdb.sqlite-wal")) and is_whole
        except Absent:
            pass
        if not is_whole:
            yield f"is larger than {LARGEST_BYTES >> 20} MB; not read"
            return
        try:
            with closing(sqlite3.connect(str(copy))) as database:
                yield from _rows(database)
        except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
            yield f"cannot be read on: {error}"


def _copied(file: BinaryIO, to: Path) -> bool:
    with to.open("wb") as copy:
        left = LARGEST_BYTES
        while left > 0:
            part = file.read(min(left, 1 << 20))
            if not part:
                return True
            copy.write(part)
            left -= len(part)
        return not file.read(1)


def _rows(database: sqlite3.Connection) -> Iterator[bytes | str]:
    """The headers of a table, of nothing that would be computed."""
    steps = iter(range(MOST_STEPS))
    database.set_progress_handler(lambda: next(steps, None) is None, _STEP)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA query_only = ON")
    kinds = database.execute("SELECT type FROM sqlite_master WHERE name = 'Packages'").fetchall()
    columns = database.execute("PRAGMA table_xinfo('Packages')").fetchall()
    if kinds != [("table",)] or any(column[-1] for column in columns):
        yield "is no rpm database: it has no table Packages"
        return
    for number, blob in database.execute("SELECT hnum, blob FROM Packages ORDER BY hnum"):
        yield blob if isinstance(blob, bytes) else f"the package {number} has no header"
