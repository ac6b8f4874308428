import io
import tempfile

import pytest

from nephoscope.agent.tree import Absent, TreeError
from nephoscope.scan.images.tree import ImageTree, Node, Window


@pytest.fixture
def tree():
    with tempfile.TemporaryFile() as spool:
        spool.write(b"before|inside|after")
        spool.flush()
        root = Node("folder", 0)
        root.names = {
            "a": Node("file", 0, 6, 0o644, 7),
            "b": Node("link", 0, target="../../c/../a"),
            "c": Node("folder", 0),
            "loop": Node("link", 0, target="loop"),
            "lost": Node("file", 0, 3),
        }
        yield ImageTree(root, spool)


def test_files_are_read_through_links(tree):
    assert tree.read("a", 100) == tree.read("c/../b", 100) == tree.read("../b", 100) == b"inside"
    assert [each.name for each in tree.entries("")] == ["a", "b", "c", "loop", "lost"]
    assert tree.stat("b").kind == "file"


def test_what_cannot_be_read_says_why(tree):
    for path, kind, cause in (
        ("loop", TreeError, "more than 40 links"),
        ("lost", TreeError, "was not kept"),
        ("c", TreeError, "no plain file"),
        ("c/x", Absent, "not there"),
        ("a/x", Absent, "not there"),
    ):
        with pytest.raises(kind, match=cause):
            tree.read(path, 100)


def test_a_window_ends_where_it_should():
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456789")
        file.flush()
        window = io.BufferedReader(Window(file.fileno(), 2, 5))
        assert window.read() == b"23456"
        window.seek(-2, io.SEEK_END)
        assert window.read(10) == b"56"
        window.seek(100)
        assert window.read() == b""
