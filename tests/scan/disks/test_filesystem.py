import stat

import pytest

from nephoscope.scan.disks.filesystem import Node


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [(stat.S_IFDIR, "folder"), (stat.S_IFREG, "file"), (stat.S_IFLNK, "link"), (stat.S_IFIFO, ""), (stat.S_IFBLK, "")],
)
def test_a_node_says_what_it_is(mode, kinds):
    node = Node(1, mode | 0o644, 0, 0, 1, 0, 0)
    assert [name for name in ("folder", "file", "link") if getattr(node, f"is_{name}")] == list(filter(None, [kinds]))
