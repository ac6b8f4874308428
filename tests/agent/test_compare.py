import os

import pytest

from nephoscope.agent.compare import SLOTS, Comparer, slots_due
from nephoscope.agent.manifest import Manifest
from tests.agent.test_manifest import written


@pytest.fixture
def tree(tmp_path):
    for name in ("data/file", "etc/ssh/sshd_config", "bin/tool"):
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("before")
    (tmp_path / "tree" / "bin" / "tool").chmod(0o4755)
    written(tmp_path / "tree", tmp_path / "m")
    return tmp_path / "tree"


def compared(tree, due=()):
    found = {}
    with Manifest(str(tree.parent / "m")) as manifest:
        result = Comparer(manifest, due, lambda each: found.setdefault(each.path, each.differs)).compare(
            os.fsencode(tree)
        )
    return found, result


def test_an_unchanged_tree_is_told_by_metadata_but_privileged_files_are_read(tree):
    found, result = compared(tree)

    assert found == {}
    assert result.hashed == 2  # sshd_config and the setuid tool, not data/file
    assert compared(tree, range(SLOTS))[1].hashed == 3


def test_every_kind_of_change_is_named(tree):
    (tree / "data" / "file").write_text("after!")
    (tree / "etc" / "ssh" / "sshd_config").unlink()
    (tree / "bin" / "tool").chmod(0o755)
    (tree / "data" / "new").write_text("x")

    found, _ = compared(tree)

    assert found[b"data/file"] == ("content", "mtime_ns")
    assert found[b"etc/ssh/sshd_config"] == ("missing",)
    assert found[b"bin/tool"] == ("mode",)
    assert found[b"data/new"] == ("new",)
    assert len(found) == 4


def test_a_folder_that_went_is_told_with_all_that_was_in_it(tree):
    (tree / "data" / "file").unlink()
    (tree / "data").rmdir()

    assert compared(tree)[0] == {b"data": ("missing",), b"data/file": ("missing",)}


class Swapping(Comparer):
    """Puts a link in the place of a folder once it was listed."""

    def judge(self, made):
        if not made.path:
            data = self.tree / "data"
            data.rename(self.tree.parent / "away")
            data.symlink_to("bin")
        return super().judge(made)


def test_what_could_not_be_entered_is_unseen_and_what_is_in_it_is_not_missing(tree):
    found = []
    with Manifest(str(tree.parent / "m")) as manifest:
        comparer = Swapping(manifest, (), found.append)
        comparer.tree = tree
        result = comparer.compare(os.fsencode(tree))

    assert set(result.unseen) == {b"data"}
    assert found == []


def test_the_longest_unread_are_read_next_and_a_time_to_come_counts_as_never():
    last = [100.0] * SLOTS
    last[7], last[9] = 1.0, 10_000.0

    assert slots_due(last, 2 / SLOTS, now=200.0) == [9, 7]
    assert len(slots_due(last, 1.0, now=200.0)) == SLOTS
    assert slots_due(last, 0, now=200.0) == []
