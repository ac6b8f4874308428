import sqlite3
from contextlib import closing

from tests.agent.packages.rpm_made import sqlite_file

from nephoscope.agent.packages.rpm_sqlite import blobs
from nephoscope.agent.tree import Folder


def test_what_waits_in_the_log_is_read_and_nothing_is_changed(tmp_path):
    path = tmp_path / "rpmdb.sqlite"
    sqlite_file(path, [b"old"])
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("INSERT INTO Packages (blob) VALUES (?)", (b"new",))
        database.commit()
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
        assert "rpmdb.sqlite-wal" in before
        with Folder(str(tmp_path)) as tree:
            assert list(blobs(tree, "rpmdb.sqlite")) == [b"old", b"new"]
        assert before == {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name in before}


def test_a_view_that_never_ends_is_not_asked(tmp_path):
    with closing(sqlite3.connect(tmp_path / "rpmdb.sqlite")) as database:
        database.execute(
            "CREATE VIEW Packages AS WITH RECURSIVE n(hnum) AS (VALUES (1) UNION ALL SELECT hnum + 1 FROM n)"
            " SELECT hnum, zeroblob(9) AS blob FROM n"
        )
    with Folder(str(tmp_path)) as tree:
        assert list(blobs(tree, "rpmdb.sqlite")) == ["is no rpm database: it has no table Packages"]
